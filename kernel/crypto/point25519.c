/*
 * Points of edwards25519. RFC 8032, sections 5.1.2 to 5.1.4. The addition is complete: it also doubles and
 * takes the neutral element, so there is one formula and no special case that could leak a secret bit.
 */
#include "point25519.h"
#include "../lib/bytes.h"

static const struct Field one = {{1}};
static const struct Field curve_d = {
    {0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff}};
static const struct Field curve_2d = {
    {0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff}};
static const struct Field root_of_minus_one = {
    {0x61b274a0ea0b0, 0x0d5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d}};

static const struct Point neutral = {.y = {{1}}, .z = {{1}}};
static const struct Point base = {
    .x = {{0x62d608f25d51a, 0x412a4b4f6592a, 0x75b7171a4b31d, 0x1ff60527118fe, 0x216936d3cd6e5}},
    .y = {{0x6666666666658, 0x4cccccccccccc, 0x1999999999999, 0x3333333333333, 0x6666666666666}},
    .z = {{1}},
    .t = {{0x68ab3a5b7dda3, 0x00eea2a5eadbb, 0x2af8df483c27e, 0x332b375274732, 0x67875f0fd78b7}}};

/* RFC 8032, 5.1.4:
 * A = (Y1-X1)(Y2-X2)  B = (Y1+X1)(Y2+X2)  C = T1 2d T2  D = Z1 2 Z2  E = B-A  F = D-C  G = D+C  H = B+A
 * X3 = E F  Y3 = G H  T3 = E H  Z3 = F G */
static void point_add(struct Point *sum, const struct Point *p, const struct Point *q) {
  struct Field a, b, c, d, e, f, g, h;
  field_subtract(&a, &p->y, &p->x);
  field_subtract(&e, &q->y, &q->x);
  field_multiply(&a, &a, &e);
  field_add(&b, &p->y, &p->x);
  field_add(&e, &q->y, &q->x);
  field_multiply(&b, &b, &e);
  field_multiply(&c, &p->t, &q->t);
  field_multiply(&c, &c, &curve_2d);
  field_multiply(&d, &p->z, &q->z);
  field_add(&d, &d, &d);
  field_subtract(&e, &b, &a);
  field_subtract(&f, &d, &c);
  field_add(&g, &d, &c);
  field_add(&h, &b, &a);
  field_multiply(&sum->x, &e, &f);
  field_multiply(&sum->y, &g, &h);
  field_multiply(&sum->t, &e, &h);
  field_multiply(&sum->z, &f, &g);
}

static void point_negate(struct Point *negative, const struct Point *p) {
  static const struct Field zero;
  *negative = *p;
  field_subtract(&negative->x, &zero, &p->x);
  field_subtract(&negative->t, &zero, &p->t);
  field_multiply(&negative->x, &negative->x, &one); // carries, so that sums of it stay in bounds
  field_multiply(&negative->t, &negative->t, &one);
}

/* target = bit ? source : target, without a branch. */
static void point_select(struct Point *target, const struct Point *source, uint64_t bit) {
  uint64_t *to = target->x.limb;
  const uint64_t *from = source->x.limb;
  for (size_t i = 0; i < sizeof *target / sizeof *to; i++) to[i] ^= (to[i] ^ from[i]) & -bit;
}

void point_multiply_base(struct Point *product, const uint8_t scalar[32]) {
  struct Point r = neutral, with_base;
  for (int i = 256; i-- > 0;) {
    point_add(&r, &r, &r);
    point_add(&with_base, &r, &base);
    point_select(&r, &with_base, scalar[i / 8] >> (i & 7) & 1);
  }
  *product = r;
}

static bool scalar_bit(const struct Scalar *scalar, int i) {
  return (scalar->word[i / 64] >> (i & 63) & 1) != 0;
}

void point_combine(struct Point *result, const struct Scalar *s, const struct Scalar *k,
                   const struct Point *a) {
  struct Point r = neutral, minus_a;
  point_negate(&minus_a, a);
  for (int i = 253; i-- > 0;) {
    point_add(&r, &r, &r);
    if (scalar_bit(s, i)) point_add(&r, &r, &base);
    if (scalar_bit(k, i)) point_add(&r, &r, &minus_a);
  }
  *result = r;
}

bool point_has_small_order(const struct Point *point) {
  struct Point r = *point;
  for (int i = 0; i < 3; i++) point_add(&r, &r, &r);
  return field_equal(&r.x, &neutral.x) && field_equal(&r.y, &r.z);
}

void point_store(uint8_t bytes[32], const struct Point *point) {
  struct Field inverse, x, y;
  field_invert(&inverse, &point->z);
  field_multiply(&x, &point->x, &inverse);
  field_multiply(&y, &point->y, &inverse);
  field_store(bytes, &y);
  bytes[31] |= (uint8_t)(field_sign(&x) << 7);
}

/* x with x^2 = u/v, in RFC 8032's way: (u v^3)(u v^7)^((p-5)/8), times the root of -1 if need be. */
static bool square_root_of_ratio(struct Field *x, const struct Field *u, const struct Field *v) {
  struct Field v3, v7, r, check, minus_u;
  field_square(&v3, v);
  field_multiply(&v3, &v3, v);
  field_square(&v7, &v3);
  field_multiply(&v7, &v7, v);
  field_multiply(&r, u, &v7);
  field_power_root(&r, &r);
  field_multiply(&r, &r, &v3);
  field_multiply(x, &r, u);
  field_square(&check, x);
  field_multiply(&check, &check, v);
  if (field_equal(&check, u)) return true;
  field_subtract(&minus_u, &neutral.x, u);
  field_multiply(x, x, &root_of_minus_one);
  return field_equal(&check, &minus_u);
}

bool point_load(struct Point *point, const uint8_t bytes[32]) {
  struct Field u, v;
  uint8_t canonical[32];
  int sign = bytes[31] >> 7;
  field_load(&point->y, bytes);
  field_store(canonical, &point->y);
  canonical[31] |= (uint8_t)(sign << 7);
  if (!bytes_equal(canonical, bytes, sizeof canonical)) return false;

  field_square(&u, &point->y);
  field_multiply(&v, &u, &curve_d);
  field_subtract(&u, &u, &one);
  field_multiply(&u, &u, &one); // carries
  field_add(&v, &v, &one);
  point->z = one;
  if (!square_root_of_ratio(&point->x, &u, &v)) return false;
  if (field_equal(&point->x, &neutral.x) && sign == 1) return false;
  if (field_sign(&point->x) != sign) point_negate(point, point);
  field_multiply(&point->t, &point->x, &point->y);
  return true;
}
