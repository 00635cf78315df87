// The Montgomery ladder of RFC 7748, section 5, in constant time. Bounds of sums are those of field25519.h.
#include "x25519.h"
#include "../crypto/field25519.h"
#include "../lib/bytes.h"

/* x2/z2 and x3/z3, which differ by the point that the ladder climbs on. */
struct Ladder {
  struct Field x2, z2, x3, z3;
};

static void swap(struct Field *a, struct Field *b, uint64_t bit) {
  for (int i = 0; i < 5; i++) {
    uint64_t difference = -bit & (a->limb[i] ^ b->limb[i]);
    a->limb[i] ^= difference;
    b->limb[i] ^= difference;
  }
}

static void climb(struct Ladder *at, const struct Field *x1) {
  static const struct Field a24 = {{121665}};
  struct Field a, b, aa, bb, c, d, e, t;
  field_add(&a, &at->x2, &at->z2);
  field_subtract(&b, &at->x2, &at->z2);
  field_add(&c, &at->x3, &at->z3);
  field_subtract(&d, &at->x3, &at->z3);
  field_square(&aa, &a);
  field_square(&bb, &b);
  field_multiply(&d, &d, &a); // DA
  field_multiply(&c, &c, &b); // CB
  field_add(&t, &d, &c);
  field_square(&at->x3, &t);
  field_subtract(&t, &d, &c);
  field_square(&t, &t);
  field_multiply(&at->z3, x1, &t);
  field_multiply(&at->x2, &aa, &bb);
  field_subtract(&e, &aa, &bb);
  field_multiply(&t, &a24, &e);
  field_add(&t, &aa, &t);
  field_multiply(&at->z2, &e, &t);
}

static void multiply(uint8_t product[32], const uint8_t scalar[32], const uint8_t point[32]) {
  uint8_t k[32];
  struct Field x1;
  memcpy(k, scalar, sizeof k);
  k[0] &= 0xf8;
  k[31] = (k[31] & 0x7f) | 0x40;
  field_load(&x1, point);
  struct Ladder at = {.x2 = {{1}}, .x3 = x1, .z3 = {{1}}};
  uint64_t swapped = 0;
  for (int i = 254; i >= 0; i--) {
    uint64_t bit = k[i / 8] >> (i % 8) & 1;
    swap(&at.x2, &at.x3, swapped ^ bit);
    swap(&at.z2, &at.z3, swapped ^ bit);
    swapped = bit;
    climb(&at, &x1);
  }
  swap(&at.x2, &at.x3, swapped);
  swap(&at.z2, &at.z3, swapped);
  field_invert(&at.z2, &at.z2);
  field_multiply(&at.x2, &at.x2, &at.z2);
  field_store(product, &at.x2);
}

void x25519_public(uint8_t public_key[X25519_SIZE], const uint8_t private_key[X25519_SIZE]) {
  static const uint8_t base[32] = {9};
  multiply(public_key, private_key, base);
}

bool x25519_shared(uint8_t shared[X25519_SIZE], const uint8_t private_key[X25519_SIZE],
                   const uint8_t public_key[X25519_SIZE]) {
  static const uint8_t zero[32];
  multiply(shared, private_key, public_key);
  return !bytes_equal(shared, zero, sizeof zero);
}
