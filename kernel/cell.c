/*
 * Cells. In the image they follow the kernel, each aligned to 16 bytes, little-endian:
 *
 *    0 "RUMPCELL"  8 u32 version 1  12 u32 totalSizeBytes  16 u32 textSizeBytes  20 u32 dataSizeBytes
 *   24 u32 bssSizeBytes  28 u32 entry, from the cell's base  32 u32 stackSizeBytes  36 u32 pledgeMask
 *   40 name, 32 bytes with NULs  72 8 bytes 0  80 text and constants, then data
 *
 * Text is mapped read and execute, data, bss and stack read and write. The page below the stack stays
 * unmapped.
 */
#include "cell.h"
#include "console.h"
#include "image.h"
#include "lib/bytes.h"
#include "memlayout.h"
#include "panic.h"
#include "riscv.h"

struct CellHeader {
  char magic[8];
  uint32_t version, total_size, text_size, data_size, bss_size, entry, stack_size, pledges;
  char name[32];
  uint64_t reserved;
};

struct Cell cells[CELLS_MAX];
uint32_t cell_count;

static void require(bool holds, const char *text) {
  if (!holds) panic(text);
}

/* Maps `size` bytes from `address` on; the first `copied` of them come from the image, the rest are zero. */
static void map_pages(Space space, uint64_t address, uint64_t size, const char *from, uint64_t copied,
                      int access) {
  for (uint64_t at = 0; at < size; at += PAGE_SIZE) {
    char *page = page_take();
    if (at < copied) memcpy(page, from + at, copied - at < PAGE_SIZE ? copied - at : PAGE_SIZE);
    space_map(space, address + at, page, access);
  }
}

/* Sizes are 32-bit numbers and the sums 64-bit ones, so none of this overflows. */
static void check_header(const struct CellHeader *header, uint64_t room) {
  uint64_t contents = (uint64_t)header->text_size + header->data_size;
  require(room >= sizeof *header, "cell: cut off");
  require(text_starts_with(header->magic, sizeof header->magic, "RUMPCELL"),
          "cell: no RUMPCELL at its start");
  require(header->version == 1, "cell: unknown version");
  require(header->total_size <= room && sizeof *header + contents <= header->total_size,
          "cell: its size is out of range");
  require(contents + header->bss_size <= CELL_MEMORY_MAX_BYTES, "cell: it needs too much memory");
  require(header->entry < header->text_size, "cell: its entry is not in its text");
  require(header->stack_size > 0 && header->stack_size <= CELL_STACK_MAX_BYTES,
          "cell: its stack is out of range");
  require(header->name[NAME_MAX] == 0, "cell: its name is too long");
}

static void load_cell(struct Cell *cell, const struct CellHeader *header) {
  const char *text = (const char *)(header + 1);
  uint64_t data_at = CELL_BASE + PAGE_ROUND_UP(header->text_size);
  uint64_t stack_size = PAGE_ROUND_UP(header->stack_size);
  memcpy(cell->name, header->name, sizeof cell->name);
  cell->pledges = header->pledges;
  cell->space = space_create();
  map_pages(cell->space, CELL_BASE, header->text_size, text, header->text_size, ACCESS_READ | ACCESS_EXECUTE);
  map_pages(cell->space, data_at, (uint64_t)header->data_size + header->bss_size, text + header->text_size,
            header->data_size, ACCESS_READ | ACCESS_WRITE);
  map_pages(cell->space, CELL_STACK_TOP - stack_size, stack_size, NULL, 0, ACCESS_READ | ACCESS_WRITE);
  cell->frame.pc = CELL_BASE + header->entry;
  cell->frame.x[FRAME_STACK_POINTER] = CELL_STACK_TOP;
}

void cells_load(void) {
  const struct ImageHeader *image = image_header();
  const char *at = (const char *)image - 64 + image->kernel_size;
  const char *end = (const char *)image - 64 + image->image_size;
  for (; cell_count < image->cell_count; cell_count++) {
    const struct CellHeader *header = (const struct CellHeader *)(const void *)at;
    check_header(header, (uint64_t)(end - at));
    require(text_is_name(header->name, text_length(header->name)), "cell: not a name");
    load_cell(&cells[cell_count], header);
    at += (header->total_size + 15u) & ~15u;
  }
  fence_instructions();
}

const char *cell_state_name(enum CellState state) {
  if (state == CELL_RUNNING) return "running";
  if (state == CELL_EXITED) return "exited";
  return state == CELL_CRASHED ? "crashed" : "pledge-violation";
}

static void flush_line(struct Cell *cell) {
  char buffer[NAME_MAX + 2 + CELL_LINE_MAX];
  struct Text line = text_on(buffer, sizeof buffer);
  text_string(&line, cell->name);
  text_string(&line, ": ");
  for (uint64_t i = 0; i < cell->line_length; i++) text_character(&line, cell->line[i]);
  console_line(&line);
  cell->line_length = 0;
}

static bool is_printable(char c) { return (c >= ' ' && c <= '~') || c == '\t'; }

bool cell_put(struct Cell *cell, char character) {
  bool ends_line = character == '\n';
  if (ends_line || cell->line_length == CELL_LINE_MAX) {
    if (!console_has_room_for_cell(NAME_MAX + 3 + CELL_LINE_MAX)) return false;
    flush_line(cell);
  }
  if (!ends_line) cell->line[cell->line_length++] = is_printable(character) ? character : '?';
  return true;
}

void cell_end(struct Cell *cell, enum CellState state, const char *why) {
  char buffer[160];
  struct Text line = text_on(buffer, sizeof buffer);
  if (cell->line_length > 0) flush_line(cell);
  cell->state = state;
  text_string(&line, "rumpk: cell ");
  text_string(&line, cell->name);
  text_string(&line, " ended: ");
  text_string(&line, cell_state_name(state));
  if (why != NULL) text_string(&line, why);
  console_line(&line);
}
