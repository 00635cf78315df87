// What a session does with a packet of its peer.
#include "session_parts.h"
#include "../lib/bytes.h"

/* RFC 6298's smoothing: the first sample, then seven parts of old to one of new. */
static void measure_round_trip(struct Session *session, uint32_t echo, uint32_t hold_micros, uint64_t now) {
  uint32_t passed = (uint32_t)now - echo;
  if (hold_micros > passed || passed - hold_micros > session->limits->round_trip_micros_max) return;
  uint64_t sample = later(passed - hold_micros, session->limits->round_trip_micros_min);
  session->round_trip = session->is_round_trip_measured ? (7 * session->round_trip + sample) / 8 : sample;
  session->is_round_trip_measured = true;
}

static void note_echo(struct Session *session, uint32_t time_stamp, uint64_t now) {
  session->echo = time_stamp;
  session->echo_at = now;
}

static void deliver(struct Session *session, uint32_t index) {
  struct ReceiveStream *stream = &session->receives[index];
  const struct ReceiveSlot *slot;
  while ((slot = receive_stream_shift(stream)) != NULL)
    session_tell(session, (struct UtcpEvent){.kind = UTCP_DELIVER,
                                             .stream = index,
                                             .first = stream->position - 1,
                                             .message = slot->message,
                                             .message_size = slot->size});
}

/* Up to a quarter of the round trip, so that what is only out of order has time to come. */
static uint64_t jitter(const struct Session *session) {
  uint8_t bytes[2];
  session->host->random(session->host->context, bytes, sizeof bytes);
  return session->round_trip / 4 * load_be16(bytes) / 65536;
}

/* `is_news`: something came, or is known to be missing, that was not before: ask soon. */
static void schedule_missing(struct Session *session, struct ReceiveStream *stream, bool is_news,
                             uint64_t now) {
  if (!receive_stream_is_missing(stream)) {
    stream->missing_at = UTCP_NEVER;
  } else if (is_news) {
    stream->missing_delay = 3 * session->round_trip / 2;
    stream->missing_at = earlier(stream->missing_at, now + jitter(session));
  }
}

static enum UtcpDrop take_data(struct Session *session, const uint8_t *payload, size_t size, bool is_highest,
                               uint64_t now) {
  struct WireData data;
  if (!wire_parse_data(&data, payload, size) || data.stream >= session->limits->streams)
    return UTCP_DROP_FORM;
  struct ReceiveStream *stream = &session->receives[data.stream];
  if (data.sequence >= receive_stream_limit(stream)) return UTCP_DROP_CREDIT;
  if (is_highest) note_echo(session, data.time_stamp, now);
  bool is_hole = data.sequence > stream->position && data.sequence - 1 >= stream->highest;
  uint64_t before = stream->position;
  receive_stream_store(stream, &data);
  deliver(session, data.stream);
  schedule_missing(session, stream, is_hole || stream->position > before, now);
  session_give_feedback_soon(session, data.stream, now);
  return UTCP_TAKEN;
}

static void give_up_below(struct Session *session, uint64_t first, uint32_t index) {
  struct ReceiveStream *stream = &session->receives[index];
  while (stream->position < first) {
    uint64_t from = stream->position;
    receive_stream_skip(stream, first);
    session_tell(session, (struct UtcpEvent){
                              .kind = UTCP_GAP, .stream = index, .first = from, .next = stream->position});
    deliver(session, index);
  }
}

static enum UtcpDrop take_heartbeat(struct Session *session, const uint8_t *payload, size_t size,
                                    bool is_highest, uint64_t now) {
  struct WireHeartbeat heartbeat;
  if (!wire_parse_heartbeat(&heartbeat, payload, size)) return UTCP_DROP_FORM;
  if (heartbeat.stream >= session->limits->streams) return UTCP_DROP_FORM;
  if (is_highest) note_echo(session, heartbeat.time_stamp, now);
  give_up_below(session, heartbeat.first, heartbeat.stream);
  receive_stream_extend(&session->receives[heartbeat.stream], heartbeat.next);
  session_give_feedback(session, heartbeat.stream, now);
  return UTCP_TAKEN;
}

static enum UtcpDrop take_feedback(struct Session *session, const uint8_t *payload, size_t size,
                                   uint64_t now) {
  struct WireFeedback feedback;
  if (!wire_parse_feedback(&feedback, payload, size)) return UTCP_DROP_FORM;
  if (feedback.stream >= session->limits->streams) return UTCP_DROP_FORM;
  struct SendStream *stream = &session->sends[feedback.stream];
  if (feedback.position > stream->sent || feedback.highest > session->channel.number) return UTCP_DROP_FORM;
  if (channel_confirm(&session->channel, feedback.highest))
    measure_round_trip(session, feedback.echo, feedback.hold_micros, now);
  bool is_acknowledged = send_stream_acknowledge(stream, feedback.position);
  bool is_granted = send_stream_grant(stream, feedback.limit);
  for (uint32_t i = 0; i < feedback.range_count; i++)
    send_stream_want(stream, feedback.ranges[i], now, session->round_trip);
  if (is_acknowledged || is_granted) session_schedule_heartbeat(session, stream, now);
  if (is_acknowledged)
    session_tell(
        session,
        (struct UtcpEvent){.kind = UTCP_ACKNOWLEDGED, .stream = feedback.stream, .first = feedback.position});
  return UTCP_TAKEN;
}

static enum UtcpDrop take_close(struct Session *session, const uint8_t *payload, size_t size, uint64_t now) {
  uint32_t reason;
  if (!wire_parse_close(&reason, payload, size)) return UTCP_DROP_FORM;
  session_transmit(session, WIRE_CLOSE, wire_format_close(session->packet + WIRE_HEADER_SIZE, reason), now);
  session_end(session, reason == WIRE_CLOSE_EXHAUSTED ? UTCP_EXHAUSTED : UTCP_CLOSED);
  return UTCP_TAKEN;
}

enum UtcpDrop session_receive(struct Session *session, const struct WireHeader *header, uint8_t *packet,
                              size_t size, const uint8_t from[6], uint64_t now) {
  bool is_highest;
  enum ChannelFault fault = channel_open(&session->channel, header, packet, size, &is_highest);
  if (fault != CHANNEL_GOOD) return fault == CHANNEL_REPLAY ? UTCP_DROP_REPLAY : UTCP_DROP_TAG;
  if (is_highest) memcpy(session->link, from, sizeof session->link);
  session->heard_at = now;
  const uint8_t *payload = packet + WIRE_HEADER_SIZE;
  size_t payload_size = size - WIRE_HEADER_SIZE - WIRE_TAG_SIZE;
  if (header->type == WIRE_DATA) return take_data(session, payload, payload_size, is_highest, now);
  if (header->type == WIRE_FEEDBACK) return take_feedback(session, payload, payload_size, now);
  if (header->type == WIRE_HEARTBEAT) return take_heartbeat(session, payload, payload_size, is_highest, now);
  return take_close(session, payload, payload_size, now);
}
