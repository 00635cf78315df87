// The sending half of a stream; stream.h says what holds in it.
#include "../lib/bytes.h"
#include "stream.h"

static struct SendSlot *slot_at(struct SendStream *stream, uint64_t sequence) {
  return &stream->slots[sequence % stream->window];
}

void send_stream_start(struct SendStream *stream, uint64_t window) {
  stream->window = window;
  stream->limit = UTCP_INITIAL_CREDIT;
  stream->heartbeat_at = UTCP_NEVER;
}

bool send_stream_is_full(const struct SendStream *stream) {
  return stream->next - stream->first == stream->window;
}

bool send_stream_is_settled(const struct SendStream *stream) { return stream->acknowledged == stream->next; }

void send_stream_enqueue(struct SendStream *stream, const uint8_t *message, size_t size, uint64_t now) {
  struct SendSlot *slot = slot_at(stream, stream->next++);
  slot->queued_at = slot->sent_at = now;
  slot->is_wanted = false;
  slot->size = (uint16_t)size;
  memcpy(slot->message, message, size);
}

uint64_t send_stream_next(const struct SendStream *stream) {
  for (uint64_t sequence = stream->first; sequence < stream->sent; sequence++)
    if (stream->slots[sequence % stream->window].is_wanted) return sequence;
  return stream->sent < stream->next && stream->sent < stream->limit ? stream->sent : UTCP_NEVER;
}

const struct SendSlot *send_stream_take(struct SendStream *stream, uint64_t sequence, uint64_t now) {
  struct SendSlot *slot = slot_at(stream, sequence);
  slot->sent_at = now;
  slot->is_wanted = false;
  if (sequence == stream->sent) stream->sent++;
  return slot;
}

static void drop_below(struct SendStream *stream, uint64_t position) {
  if (stream->first < position) stream->first = position;
  if (stream->sent < stream->first) stream->sent = stream->first;
}

bool send_stream_acknowledge(struct SendStream *stream, uint64_t position) {
  if (position <= stream->acknowledged) return false;
  stream->acknowledged = position;
  drop_below(stream, position);
  return true;
}

bool send_stream_grant(struct SendStream *stream, uint64_t limit) {
  if (limit <= stream->limit) return false;
  stream->limit = limit;
  return true;
}

void send_stream_want(struct SendStream *stream, struct WireRange range, uint64_t now,
                      uint64_t linger_micros) {
  uint64_t end = range.first + range.count < stream->sent ? range.first + range.count : stream->sent;
  uint64_t sequence = range.first > stream->first ? range.first : stream->first;
  for (; sequence < end; sequence++) {
    struct SendSlot *slot = slot_at(stream, sequence);
    if (now - slot->sent_at >= linger_micros) slot->is_wanted = true;
  }
}

uint64_t send_stream_expires_at(const struct SendStream *stream, uint64_t lifetime_micros) {
  if (lifetime_micros == 0 || stream->first == stream->next) return UTCP_NEVER;
  return stream->slots[stream->first % stream->window].queued_at + lifetime_micros;
}

uint64_t send_stream_expire(struct SendStream *stream, uint64_t now, uint64_t lifetime_micros) {
  uint64_t from = stream->first;
  while (send_stream_expires_at(stream, lifetime_micros) <= now) drop_below(stream, stream->first + 1);
  return stream->first - from;
}
