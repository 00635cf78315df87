/*
 * Lines between kernel and host. What goes out waits in a ring for the UART, so that a host that does not
 * read stops nobody; a line that does not fit is dropped whole and counted. What comes in is gathered to
 * lines of bounded length.
 */
#include "console.h"
#include "memlayout.h"
#include "param.h"
#include "sbi.h"
#include "uart.h"

#define RING_MASK (OUTPUT_RING_BYTES - 1)
#define LAST_LINE_TRIES 1000000

struct ConsoleCounters console_counters;

static char ring[OUTPUT_RING_BYTES];
static uint64_t ring_written, ring_sent;
static char input[INPUT_LINE_MAX];
static uint64_t input_length; // may pass INPUT_LINE_MAX: the line is then too long

static uint64_t ring_room(void) { return OUTPUT_RING_BYTES - (ring_written - ring_sent); }

static void ring_put(char c) { ring[ring_written++ & RING_MASK] = c; }

static void send_what_fits(void) {
  while (ring_sent < ring_written) {
    int room = uart_room();
    if (room == 0) break;
    for (; room > 0 && ring_sent < ring_written; room--) uart_send(ring[ring_sent++ & RING_MASK]);
  }
  uart_want_room(ring_sent < ring_written);
}

bool console_line(const struct Text *text) {
  if (text->overflowed || text->length + 1 > ring_room()) {
    console_counters.lines_dropped++;
    return false;
  }
  for (uint64_t i = 0; i < text->length; i++) ring_put(text->bytes[i]);
  ring_put('\n');
  send_what_fits();
  return true;
}

void console_say(const char *a, const char *b, const char *c) {
  char buffer[160];
  struct Text line = text_on(buffer, sizeof buffer);
  text_string(&line, "rumpk: ");
  text_string(&line, a);
  if (b != NULL) text_string(&line, b);
  if (c != NULL) text_string(&line, c);
  console_line(&line);
}

bool console_has_room_for_cell(uint64_t size) { return ring_room() >= size + OUTPUT_RESERVE_BYTES; }

/* Also out of the UART: the machine may be off a moment later. */
static bool is_sent(void) { return ring_sent == ring_written && uart_is_idle(); }

void console_last_line(const struct Text *text) {
  if (!uart_is_started()) {
    for (uint64_t i = 0; i < text->length; i++) sbi_put_character(text->bytes[i]);
    sbi_put_character('\n');
    return;
  }
  console_line(text);
  for (int tries = 0; !is_sent() && tries < LAST_LINE_TRIES; tries++) send_what_fits();
}

static void take_character(char c, void (*take)(const char *line, uint64_t length)) {
  if (c == '\r') return;
  if (c != '\n') {
    if (input_length < INPUT_LINE_MAX) input[input_length] = c;
    input_length++;
    return;
  }
  if (input_length <= INPUT_LINE_MAX)
    take(input, input_length);
  else
    console_counters.lines_ignored++;
  input_length = 0;
}

void console_poll(void (*take)(const char *line, uint64_t length)) {
  for (int c; (c = uart_receive()) >= 0;) take_character((char)c, take);
  send_what_fits();
}
