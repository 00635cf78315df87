// What all of init stands on: the clock, the last words, text, files in memory.
#include "../../clock.h"
#include "../../console.h"
#include "../../panic.h"
#include "../linux/system.h"
#include "init.h"

#define CLOCK_SINCE_BOOT 7
#define REBOOT_MAGIC_1 0xfee1dead
#define REBOOT_MAGIC_2 672274793
#define REBOOT_POWER_OFF 0x4321fedc
#define GRACE_MICROS 2000000u

uint64_t clock_micros(void) {
  int64_t time[2];
  call2(CALL_CLOCK_GETTIME, CLOCK_SINCE_BOOT, (long)time);
  return (uint64_t)time[0] * 1000000u + (uint64_t)time[1] / 1000u;
}

static void join(char *buffer, size_t size, const char *a, const char *b, const char *c) {
  struct Text line = text_on(buffer, size);
  text_string(&line, a);
  text_string(&line, b);
  text_string(&line, c);
  console_line(&line);
}

void say(const char *a, const char *b) {
  char buffer[160];
  join(buffer, sizeof buffer, "nexus: ", a, b);
}

static _Noreturn void end_machine(void) {
  call0(CALL_SYNC);
  call4(CALL_REBOOT, (long)(int32_t)REBOOT_MAGIC_1, REBOOT_MAGIC_2, REBOOT_POWER_OFF, 0);
  for (;;) system_call(CALL_PPOLL, 0, 0, 0, 0, 0, 0);
}

_Noreturn void panic(const char *text) {
  char buffer[160];
  struct Text line = text_on(buffer, sizeof buffer);
  text_string(&line, "@nexus panic ");
  text_string(&line, text);
  console_last_line(&line);
  end_machine();
}

_Noreturn void power_off(void) {
  uint64_t end = clock_micros() + GRACE_MICROS;
  say("goes off", "");
  call2(CALL_KILL, -1, SIGNAL_TERMINATE);
  while (clock_micros() < end && call4(CALL_WAIT4, -1, 0, 1, 0) != ERROR_NO_CHILD) {
    int64_t pause[2] = {0, 20000000};
    system_call(CALL_PPOLL, 0, 0, (long)pause, 0, 8, 0);
  }
  char buffer[16];
  struct Text last = text_on(buffer, sizeof buffer);
  text_string(&last, "@nexus off");
  console_last_line(&last);
  end_machine();
}

long must(long result, const char *text) {
  if (result < 0 && result > -4096) panic(text);
  return result;
}

const char *numbered(char *buffer, const char *before, uint32_t number, int digits) {
  struct Text text = text_on(buffer, 64);
  text_string(&text, before);
  uint32_t scale = 1;
  while (--digits > 0) scale *= 10;
  for (; scale > 0; scale /= 10) text_character(&text, (char)('0' + number / scale % 10));
  text_character(&text, 0);
  return buffer;
}

#define PROTECT_READ 1
#define MAP_PRIVATE 2

/* struct stat has st_size at byte 48 on both machines. */
static size_t size_of(int file) {
  uint64_t status[18];
  return call2(CALL_FSTAT, file, (long)status) < 0 ? 0 : status[6];
}

struct Mapped map_file(int folder, const char *path) {
  struct Mapped mapped = {NULL, 0};
  int file = open_at(folder, path, OPEN_READ);
  if (file < 0) return mapped;
  mapped.size = size_of(file);
  long at = system_call(CALL_MMAP, 0, (long)mapped.size, PROTECT_READ, MAP_PRIVATE, file, 0);
  close_file(file);
  if (at < 0 && at > -4096) return (struct Mapped){NULL, 0};
  mapped.bytes = (const uint8_t *)at;
  return mapped;
}

void unmap_file(struct Mapped file) { call2(CALL_MUNMAP, (long)file.bytes, (long)file.size); }
