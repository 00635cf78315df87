/*
 * The node's configuration blob, little-endian. The inverse is `providers/deploy/config.ts`.
 *
 *    0 "NXCF"  4 u16 version 1  6 u16 0  8 u32 totalSizeBytes  12 u32 stableSizeBytes
 * 16 fields: u16 type, u16 length, value; stable ones in ascending type, then, from stableSizeBytes,
 * volatile ones
 *   last 32 bytes: SHA-256 of all before
 *
 *   1 node name   2 node seed (32)   3 mesh name   4 mesh key (16)   5 release CID (59)
 *   6 hello interval ms (u32)   7 heartbeat interval ms (u32)
 *   8 peer, repeated, sorted by name: public key (32), CellID (16), name
 *   32 epoch (u64)   33 first nonce (32)
 */
#include "config.h"
#include "crypto/sha2.h"
#include "crypto/siphash.h"
#include "lib/bytes.h"
#include "lib/text.h"
#include "panic.h"

#define HEADER_SIZE 16
#define FIELD_HEADER_SIZE 4
#define PEER_HEAD_SIZE 48
#define FIRST_VOLATILE_TYPE 32
#define EVERY_FIELD (0xful << 1 | 0x7ul << 5 | 3ul << 32) // a mesh of one node has no peer

enum FieldType {
  NODE = 1,
  SEED,
  MESH,
  MESH_KEY,
  RELEASE,
  HELLO_INTERVAL,
  HEARTBEAT_INTERVAL,
  PEER,
  EPOCH = FIRST_VOLATILE_TYPE,
  FIRST_NONCE
};

struct Config config;

static void require(bool holds, const char *text) {
  if (!holds) panic(text);
}

static void take_bytes(uint8_t *to, uint32_t size, const uint8_t *value, uint32_t length) {
  require(length == size, "configuration: a field has the wrong length");
  memcpy(to, value, size);
}

static void take_name(char name[NAME_MAX + 1], const uint8_t *value, uint32_t length) {
  require(text_is_name((const char *)value, length), "configuration: not a name");
  memcpy(name, value, length);
}

static void take_release(const uint8_t *value, uint32_t length) {
  take_bytes((uint8_t *)config.release, RELEASE_CID_SIZE, value, length);
  for (uint32_t i = 0; i < length; i++)
    require((value[i] >= 'a' && value[i] <= 'z') || (value[i] >= '2' && value[i] <= '7'),
            "configuration: the release is no CID");
}

static uint64_t interval_micros(const uint8_t *value, uint32_t length) {
  require(length == 4, "configuration: an interval has the wrong length");
  uint32_t millis = load_le32(value);
  require(millis >= INTERVAL_MIN_MILLIS, "configuration: an interval is too short");
  return millis * 1000ul;
}

static void take_peer(const uint8_t *value, uint32_t length) {
  require(config.peer_count < PEERS_MAX, "configuration: too many peers");
  require(length > PEER_HEAD_SIZE, "configuration: a peer is too short");
  struct Peer *peer = &config.peers[config.peer_count++];
  memcpy(peer->public_key, value, sizeof peer->public_key);
  memcpy(peer->cell_id, value + sizeof peer->public_key, sizeof peer->cell_id);
  take_name(peer->name, value + PEER_HEAD_SIZE, length - PEER_HEAD_SIZE);
}

static void take_epoch(const uint8_t *value, uint32_t length) {
  require(length == 8, "configuration: the epoch has the wrong length");
  config.epoch = load_le64(value);
}

static void take_field(uint32_t type, const uint8_t *value, uint32_t length) {
  switch (type) {
    case NODE: return take_name(config.node, value, length);
    case SEED: return take_bytes(config.seed, sizeof config.seed, value, length);
    case MESH: return take_name(config.mesh, value, length);
    case MESH_KEY: return take_bytes(config.mesh_key, sizeof config.mesh_key, value, length);
    case RELEASE: return take_release(value, length);
    case HELLO_INTERVAL: config.hello_interval_micros = interval_micros(value, length); return;
    case HEARTBEAT_INTERVAL: config.heartbeat_interval_micros = interval_micros(value, length); return;
    case PEER: return take_peer(value, length);
    case EPOCH: return take_epoch(value, length);
    case FIRST_NONCE: return take_bytes(config.first_nonce, sizeof config.first_nonce, value, length);
    default: panic("configuration: unknown field");
  }
}

/* Every field once, peers as often as there are; ascending; the volatile ones from stable_size on. */
static void take_fields(const uint8_t *blob, uint32_t end, uint32_t stable_size) {
  uint64_t seen = 0;
  uint32_t last_type = 0, at = HEADER_SIZE;
  while (at < end) {
    require(end - at >= FIELD_HEADER_SIZE, "configuration: a field is cut off");
    uint32_t type = load_le16(blob + at), length = load_le16(blob + at + 2);
    bool in_order = type > last_type || (type == PEER && last_type == PEER);
    require(in_order, "configuration: fields are out of order");
    require((type >= FIRST_VOLATILE_TYPE) == (at >= stable_size),
            "configuration: stable and volatile fields are mixed");
    at += FIELD_HEADER_SIZE;
    require(length <= end - at, "configuration: a field runs past the end");
    take_field(type, blob + at, length);
    seen |= 1ul << type;
    last_type = type;
    at += length;
  }
  require((seen | 1ul << PEER) == (EVERY_FIELD | 1ul << PEER), "configuration: a field is missing");
}

/* A peer's CellID follows from its key and the mesh key; a wrong one would make it silently unheard. */
static void check_cell_ids(void) {
  uint8_t cell_id[SIPHASH_SIZE];
  for (uint32_t i = 0; i < config.peer_count; i++) {
    siphash128(cell_id, config.mesh_key, config.peers[i].public_key, sizeof config.peers[i].public_key);
    require(bytes_equal(cell_id, config.peers[i].cell_id, sizeof cell_id),
            "configuration: a peer's CellID does not follow from its key");
  }
}

static void check_digest(const uint8_t *blob, uint32_t body_size) {
  uint8_t digest[SHA256_SIZE];
  sha256(digest, blob, body_size);
  require(bytes_equal(digest, blob + body_size, sizeof digest), "configuration: its digest is wrong");
}

void config_load(const struct Machine *machine) {
  uint8_t *blob = (uint8_t *)machine->initrd_start;
  uint64_t room = machine->initrd_end - machine->initrd_start;
  require(machine->initrd_end > machine->initrd_start, "configuration: no initrd");
  require(room >= HEADER_SIZE + SHA256_SIZE, "configuration: too short");
  require(text_starts_with((char *)blob, room, "NXCF"), "configuration: no NXCF at its start");
  require(load_le16(blob + 4) == 1 && load_le16(blob + 6) == 0, "configuration: unknown version");
  uint32_t total_size = load_le32(blob + 8), stable_size = load_le32(blob + 12);
  require(total_size <= room && total_size <= CONFIG_MAX_BYTES && total_size >= HEADER_SIZE + SHA256_SIZE,
          "configuration: its size is out of range");
  uint32_t body_size = total_size - SHA256_SIZE;
  check_digest(blob, body_size);
  require(stable_size >= HEADER_SIZE && stable_size <= body_size,
          "configuration: its stable size is out of range");
  sha256(config.digest, blob, stable_size);
  take_fields(blob, body_size, stable_size);
  check_cell_ids();
  memset(blob, 0, total_size); // it holds the node's seed
}
