// Numbers modulo L = 2^252 + 27742317777372353535851937790883648493, the order of Ed25519's base point.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct Scalar {
  uint64_t word[4]; // little-endian, below L
};

/* The little-endian number in `bytes`, of any size, modulo L. */
void scalar_reduce(struct Scalar *value, const uint8_t *bytes, size_t size);
/* a * b + c mod L. */
void scalar_multiply_add(struct Scalar *sum, const struct Scalar *a, const struct Scalar *b,
                         const struct Scalar *c);
void scalar_store(uint8_t bytes[32], const struct Scalar *value);
/* False if the 32 bytes hold L or more. */
bool scalar_load_canonical(struct Scalar *value, const uint8_t bytes[32]);
