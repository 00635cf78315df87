/*
 * Ed25519 signatures. RFC 8032, section 5.1 (pure, no context). Also builds for Linux.
 *
 * THE RULE OF VERIFICATION, the same in every verifier of this project (model/ed25519.ts is the other one). A
 * signature R || S over M with key A is accepted if and only if
 *   1. the 32 bytes of A are a canonical encoding of a point of the curve: y < p, an x exists, and not x = 0
 *      with the sign bit set;
 *   2. the point A is not of small order: 8 A is not the neutral element;
 *   3. S, little-endian, is below L;
 *   4. the 32 bytes of R equal the canonical encoding of S B - k A, with k = SHA-512(R || A || M) mod L over
 *      the bytes as received. So R is canonical too, and the equation is the one without the cofactor.
 * A small-order R, and points with a small-order component, are accepted when 4 holds: they let only the
 * owner of the key make a second signature for the same message, which nothing here relies on not existing.
 * OpenSSL (`node:crypto`) checks 3 and 4 alone; with 1 and 2 checked first it accepts the same set.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ED25519_KEY_SIZE 32
#define ED25519_SIGNATURE_SIZE 64

struct SigningKey {
  uint8_t scalar[32]; // clamped; secret
  uint8_t prefix[32]; // secret
  uint8_t public_key[ED25519_KEY_SIZE];
};

/* A message may stand in two places: `head` then `body`. */
struct Message {
  const void *head;
  size_t head_size;
  const void *body;
  size_t body_size;
};

void ed25519_expand(struct SigningKey *key, const uint8_t seed[32]);
void ed25519_sign(uint8_t signature[ED25519_SIGNATURE_SIZE], const struct SigningKey *key,
                  struct Message message);
bool ed25519_verify(const uint8_t signature[ED25519_SIGNATURE_SIZE],
                    const uint8_t public_key[ED25519_KEY_SIZE], struct Message message);
