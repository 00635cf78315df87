// HMAC-SHA-256 (RFC 2104) of at most 64 bytes under a key of 32, and HKDF on it.
#include "hkdf.h"
#include "../lib/bytes.h"

#define BLOCK_SIZE 64
#define MESSAGE_SIZE_MAX 64

static void hmac(uint8_t mac[SHA256_SIZE], const uint8_t key[32], const uint8_t *message, size_t size) {
  uint8_t inner[BLOCK_SIZE + MESSAGE_SIZE_MAX], outer[BLOCK_SIZE + SHA256_SIZE];
  for (int i = 0; i < BLOCK_SIZE; i++) {
    uint8_t byte = i < 32 ? key[i] : 0;
    inner[i] = byte ^ 0x36;
    outer[i] = byte ^ 0x5c;
  }
  memcpy(inner + BLOCK_SIZE, message, size);
  sha256(outer + BLOCK_SIZE, inner, BLOCK_SIZE + size);
  sha256(mac, outer, sizeof outer);
}

void hkdf_extract(uint8_t root[SHA256_SIZE], const uint8_t salt[SHA256_SIZE], const uint8_t secret[32]) {
  hmac(root, salt, secret, 32);
}

void hkdf_expand(uint8_t derived[SHA256_SIZE], const uint8_t secret[SHA256_SIZE], const char *label) {
  uint8_t message[MESSAGE_SIZE_MAX];
  size_t size = 0;
  while (label[size] != 0 && size < MESSAGE_SIZE_MAX - 1) {
    message[size] = (uint8_t)label[size];
    size++;
  }
  message[size] = 1;
  hmac(derived, secret, message, size + 1);
}
