// What bounds an endpoint. Memory is fixed when this is compiled, times when it starts; docs/utcp.md.
#pragma once
#include <stdint.h>

#ifndef UTCP_PEERS_MAX
#define UTCP_PEERS_MAX 8
#endif
#ifndef UTCP_STREAMS_MAX
#define UTCP_STREAMS_MAX 4
#endif
#ifndef UTCP_WINDOW_MAX
#define UTCP_WINDOW_MAX 64
#endif

/* Credit of each stream before the first feedback; a window is never smaller. */
#define UTCP_INITIAL_CREDIT 16
#define UTCP_NEVER UINT64_MAX

/* The members, in this order, and their defaults are those of providers/utcp/session/limits.ts. */
struct UtcpLimits {
  uint64_t streams; // at most UTCP_STREAMS_MAX
  uint64_t window_messages; // at most UTCP_WINDOW_MAX
  uint64_t handshake_retry_micros, handshake_retry_micros_max, connect_timeout_micros;
  uint64_t cookie_slot_micros;
  uint64_t verification_micros, verifications_at_once;
  uint64_t round_trip_micros_initial, round_trip_micros_min, round_trip_micros_max;
  uint64_t feedback_micros, back_off_micros_max, keep_alive_micros, dead_micros;
  uint64_t lifetime_micros; // 0: a message is never given up
  uint64_t pace_bytes_per_second, burst_bytes;
  uint64_t rekey_packets, close_tries;
};

extern const struct UtcpLimits utcp_default_limits;
