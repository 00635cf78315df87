// The door of an endpoint, and its commands.
#include "endpoint.h"
#include "../crypto/siphash.h"
#include "../lib/bytes.h"
#include "endpoint_handshake.h"
#include "x25519.h"

static void start_peer(struct Endpoint *endpoint, struct UtcpPeer *peer, const uint8_t public_key[32]) {
  memcpy(peer->public_key, public_key, 32);
  siphash128(peer->id, endpoint->mesh_key, public_key, 32);
  memset(peer->link, 0xff, sizeof peer->link);
}

bool endpoint_start(struct Endpoint *endpoint, const struct UtcpConfig *config) {
  const struct UtcpLimits *limits = &config->limits;
  if (config->peer_count > UTCP_PEERS_MAX || limits->streams > UTCP_STREAMS_MAX) return false;
  if (limits->window_messages > UTCP_WINDOW_MAX || limits->window_messages < UTCP_INITIAL_CREDIT)
    return false;
  memset(endpoint, 0, sizeof *endpoint);
  endpoint->limits = *limits;
  endpoint->host = config->host;
  memcpy(endpoint->mesh_key, config->mesh_key, sizeof endpoint->mesh_key);
  ed25519_expand(&endpoint->key, config->seed);
  siphash128(endpoint->id, endpoint->mesh_key, endpoint->key.public_key, 32);
  endpoint->epoch = config->epoch;
  endpoint->host.random(endpoint->host.context, endpoint->cookie_secret, sizeof endpoint->cookie_secret);
  pacer_start(&endpoint->verifications, 1, limits->verifications_at_once - 1, limits->verification_micros);
  endpoint->peer_count = config->peer_count;
  for (uint32_t i = 0; i < config->peer_count; i++)
    start_peer(endpoint, &endpoint->peers[i], config->peers[i]);
  return true;
}

static struct UtcpPeer *find_peer(struct Endpoint *endpoint, const uint8_t id[16]) {
  for (uint32_t i = 0; i < endpoint->peer_count; i++)
    if (bytes_equal(endpoint->peers[i].id, id, 16)) return &endpoint->peers[i];
  return NULL;
}

static void forget_if_over(struct UtcpPeer *peer) {
  if (peer->has_session && peer->session.is_over) peer->has_session = false;
}

void endpoint_tick(struct Endpoint *endpoint, uint64_t now) {
  for (uint32_t i = 0; i < endpoint->peer_count; i++) {
    struct UtcpPeer *peer = &endpoint->peers[i];
    if (peer->is_connecting) endpoint_work_on_attempt(endpoint, peer, now);
    if (peer->has_session) session_work(&peer->session, now);
    forget_if_over(peer);
  }
}

uint64_t endpoint_wake_at(const struct Endpoint *endpoint) {
  uint64_t at = UTCP_NEVER;
  for (uint32_t i = 0; i < endpoint->peer_count; i++) {
    const struct UtcpPeer *peer = &endpoint->peers[i];
    uint64_t attempt = peer->retry_at < peer->ends_at ? peer->retry_at : peer->ends_at;
    uint64_t session = peer->has_session ? session_wake_at(&peer->session) : UTCP_NEVER;
    if (peer->is_connecting && attempt < at) at = attempt;
    if (session < at) at = session;
  }
  return at;
}

static bool is_tagged(const struct Endpoint *endpoint, const uint8_t *packet, size_t size,
                      uint16_t generation) {
  uint8_t tag[WIRE_TAG_SIZE];
  siphash128(tag, endpoint->mesh_key, packet, size - WIRE_TAG_SIZE);
  return generation == 0 && bytes_equal(tag, packet + size - WIRE_TAG_SIZE, sizeof tag);
}

/* From the cheapest question to the dearest. */
static enum UtcpDrop admit(struct Endpoint *endpoint, const uint8_t from[6], uint8_t *packet, size_t size,
                           uint64_t now) {
  struct WireHeader header;
  enum WireFault fault = wire_form(packet, size);
  if (fault != WIRE_GOOD) return fault == WIRE_BAD_LENGTH ? UTCP_DROP_LENGTH : UTCP_DROP_VERSION;
  wire_parse_header(&header, packet);
  if (header.type < WIRE_INITIATE || header.type > WIRE_CLOSE) return UTCP_DROP_TYPE;
  if (!bytes_equal(header.destination, endpoint->id, 16)) return UTCP_DROP_DESTINATION;
  struct UtcpPeer *peer = find_peer(endpoint, header.source);
  if (peer == NULL) return UTCP_DROP_STRANGER;
  if (header.type < WIRE_DATA) {
    if (!is_tagged(endpoint, packet, size, header.generation)) return UTCP_DROP_TAG;
    struct Arrival arrival = {&header, packet + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE - WIRE_TAG_SIZE,
                              from, now};
    return endpoint_take_handshake(endpoint, peer, &arrival);
  }
  if (!peer->has_session) return UTCP_DROP_SESSION;
  enum UtcpDrop drop = session_receive(&peer->session, &header, packet, size, from, now);
  forget_if_over(peer);
  return drop;
}

void endpoint_receive(struct Endpoint *endpoint, const uint8_t from[6], uint8_t *packet, size_t size,
                      uint64_t now) {
  enum UtcpDrop drop = admit(endpoint, from, packet, size, now);
  if (drop != UTCP_TAKEN) endpoint->drops[drop]++;
  endpoint_tick(endpoint, now);
}

static void begin_attempt(struct Endpoint *endpoint, struct UtcpPeer *peer, uint64_t now) {
  endpoint->host.random(endpoint->host.context, peer->private_key, sizeof peer->private_key);
  x25519_public(peer->ephemeral, peer->private_key);
  peer->is_connecting = true;
  peer->ends_at = now + endpoint->limits.connect_timeout_micros;
  peer->retry_at = now;
  peer->retry_delay = endpoint->limits.handshake_retry_micros;
  peer->opens = 0;
}

void endpoint_connect(struct Endpoint *endpoint, const uint8_t peer_id[16], uint64_t now) {
  struct UtcpPeer *peer = find_peer(endpoint, peer_id);
  if (peer != NULL && !peer->has_session && !peer->is_connecting) begin_attempt(endpoint, peer, now);
  endpoint_tick(endpoint, now);
}

enum UtcpRefusal endpoint_send(struct Endpoint *endpoint, const uint8_t peer_id[16], uint32_t stream,
                               const uint8_t *message, size_t size, uint64_t now) {
  struct UtcpPeer *peer = find_peer(endpoint, peer_id);
  enum UtcpRefusal refusal = UTCP_NO_SESSION;
  if (size > WIRE_MESSAGE_SIZE_MAX)
    refusal = UTCP_BAD_SIZE;
  else if (peer != NULL && peer->has_session)
    refusal = session_send(&peer->session, stream, message, size, now);
  endpoint_tick(endpoint, now);
  return refusal;
}

void endpoint_consumed(struct Endpoint *endpoint, const uint8_t peer_id[16], uint32_t stream, uint64_t count,
                       uint64_t now) {
  struct UtcpPeer *peer = find_peer(endpoint, peer_id);
  if (peer != NULL && peer->has_session) session_consumed(&peer->session, stream, count, now);
  endpoint_tick(endpoint, now);
}

void endpoint_close(struct Endpoint *endpoint, const uint8_t peer_id[16], uint64_t now) {
  struct UtcpPeer *peer = find_peer(endpoint, peer_id);
  if (peer != NULL && peer->is_connecting) {
    peer->is_connecting = false;
    endpoint_tell_end(endpoint, peer, UTCP_CLOSED);
  }
  if (peer != NULL && peer->has_session) peer->session.is_closing = true;
  endpoint_tick(endpoint, now);
}
