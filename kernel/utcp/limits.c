// The defaults; providers/utcp/session/limits.ts says what each one is.
#include "limits.h"

const struct UtcpLimits utcp_default_limits = {
    .streams = UTCP_STREAMS_MAX,
    .window_messages = UTCP_WINDOW_MAX,
    .handshake_retry_micros = 250000,
    .handshake_retry_micros_max = 4000000,
    .connect_timeout_micros = 30000000,
    .cookie_slot_micros = 10000000,
    .verification_micros = 10000,
    .verifications_at_once = 16,
    .round_trip_micros_initial = 100000,
    .round_trip_micros_min = 200,
    .round_trip_micros_max = 2000000,
    .feedback_micros = 5000,
    .back_off_micros_max = 1000000,
    .keep_alive_micros = 1000000,
    .dead_micros = 10000000,
    .lifetime_micros = 0,
    .pace_bytes_per_second = 12500000,
    .burst_bytes = 32768,
    .rekey_packets = 1 << 20,
    .close_tries = 5,
};
