/*
 * The policy file; its format and its writer are providers/pledge/policy.ts. Whoever can change the file
 * can run what they like anyway; it is checked to the last byte all the same, so that a damaged one
 * starts nothing.
 */
#include "launch.h"
#include "../../lib/bytes.h"

#define HEADER_SIZE 36
#define INSTRUCTION_SIZE 8
#define CONDITION_SIZE 10
#define CONDITIONS_MAX 4
#define JUMP_IF_EQUAL 0x15

struct Policy policy;
static uint8_t file[POLICY_SIZE_MAX + 1];
static const uint8_t *at, *end;

static void require(bool holds, const char *what) {
  if (!holds) refuse("policy is damaged: ", what, 0);
}

static const uint8_t *take(uint32_t size) {
  require((size_t)(end - at) >= size, "it ends too soon");
  const uint8_t *taken = at;
  at += size;
  return taken;
}

static uint32_t take_u16(void) { return load_le16(take(2)); }

static const char *take_text(void) {
  const char *text = (const char *)at;
  while (*take(1) != 0) {
  }
  return text;
}

static const char *take_path(void) {
  const char *path = take_text();
  require(path[0] == '/', "a path is not absolute");
  return path;
}

static void take_filter(uint32_t count) {
  require(count > 0 && count <= FILTER_MAX, "the filter is empty or too long");
  for (uint32_t i = 0; i < count; i++) {
    const uint8_t *from = take(INSTRUCTION_SIZE);
    policy.filter[i] = (struct Instruction){load_le16(from), from[2], from[3], load_le32(from + 4)};
  }
  policy.filter_size = count;
}

/* Where the filter compares with the cell's own process id, which nobody knew before. */
static void take_places(uint32_t count, uint32_t own_id) {
  for (; count > 0; count--) {
    uint32_t place = take_u16();
    require(place < policy.filter_size, "a place is not in the filter");
    require(policy.filter[place].code == JUMP_IF_EQUAL, "a place does not compare");
    policy.filter[place].operand = own_id;
  }
}

static void take_unveils(uint32_t count) {
  policy.unveils = at;
  policy.unveil_count = count;
  for (; count > 0; count--) {
    uint32_t rights = *take(1);
    require(rights >= 1 && rights <= 15, "an unveil has no or unknown rights");
    take_path();
  }
}

static void take_reports(uint32_t count) {
  policy.reports = at;
  policy.report_count = count;
  for (; count > 0; count--) {
    take(2);
    uint32_t conditions = *take(1);
    require(conditions <= CONDITIONS_MAX, "a report has too many conditions");
    for (; conditions > 0; conditions--) require(*take(CONDITION_SIZE) < 6, "a report asks for argument 7");
    take_text();
    take_text();
  }
}

static void take_words(const char **words, uint32_t count) {
  require(count <= WORDS_MAX, "too many arguments or variables");
  for (uint32_t i = 0; i < count; i++) words[i] = take_text();
}

static void load_file(const char *path) {
  int from = open_path(path, OPEN_READ);
  if (from < 0) refuse("cannot open policy ", path, from);
  uint32_t size = 0;
  long got = 1;
  while (got > 0 && size < sizeof file) {
    got = read_file(from, file + size, sizeof file - size);
    if (got < 0) refuse("cannot read policy ", path, got);
    size += (uint32_t)got;
  }
  close_file(from);
  require(size <= POLICY_SIZE_MAX, "it is too large");
  at = file;
  end = file + size;
}

void read_policy(const char *path, uint32_t own_id) {
  load_file(path);
  const uint8_t *head = take(HEADER_SIZE);
  require(bytes_equal(head, "NXPL", 4) && load_le16(head + 4) == 1, "it is no policy of version 1");
  require(load_le16(head + 6) == ELF_MACHINE, "it is for another machine");
  require(load_le32(head + 8) == (uint32_t)(end - file), "its size is not the one it says");
  policy.flags = load_le16(head + 12);
  require((policy.flags & ~3u) == 0 && load_le16(head + 26) == 0, "unknown flags");
  policy.user = load_le32(head + 28);
  policy.group = load_le32(head + 32);
  require((policy.user == KEEP) == (policy.group == KEEP), "a user without a group, or the other way round");
  take_filter(load_le16(head + 14));
  take_places(load_le16(head + 16), own_id);
  policy.name = take_text();
  require(text_is_name(policy.name, text_length(policy.name)), "the cell has no name");
  take_unveils(load_le16(head + 18));
  take_reports(load_le16(head + 20));
  require(load_le16(head + 22) > 0, "it runs nothing");
  take_words(policy.words, load_le16(head + 22));
  require(policy.words[0][0] == '/', "the program's path is not absolute");
  take_words(policy.environment, load_le16(head + 24));
  require(at == end, "there is more behind its end");
}
