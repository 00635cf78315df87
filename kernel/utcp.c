/*
 * UTCP hello frames, big-endian, EtherType 0x88B5 (IEEE's local experimental one):
 *
 *    0 Ethernet: destination ff:ff:ff:ff:ff:ff, source, 88 B5
 *   14 u8 version 1, u8 type 1, u16 flags 0, u16 payload length 96, u16 0
 *   22 source CellID (16)   38 destination CellID (16, all ff: anyone)   54 u64 epoch   62 u64 sequence
 *   70 public key (32)
 *  102 Ed25519 signature (64) over "utcp-hello-v1" || source CellID || epoch || public key
 *  166 tag (16): SipHash-2-4-128 keyed by the mesh, over bytes 14 to 165
 *
 * A frame without the right tag changes nothing but a counter. The signature, which costs milliseconds, is
 * made once a boot, and checked once for each peer and epoch, after everything cheaper.
 */
#include "utcp.h"
#include "clock.h"
#include "config.h"
#include "console.h"
#include "crypto/siphash.h"
#include "identity.h"
#include "lib/bytes.h"
#include "virtio_net.h"

#define ETHERTYPE 0x88b5
#define ETHERNET_SIZE 14u
#define HEADER_SIZE 56u
#define PAYLOAD_SIZE 96u
#define SIGNED_CONTEXT "utcp-hello-v1"
#define SIGNED_CONTEXT_SIZE 13
#define SIGNED_PART_SIZE 56
#define VERSION 1
#define TYPE_HELLO 1

/* A hello from its Ethernet header on, in bytes alone, so that it needs no alignment. */
struct Hello {
  uint8_t to[6], from[6], ethertype[2];
  uint8_t version, type, flags[2], payload_size[2], zero[2];
  uint8_t source[16], destination[16], epoch[8], sequence[8];
  uint8_t public_key[32], signature[64];
  uint8_t tag[16];
};
#define HELLO_SIZE (ETHERNET_SIZE + HEADER_SIZE + PAYLOAD_SIZE + SIPHASH_SIZE)
_Static_assert(sizeof(struct Hello) == HELLO_SIZE, "a hello frame has no padding");

struct PeerState {
  uint64_t epoch, sequence, heard_at;
  bool was_heard;
};

/* In the order in which they are asked. `form` is length, version, type and payload size of docs/utcp.md. */
enum Drop { DROP_ETHERTYPE, DROP_FORM, DROP_TAG, DROP_STRANGER, DROP_REPLAY, DROP_SIGNATURE, DROP_KINDS };

static struct PeerState states[PEERS_MAX];
static uint64_t drops[DROP_KINDS], drops_said;
static struct Hello own;
static uint64_t next_hello_at;

/* What the signature is over, apart from the fixed text: source CellID || epoch || public key. */
static void signed_part(uint8_t bytes[SIGNED_PART_SIZE], const struct Hello *hello) {
  memcpy(bytes, hello->source, 16);
  memcpy(bytes + 16, hello->epoch, 8);
  memcpy(bytes + 24, hello->public_key, 32);
}

static struct Message signed_message(const uint8_t part[SIGNED_PART_SIZE]) {
  return (struct Message){
      .head = SIGNED_CONTEXT, .head_size = SIGNED_CONTEXT_SIZE, .body = part, .body_size = SIGNED_PART_SIZE};
}

static void take_tag(uint8_t tag[SIPHASH_SIZE], const struct Hello *hello) {
  siphash128(tag, config.mesh_key, &hello->version, HEADER_SIZE + PAYLOAD_SIZE);
}

void utcp_start(void) {
  uint8_t part[SIGNED_PART_SIZE];
  memset(own.to, 0xff, sizeof own.to);
  memcpy(own.from, net_address, sizeof own.from);
  store_be16(own.ethertype, ETHERTYPE);
  own.version = VERSION;
  own.type = TYPE_HELLO;
  store_be16(own.payload_size, PAYLOAD_SIZE);
  memcpy(own.source, identity.cell_id, sizeof own.source);
  memset(own.destination, 0xff, sizeof own.destination);
  store_be64(own.epoch, config.epoch);
  memcpy(own.public_key, identity.key.public_key, sizeof own.public_key);
  signed_part(part, &own);
  ed25519_sign(own.signature, &identity.key, signed_message(part));
}

static void send_hello(void) {
  store_be64(own.sequence, load_be64(own.sequence) + 1);
  take_tag(own.tag, &own);
  net_send(&own, sizeof own);
}

uint64_t utcp_work(uint64_t now) {
  if (now >= next_hello_at) {
    send_hello();
    next_hello_at = now + config.hello_interval_micros;
  }
  return next_hello_at;
}

static bool has_form_of_hello(const struct Hello *hello, uint32_t size) {
  return size == HELLO_SIZE && hello->version == VERSION && hello->type == TYPE_HELLO &&
         load_be16(hello->flags) == 0 && load_be16(hello->payload_size) == PAYLOAD_SIZE &&
         load_be16(hello->zero) == 0;
}

static bool has_right_tag(const struct Hello *hello) {
  uint8_t tag[SIPHASH_SIZE];
  take_tag(tag, hello);
  return bytes_equal(tag, hello->tag, sizeof tag);
}

/* The peer's place in the configuration, or PEERS_MAX. */
static uint32_t find_peer(const uint8_t cell_id[16]) {
  for (uint32_t i = 0; i < config.peer_count; i++)
    if (bytes_equal(config.peers[i].cell_id, cell_id, 16)) return i;
  return PEERS_MAX;
}

static bool is_new(const struct PeerState *state, uint64_t epoch, uint64_t sequence) {
  return !state->was_heard || epoch > state->epoch || (epoch == state->epoch && sequence > state->sequence);
}

static bool has_right_signature(const struct Hello *hello, const struct Peer *peer) {
  uint8_t part[SIGNED_PART_SIZE];
  signed_part(part, hello);
  return bytes_equal(hello->public_key, peer->public_key, sizeof peer->public_key) &&
         ed25519_verify(hello->signature, peer->public_key, signed_message(part));
}

/* Checks from the cheapest to the dearest; takes the hello and returns DROP_KINDS if all hold. */
static enum Drop take_hello(const struct Hello *hello, uint32_t size) {
  if (size < ETHERNET_SIZE || load_be16(hello->ethertype) != ETHERTYPE) return DROP_ETHERTYPE;
  if (!has_form_of_hello(hello, size)) return DROP_FORM;
  if (!has_right_tag(hello)) return DROP_TAG;
  uint32_t peer = find_peer(hello->source);
  if (peer == PEERS_MAX) return DROP_STRANGER;
  struct PeerState *state = &states[peer];
  uint64_t epoch = load_be64(hello->epoch), sequence = load_be64(hello->sequence);
  if (!is_new(state, epoch, sequence)) return DROP_REPLAY;
  bool is_known = state->was_heard && epoch == state->epoch;
  if (!is_known && !has_right_signature(hello, &config.peers[peer])) return DROP_SIGNATURE;
  *state = (struct PeerState){epoch, sequence, .heard_at = clock_micros(), .was_heard = true};
  if (!is_known) console_say("hears ", config.peers[peer].name, NULL);
  return DROP_KINDS;
}

void utcp_receive(const uint8_t *frame, uint32_t size) {
  enum Drop drop = take_hello((const struct Hello *)frame, size);
  if (drop != DROP_KINDS) drops[drop]++;
}

bool utcp_is_heard(uint32_t peer) {
  const struct PeerState *state = &states[peer];
  uint64_t limit = HEARD_INTERVALS * config.hello_interval_micros;
  return state->was_heard && clock_micros() - state->heard_at <= limit;
}

uint32_t utcp_peers_heard(void) {
  uint32_t heard = 0;
  for (uint32_t i = 0; i < config.peer_count; i++) heard += utcp_is_heard(i) ? 1 : 0;
  return heard;
}

void utcp_say_drops(void) {
  static const char names[DROP_KINDS][12] = {" ethertype ", " form ",   " tag ",
                                             " stranger ",  " replay ", " signature "};
  char buffer[160];
  struct Text line = text_on(buffer, sizeof buffer);
  uint64_t total = 0;
  text_string(&line, "rumpk: dropped frames:");
  for (int i = 0; i < DROP_KINDS; i++) {
    text_string(&line, names[i]);
    text_decimal(&line, drops[i]);
    total += drops[i];
  }
  if (total != drops_said) console_line(&line);
  drops_said = total;
}
