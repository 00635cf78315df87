/*
 * Arithmetic modulo 2^255 - 19; see field25519.h for the bounds. A product's upper half folds back times
 * 19, since 2^255 = 19 (mod p). The inner product is unrolled: it is where signing and verifying spend
 * their time.
 */
#include "field25519.h"
#include "../lib/bytes.h"

typedef unsigned __int128 uint128;

#define LIMB_MASK ((1ul << 51) - 1)

void field_add(struct Field *sum, const struct Field *a, const struct Field *b) {
  for (int i = 0; i < 5; i++) sum->limb[i] = a->limb[i] + b->limb[i];
}

void field_subtract(struct Field *difference, const struct Field *a, const struct Field *b) {
  for (int i = 0; i < 5; i++) {
    uint64_t four_p = (1ul << 53) - (i == 0 ? 76 : 4);
    difference->limb[i] = a->limb[i] + four_p - b->limb[i];
  }
}

/* Sums are below 95 * 2^107.2; the carry out of the top one is below 2^58.6, so 19 times it fits 64 bits. */
static void carry(struct Field *result, uint128 sum[5]) {
  for (int i = 0; i < 4; i++) {
    sum[i + 1] += sum[i] >> 51;
    result->limb[i] = (uint64_t)sum[i] & LIMB_MASK;
  }
  result->limb[4] = (uint64_t)sum[4] & LIMB_MASK;
  uint64_t low = result->limb[0] + (uint64_t)(sum[4] >> 51) * 19;
  result->limb[0] = low & LIMB_MASK;
  result->limb[1] += low >> 51;
}

void field_multiply(struct Field *product, const struct Field *a, const struct Field *b) {
  uint128 sum[5] = {0};
#pragma clang loop unroll(full)
  for (int i = 0; i < 5; i++) {
#pragma clang loop unroll(full)
    for (int j = 0; j < 5; j++) {
      uint64_t factor = i + j < 5 ? b->limb[j] : b->limb[j] * 19;
      sum[(i + j) % 5] += (uint128)a->limb[i] * factor;
    }
  }
  carry(product, sum);
}

void field_square(struct Field *square, const struct Field *a) { field_multiply(square, a, a); }

/* base^(2^bits - subtrahend). The exponent's upper bits are all ones, as the subtrahend is below 64. */
static void power(struct Field *result, const struct Field *base, int bits, uint64_t subtrahend) {
  uint64_t low_bits = -subtrahend;
  struct Field x = *base, b = *base;
  for (int i = bits - 2; i >= 0; i--) {
    field_square(&x, &x);
    if (i >= 64 || (low_bits >> i & 1) != 0) field_multiply(&x, &x, &b);
  }
  *result = x;
}

void field_invert(struct Field *inverse, const struct Field *a) { power(inverse, a, 255, 21); }
void field_power_root(struct Field *root, const struct Field *a) { power(root, a, 252, 3); }

void field_load(struct Field *value, const uint8_t bytes[32]) {
  for (int i = 0; i < 5; i++) {
    int bit = 51 * i; // limb 4 starts at bit 204 and would read past the end from byte 25 on
    int at = bit / 8 > 24 ? 24 : bit / 8;
    value->limb[i] = load_le64(bytes + at) >> (bit - 8 * at) & LIMB_MASK;
  }
}

/* Carries from limb to limb; what leaves the top one, in units of 2^255, is returned. */
static uint64_t carry_through(struct Field *value) {
  uint64_t over = 0;
  for (int i = 0; i < 5; i++) {
    over += value->limb[i];
    value->limb[i] = over & LIMB_MASK;
    over >>= 51;
  }
  return over;
}

static void fold(struct Field *value) {
  uint64_t over = carry_through(value);
  value->limb[0] += 19 * over;
}

/* 1 if the value, below 2^255, is p or more: adding 19 then carries out of bit 255. */
static uint64_t is_past_modulus(const struct Field *value) {
  uint64_t over = 19;
  for (int i = 0; i < 5; i++) over = (value->limb[i] + over) >> 51;
  return over;
}

void field_store(uint8_t bytes[32], const struct Field *value) {
  struct Field x = *value;
  fold(&x);
  fold(&x);
  x.limb[0] += 19 * is_past_modulus(&x);
  carry_through(&x); // x + 19 without its bit 255 is x - p
  uint64_t words[4];
  for (int i = 0; i < 4; i++) words[i] = x.limb[i] >> (13 * i) | x.limb[i + 1] << (51 - 13 * i);
  for (int i = 0; i < 4; i++) store_le64(bytes + 8 * i, words[i]);
}

bool field_equal(const struct Field *a, const struct Field *b) {
  uint8_t x[32], y[32];
  field_store(x, a);
  field_store(y, b);
  return bytes_equal(x, y, sizeof x);
}

int field_sign(const struct Field *value) {
  uint8_t bytes[32];
  field_store(bytes, value);
  return bytes[0] & 1;
}
