/*
 * Byte order and comparison. Reads and writes one byte at a time: no alignment is asked of the caller,
 * which is mostly a frame or a blob from outside.
 */
#include "bytes.h"

bool bytes_equal(const void *a, const void *b, size_t size) {
  const uint8_t *x = a, *y = b;
  uint8_t difference = 0;
  for (size_t i = 0; i < size; i++) difference |= x[i] ^ y[i];
  return difference == 0;
}

static uint64_t load_big(const uint8_t *from, int size) {
  uint64_t value = 0;
  for (int i = 0; i < size; i++) value = value << 8 | from[i];
  return value;
}

static uint64_t load_little(const uint8_t *from, int size) {
  uint64_t value = 0;
  while (size-- > 0) value = value << 8 | from[size];
  return value;
}

static void store_big(uint8_t *to, uint64_t value, int size) {
  for (; size-- > 0; value >>= 8) to[size] = (uint8_t)value;
}

uint16_t load_be16(const void *from) { return (uint16_t)load_big(from, 2); }
uint32_t load_be32(const void *from) { return (uint32_t)load_big(from, 4); }
uint64_t load_be64(const void *from) { return load_big(from, 8); }
void store_be16(void *to, uint16_t value) { store_big(to, value, 2); }
void store_be32(void *to, uint32_t value) { store_big(to, value, 4); }
void store_be64(void *to, uint64_t value) { store_big(to, value, 8); }
uint16_t load_le16(const void *from) { return (uint16_t)load_little(from, 2); }
uint32_t load_le32(const void *from) { return (uint32_t)load_little(from, 4); }
uint64_t load_le64(const void *from) { return load_little(from, 8); }

void store_le64(void *to, uint64_t value) {
  uint8_t *bytes = to;
  for (int i = 0; i < 8; i++, value >>= 8) bytes[i] = (uint8_t)value;
}
