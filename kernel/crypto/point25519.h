// Points of edwards25519, -x^2 + y^2 = 1 + d x^2 y^2, as X:Y:Z:T with x = X/Z, y = Y/Z, xy = T/Z. RFC 8032,
// 5.1.4.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "field25519.h"
#include "scalar25519.h"

struct Point {
  struct Field x, y, z, t;
};

/* scalar * B in constant time; the scalar is secret. `scalar` is 32 bytes, little-endian. */
void point_multiply_base(struct Point *product, const uint8_t scalar[32]);
/* s * B - k * A. Its time depends on s and k, which are public where this is used. */
void point_combine(struct Point *result, const struct Scalar *s, const struct Scalar *k,
                   const struct Point *a);
/* True if 8 * point is the neutral element: the point's order divides 8. */
bool point_has_small_order(const struct Point *point);

void point_store(uint8_t bytes[32], const struct Point *point);
/* Inverse of point_store. False if y is p or more, if it has no x, or if x is 0 with the sign bit set. */
bool point_load(struct Point *point, const uint8_t bytes[32]);
