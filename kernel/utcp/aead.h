// ChaCha20-Poly1305. RFC 8439. Also builds for Linux.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AEAD_KEY_SIZE 32
#define AEAD_TAG_SIZE 16

/* One packet: `header` is authenticated, `text` is encrypted or decrypted in place. */
struct Sealed {
  const uint8_t *key;
  uint64_t number; // the nonce is four zero bytes and this, big-endian
  const uint8_t *header;
  size_t header_size;
  uint8_t *text;
  size_t text_size;
};

void aead_seal(const struct Sealed *packet, uint8_t tag[AEAD_TAG_SIZE]);
/* False, and the text as it was, if the tag is not right. */
bool aead_open(const struct Sealed *packet, const uint8_t tag[AEAD_TAG_SIZE]);
