// Memory, byte order and comparison. Also builds for Linux.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *target, const void *source, size_t size);
void *memmove(void *target, const void *source, size_t size);
void *memset(void *target, int byte, size_t size);

/* Takes the same time wherever the difference is, so it may compare tags and signatures. */
bool bytes_equal(const void *a, const void *b, size_t size);

uint16_t load_be16(const void *from);
uint32_t load_be32(const void *from);
uint64_t load_be64(const void *from);
void store_be16(void *to, uint16_t value);
void store_be32(void *to, uint32_t value);
void store_be64(void *to, uint64_t value);
uint16_t load_le16(const void *from);
uint32_t load_le32(const void *from);
uint64_t load_le64(const void *from);
void store_le64(void *to, uint64_t value);
