// The receiving half of a stream; stream.h says what holds in it.
#include "../lib/bytes.h"
#include "stream.h"

static struct ReceiveSlot *slot_at(struct ReceiveStream *stream, uint64_t sequence) {
  return &stream->slots[sequence % stream->window];
}

static bool is_there(const struct ReceiveStream *stream, uint64_t sequence) {
  return stream->slots[sequence % stream->window].is_there;
}

static void raise_highest(struct ReceiveStream *stream, uint64_t to) {
  if (stream->highest < to) stream->highest = to;
}

void receive_stream_start(struct ReceiveStream *stream, uint64_t window) {
  stream->window = window;
  stream->missing_at = stream->feedback_at = UTCP_NEVER;
}

uint64_t receive_stream_limit(const struct ReceiveStream *stream) {
  return stream->position + stream->window - stream->unconsumed;
}

bool receive_stream_is_missing(const struct ReceiveStream *stream) {
  return stream->position < stream->highest;
}

void receive_stream_store(struct ReceiveStream *stream, const struct WireData *data) {
  struct ReceiveSlot *slot = slot_at(stream, data->sequence);
  if (data->sequence < stream->position || slot->is_there) return;
  slot->is_there = true;
  slot->size = (uint16_t)data->message_size;
  memcpy(slot->message, data->message, data->message_size);
  raise_highest(stream, data->sequence + 1);
}

const struct ReceiveSlot *receive_stream_shift(struct ReceiveStream *stream) {
  struct ReceiveSlot *slot = slot_at(stream, stream->position);
  if (!slot->is_there) return NULL;
  slot->is_there = false;
  stream->position++;
  stream->unconsumed++;
  return slot;
}

void receive_stream_extend(struct ReceiveStream *stream, uint64_t next) {
  uint64_t limit = receive_stream_limit(stream);
  raise_highest(stream, next < limit ? next : limit);
}

void receive_stream_skip(struct ReceiveStream *stream, uint64_t first) {
  uint64_t end = stream->position + stream->window < first ? stream->position + stream->window : first;
  uint64_t next = stream->position;
  while (next < end && !is_there(stream, next)) next++;
  stream->position = next == end ? first : next;
  raise_highest(stream, stream->position);
}

void receive_stream_consume(struct ReceiveStream *stream, uint64_t count) {
  stream->unconsumed -= count < stream->unconsumed ? count : stream->unconsumed;
}

uint32_t receive_stream_missing(const struct ReceiveStream *stream,
                                struct WireRange ranges[WIRE_RANGES_MAX]) {
  uint32_t count = 0;
  for (uint64_t sequence = stream->position; sequence < stream->highest;) {
    uint64_t first = sequence;
    while (sequence < stream->highest && !is_there(stream, sequence)) sequence++;
    if (sequence > first) ranges[count++] = (struct WireRange){first, sequence - first};
    if (count == WIRE_RANGES_MAX) break;
    while (sequence < stream->highest && is_there(stream, sequence)) sequence++;
  }
  return count;
}
