/*
 * The first process of a Linux profile. It comes in the initramfs with the modules, makes the root proper
 * out of a read-only disk that is checked at each read, and stays: it starts the services of the image, tells
 * on the console what they say, and signs what runs here, as Rumpk does and with Rumpk's own sources.
 */
#include "../../clock.h"
#include "../../config.h"
#include "../../console.h"
#include "../../identity.h"
#include "../../lib/bytes.h"
#include "../../record.h"
#include "../../utcp.h"
#include "../../virtio_net.h"
#include "../linux/system.h"
#include "init.h"

#define POWER_OFF_LINE "@nexus poweroff"

static bool has_identity;
static int signals;

static uint64_t bit_of(enum Signal signal) { return 1ul << (signal - 1); }

/* Signals are read from a file, so that all waiting is in one place. */
static void signals_start(void) {
  uint64_t mask = bit_of(SIGNAL_CHILD) | bit_of(SIGNAL_TERMINATE) | bit_of(SIGNAL_USER1) |
                  bit_of(SIGNAL_USER2) | bit_of(SIGNAL_INTERRUPT);
  must(call4(CALL_SIGPROCMASK, 0, (long)&mask, 0, sizeof mask), "signals: cannot be blocked");
  signals = (int)must(call4(CALL_SIGNALFD, -1, (long)&mask, sizeof mask, OPEN_CLOSE_ON_EXEC | OPEN_NO_WAIT),
                      "signals: cannot be read");
}

static void take_signals(void) {
  uint8_t info[128];
  while (read_file(signals, info, sizeof info) == (long)sizeof info)
    if (load_le32(info) != SIGNAL_CHILD) power_off();
  services_reap();
}

/* The configuration came with the initramfs; it holds the node's key, so nothing of it stays there. */
static void identity_load(void) {
  int file = open_path("/nexus/config", OPEN_BOTH);
  if (file < 0) return say("no configuration: this node signs nothing", "");
  static uint8_t blob[CONFIG_MAX_BYTES];
  long size = must(read_file(file, blob, sizeof blob), "configuration: cannot be read");
  struct Machine machine = {.initrd_start = (uint64_t)blob, .initrd_end = (uint64_t)blob + (uint64_t)size};
  config_load(&machine);
  identity_start();
  static const uint8_t zeros[CONFIG_MAX_BYTES];
  must(system_call(CALL_PWRITE, file, (long)zeros, size, 0, 0, 0), "configuration: cannot be wiped");
  close_file(file);
  call3(CALL_UNLINKAT, AT_WORKING_FOLDER, (long)"/nexus/config", 0);
  has_identity = true;
}

static void take_line(const char *line, uint64_t length) {
  if (length == sizeof POWER_OFF_LINE - 1 && text_starts_with(line, length, POWER_OFF_LINE)) power_off();
  if (has_identity)
    record_take_line(line, length);
  else
    console_counters.lines_ignored++;
}

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* struct timespec of ppoll(2): until that time of the clock. */
static void wait_until(struct PollFile *files, int count, uint64_t due) {
  uint64_t now = clock_micros();
  uint64_t left = due > now ? due - now : 0;
  int64_t time[2] = {(int64_t)(left / 1000000), (int64_t)(left % 1000000 * 1000)};
  system_call(CALL_PPOLL, (long)files, count, due == NEVER ? 0 : (long)time, 0, 8, 0);
}

/* Does what is due; when the next is. */
static uint64_t work(uint64_t now) {
  uint64_t due = services_work(now);
  if (!has_identity) return due;
  due = earlier(due, utcp_work(now));
  return earlier(due, record_work(now));
}

static void ignore_frame(const uint8_t *frame, uint32_t size) { (void)frame, (void)size; }

static _Noreturn void serve(void) {
  for (;;) {
    struct PollFile signal_wait = {.file = signals, .wanted = POLL_IN};
    struct PollFile files[LOOP_FILES_MAX] = {serial_wait(), signal_wait, network_wait()};
    int count = 3 + services_wait_list(files + 3);
    wait_until(files, count, work(clock_micros()));
    console_poll(take_line);
    take_signals();
    services_take_output();
    net_poll(has_identity ? utcp_receive : ignore_frame);
  }
}

static void speak_up(void) {
  call2(CALL_SETHOSTNAME, (long)config.node, (long)text_length(config.node));
  record_boot(config.first_nonce);
  utcp_start();
}

_Noreturn void program_start(void) {
  serial_start();
  mounts_start();
  say("starts", "");
  signals_start();
  manifest_load();
  identity_load();
  modules_load();
  mounts_switch_root(verity_open(manifest_root_hash(), manifest_data_blocks()));
  mounts_finish();
  network_start();
  services_load();
  if (has_identity) speak_up();
  say("is up", "");
  serve();
}
