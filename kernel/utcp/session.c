// What a session sends, and when.
#include "session.h"
#include "../lib/bytes.h"
#include "session_parts.h"

void session_start(struct Session *session, uint64_t now) {
  const struct UtcpLimits *limits = session->limits;
  session->heard_at = session->sent_at = now;
  session->round_trip = limits->round_trip_micros_initial;
  pacer_start(&session->pacer, limits->pace_bytes_per_second, limits->burst_bytes, 1000000);
  for (uint32_t i = 0; i < limits->streams; i++) {
    send_stream_start(&session->sends[i], limits->window_messages);
    receive_stream_start(&session->receives[i], limits->window_messages);
  }
}

size_t session_transmit(struct Session *session, uint8_t type, size_t payload_size, uint64_t now) {
  size_t size = channel_seal(&session->channel, type, session->packet, payload_size);
  session->host->transmit(session->host->context, session->link, session->packet, size);
  session->sent_at = now;
  return size;
}

void session_tell(const struct Session *session, struct UtcpEvent event) {
  event.peer = session->channel.peer;
  session->host->tell(session->host->context, &event);
}

void session_end(struct Session *session, enum UtcpEnd reason) {
  uint64_t held = 0;
  session->is_over = true;
  for (uint32_t i = 0; i < session->limits->streams; i++)
    held += session->sends[i].next - session->sends[i].first;
  session_tell(session, (struct UtcpEvent){.kind = UTCP_ENDED, .end = reason, .unacknowledged = held});
}

void session_schedule_heartbeat(const struct Session *session, struct SendStream *stream, uint64_t now) {
  stream->heartbeat_delay = later(2 * session->round_trip, session->limits->feedback_micros);
  stream->heartbeat_at = send_stream_is_settled(stream) ? UTCP_NEVER : now + stream->heartbeat_delay;
}

enum UtcpRefusal session_send(struct Session *session, uint32_t stream, const uint8_t *message, size_t size,
                              uint64_t now) {
  if (stream >= session->limits->streams) return UTCP_BAD_STREAM;
  if (session->is_closing) return UTCP_CLOSING;
  struct SendStream *target = &session->sends[stream];
  if (send_stream_is_full(target)) return UTCP_FULL;
  send_stream_enqueue(target, message, size, now);
  if (target->heartbeat_at == UTCP_NEVER) session_schedule_heartbeat(session, target, now);
  return UTCP_SENT;
}

void session_consumed(struct Session *session, uint32_t stream, uint64_t count, uint64_t now) {
  if (stream >= session->limits->streams) return;
  receive_stream_consume(&session->receives[stream], count);
  session_give_feedback_soon(session, stream, now);
}

void session_give_feedback(struct Session *session, uint32_t index, uint64_t now) {
  struct ReceiveStream *stream = &session->receives[index];
  struct WireFeedback feedback = {.stream = index,
                                  .echo = session->echo,
                                  .hold_micros = (uint32_t)earlier(now - session->echo_at, UINT32_MAX),
                                  .highest = session->channel.highest,
                                  .position = stream->position,
                                  .limit = receive_stream_limit(stream)};
  feedback.range_count = receive_stream_missing(stream, feedback.ranges);
  size_t size = wire_format_feedback(session->packet + WIRE_HEADER_SIZE, &feedback);
  session_transmit(session, WIRE_FEEDBACK, size, now);
  stream->feedback_at = stream->missing_at = UTCP_NEVER;
  stream->told_position = feedback.position;
  stream->told_limit = feedback.limit;
  if (!receive_stream_is_missing(stream)) return;
  uint64_t delay = later(stream->missing_delay, 3 * session->round_trip / 2);
  stream->missing_at = now + delay;
  stream->missing_delay = earlier(2 * delay, session->limits->back_off_micros_max);
}

void session_give_feedback_soon(struct Session *session, uint32_t index, uint64_t now) {
  struct ReceiveStream *stream = &session->receives[index];
  uint64_t news =
      later(stream->position - stream->told_position, receive_stream_limit(stream) - stream->told_limit);
  if (news >= session->limits->window_messages / 4)
    session_give_feedback(session, index, now);
  else
    stream->feedback_at = earlier(stream->feedback_at, now + session->limits->feedback_micros);
}

static void send_heartbeat(struct Session *session, uint32_t index, uint64_t now) {
  const struct SendStream *stream = &session->sends[index];
  struct WireHeartbeat heartbeat = {index, (uint32_t)now, stream->first, stream->sent};
  size_t size = wire_format_heartbeat(session->packet + WIRE_HEADER_SIZE, &heartbeat);
  session_transmit(session, WIRE_HEARTBEAT, size, now);
}

static void beat(struct Session *session, uint32_t index, uint64_t now) {
  struct SendStream *stream = &session->sends[index];
  send_heartbeat(session, index, now);
  stream->heartbeat_delay = earlier(2 * stream->heartbeat_delay, session->limits->back_off_micros_max);
  stream->heartbeat_at = now + stream->heartbeat_delay;
}

static void expire(struct Session *session, uint32_t index, uint64_t now) {
  struct SendStream *stream = &session->sends[index];
  uint64_t first = stream->first;
  uint64_t count = send_stream_expire(stream, now, session->limits->lifetime_micros);
  if (count == 0) return;
  session_tell(session, (struct UtcpEvent){
                            .kind = UTCP_EXPIRED, .stream = index, .first = first, .next = first + count});
  session_schedule_heartbeat(session, stream, now);
  stream->heartbeat_at = now;
}

/* The stream whose turn it is among those that have something to send, or UTCP_STREAMS_MAX. */
static uint32_t next_stream(const struct Session *session) {
  uint32_t streams = (uint32_t)session->limits->streams;
  for (uint32_t offset = 0; offset < streams; offset++) {
    uint32_t index = (session->turn + offset) % streams;
    if (send_stream_next(&session->sends[index]) != UTCP_NEVER) return index;
  }
  return UTCP_STREAMS_MAX;
}

static void pump(struct Session *session, uint64_t now) {
  while (pacer_ready_at(&session->pacer) <= now) {
    uint32_t index = next_stream(session);
    if (index == UTCP_STREAMS_MAX) return;
    struct SendStream *stream = &session->sends[index];
    uint64_t sequence = send_stream_next(stream);
    session->turn = (index + 1) % (uint32_t)session->limits->streams;
    const struct SendSlot *slot = send_stream_take(stream, sequence, now);
    struct WireData data = {index, (uint32_t)now, sequence, slot->message, slot->size};
    size_t size = wire_format_data(session->packet + WIRE_HEADER_SIZE, &data);
    pacer_spend(&session->pacer, session_transmit(session, WIRE_DATA, size, now), now);
    session_schedule_heartbeat(session, stream, now);
  }
}

static bool is_drained(const struct Session *session) {
  for (uint32_t i = 0; i < session->limits->streams; i++)
    if (!send_stream_is_settled(&session->sends[i])) return false;
  return true;
}

static void send_close(struct Session *session, uint32_t reason, uint64_t now) {
  size_t size = wire_format_close(session->packet + WIRE_HEADER_SIZE, reason);
  session_transmit(session, WIRE_CLOSE, size, now);
}

static void work_on_close(struct Session *session, uint64_t now) {
  if (!is_drained(session) || now < session->close_at) return;
  if (session->close_tries == session->limits->close_tries) {
    session_end(session, UTCP_CLOSED);
    return;
  }
  send_close(session, WIRE_CLOSE_DONE, now);
  session->close_tries++;
  session->close_delay = later(2 * session->close_delay, 2 * session->round_trip);
  session->close_at = now + session->close_delay;
}

static void work_on_streams(struct Session *session, uint64_t now) {
  uint32_t streams = (uint32_t)session->limits->streams;
  for (uint32_t i = 0; i < streams; i++)
    if (earlier(session->receives[i].feedback_at, session->receives[i].missing_at) <= now)
      session_give_feedback(session, i, now);
  for (uint32_t i = 0; i < streams; i++) expire(session, i, now);
  pump(session, now);
  for (uint32_t i = 0; i < streams; i++)
    if (session->sends[i].heartbeat_at <= now) beat(session, i, now);
}

void session_work(struct Session *session, uint64_t now) {
  if (now >= session->heard_at + session->limits->dead_micros) {
    session_end(session, UTCP_TIMEOUT);
    return;
  }
  work_on_streams(session, now);
  if (now >= session->sent_at + session->limits->keep_alive_micros) send_heartbeat(session, 0, now);
  if (channel_is_exhausted(&session->channel)) {
    send_close(session, WIRE_CLOSE_EXHAUSTED, now);
    session_end(session, UTCP_EXHAUSTED);
  } else if (session->is_closing) {
    work_on_close(session, now);
  }
}

uint64_t session_wake_at(const struct Session *session) {
  const struct UtcpLimits *limits = session->limits;
  uint64_t at =
      earlier(session->heard_at + limits->dead_micros, session->sent_at + limits->keep_alive_micros);
  if (next_stream(session) != UTCP_STREAMS_MAX) at = earlier(at, pacer_ready_at(&session->pacer));
  if (session->is_closing && is_drained(session)) at = earlier(at, session->close_at);
  for (uint32_t i = 0; i < limits->streams; i++) {
    const struct ReceiveStream *receive = &session->receives[i];
    const struct SendStream *send = &session->sends[i];
    at = earlier(at, earlier(receive->feedback_at, receive->missing_at));
    at = earlier(at, earlier(send->heartbeat_at, send_stream_expires_at(send, limits->lifetime_micros)));
  }
  return at;
}
