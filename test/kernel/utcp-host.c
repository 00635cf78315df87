/*
 * kernel/utcp on the host, for the simulator. Requests on stdin, answers on stdout, all numbers
 * little-endian:
 *
 *   request   verb (1) || node (1) || now (8) || size (4) || body
 *   answer    records of kind (1) || size (4) || body; the last is of kind 0: wake-at (8) || most messages
 * held (4) || authentic packets dropped as malformed or beyond the credit (4)
 *
 *   verb 0 start: limits (20 x 8) || mesh key (16) || seed (32) || random seed (32) || epoch (8) || keys of
 * peers 1 connect: peer (16)   2 packet: from (6) || packet   3 send: peer (16) || stream (4) || message 4
 * consumed: peer (16) || stream (4) || count (4)   5 close: peer (16)   6 tick   7 fingerprint
 *
 *   record 1 transmit: to (6) || packet   2 an event: kind (1) || end (1) || peer (16) || session (8) ||
 * stream (4) || first (8) || next (8) || unacknowledged (8) || message   3 refused: reason (1)   4
 * fingerprint (8)
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../kernel/crypto/sha2.h"
#include "../../kernel/lib/bytes.h"
#include "../../kernel/utcp/endpoint.h"

#define NODES_MAX 64

struct Node {
  uint8_t random_seed[32];
  uint64_t random_counter;
  struct Endpoint endpoint;
};
static struct Node nodes[NODES_MAX];
static uint8_t body[1 << 16], answer[1 << 22];
static size_t answer_size;

static void put(const void *bytes, size_t size) {
  if (answer_size + size > sizeof answer) abort();
  memcpy(answer + answer_size, bytes, size);
  answer_size += size;
}

static void put_number(uint64_t value, size_t size) { put(&value, size); }

static void begin_record(uint8_t kind, size_t size) {
  put_number(kind, 1);
  put_number(size, 4);
}

static void transmit(void *context, const uint8_t to[6], const uint8_t *packet, size_t size) {
  (void)context;
  begin_record(1, 6 + size);
  put(to, 6);
  put(packet, size);
}

static void tell(void *context, const struct UtcpEvent *event) {
  static const uint8_t none[8];
  (void)context;
  begin_record(2, 54 + event->message_size);
  put_number(event->kind, 1);
  put_number(event->end, 1);
  put(event->peer, 16);
  put(event->session == NULL ? none : event->session, 8);
  put_number(event->stream, 4);
  put_number(event->first, 8);
  put_number(event->next, 8);
  put_number(event->unacknowledged, 8);
  if (event->message_size > 0) put(event->message, event->message_size);
}

/* SHA-256(seed || counter), as the simulator's own. */
static void give_random(void *context, uint8_t *bytes, size_t size) {
  struct Node *node = context;
  uint8_t input[40], digest[SHA256_SIZE];
  memcpy(input, node->random_seed, 32);
  store_be64(input + 32, node->random_counter++);
  sha256(digest, input, sizeof input);
  memcpy(bytes, digest, size);
}

static uint64_t number_at(const uint8_t *at, size_t size) {
  uint64_t value = 0;
  memcpy(&value, at, size);
  return value;
}

static void start(struct Node *node, size_t size) {
  struct UtcpConfig config = {.host = {node, transmit, tell, give_random}};
  memcpy(&config.limits, body, sizeof config.limits);
  const uint8_t *at = body + sizeof config.limits;
  memcpy(config.mesh_key, at, 16);
  memcpy(config.seed, at + 16, 32);
  memcpy(node->random_seed, at + 48, 32);
  node->random_counter = 0;
  config.epoch = number_at(at + 80, 8);
  size_t keys = size - sizeof config.limits - 88;
  config.peer_count = (uint32_t)(keys / 32);
  if (keys > sizeof config.peers) abort();
  memcpy(config.peers, at + 88, keys);
  if (!endpoint_start(&node->endpoint, &config)) abort();
}

/* FNV-1a over all that a session depends on. */
static void put_fingerprint(const struct Endpoint *endpoint) {
  const uint8_t *bytes = (const uint8_t *)endpoint;
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t i = 0; i + 8 <= offsetof(struct Endpoint, verifications); i += 8)
    hash = (hash ^ number_at(bytes + i, 8)) * 0x100000001b3;
  begin_record(4, 8);
  put_number(hash, 8);
}

static uint32_t held_max(const struct Endpoint *endpoint) {
  uint64_t most = 0;
  for (uint32_t p = 0; p < endpoint->peer_count; p++) {
    const struct Session *session = &endpoint->peers[p].session;
    for (uint32_t s = 0; endpoint->peers[p].has_session && s < endpoint->limits.streams; s++) {
      uint64_t held = session->sends[s].next - session->sends[s].first,
               kept = session->receives[s].unconsumed;
      for (uint32_t i = 0; i < endpoint->limits.window_messages; i++)
        kept += session->receives[s].slots[i].is_there;
      if (held > most) most = held;
      if (kept > most) most = kept;
    }
  }
  return (uint32_t)most;
}

static void send(struct Endpoint *endpoint, size_t size, uint64_t now) {
  uint32_t stream = (uint32_t)number_at(body + 16, 4);
  enum UtcpRefusal refusal = endpoint_send(endpoint, body, stream, body + 20, size - 20, now);
  if (refusal == UTCP_SENT) return;
  begin_record(3, 1);
  put_number(refusal, 1);
}

static void serve(uint8_t verb, struct Node *node, uint64_t now, size_t size) {
  struct Endpoint *endpoint = &node->endpoint;
  switch (verb) {
  case 0: start(node, size); break;
  case 1: endpoint_connect(endpoint, body, now); break;
  case 2: endpoint_receive(endpoint, body, body + 6, size - 6, now); break;
  case 3: send(endpoint, size, now); break;
  case 4:
    endpoint_consumed(endpoint, body, (uint32_t)number_at(body + 16, 4), number_at(body + 20, 4), now);
    break;
  case 5: endpoint_close(endpoint, body, now); break;
  case 6: endpoint_tick(endpoint, now); break;
  default: put_fingerprint(endpoint);
  }
  begin_record(0, 16);
  put_number(endpoint_wake_at(endpoint), 8);
  put_number(held_max(endpoint), 4);
  put_number(endpoint->drops[UTCP_DROP_CREDIT] + endpoint->drops[UTCP_DROP_FORM], 4);
}

int main(void) {
  uint8_t head[14];
  while (fread(head, sizeof head, 1, stdin) == 1) {
    size_t size = number_at(head + 10, 4);
    if (size > sizeof body || head[1] >= NODES_MAX) return 1;
    if (size > 0 && fread(body, size, 1, stdin) != 1) return 1;
    answer_size = 0;
    serve(head[0], &nodes[head[1]], number_at(head + 2, 8), size);
    fwrite(answer, answer_size, 1, stdout);
    fflush(stdout);
  }
  return 0;
}
