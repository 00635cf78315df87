/*
 * The memory functions that the compiler calls of its own accord (C11 7.24.2, 7.24.6). Linked into the
 * kernel and into each cell that needs them. Words are moved where both ends are aligned: a 20 KiB copy
 * under emulation is most of a cell's start otherwise.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict target, const void *restrict source, size_t size) {
  uint8_t *to = target;
  const uint8_t *from = source;
  if ((((uintptr_t)to | (uintptr_t)from) & 7) == 0)
    for (; size >= 8; size -= 8, to += 8, from += 8)
      *(uint64_t *)(void *)to = *(const uint64_t *)(const void *)from;
  while (size-- > 0) *to++ = *from++;
  return target;
}

void *memmove(void *target, const void *source, size_t size) {
  uint8_t *to = target;
  const uint8_t *from = source;
  if (to < from) {
    while (size-- > 0) *to++ = *from++;
  } else {
    while (size-- > 0) to[size] = from[size];
  }
  return target;
}

void *memset(void *target, int byte, size_t size) {
  uint8_t *to = target;
  while (size-- > 0) *to++ = (uint8_t)byte;
  return target;
}
