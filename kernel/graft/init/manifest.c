/*
 * The image's manifest, dag-cbor, whose SHA-256 is the image's CID (providers/factory/linux/manifest.ts),
 * and what of it holds. A record's digest is taken over the manifest with each claim below replaced by what
 * is measured at that moment: it is the image's if and only if all of them hold. A claim that cannot be
 * measured as a value is wiped where it does not hold.
 *
 *   "commandLine" text      /proc/cmdline
 *   "kernelRelease" text    uname(2)
 *   "filesDigest" 32 bytes  SHA-256 over the SHA-256 of /init, /modules/000, /modules/001, … as they are in
 *                           memory: the pages that this program runs from are the pages that are hashed
 *   "rootHash"    32 bytes  the root of the hash tree that each read of the root disk is checked against
 *   "dataBlocks"  number    of that tree
 *
 * Each of these keys stands in the manifest once. The kernel's own bytes are out of reach from within.
 */
#include "../../crypto/sha2.h"
#include "../../image.h"
#include "../../lib/bytes.h"
#include "../../panic.h"
#include "../linux/system.h"
#include "init.h"

#define DIGEST_SIZE 32
#define MODULES_MAX 255
#define TEXT_MAX 512

struct Claim {
  uint32_t at, size;
};

static uint8_t manifest[MANIFEST_MAX_BYTES];
static uint32_t manifest_size;
static struct Claim command_line, release, files_digest, root_hash;
static uint64_t data_blocks;

/* Where the value of a key begins; the key is text of less than 24 bytes: 0x60 + length, then its letters. */
static uint32_t find_value(const char *key) {
  size_t length = text_length(key);
  uint32_t found = 0;
  for (uint32_t at = 0; at + length + 1 < manifest_size; at++) {
    bool is_key = manifest[at] == 0x60 + length && bytes_equal(manifest + at + 1, key, length);
    if (is_key && found != 0) panic("manifest: a key stands twice");
    if (is_key) found = at + 1 + (uint32_t)length;
  }
  if (found == 0) panic("manifest: a key is missing");
  return found;
}

/* The argument of a CBOR head of that major type (RFC 8949, section 3), and how long the head is. */
static uint64_t read_head(uint32_t at, uint8_t major, uint32_t *size) {
  uint8_t first = manifest[at], info = first & 31;
  static const uint8_t sizes[] = {1, 2, 4};
  if (first >> 5 != major || info > 26) panic("manifest: a value of another type");
  *size = info < 24 ? 1 : 1 + sizes[info - 24];
  if (at + *size > manifest_size) panic("manifest: cut off");
  uint64_t value = info < 24 ? info : 0;
  for (uint32_t i = 1; i < *size; i++) value = value << 8 | manifest[at + i];
  return value;
}

static struct Claim find_claim(const char *key, uint8_t major) {
  uint32_t at = find_value(key), head;
  uint64_t size = read_head(at, major, &head);
  if (size > manifest_size - at - head) panic("manifest: a value runs past the end");
  return (struct Claim){at + head, (uint32_t)size};
}

#define BYTES 2
#define TEXT 3

static struct Claim find_digest(const char *key) {
  struct Claim claim = find_claim(key, BYTES);
  if (claim.size != DIGEST_SIZE) panic("manifest: a digest of another size");
  return claim;
}

void manifest_load(void) {
  int file = (int)must(open_path("/nexus/image", OPEN_READ), "manifest: there is none");
  manifest_size = (uint32_t)must(read_file(file, manifest, sizeof manifest), "manifest: cannot be read");
  close_file(file);
  if (manifest_size == sizeof manifest) panic("manifest: too long");
  command_line = find_claim("commandLine", TEXT);
  release = find_claim("kernelRelease", TEXT);
  files_digest = find_digest("filesDigest");
  root_hash = find_digest("rootHash");
  uint32_t head;
  data_blocks = read_head(find_value("dataBlocks"), 0, &head);
}

const uint8_t *manifest_root_hash(void) { return manifest + root_hash.at; }
uint64_t manifest_data_blocks(void) { return data_blocks; }

static bool add_file(uint8_t *digest, const char *path) {
  struct Mapped file = map_file(first_root, path);
  if (file.bytes == NULL) return false;
  sha256(digest, file.bytes, file.size);
  unmap_file(file);
  return true;
}

static void measure_files(uint8_t digest[DIGEST_SIZE]) {
  static uint8_t digests[(1 + MODULES_MAX) * DIGEST_SIZE];
  char path[64];
  uint32_t count = add_file(digests, "init") ? 1 : 0;
  while (count <= MODULES_MAX &&
         add_file(digests + count * DIGEST_SIZE, numbered(path, "modules/", count - 1, 3)))
    count++;
  sha256(digest, digests, count * DIGEST_SIZE);
}

static void wipe_unless(bool holds, uint8_t *copy, struct Claim claim) {
  if (!holds) memset(copy + claim.at, 0, claim.size);
}

static bool is_command_line(void) {
  char text[TEXT_MAX];
  int file = open_path("/proc/cmdline", OPEN_READ);
  if (file < 0) return false;
  long size = read_file(file, text, sizeof text);
  close_file(file);
  if (size > 0 && text[size - 1] == '\n') size--;
  return size == (long)command_line.size && bytes_equal(text, manifest + command_line.at, command_line.size);
}

/* struct new_utsname: six texts of 65 bytes; the third is the release. */
static bool is_release(void) {
  char names[6][65];
  if (call1(CALL_UNAME, (long)names) < 0) return false;
  return text_length(names[2]) == release.size && bytes_equal(names[2], manifest + release.at, release.size);
}

void image_digest(uint8_t digest[DIGEST_SIZE]) {
  static uint8_t copy[MANIFEST_MAX_BYTES];
  memcpy(copy, manifest, manifest_size);
  wipe_unless(is_command_line(), copy, command_line);
  wipe_unless(is_release(), copy, release);
  measure_files(copy + files_digest.at);
  wipe_unless(verity_measure(copy + root_hash.at), copy, root_hash);
  sha256(digest, copy, manifest_size);
}
