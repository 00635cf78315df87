// HKDF with SHA-256. RFC 5869. Also builds for Linux.
#pragma once
#include <stdint.h>
#include "../crypto/sha2.h"

void hkdf_extract(uint8_t root[SHA256_SIZE], const uint8_t salt[SHA256_SIZE], const uint8_t secret[32]);
/* The first block: HMAC(secret, label || 01). `derived` may be `secret`. */
void hkdf_expand(uint8_t derived[SHA256_SIZE], const uint8_t secret[SHA256_SIZE], const char *label);
