/*
 * SipHash-2-4-128: Aumasson and Bernstein, "SipHash: a fast short-input PRF",
 * https://eprint.iacr.org/2012/351, with the 128-bit variant's changes: v1 ^= 0xee at the start, v2 ^= 0xee
 * before the first half and v1 ^= 0xdd before the second. It is a keyed function and no hash: without a
 * secret key it promises nothing.
 */
#include "siphash.h"
#include "../lib/bytes.h"

static uint64_t rotate(uint64_t x, int count) { return x << count | x >> (64 - count); }

static void rounds(uint64_t v[4], int count) {
  while (count-- > 0) {
    v[0] += v[1], v[1] = rotate(v[1], 13) ^ v[0], v[0] = rotate(v[0], 32);
    v[2] += v[3], v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3], v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1], v[1] = rotate(v[1], 17) ^ v[2], v[2] = rotate(v[2], 32);
  }
}

static void absorb(uint64_t v[4], uint64_t word) {
  v[3] ^= word;
  rounds(v, 2);
  v[0] ^= word;
}

static void squeeze(uint8_t half[8], uint64_t v[4]) {
  rounds(v, 4);
  store_le64(half, v[0] ^ v[1] ^ v[2] ^ v[3]);
}

void siphash128(uint8_t tag[SIPHASH_SIZE], const uint8_t key[SIPHASH_KEY_SIZE], const void *bytes,
                size_t size) {
  const uint8_t *from = bytes;
  uint64_t k0 = load_le64(key), k1 = load_le64(key + 8);
  uint64_t v[4] = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d ^ 0xee, k0 ^ 0x6c7967656e657261,
                   k1 ^ 0x7465646279746573};
  size_t rest = size & 7;
  for (const uint8_t *end = from + (size - rest); from < end; from += 8) absorb(v, load_le64(from));
  uint64_t last = (uint64_t)size << 56;
  for (size_t i = 0; i < rest; i++) last |= (uint64_t)from[i] << (8 * i);
  absorb(v, last);
  v[2] ^= 0xee;
  squeeze(tag, v);
  v[1] ^= 0xdd;
  squeeze(tag + 8, v);
}
