/*
 * SHA-256 of bytes that all stand in memory. FIPS 180-4, sections 4.1.2, 5.3.3 and 6.2; constants in
 * sha512.c.
 *
 *   T1 = h + S1(e) + Ch(e,f,g) + K[t] + W[t]      S1(e) = rotr 6, 11, 25
 *   T2 = S0(a) + Maj(a,b,c)                       S0(a) = rotr 2, 13, 22
 */
#include "sha2.h"
#include "../lib/bytes.h"

static uint32_t rotate(uint32_t x, int count) { return x >> count | x << (32 - count); }

static uint32_t schedule(uint32_t w[16], int t) {
  uint32_t w15 = w[(t + 1) & 15], w2 = w[(t + 14) & 15];
  uint32_t s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ w15 >> 3;
  uint32_t s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ w2 >> 10;
  return w[t & 15] += s0 + w[(t + 9) & 15] + s1;
}

static void compress(uint32_t state[8], const uint8_t block[64]) {
  uint32_t w[16], v[8];
  for (int i = 0; i < 16; i++) w[i] = load_be32(block + 4 * i);
  for (int i = 0; i < 8; i++) v[i] = state[i];
  for (int t = 0; t < 64; t++) {
    uint32_t word = t < 16 ? w[t] : schedule(w, t);
    uint32_t e = v[4], a = v[0];
    uint32_t t1 = v[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & v[5]) ^ (~e & v[6])) +
                  (uint32_t)(sha2_round_constants[t] >> 32) + word;
    uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
    for (int i = 7; i > 0; i--) v[i] = v[i - 1];
    v[4] += t1;
    v[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) state[i] += v[i];
}

void sha256(uint8_t digest[SHA256_SIZE], const void *bytes, size_t size) {
  const uint8_t *from = bytes;
  uint32_t state[8];
  uint8_t tail[128] = {0};
  for (int i = 0; i < 8; i++) state[i] = (uint32_t)(sha2_initial_values[i] >> 32);
  size_t rest = size & 63;
  for (const uint8_t *end = from + (size - rest); from < end; from += 64) compress(state, from);
  memcpy(tail, from, rest);
  tail[rest] = 0x80;
  size_t tail_size = rest < 56 ? 64 : 128;
  store_be64(tail + tail_size - 8, (uint64_t)size * 8);
  for (size_t at = 0; at < tail_size; at += 64) compress(state, tail + at);
  for (int i = 0; i < 8; i++) store_be32(digest + 4 * i, state[i]);
}
