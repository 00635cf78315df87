// Lines between kernel and host over the serial line. The protocol is in docs/kernel.md.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "lib/text.h"

/* Puts the text and a line feed out, whole or not at all: false if the host reads too slowly. */
bool console_line(const struct Text *text);
/* The kernel's own line of up to three strings (NULL: none): `rumpk: <a><b><c>`. */
void console_say(const char *a, const char *b, const char *c);
/* A line that leaves before the kernel ends: waits for the UART, but not for ever. */
void console_last_line(const struct Text *text);
/* Room for text of cells; the rest of the ring is the kernel's. */
bool console_has_room_for_cell(uint64_t size);

/* Moves what has come and what is to go. Each whole line of the host goes to `take`. */
void console_poll(void (*take)(const char *line, uint64_t length));

struct ConsoleCounters {
  uint64_t lines_ignored; // too long, or not understood
  uint64_t lines_dropped; // the host did not read
};
extern struct ConsoleCounters console_counters;
