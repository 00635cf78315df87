/*
 * UTCP for a node: handshakes and sessions with its peers. The same machine as
 * providers/utcp/session/endpoint.ts, to the byte. Nothing is allocated: the caller gives the memory, and a
 * packet that is not authentic leaves it as it was. After each call all that is due is done;
 * `endpoint_wake_at` says when to call again. Also builds for Linux.
 */
#pragma once
#include "../crypto/ed25519.h"
#include "session.h"

struct UtcpConfig {
  struct UtcpLimits limits;
  struct UtcpHost host;
  uint8_t mesh_key[16];
  uint8_t seed[32]; // of this node's Ed25519 key
  uint64_t epoch; // above that of every earlier start of this node
  uint32_t peer_count;
  uint8_t peers[UTCP_PEERS_MAX][32]; // Ed25519 public keys
};

#define UTCP_ACCEPT_PACKET_SIZE (WIRE_HEADER_SIZE + WIRE_ACCEPT_SIZE + WIRE_TAG_SIZE)

struct UtcpPeer {
  uint8_t public_key[32], id[16], link[6];
  uint64_t epoch, open_sequence; // of what was signed last
  bool is_connecting, is_answered, has_session;
  /* Of our attempt. */
  uint8_t private_key[32], ephemeral[32];
  uint64_t ends_at, retry_at, retry_delay;
  uint32_t opens;
  /* Of the present session, if the peer began it. */
  uint8_t answered_ephemeral[32], answered_packet[UTCP_ACCEPT_PACKET_SIZE];
  struct Session session;
};

struct Endpoint {
  struct UtcpLimits limits;
  struct UtcpHost host;
  uint8_t mesh_key[16], id[16], cookie_secret[16];
  struct SigningKey key;
  uint64_t epoch, sequence;
  uint32_t peer_count;
  struct UtcpPeer peers[UTCP_PEERS_MAX];
  /* What stands from here on is not state that a session depends on. */
  struct Pacer verifications;
  uint64_t drops[UTCP_DROP_KINDS];
  uint8_t packet[1500];
};

/* False if there are too many peers, streams or messages in a window, or fewer messages than the first
 * credit. */
bool endpoint_start(struct Endpoint *endpoint, const struct UtcpConfig *config);
void endpoint_connect(struct Endpoint *endpoint, const uint8_t peer[16], uint64_t now);
/* Takes a packet, without its Ethernet header, and decrypts it in place. */
void endpoint_receive(struct Endpoint *endpoint, const uint8_t from[6], uint8_t *packet, size_t size,
                      uint64_t now);
enum UtcpRefusal endpoint_send(struct Endpoint *endpoint, const uint8_t peer[16], uint32_t stream,
                               const uint8_t *message, size_t size, uint64_t now);
void endpoint_consumed(struct Endpoint *endpoint, const uint8_t peer[16], uint32_t stream, uint64_t count,
                       uint64_t now);
void endpoint_close(struct Endpoint *endpoint, const uint8_t peer[16], uint64_t now);
void endpoint_tick(struct Endpoint *endpoint, uint64_t now);
uint64_t endpoint_wake_at(const struct Endpoint *endpoint);
