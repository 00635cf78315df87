/*
 * The serial line below kernel/console.c, which keeps the ring and the lines: here it is the kernel's
 * console, /dev/console, as a terminal that changes nothing of what goes through it. Who does not read
 * stops nobody.
 */
#include "../../console.h"
#include "../../sbi.h"
#include "../../uart.h"
#include "../linux/system.h"
#include "init.h"

#define GET_TERMINAL 0x5401
#define SET_TERMINAL 0x5402
#define WAIT_FOR_OUTPUT 0x5409
#define CONSOLE_LEVEL 8 // syslog(2): what of the kernel's own messages goes to the console
#define PANICS_ONLY 1

/* struct termios of the kernel. */
struct Terminal {
  uint32_t input, output, control, local;
  uint8_t line, characters[19];
};

static int console = -1;
static bool wants_room;
static char outgoing[4096], incoming[256];
static uint32_t outgoing_size;
static long incoming_size, incoming_at;

static void make_raw(void) {
  struct Terminal terminal;
  if (io_control(console, GET_TERMINAL, &terminal) < 0) return;
  terminal.input = terminal.output = terminal.local = 0;
  io_control(console, SET_TERMINAL, &terminal);
}

void serial_start(void) {
  console = open_path("/dev/console", OPEN_BOTH | OPEN_NO_TERMINAL | OPEN_NO_WAIT);
  make_raw();
  call3(CALL_SYSLOG, CONSOLE_LEVEL, 0, PANICS_ONLY);
}

struct PollFile serial_wait(void) {
  bool wants_out = wants_room || outgoing_size > 0;
  return (struct PollFile){.file = console, .wanted = (int16_t)(POLL_IN | (wants_out ? POLL_OUT : 0))};
}

static void flush(void) {
  uint32_t sent = 0;
  while (sent < outgoing_size) {
    long written = write_file(console, outgoing + sent, outgoing_size - sent);
    if (written <= 0) break;
    sent += (uint32_t)written;
  }
  for (uint32_t i = sent; i < outgoing_size; i++) outgoing[i - sent] = outgoing[i];
  outgoing_size -= sent;
}

int uart_room(void) {
  if (outgoing_size == sizeof outgoing) flush();
  return (int)(sizeof outgoing - outgoing_size);
}

void uart_send(char c) { outgoing[outgoing_size++] = c; }

void uart_want_room(bool wanted) {
  flush();
  wants_room = wanted;
}

bool uart_is_started(void) { return console >= 0; }

bool uart_is_idle(void) {
  flush();
  return outgoing_size == 0 && io_control(console, WAIT_FOR_OUTPUT, (void *)1) >= 0;
}

int uart_receive(void) {
  if (incoming_at >= incoming_size) {
    incoming_at = 0;
    incoming_size = read_file(console, incoming, sizeof incoming);
    if (incoming_size <= 0) return -1;
  }
  return (uint8_t)incoming[incoming_at++];
}

void sbi_put_character(char c) { write_file(1, &c, 1); }
