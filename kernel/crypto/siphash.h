// SipHash-2-4 with a 128-bit result: CellIDs and frame tags. Also builds for Linux.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY_SIZE 16
#define SIPHASH_SIZE 16

void siphash128(uint8_t tag[SIPHASH_SIZE], const uint8_t key[SIPHASH_KEY_SIZE], const void *bytes,
                size_t size);
