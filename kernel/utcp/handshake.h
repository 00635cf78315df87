/*
 * What the two sides of a handshake sign, and the keys that follow; providers/utcp/session/handshake.ts and
 * keys.ts.
 *
 *   open message    "utcp-open-v1" || header || ephemeral || cookie || initiator's key || responder's key
 *   accept message  "utcp-accept-v1" || header || initiator's epoch || initiator's ephemeral ||
 *                   responder's ephemeral || initiator's key || responder's key
 *   root            HKDF-Extract(SHA-256(accept message), shared secret)
 */
#pragma once
#include "wire.h"

#define OPEN_MESSAGE_SIZE (12 + WIRE_HEADER_SIZE + 32 + 16 + 32 + 32)
#define ACCEPT_MESSAGE_SIZE (14 + WIRE_HEADER_SIZE + 8 + 32 + 32 + 32 + 32)

/* Ephemeral and Ed25519 keys of both. */
struct HandshakeSides {
  const uint8_t *initiator_key, *responder_key;
  const uint8_t *initiator_ephemeral, *responder_ephemeral;
};

struct SessionSecrets {
  uint8_t initiator[32], responder[32];
  uint8_t name[32]; // 8 bytes of it are the session's name
};

void open_message(uint8_t message[OPEN_MESSAGE_SIZE], const struct WireHeader *header,
                  const uint8_t cookie[16], const struct HandshakeSides *sides);
void accept_message(uint8_t message[ACCEPT_MESSAGE_SIZE], const struct WireHeader *header,
                    uint64_t initiator_epoch, const struct HandshakeSides *sides);
void derive_secrets(struct SessionSecrets *secrets, const uint8_t shared[32],
                    const uint8_t message[ACCEPT_MESSAGE_SIZE]);
