// Initiate, cookie, open, accept: docs/utcp.md says what each one proves.
#include "endpoint_handshake.h"
#include "../crypto/siphash.h"
#include "../lib/bytes.h"
#include "handshake.h"
#include "x25519.h"

#define OPENS_OF_TRY 4

static struct WireHeader header_to(const struct Endpoint *endpoint, uint8_t type, const uint8_t to[16],
                                   uint64_t sequence) {
  struct WireHeader header = {.type = type, .epoch = endpoint->epoch, .sequence = sequence};
  memcpy(header.source, endpoint->id, 16);
  memcpy(header.destination, to, 16);
  return header;
}

/* The payload stands in the packet. Returns the size of the packet. */
static size_t finish_packet(const struct Endpoint *endpoint, uint8_t *packet, const struct WireHeader *header,
                            size_t payload_size) {
  size_t tagged = WIRE_HEADER_SIZE + payload_size;
  wire_format_header(packet, header, payload_size);
  siphash128(packet + tagged, endpoint->mesh_key, packet, tagged);
  return tagged + WIRE_TAG_SIZE;
}

static void transmit(struct Endpoint *endpoint, const uint8_t to[6], const struct WireHeader *header,
                     size_t payload_size) {
  size_t size = finish_packet(endpoint, endpoint->packet, header, payload_size);
  endpoint->host.transmit(endpoint->host.context, to, endpoint->packet, size);
}

void endpoint_tell_end(const struct Endpoint *endpoint, const struct UtcpPeer *peer, enum UtcpEnd end) {
  struct UtcpEvent event = {.kind = UTCP_ENDED, .peer = peer->id, .end = end};
  endpoint->host.tell(endpoint->host.context, &event);
}

void endpoint_work_on_attempt(struct Endpoint *endpoint, struct UtcpPeer *peer, uint64_t now) {
  if (now >= peer->ends_at) {
    peer->is_connecting = false;
    endpoint_tell_end(endpoint, peer, UTCP_UNREACHABLE);
  } else if (now >= peer->retry_at) {
    peer->opens = OPENS_OF_TRY;
    peer->retry_at = now + peer->retry_delay;
    uint64_t limit = endpoint->limits.handshake_retry_micros_max;
    peer->retry_delay = 2 * peer->retry_delay < limit ? 2 * peer->retry_delay : limit;
    uint8_t *payload = endpoint->packet + WIRE_HEADER_SIZE;
    memset(payload, 0, WIRE_HANDSHAKE_SIZE);
    memcpy(payload, peer->ephemeral, 32);
    struct WireHeader header = header_to(endpoint, WIRE_INITIATE, peer->id, 0);
    transmit(endpoint, peer->link, &header, WIRE_HANDSHAKE_SIZE);
  }
}

/* SipHash(secret, slot of time (8) || link address (6) || source (16) || epoch (8) || ephemeral (32)). */
static void bake_cookie(const struct Endpoint *endpoint, uint8_t cookie[16], const struct Arrival *arrival,
                        uint64_t slot) {
  uint8_t input[70];
  store_be64(input, slot);
  memcpy(input + 8, arrival->from, 6);
  memcpy(input + 14, arrival->header->source, 16);
  store_be64(input + 30, arrival->header->epoch);
  memcpy(input + 38, arrival->payload, 32);
  siphash128(cookie, endpoint->cookie_secret, input, sizeof input);
}

static bool holds_cookie(const struct Endpoint *endpoint, const uint8_t cookie[16],
                         const struct Arrival *arrival) {
  uint64_t slot = arrival->now / endpoint->limits.cookie_slot_micros;
  uint8_t expected[16];
  bake_cookie(endpoint, expected, arrival, slot);
  if (bytes_equal(expected, cookie, 16)) return true;
  if (slot == 0) return false;
  bake_cookie(endpoint, expected, arrival, slot - 1);
  return bytes_equal(expected, cookie, 16);
}

/* Answers, and keeps nothing. */
static enum UtcpDrop take_initiate(struct Endpoint *endpoint, const struct Arrival *arrival) {
  static const uint8_t zero[16];
  if (arrival->payload_size != WIRE_HANDSHAKE_SIZE) return UTCP_DROP_FORM;
  if (!bytes_equal(arrival->payload + 32, zero, 16)) return UTCP_DROP_FORM;
  uint8_t *payload = endpoint->packet + WIRE_HEADER_SIZE;
  memcpy(payload, arrival->payload, 32);
  bake_cookie(endpoint, payload + 32, arrival, arrival->now / endpoint->limits.cookie_slot_micros);
  struct WireHeader header = header_to(endpoint, WIRE_COOKIE, arrival->header->source, 0);
  transmit(endpoint, arrival->from, &header, WIRE_HANDSHAKE_SIZE);
  return UTCP_TAKEN;
}

static void sign(const struct Endpoint *endpoint, uint8_t signature[64], const uint8_t *message,
                 size_t size) {
  ed25519_sign(signature, &endpoint->key, (struct Message){.body = message, .body_size = size});
}

static enum UtcpDrop take_cookie(struct Endpoint *endpoint, struct UtcpPeer *peer,
                                 const struct Arrival *arrival) {
  uint8_t message[OPEN_MESSAGE_SIZE];
  if (arrival->payload_size != WIRE_HANDSHAKE_SIZE) return UTCP_DROP_FORM;
  if (!peer->is_connecting || !bytes_equal(arrival->payload, peer->ephemeral, 32)) return UTCP_DROP_COOKIE;
  if (peer->opens == 0) return UTCP_DROP_BUDGET;
  peer->opens--;
  struct WireHeader header = header_to(endpoint, WIRE_OPEN, peer->id, ++endpoint->sequence);
  struct HandshakeSides sides = {endpoint->key.public_key, peer->public_key, peer->ephemeral, NULL};
  open_message(message, &header, arrival->payload + 32, &sides);
  uint8_t *payload = endpoint->packet + WIRE_HEADER_SIZE;
  memcpy(payload, arrival->payload, WIRE_HANDSHAKE_SIZE);
  sign(endpoint, payload + WIRE_HANDSHAKE_SIZE, message, sizeof message);
  transmit(endpoint, arrival->from, &header, WIRE_OPEN_SIZE);
  return UTCP_TAKEN;
}

/* Checking a signature is what a hostile member can make a node do: so many in a time, and no more. */
static bool may_verify(struct Endpoint *endpoint, uint64_t now) {
  if (pacer_ready_at(&endpoint->verifications) > now) return false;
  pacer_spend(&endpoint->verifications, 1, now);
  return true;
}

static bool verify(const struct UtcpPeer *peer, const uint8_t signature[64], const uint8_t *message,
                   size_t size) {
  return ed25519_verify(signature, peer->public_key, (struct Message){.body = message, .body_size = size});
}

struct Beginning {
  const uint8_t *send_secret, *receive_secret, *name;
};

/* A session in place of whatever was there. */
static void begin_session(struct Endpoint *endpoint, struct UtcpPeer *peer, const struct Beginning *beginning,
                          const struct Arrival *arrival) {
  struct Session *session = &peer->session;
  bool is_restart = arrival->header->epoch > peer->epoch;
  if (peer->has_session) session_end(session, is_restart ? UTCP_RESTARTED : UTCP_REPLACED);
  peer->is_connecting = false;
  peer->has_session = true;
  peer->epoch = arrival->header->epoch;
  memcpy(peer->link, arrival->from, sizeof peer->link);
  memset(session, 0, sizeof *session);
  session->limits = &endpoint->limits;
  session->host = &endpoint->host;
  session->packet = endpoint->packet;
  memcpy(session->link, arrival->from, sizeof session->link);
  memcpy(session->channel.self, endpoint->id, 16);
  memcpy(session->channel.peer, peer->id, 16);
  session->channel.epoch = endpoint->epoch;
  session->channel.peer_epoch = peer->epoch;
  session->channel.rekey_packets = endpoint->limits.rekey_packets;
  channel_start(&session->channel, beginning->send_secret, beginning->receive_secret);
  session_start(session, arrival->now);
  struct UtcpEvent event = {.kind = UTCP_CONNECTED, .peer = peer->id, .session = beginning->name};
  endpoint->host.tell(endpoint->host.context, &event);
}

static enum UtcpDrop accept(struct Endpoint *endpoint, struct UtcpPeer *peer, const struct Arrival *arrival) {
  uint8_t private_key[32], shared[32], message[ACCEPT_MESSAGE_SIZE];
  struct SessionSecrets secrets;
  endpoint->host.random(endpoint->host.context, private_key, sizeof private_key);
  if (!x25519_shared(shared, private_key, arrival->payload)) return UTCP_DROP_FORM;
  uint8_t *payload = peer->answered_packet + WIRE_HEADER_SIZE;
  x25519_public(payload, private_key);
  struct WireHeader header = header_to(endpoint, WIRE_ACCEPT, peer->id, ++endpoint->sequence);
  struct HandshakeSides sides = {peer->public_key, endpoint->key.public_key, arrival->payload, payload};
  accept_message(message, &header, arrival->header->epoch, &sides);
  sign(endpoint, payload + 32, message, sizeof message);
  size_t size = finish_packet(endpoint, peer->answered_packet, &header, WIRE_ACCEPT_SIZE);
  peer->open_sequence = arrival->header->sequence;
  peer->is_answered = true;
  memcpy(peer->answered_ephemeral, arrival->payload, 32);
  endpoint->host.transmit(endpoint->host.context, arrival->from, peer->answered_packet, size);
  derive_secrets(&secrets, shared, message);
  struct Beginning beginning = {secrets.responder, secrets.initiator, secrets.name};
  begin_session(endpoint, peer, &beginning, arrival);
  return UTCP_TAKEN;
}

/* Whether our own attempt goes before the peer's: that of the lower CellID does. */
static bool goes_before(const struct Endpoint *endpoint, const struct UtcpPeer *peer) {
  uint64_t own = load_be64(endpoint->id), other = load_be64(peer->id);
  return own != other ? own < other : load_be64(endpoint->id + 8) < load_be64(peer->id + 8);
}

static enum UtcpDrop take_open(struct Endpoint *endpoint, struct UtcpPeer *peer,
                               const struct Arrival *arrival) {
  uint8_t message[OPEN_MESSAGE_SIZE];
  const uint8_t *payload = arrival->payload;
  const struct WireHeader *header = arrival->header;
  if (arrival->payload_size != WIRE_OPEN_SIZE) return UTCP_DROP_FORM;
  if (!holds_cookie(endpoint, payload + 32, arrival)) return UTCP_DROP_COOKIE;
  if (header->epoch < peer->epoch) return UTCP_DROP_REPLAY;
  if (peer->has_session && peer->is_answered && bytes_equal(peer->answered_ephemeral, payload, 32)) {
    endpoint->host.transmit(endpoint->host.context, arrival->from, peer->answered_packet,
                            UTCP_ACCEPT_PACKET_SIZE);
    return UTCP_TAKEN;
  }
  if (header->epoch == peer->epoch && header->sequence <= peer->open_sequence) return UTCP_DROP_REPLAY;
  if (peer->is_connecting && goes_before(endpoint, peer)) return UTCP_DROP_GLARE;
  if (!may_verify(endpoint, arrival->now)) return UTCP_DROP_BUDGET;
  struct HandshakeSides sides = {peer->public_key, endpoint->key.public_key, payload, NULL};
  open_message(message, header, payload + 32, &sides);
  if (!verify(peer, payload + WIRE_HANDSHAKE_SIZE, message, sizeof message)) return UTCP_DROP_SIGNATURE;
  return accept(endpoint, peer, arrival);
}

static enum UtcpDrop take_accept(struct Endpoint *endpoint, struct UtcpPeer *peer,
                                 const struct Arrival *arrival) {
  uint8_t shared[32], message[ACCEPT_MESSAGE_SIZE];
  struct SessionSecrets secrets;
  if (arrival->payload_size != WIRE_ACCEPT_SIZE) return UTCP_DROP_FORM;
  if (!peer->is_connecting) return UTCP_DROP_SESSION;
  if (arrival->header->epoch < peer->epoch) return UTCP_DROP_REPLAY;
  if (!may_verify(endpoint, arrival->now)) return UTCP_DROP_BUDGET;
  struct HandshakeSides sides = {endpoint->key.public_key, peer->public_key, peer->ephemeral,
                                 arrival->payload};
  accept_message(message, arrival->header, endpoint->epoch, &sides);
  if (!verify(peer, arrival->payload + 32, message, sizeof message)) return UTCP_DROP_SIGNATURE;
  if (!x25519_shared(shared, peer->private_key, arrival->payload)) return UTCP_DROP_FORM;
  if (arrival->header->epoch > peer->epoch) peer->open_sequence = 0;
  peer->is_answered = false;
  derive_secrets(&secrets, shared, message);
  struct Beginning beginning = {secrets.initiator, secrets.responder, secrets.name};
  begin_session(endpoint, peer, &beginning, arrival);
  return UTCP_TAKEN;
}

enum UtcpDrop endpoint_take_handshake(struct Endpoint *endpoint, struct UtcpPeer *peer,
                                      const struct Arrival *arrival) {
  switch (arrival->header->type) {
  case WIRE_INITIATE: return take_initiate(endpoint, arrival);
  case WIRE_COOKIE: return take_cookie(endpoint, peer, arrival);
  case WIRE_OPEN: return take_open(endpoint, peer, arrival);
  default: return take_accept(endpoint, peer, arrival);
  }
}
