/*
 * Unveils as a Landlock ruleset (include/uapi/linux/landlock.h). A rule holds for the file or folder that
 * a path leads to now and for all below it: what a link or ".." leads to later is judged by what it is,
 * not by how it was reached.
 *
 * A kernel without Landlock is refused. Version 1 sees no move between folders and denies it; version 2
 * (Linux 5.19) knows REFER, version 3 (6.2) TRUNCATE. Before that, truncate(2) is not in any filter of a
 * cell with unveils, and ftruncate(2) needs a file that was opened for writing; so each version keeps
 * what an unveil says.
 */
#include "launch.h"

enum Access { // LANDLOCK_ACCESS_FS_*
  ACCESS_EXECUTE = 1 << 0, ACCESS_WRITE_FILE = 1 << 1, ACCESS_READ_FILE = 1 << 2, ACCESS_READ_FOLDER = 1 << 3,
  ACCESS_REMOVE_AND_MAKE = 0x1ff0, // bits 4 to 12: remove two kinds, make seven
  ACCESS_REFER = 1 << 13, ACCESS_TRUNCATE = 1 << 14,
  ACCESS_OF_FILES = ACCESS_EXECUTE | ACCESS_WRITE_FILE | ACCESS_READ_FILE | ACCESS_TRUNCATE
};

#define ASK_VERSION 1
#define RULE_PATH_BENEATH 1
#define OPEN_ONLY_PATH 010000000
#define MODE_SIZE 256 // struct stat is smaller on both machines
#define MODE_TYPE 0170000
#define MODE_FOLDER 0040000

/* Packed by the kernel's own definition. */
struct __attribute__((packed)) PathRule {
  uint64_t access;
  int32_t folder;
};

static uint64_t known_accesses(long version) {
  uint64_t known = 0x1fff;
  if (version >= 2) known |= ACCESS_REFER;
  if (version >= 3) known |= ACCESS_TRUNCATE;
  return known;
}

static uint64_t accesses_of(uint32_t rights) {
  uint64_t accesses = 0;
  if (rights & RIGHT_READ) accesses |= ACCESS_READ_FILE | ACCESS_READ_FOLDER;
  if (rights & RIGHT_WRITE) accesses |= ACCESS_WRITE_FILE | ACCESS_TRUNCATE;
  if (rights & RIGHT_RUN) accesses |= ACCESS_EXECUTE;
  if (rights & RIGHT_CREATE) accesses |= ACCESS_REMOVE_AND_MAKE | ACCESS_REFER;
  return accesses;
}

/* st_mode stands at byte 24 of struct stat on x86_64, at 16 on riscv64 (asm/stat.h, asm-generic/stat.h). */
static bool is_folder(int file) {
  _Alignas(8) uint8_t status[MODE_SIZE];
  if (call2(CALL_FSTAT, file, (long)status) < 0) return false;
#if defined(__x86_64__)
  uint32_t mode = *(uint32_t *)(void *)(status + 24);
#else
  uint32_t mode = *(uint32_t *)(void *)(status + 16);
#endif
  return (mode & MODE_TYPE) == MODE_FOLDER;
}

static void add_rule(int ruleset, uint64_t known, const char *path, uint32_t rights) {
  int file = open_path(path, OPEN_ONLY_PATH);
  if (file < 0) refuse("cannot unveil ", path, file);
  uint64_t accesses = accesses_of(rights) & known;
  if (!is_folder(file)) accesses &= ACCESS_OF_FILES;
  if (accesses == 0) refuse("cannot unveil a file only to make and remove: ", path, 0);
  struct PathRule rule = {accesses, file};
  long result = launch_call(LAUNCH_LANDLOCK_ADD, ruleset, RULE_PATH_BENEATH, (long)&rule, 0);
  if (result < 0) refuse("cannot unveil ", path, result);
  close_file(file);
}

int open_ruleset(void) {
  if (policy.unveil_count == 0) return -1;
  long version = launch_call(LAUNCH_LANDLOCK_CREATE, 0, 0, ASK_VERSION, 0);
  if (version < 1) refuse("this kernel has no Landlock, which unveils need", "", version);
  uint64_t known = known_accesses(version);
  long ruleset = launch_call(LAUNCH_LANDLOCK_CREATE, (long)&known, sizeof known, 0, 0);
  if (ruleset < 0) refuse("cannot make a Landlock ruleset", "", ruleset);
  const uint8_t *at = policy.unveils;
  for (uint32_t i = 0; i < policy.unveil_count; i++) {
    uint32_t rights = *at++;
    add_rule((int)ruleset, known, (const char *)at, rights);
    at += text_length((const char *)at) + 1;
  }
  // The cell's own program is named by its policy, and may be run and read.
  add_rule((int)ruleset, known, policy.words[0], RIGHT_READ | RIGHT_RUN);
  return (int)ruleset;
}

/* The descriptor stays until the program is executed: the supervisor has counted on its number. */
void restrict_paths(int ruleset) {
  if (ruleset < 0) return;
  long result = launch_call(LAUNCH_LANDLOCK_RESTRICT, ruleset, 0, 0, 0);
  if (result < 0) refuse("cannot put unveils into force", "", result);
}
