// Ed25519: keys, signing, verifying. RFC 8032, sections 5.1.5 to 5.1.7; the rule of verification is in
// ed25519.h.
#include "ed25519.h"
#include "../lib/bytes.h"
#include "point25519.h"
#include "sha2.h"

void ed25519_expand(struct SigningKey *key, const uint8_t seed[32]) {
  uint8_t digest[SHA512_SIZE];
  struct Sha512 hash;
  struct Point public_point;
  sha512_start(&hash);
  sha512_add(&hash, seed, 32);
  sha512_finish(&hash, digest);
  memcpy(key->scalar, digest, 32);
  memcpy(key->prefix, digest + 32, 32);
  key->scalar[0] &= 0xf8;
  key->scalar[31] = (key->scalar[31] & 0x7f) | 0x40;
  point_multiply_base(&public_point, key->scalar);
  point_store(key->public_key, &public_point);
}

/* SHA-512(first || second || message) mod L; `second` may be absent. */
static void hash_to_scalar(struct Scalar *scalar, const uint8_t first[32], const uint8_t *second,
                           const struct Message *message) {
  uint8_t digest[SHA512_SIZE];
  struct Sha512 hash;
  sha512_start(&hash);
  sha512_add(&hash, first, 32);
  if (second != NULL) sha512_add(&hash, second, 32);
  sha512_add(&hash, message->head, message->head_size);
  sha512_add(&hash, message->body, message->body_size);
  sha512_finish(&hash, digest);
  scalar_reduce(scalar, digest, sizeof digest);
}

void ed25519_sign(uint8_t signature[ED25519_SIGNATURE_SIZE], const struct SigningKey *key,
                  struct Message message) {
  struct Scalar r, k, a, s;
  struct Point commitment;
  uint8_t r_bytes[32];
  hash_to_scalar(&r, key->prefix, NULL, &message);
  scalar_store(r_bytes, &r);
  point_multiply_base(&commitment, r_bytes);
  point_store(signature, &commitment);
  hash_to_scalar(&k, signature, key->public_key, &message);
  scalar_reduce(&a, key->scalar, sizeof key->scalar);
  scalar_multiply_add(&s, &k, &a, &r);
  scalar_store(signature + 32, &s);
}

bool ed25519_verify(const uint8_t signature[ED25519_SIGNATURE_SIZE],
                    const uint8_t public_key[ED25519_KEY_SIZE], struct Message message) {
  struct Scalar s, k;
  struct Point a, r;
  uint8_t expected[32];
  if (!scalar_load_canonical(&s, signature + 32)) return false;
  if (!point_load(&a, public_key) || point_has_small_order(&a)) return false;
  hash_to_scalar(&k, signature, public_key, &message);
  point_combine(&r, &s, &k, &a);
  point_store(expected, &r);
  return bytes_equal(expected, signature, sizeof expected);
}
