// X25519, key agreement on Curve25519. RFC 7748, section 5. Also builds for Linux.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define X25519_SIZE 32

/* The public key of 32 random secret bytes. */
void x25519_public(uint8_t public_key[X25519_SIZE], const uint8_t private_key[X25519_SIZE]);
/* False if the other key is of small order: the shared secret would be zero. */
bool x25519_shared(uint8_t shared[X25519_SIZE], const uint8_t private_key[X25519_SIZE],
                   const uint8_t public_key[X25519_SIZE]);
