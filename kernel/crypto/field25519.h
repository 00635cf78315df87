/*
 * Numbers modulo p = 2^255 - 19, as five limbs of 51 bits. Also builds for Linux.
 *
 * A result of `field_multiply` or `field_load` has limbs below 2^51 + 2^16. Sums and differences are not
 * carried; what may be done with them, so that nothing overflows:
 *   field_add       operands below 2^52
 *   field_subtract  the subtrahend below 2^53 - 76 (4p is added first)
 *   field_multiply  both operands below 2^53.6
 * Nothing here branches on a value or indexes by one.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct Field {
  uint64_t limb[5];
};

void field_add(struct Field *sum, const struct Field *a, const struct Field *b);
void field_subtract(struct Field *difference, const struct Field *a, const struct Field *b);
void field_multiply(struct Field *product, const struct Field *a, const struct Field *b);
void field_square(struct Field *square, const struct Field *a);
/* a^(p-2), which is 1/a, and 0 for 0. */
void field_invert(struct Field *inverse, const struct Field *a);
/* a^((p-5)/8), the heart of a square root. */
void field_power_root(struct Field *power, const struct Field *a);

/* Little-endian; the top bit is ignored and values from p to 2^255-1 are taken as they are. */
void field_load(struct Field *value, const uint8_t bytes[32]);
/* The one canonical encoding, below p. */
void field_store(uint8_t bytes[32], const struct Field *value);
bool field_equal(const struct Field *a, const struct Field *b);
/* The lowest bit of the canonical encoding: RFC 8032 calls it the sign. */
int field_sign(const struct Field *value);
