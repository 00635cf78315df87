/*
 * The running image takes its own digest. Nothing in it is ever written, so the digest is that of the image
 * file; and as it is taken anew for each record, a record tells what is in memory then.
 */
#include "image.h"
#include "crypto/sha2.h"
#include "memlayout.h"
#include "panic.h"
#include "param.h"

#define HEADER_OFFSET 64

extern char image_base[];

const struct ImageHeader *image_header(void) {
  const struct ImageHeader *header = (const struct ImageHeader *)(void *)(image_base + HEADER_OFFSET);
  if (header->image_size < header->kernel_size || header->image_size > IMAGE_MAX_BYTES)
    panic("image: its size is out of range");
  if (header->cell_count > CELLS_MAX) panic("image: too many cells");
  return header;
}

void image_digest(uint8_t digest[32]) { sha256(digest, image_base, image_header()->image_size); }
