/*
 * Arithmetic modulo L by Horner's rule, one bit at a time:
 *
 *   accumulator = 2 * accumulator + (bit ? addend : 0)   mod L
 *
 * With addend 1 this reduces a number of any length; with addend b, over the bits of a, it multiplies. A
 * signature needs some 1,300 such steps, far less than one of its point multiplications. Nothing branches
 * on a bit.
 */
#include "scalar25519.h"
#include "../lib/bytes.h"

typedef unsigned __int128 uint128;

static const uint64_t order[4] = {0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000};

/* value - order; returns all ones if that is negative, else 0. */
static uint64_t subtract_order(uint64_t difference[4], const uint64_t value[4]) {
  uint64_t borrow = 0;
  for (int i = 0; i < 4; i++) {
    uint128 step = (uint128)value[i] - order[i] - borrow;
    difference[i] = (uint64_t)step;
    borrow = (uint64_t)(step >> 64) & 1;
  }
  return -borrow;
}

static void subtract_order_if_not_less(uint64_t value[4]) {
  uint64_t difference[4];
  uint64_t keep = subtract_order(difference, value);
  for (int i = 0; i < 4; i++) value[i] = (value[i] & keep) | (difference[i] & ~keep);
}

/* One step of Horner's rule. Below 3L < 2^254 before the subtractions. */
static void double_and_add(struct Scalar *accumulator, uint64_t bit, const struct Scalar *addend) {
  uint128 sum = 0;
  for (int i = 0; i < 4; i++) {
    sum += (uint128)accumulator->word[i] * 2 + (addend->word[i] & -bit);
    accumulator->word[i] = (uint64_t)sum;
    sum >>= 64;
  }
  subtract_order_if_not_less(accumulator->word);
  subtract_order_if_not_less(accumulator->word);
}

void scalar_reduce(struct Scalar *value, const uint8_t *bytes, size_t size) {
  static const struct Scalar one = {{1}};
  struct Scalar accumulator = {{0}};
  for (size_t i = 8 * size; i-- > 0;) double_and_add(&accumulator, bytes[i / 8] >> (i & 7) & 1, &one);
  *value = accumulator;
}

void scalar_multiply_add(struct Scalar *sum, const struct Scalar *a, const struct Scalar *b,
                         const struct Scalar *c) {
  struct Scalar accumulator = {{0}};
  for (int i = 256; i-- > 0;) double_and_add(&accumulator, a->word[i / 64] >> (i & 63) & 1, b);
  uint128 total = 0;
  for (int i = 0; i < 4; i++) {
    total += (uint128)accumulator.word[i] + c->word[i];
    sum->word[i] = (uint64_t)total;
    total >>= 64;
  }
  subtract_order_if_not_less(sum->word);
}

void scalar_store(uint8_t bytes[32], const struct Scalar *value) {
  for (int i = 0; i < 4; i++) store_le64(bytes + 8 * i, value->word[i]);
}

bool scalar_load_canonical(struct Scalar *value, const uint8_t bytes[32]) {
  uint64_t difference[4];
  for (int i = 0; i < 4; i++) value->word[i] = load_le64(bytes + 8 * i);
  return subtract_order(difference, value->word) != 0;
}
