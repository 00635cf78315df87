/*
 * dm-verity: the kernel checks each block of the root disk that it reads against a hash tree, whose root the
 * manifest names. Data in blocks of 4,096 bytes, then the tree, its top block first; SHA-256, no salt, no
 * header. https://docs.kernel.org/admin-guide/device-mapper/verity.html, include/uapi/linux/dm-ioctl.h
 *
 * The disk is found by its content: it is the block device whose top block of that place has that root hash.
 */
#include "../../clock.h"
#include "../../crypto/sha2.h"
#include "../../lib/bytes.h"
#include "../../panic.h"
#include "../linux/system.h"
#include "init.h"

#define BLOCK_SIZE 4096
#define SECTORS_IN_BLOCK 8
#define SEARCH_MICROS 10000000u
#define PAUSE_NANOS 20000000
#define DEVICE_NAME "root"

enum MapperCall { CREATE = 3, SUSPEND = 6, LOAD_TABLE = 9, TABLE_STATUS = 12 };
enum MapperFlag { READ_ONLY = 1, STATUS_IS_TABLE = 16 };

struct MapperHeader {
  uint32_t version[3], data_size, data_start, target_count;
  int32_t open_count;
  uint32_t flags, event, padding;
  uint64_t device;
  char name[128], uuid[129], rest[7];
};

struct Target {
  uint64_t first_sector, sector_count;
  int32_t status;
  uint32_t next;
  char type[16];
};

struct Request {
  struct MapperHeader header;
  struct Target target;
  char parameters[512];
};

static int mapper = -1;
static struct Request request;

static void prepare(uint32_t flags) {
  memset(&request, 0, sizeof request);
  request.header.version[0] = 4;
  request.header.data_size = sizeof request;
  request.header.data_start = sizeof request.header;
  request.header.flags = flags;
  memcpy(request.header.name, DEVICE_NAME, sizeof DEVICE_NAME);
}

static long call_mapper(enum MapperCall call) {
  return io_control(mapper, 3ul << 30 | sizeof request.header << 16 | 0xfd << 8 | call, &request);
}

static void put_table(const char *disk, const uint8_t root_hash[32], uint64_t data_blocks) {
  struct Text text = text_on(request.parameters, sizeof request.parameters - 1);
  text_string(&text, "1 ");
  text_string(&text, disk);
  text_character(&text, ' ');
  text_string(&text, disk);
  text_string(&text, " 4096 4096 ");
  text_decimal(&text, data_blocks);
  text_character(&text, ' ');
  text_decimal(&text, data_blocks);
  text_string(&text, " sha256 ");
  text_hex(&text, root_hash, 32);
  text_string(&text, " -");
}

static void load_table(const char *disk, const uint8_t root_hash[32], uint64_t data_blocks) {
  prepare(READ_ONLY);
  request.header.target_count = 1;
  request.target.sector_count = data_blocks * SECTORS_IN_BLOCK;
  memcpy(request.target.type, "verity", 7);
  put_table(disk, root_hash, data_blocks);
  must(call_mapper(LOAD_TABLE), "verity: the kernel refuses the table");
}

static bool is_root_disk(const char *disk, const uint8_t root_hash[32], uint64_t data_blocks) {
  static uint8_t top[BLOCK_SIZE];
  uint8_t digest[32];
  int file = open_path(disk, OPEN_READ);
  if (file < 0) return false;
  long size = call4(CALL_PREAD, file, (long)top, sizeof top, (long)(data_blocks * BLOCK_SIZE));
  close_file(file);
  if (size != sizeof top) return false;
  sha256(digest, top, sizeof top);
  return bytes_equal(digest, root_hash, sizeof digest);
}

/* struct linux_dirent64: 16 u16 size of the entry, 19 the name. Block devices have their files in /dev. */
static bool search(char *disk, size_t size, const uint8_t root_hash[32], uint64_t data_blocks) {
  static char entries[4096];
  int folder = open_path("/sys/class/block", OPEN_FOLDER);
  if (folder < 0) return false;
  bool found = false;
  for (long end; !found && (end = call3(CALL_GETDENTS, folder, (long)entries, sizeof entries)) > 0;)
    for (long at = 0; !found && at < end; at += load_le16(entries + at + 16)) {
      struct Text path = text_on(disk, size);
      text_string(&path, "/dev/");
      text_string(&path, entries + at + 19);
      text_character(&path, 0);
      found = !path.overflowed && is_root_disk(disk, root_hash, data_blocks);
    }
  close_file(folder);
  return found;
}

/* A disk may come late: its driver was loaded a moment ago. */
static void find_disk(char *disk, size_t size, const uint8_t root_hash[32], uint64_t data_blocks) {
  uint64_t end = clock_micros() + SEARCH_MICROS;
  while (!search(disk, size, root_hash, data_blocks)) {
    if (clock_micros() > end) panic("verity: no disk has the root of this image");
    int64_t pause[2] = {0, PAUSE_NANOS};
    system_call(CALL_PPOLL, 0, 0, (long)pause, 0, 8, 0);
  }
}

const char *verity_open(const uint8_t root_hash[32], uint64_t data_blocks) {
  static char disk[64], path[64];
  find_disk(disk, sizeof disk, root_hash, data_blocks);
  mapper = (int)must(open_path("/dev/mapper/control", OPEN_BOTH), "verity: no device mapper in this kernel");
  prepare(0);
  must(call_mapper(CREATE), "verity: no device");
  uint32_t minor = (uint32_t)(request.header.device & 0xff);
  load_table(disk, root_hash, data_blocks);
  prepare(0);
  must(call_mapper(SUSPEND), "verity: the device does not start");
  struct Text text = text_on(path, sizeof path);
  text_string(&text, "/dev/dm-");
  text_decimal(&text, minor);
  return path;
}

/* The words of a table's line, of which the ninth is the root hash. */
static const char *word(const char *text, int number) {
  while (number > 0 && *text != 0)
    if (*text++ == ' ') number--;
  return text;
}

static const char *ask(uint32_t flags) {
  prepare(flags);
  if (call_mapper(TABLE_STATUS) < 0 || request.header.target_count != 1) return "";
  return request.parameters;
}

bool verity_measure(uint8_t root_hash[32]) {
  bool all_held = ask(0)[0] == 'V';
  const char *hex = word(ask(STATUS_IS_TABLE), 8);
  bool is_verity = text_starts_with(request.target.type, sizeof request.target.type, "verity");
  return text_length(hex) >= 64 && text_parse_hex(root_hash, 32, hex, 64) && is_verity && all_held;
}
