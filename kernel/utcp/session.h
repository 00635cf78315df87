// One session with one peer: the streams, and what is due when. The reference is
// providers/utcp/session/session.ts.
#pragma once
#include "channel.h"
#include "pacer.h"
#include "stream.h"

/* In the order of docs/utcp.md; UTCP_TAKEN is no fault. */
enum UtcpDrop {
  UTCP_TAKEN,
  UTCP_DROP_LENGTH,
  UTCP_DROP_VERSION,
  UTCP_DROP_TYPE,
  UTCP_DROP_DESTINATION,
  UTCP_DROP_STRANGER,
  UTCP_DROP_TAG,
  UTCP_DROP_FORM,
  UTCP_DROP_COOKIE,
  UTCP_DROP_REPLAY,
  UTCP_DROP_GLARE,
  UTCP_DROP_BUDGET,
  UTCP_DROP_SIGNATURE,
  UTCP_DROP_SESSION,
  UTCP_DROP_CREDIT,
  UTCP_DROP_KINDS
};
enum UtcpEnd { UTCP_CLOSED, UTCP_EXHAUSTED, UTCP_REPLACED, UTCP_RESTARTED, UTCP_TIMEOUT, UTCP_UNREACHABLE };
enum UtcpRefusal { UTCP_SENT, UTCP_CLOSING, UTCP_FULL, UTCP_NO_SESSION, UTCP_BAD_SIZE, UTCP_BAD_STREAM };

enum UtcpEventKind { UTCP_CONNECTED, UTCP_DELIVER, UTCP_GAP, UTCP_EXPIRED, UTCP_ACKNOWLEDGED, UTCP_ENDED };
struct UtcpEvent {
  enum UtcpEventKind kind;
  const uint8_t *peer; // CellID, 16 bytes
  const uint8_t *session; // of connected: 8 bytes, the same on both sides
  uint32_t stream;
  uint64_t first; // of deliver: its sequence; of acknowledged: the position
  uint64_t next; // of gap and expired: one above the last
  const uint8_t *message; // of deliver; it stands until the call returns
  size_t message_size;
  enum UtcpEnd end; // of ended
  uint64_t unacknowledged; // of ended: messages of ours that the peer may or may not have
};

/* What an endpoint asks of its surroundings. None of these may call back into it. */
struct UtcpHost {
  void *context;
  void (*transmit)(void *context, const uint8_t to[6], const uint8_t *packet, size_t size);
  void (*tell)(void *context, const struct UtcpEvent *event);
  void (*random)(void *context, uint8_t *bytes, size_t size); // fit for keys
};

struct Session {
  const struct UtcpLimits *limits;
  const struct UtcpHost *host;
  uint8_t *packet; // room for one, shared by all sessions
  uint8_t link[6]; // where the peer was heard last
  bool is_closing, is_over;
  uint32_t echo, turn;
  uint64_t echo_at, heard_at, sent_at;
  bool is_round_trip_measured;
  uint64_t round_trip;
  uint64_t close_at, close_delay, close_tries;
  struct Pacer pacer;
  struct Channel channel;
  struct SendStream sends[UTCP_STREAMS_MAX];
  struct ReceiveStream receives[UTCP_STREAMS_MAX];
};

/* All but host, limits, packet, link and the channel is zero before. */
void session_start(struct Session *session, uint64_t now);
/* Takes a packet of types 6 to 9 whose form is checked, and decrypts it in place. */
enum UtcpDrop session_receive(struct Session *session, const struct WireHeader *header, uint8_t *packet,
                              size_t size, const uint8_t from[6], uint64_t now);
enum UtcpRefusal session_send(struct Session *session, uint32_t stream, const uint8_t *message, size_t size,
                              uint64_t now);
void session_consumed(struct Session *session, uint32_t stream, uint64_t count, uint64_t now);
void session_end(struct Session *session, enum UtcpEnd reason);
/* Does what is due. */
void session_work(struct Session *session, uint64_t now);
/* When it has something to do at the latest. */
uint64_t session_wake_at(const struct Session *session);
