// SHA-256 and SHA-512. FIPS 180-4. Also builds for Linux.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32
#define SHA512_SIZE 64

struct Sha256 {
  uint32_t state[8];
  uint64_t size_bytes;
  uint8_t block[64];
};

struct Sha512 {
  uint64_t state[8];
  uint64_t size_bytes;
  uint8_t block[128];
};

void sha256(uint8_t digest[SHA256_SIZE], const void *bytes, size_t size);

void sha512_start(struct Sha512 *hash);
void sha512_add(struct Sha512 *hash, const void *bytes, size_t size);
void sha512_finish(struct Sha512 *hash, uint8_t digest[SHA512_SIZE]);

/* The round constants of SHA-512; SHA-256's are the upper halves of the first 64 (FIPS 180-4, 4.2). */
extern const uint64_t sha2_round_constants[80];
/* The same holds for the initial values (5.3.3 and 5.3.5). */
extern const uint64_t sha2_initial_values[8];
