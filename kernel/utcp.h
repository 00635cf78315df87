// UTCP: hello frames between the nodes of a mesh. The wire format is in docs/utcp.md and utcp.c.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Signs this boot's hello. */
void utcp_start(void);
/* Sends a hello if one is due; returns when the next one is. */
uint64_t utcp_work(uint64_t now);
/* Takes an Ethernet frame of whatever kind, from anyone. */
void utcp_receive(const uint8_t *frame, uint32_t size);

/* Whether the peer of that place in the configuration sent a valid hello within three hello intervals. */
bool utcp_is_heard(uint32_t peer);
uint32_t utcp_peers_heard(void);
/* Says on the console how many frames were dropped for which reason, if that has changed. */
void utcp_say_drops(void);
