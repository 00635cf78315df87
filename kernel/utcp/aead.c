/*
 * ChaCha20-Poly1305: RFC 8439, sections 2.3 to 2.8. Poly1305 keeps numbers modulo 2^130 - 5 as five limbs of
 * 26 bits. Nothing branches on a secret.
 */
#include "aead.h"
#include "../lib/bytes.h"

#define LIMB 0x3ffffffu

static uint32_t rotate(uint32_t x, int count) { return x << count | x >> (32 - count); }

static void store_le32(uint8_t *to, uint32_t value) {
  for (int i = 0; i < 4; i++, value >>= 8) to[i] = (uint8_t)value;
}

static void quarter(uint32_t s[16], int a, int b, int c, int d) {
  s[a] += s[b], s[d] = rotate(s[d] ^ s[a], 16);
  s[c] += s[d], s[b] = rotate(s[b] ^ s[c], 12);
  s[a] += s[b], s[d] = rotate(s[d] ^ s[a], 8);
  s[c] += s[d], s[b] = rotate(s[b] ^ s[c], 7);
}

static void chacha_block(uint8_t block[64], const uint8_t key[32], uint64_t number, uint32_t counter) {
  uint8_t nonce[8];
  uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}, s[16];
  store_be64(nonce, number);
  for (int i = 0; i < 8; i++) start[4 + i] = load_le32(key + 4 * i);
  start[12] = counter;
  start[14] = load_le32(nonce);
  start[15] = load_le32(nonce + 4);
  for (int i = 0; i < 16; i++) s[i] = start[i];
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < 4; i++) quarter(s, i, 4 + i, 8 + i, 12 + i);
    for (int i = 0; i < 4; i++) quarter(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
  }
  for (int i = 0; i < 16; i++) store_le32(block + 4 * i, s[i] + start[i]);
}

static void encrypt(const struct Sealed *packet) {
  uint8_t block[64];
  for (size_t at = 0; at < packet->text_size; at += sizeof block) {
    chacha_block(block, packet->key, packet->number, (uint32_t)(at / sizeof block) + 1);
    for (size_t i = 0; i < sizeof block && at + i < packet->text_size; i++) packet->text[at + i] ^= block[i];
  }
}

struct Poly {
  uint32_t r[5], h[5];
};

static void load_limbs(uint32_t limb[5], const uint8_t bytes[16]) {
  uint64_t low = load_le64(bytes), high = load_le64(bytes + 8);
  limb[0] = (uint32_t)low & LIMB;
  limb[1] = (uint32_t)(low >> 26) & LIMB;
  limb[2] = (uint32_t)(low >> 52 | high << 12) & LIMB;
  limb[3] = (uint32_t)(high >> 14) & LIMB;
  limb[4] = (uint32_t)(high >> 40);
}

/* h = h * r mod 2^130 - 5: limbs below 2^27.1 times 5 * 2^26, five of them, are below 2^58. */
static void poly_multiply(struct Poly *poly) {
  uint64_t sum[5] = {0}, over = 0;
  for (int i = 0; i < 5; i++)
    for (int j = 0; j < 5; j++) sum[(i + j) % 5] += (uint64_t)poly->h[i] * poly->r[j] * (i + j < 5 ? 1 : 5);
  for (int i = 0; i < 5; i++) {
    sum[i] += over;
    poly->h[i] = (uint32_t)sum[i] & LIMB;
    over = sum[i] >> 26;
  }
  over = poly->h[0] + over * 5;
  poly->h[0] = (uint32_t)over & LIMB;
  poly->h[1] += (uint32_t)(over >> 26);
}

/* Absorbs bytes, the last block filled up with zeros, as the AEAD construction has it. */
static void poly_absorb(struct Poly *poly, const uint8_t *bytes, size_t size) {
  for (size_t at = 0; at < size; at += 16) {
    uint8_t block[16] = {0};
    uint32_t limb[5];
    memcpy(block, bytes + at, size - at < 16 ? size - at : 16);
    load_limbs(limb, block);
    limb[4] |= 1u << 24;
    for (int i = 0; i < 5; i++) poly->h[i] += limb[i];
    poly_multiply(poly);
  }
}

/* Carries all through, then takes the modulus away if h is as large: h + 5 then has bit 130. */
static void poly_reduce(struct Poly *poly) {
  uint32_t g[5], over = 0;
  for (int i = 0; i < 10; i++) {
    poly->h[i % 5] += i == 5 ? over * 5 : over;
    over = poly->h[i % 5] >> 26;
    poly->h[i % 5] &= LIMB;
  }
  poly->h[0] += over * 5;
  over = 5;
  for (int i = 0; i < 5; i++) {
    g[i] = poly->h[i] + over;
    over = g[i] >> 26;
    g[i] &= LIMB;
  }
  for (int i = 0; i < 5; i++) poly->h[i] = (poly->h[i] & (over - 1)) | (g[i] & -over);
}

/* h + s mod 2^128, little-endian. */
static void poly_finish(struct Poly *poly, uint8_t tag[16], const uint8_t s[16]) {
  poly_reduce(poly);
  const uint32_t *h = poly->h;
  uint32_t word[4] = {h[0] | h[1] << 26, h[1] >> 6 | h[2] << 20, h[2] >> 12 | h[3] << 14,
                      h[3] >> 18 | h[4] << 8};
  uint64_t sum = 0;
  for (int i = 0; i < 4; i++) {
    sum += (uint64_t)word[i] + load_le32(s + 4 * i);
    store_le32(tag + 4 * i, (uint32_t)sum);
    sum >>= 32;
  }
}

static void take_tag(const struct Sealed *packet, uint8_t tag[AEAD_TAG_SIZE]) {
  uint8_t block[64], sizes[16];
  struct Poly poly = {0};
  chacha_block(block, packet->key, packet->number, 0);
  for (int i = 3; i < 16; i += 4) block[i] &= 15;
  for (int i = 4; i < 16; i += 4) block[i] &= 252;
  load_limbs(poly.r, block);
  poly_absorb(&poly, packet->header, packet->header_size);
  poly_absorb(&poly, packet->text, packet->text_size);
  store_le64(sizes, packet->header_size);
  store_le64(sizes + 8, packet->text_size);
  poly_absorb(&poly, sizes, sizeof sizes);
  poly_finish(&poly, tag, block + 16);
}

void aead_seal(const struct Sealed *packet, uint8_t tag[AEAD_TAG_SIZE]) {
  encrypt(packet);
  take_tag(packet, tag);
}

bool aead_open(const struct Sealed *packet, const uint8_t tag[AEAD_TAG_SIZE]) {
  uint8_t expected[AEAD_TAG_SIZE];
  take_tag(packet, expected);
  if (!bytes_equal(expected, tag, sizeof expected)) return false;
  encrypt(packet);
  return true;
}
