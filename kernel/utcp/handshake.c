// See handshake.h.
#include "handshake.h"
#include "../crypto/sha2.h"
#include "../lib/bytes.h"
#include "hkdf.h"

static uint8_t *put(uint8_t *at, const void *bytes, size_t size) {
  memcpy(at, bytes, size);
  return at + size;
}

static uint8_t *put_header(uint8_t *at, const struct WireHeader *header, size_t payload_size) {
  wire_format_header(at, header, payload_size);
  return at + WIRE_HEADER_SIZE;
}

void open_message(uint8_t message[OPEN_MESSAGE_SIZE], const struct WireHeader *header,
                  const uint8_t cookie[16], const struct HandshakeSides *sides) {
  uint8_t *at = put_header(put(message, "utcp-open-v1", 12), header, WIRE_OPEN_SIZE);
  at = put(put(at, sides->initiator_ephemeral, 32), cookie, 16);
  put(put(at, sides->initiator_key, 32), sides->responder_key, 32);
}

void accept_message(uint8_t message[ACCEPT_MESSAGE_SIZE], const struct WireHeader *header,
                    uint64_t initiator_epoch, const struct HandshakeSides *sides) {
  uint8_t *at = put_header(put(message, "utcp-accept-v1", 14), header, WIRE_ACCEPT_SIZE);
  store_be64(at, initiator_epoch);
  at = put(put(at + 8, sides->initiator_ephemeral, 32), sides->responder_ephemeral, 32);
  put(put(at, sides->initiator_key, 32), sides->responder_key, 32);
}

void derive_secrets(struct SessionSecrets *secrets, const uint8_t shared[32],
                    const uint8_t message[ACCEPT_MESSAGE_SIZE]) {
  uint8_t salt[SHA256_SIZE], root[SHA256_SIZE];
  sha256(salt, message, ACCEPT_MESSAGE_SIZE);
  hkdf_extract(root, salt, shared);
  hkdf_expand(secrets->initiator, root, "utcp-v1 initiator");
  hkdf_expand(secrets->responder, root, "utcp-v1 responder");
  hkdf_expand(secrets->name, root, "utcp-v1 session");
}
