/*
 * UTCP packets, big-endian; the tables are in docs/utcp.md.
 *
 *    0 u8 version 1, u8 type, u16 flags 0, u16 payload length, u16 key generation
 *    8 source CellID (16)   24 destination CellID (16)   40 u64 epoch   48 u64 sequence
 *   56 payload, then the tag (16)
 *
 * Each payload has a pair `wire_format_x` and `wire_parse_x`, inverse of each other; parsing is false for
 * bytes that are none. Also builds for Linux.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_HEADER_SIZE 56u
#define WIRE_TAG_SIZE 16u
#define WIRE_PAYLOAD_SIZE_MAX (1500u - WIRE_HEADER_SIZE - WIRE_TAG_SIZE)
#define WIRE_DATA_HEAD_SIZE 16u
#define WIRE_MESSAGE_SIZE_MAX (WIRE_PAYLOAD_SIZE_MAX - WIRE_DATA_HEAD_SIZE)
#define WIRE_HANDSHAKE_SIZE 48u // payload of initiate and cookie
#define WIRE_OPEN_SIZE 112u
#define WIRE_ACCEPT_SIZE 96u
#define WIRE_FEEDBACK_SIZE_MAX (40u + 8u * WIRE_RANGES_MAX)
#define WIRE_HEARTBEAT_SIZE 24u
#define WIRE_CLOSE_SIZE 4u
#define WIRE_RANGES_MAX 16u
/* Counters are below it, so that a program may hold them as doubles too. */
#define WIRE_COUNTER_LIMIT (1ull << 53)

enum WireType {
  WIRE_HELLO = 1,
  WIRE_INITIATE,
  WIRE_COOKIE,
  WIRE_OPEN,
  WIRE_ACCEPT,
  WIRE_DATA,
  WIRE_FEEDBACK,
  WIRE_HEARTBEAT,
  WIRE_CLOSE
};
enum WireCloseReason { WIRE_CLOSE_DONE, WIRE_CLOSE_EXHAUSTED };
enum WireFault { WIRE_GOOD, WIRE_BAD_LENGTH, WIRE_BAD_VERSION };

struct WireHeader {
  uint8_t type;
  uint16_t generation;
  uint8_t source[16], destination[16];
  uint64_t epoch, sequence;
};
struct WireData {
  uint32_t stream, time_stamp;
  uint64_t sequence;
  const uint8_t *message;
  size_t message_size;
};
struct WireRange {
  uint64_t first, count;
};
struct WireFeedback {
  uint32_t stream, echo, hold_micros, range_count;
  uint64_t highest, position, limit;
  struct WireRange ranges[WIRE_RANGES_MAX];
};
struct WireHeartbeat {
  uint32_t stream, time_stamp;
  uint64_t first, next;
};

/* What can be asked of a packet of any type without a key. */
enum WireFault wire_form(const uint8_t *packet, size_t size);
void wire_format_header(uint8_t *packet, const struct WireHeader *header, size_t payload_size);
void wire_parse_header(struct WireHeader *header, const uint8_t *packet);

/* They return the size of the payload. A message may already stand where it belongs. */
size_t wire_format_data(uint8_t *payload, const struct WireData *data);
size_t wire_format_feedback(uint8_t *payload, const struct WireFeedback *feedback);
size_t wire_format_heartbeat(uint8_t *payload, const struct WireHeartbeat *heartbeat);
size_t wire_format_close(uint8_t *payload, uint32_t reason);

bool wire_parse_data(struct WireData *data, const uint8_t *payload, size_t size);
bool wire_parse_feedback(struct WireFeedback *feedback, const uint8_t *payload, size_t size);
bool wire_parse_heartbeat(struct WireHeartbeat *heartbeat, const uint8_t *payload, size_t size);
bool wire_parse_close(uint32_t *reason, const uint8_t *payload, size_t size);
