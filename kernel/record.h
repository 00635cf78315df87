// Signed statements of what runs here: boot records, heartbeats, answers to challenges.
#pragma once
#include <stdint.h>

/* Sends a boot record with this nonce. */
void record_boot(const uint8_t nonce[32]);
/* Sends a heartbeat if one is due; returns when the next one is. */
uint64_t record_work(uint64_t now);
/* Takes a line of the host: `@nexus challenge <64 hex digits>` is answered with a boot record. */
void record_take_line(const char *line, uint64_t length);
