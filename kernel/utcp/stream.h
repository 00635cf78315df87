/*
 * The two halves of a stream.
 *
 * Sending: messages first to next are held, those below sent were sent once at least, those below limit may
 * be; the receiver has said that it is done with all below acknowledged, and what stands between that and
 * first was given up. acknowledged <= first <= sent <= next,  next - first <= window
 *
 * Receiving: all below position came or is given up; of what came beyond it, at most a window is kept;
 * `unconsumed` messages were delivered and stand with the reader still. limit = position + window -
 * unconsumed,  position <= highest <= limit
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "limits.h"
#include "wire.h"

struct SendSlot {
  uint64_t queued_at, sent_at;
  uint16_t size;
  bool is_wanted;
  uint8_t message[WIRE_MESSAGE_SIZE_MAX];
};

struct SendStream {
  uint64_t window, acknowledged, first, sent, next, limit;
  uint64_t heartbeat_at, heartbeat_delay; // UTCP_NEVER while all is settled
  struct SendSlot slots[UTCP_WINDOW_MAX];
};

void send_stream_start(struct SendStream *stream, uint64_t window);
bool send_stream_is_full(const struct SendStream *stream);
/* The receiver knows of everything. */
bool send_stream_is_settled(const struct SendStream *stream);
void send_stream_enqueue(struct SendStream *stream, const uint8_t *message, size_t size, uint64_t now);
/* What is asked for again comes first, then what was never sent and has credit; UTCP_NEVER for nothing. */
uint64_t send_stream_next(const struct SendStream *stream);
/* The message counts as sent from now on. */
const struct SendSlot *send_stream_take(struct SendStream *stream, uint64_t sequence, uint64_t now);
/* They return whether it is news. */
bool send_stream_acknowledge(struct SendStream *stream, uint64_t position);
bool send_stream_grant(struct SendStream *stream, uint64_t limit);
/* Marks what is missing to be sent again, unless that was done within the last linger_micros. */
void send_stream_want(struct SendStream *stream, struct WireRange range, uint64_t now,
                      uint64_t linger_micros);
uint64_t send_stream_expires_at(const struct SendStream *stream, uint64_t lifetime_micros);
/* Gives up what is too old; returns how many messages that was. */
uint64_t send_stream_expire(struct SendStream *stream, uint64_t now, uint64_t lifetime_micros);

struct ReceiveSlot {
  uint16_t size;
  bool is_there;
  uint8_t message[WIRE_MESSAGE_SIZE_MAX];
};

struct ReceiveStream {
  uint64_t window, position, highest, unconsumed;
  uint64_t missing_at, missing_delay, feedback_at; // UTCP_NEVER for nothing to tell
  uint64_t told_position, told_limit;
  struct ReceiveSlot slots[UTCP_WINDOW_MAX];
};

void receive_stream_start(struct ReceiveStream *stream, uint64_t window);
uint64_t receive_stream_limit(const struct ReceiveStream *stream);
bool receive_stream_is_missing(const struct ReceiveStream *stream);
/* A message beyond the credit is never given here; one that was there before is left. */
void receive_stream_store(struct ReceiveStream *stream, const struct WireData *data);
/* The message at the position, or NULL; the position goes on. It stands until the stream stores again. */
const struct ReceiveSlot *receive_stream_shift(struct ReceiveStream *stream);
/* The sender has sent all below next, as far as there was credit. */
void receive_stream_extend(struct ReceiveStream *stream, uint64_t next);
/* Gives up what is missing from the position on, to the next message that is there, or to first. */
void receive_stream_skip(struct ReceiveStream *stream, uint64_t first);
void receive_stream_consume(struct ReceiveStream *stream, uint64_t count);
/* What is missing below the highest message known; returns the number of ranges. */
uint32_t receive_stream_missing(const struct ReceiveStream *stream, struct WireRange ranges[WIRE_RANGES_MAX]);
