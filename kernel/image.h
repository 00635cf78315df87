// The running image: its size, its digest, its cells. The format is in entry.S and cell.c.
#pragma once
#include <stdint.h>

struct ImageHeader {
  char magic[8];
  uint32_t format, kernel_size, image_size, cell_count;
  uint64_t reserved;
};

/* The header at byte 64 of the image; panics if it was not assembled rightly. */
const struct ImageHeader *image_header(void);
/* SHA-256 over the whole image as it stands in memory now. */
void image_digest(uint8_t digest[32]);
