/*
 * Pages and address spaces, Sv39: three levels of 512 entries of 8 bytes.
 *
 *   entry  bits 0-7 V R W X U G A D, bits 10-53 page number
 *
 * Kernel text and constants and the cells in the image can be read, the kernel's also executed, nothing of
 * them written; what can be written cannot be executed. Pages are never given back: cells start once.
 */
#include "pages.h"
#include "image.h"
#include "lib/bytes.h"
#include "memlayout.h"
#include "panic.h"
#include "riscv.h"

#define ENTRY_VALID 1
#define ENTRY_USER 16
#define ENTRY_USED 0xc0 // accessed and dirty: hardware may trap instead of setting them
#define ENTRY_LEAF (ACCESS_READ | ACCESS_WRITE | ACCESS_EXECUTE)
#define ENTRIES 512

extern char image_base[], kernel_guard_page[], kernel_end[];

static uint64_t next_page, pages_end;
static Space kernel_space;

static uint64_t lower(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* The pool ends before whatever comes first: the end of RAM, the initrd, the device tree. */
static void find_pages(const struct Machine *machine) {
  next_page = (uint64_t)kernel_end;
  pages_end = lower(machine->memory_end, next_page + POOL_MAX_BYTES);
  if (machine->initrd_start >= next_page) pages_end = lower(pages_end, machine->initrd_start);
  if (machine->tree_start >= next_page) pages_end = lower(pages_end, machine->tree_start);
  pages_end &= ~(PAGE_SIZE - 1);
}

void *page_take(void) {
  if (next_page >= pages_end) panic("memory: no page is left");
  void *page = (void *)next_page;
  next_page += PAGE_SIZE;
  return memset(page, 0, PAGE_SIZE);
}

static Space table_of(uint64_t entry) { return (Space)(entry >> 10 << 12); }
static uint64_t entry_for(uint64_t page, uint64_t bits) { return page >> 12 << 10 | bits | ENTRY_VALID; }

/* The entry for an address at a level (2 gigapage, 1 megapage, 0 page); makes the tables on the way. */
static uint64_t *entry_at(Space space, uint64_t address, int level) {
  for (int i = 2; i > level; i--) {
    uint64_t *entry = &space[address >> (12 + 9 * i) & (ENTRIES - 1)];
    if (*entry == 0) *entry = entry_for((uint64_t)page_take(), 0);
    space = table_of(*entry);
  }
  return &space[address >> (12 + 9 * level) & (ENTRIES - 1)];
}

static bool begins_megapage(uint64_t start, uint64_t end) {
  return (start & (MEGAPAGE_SIZE - 1)) == 0 && end - start >= MEGAPAGE_SIZE;
}

/* Maps [start, end) to itself for the kernel, by megapages where they fit. */
static void map_kernel(uint64_t start, uint64_t end, int access) {
  while (start < end) {
    int level = begins_megapage(start, end) ? 1 : 0;
    *entry_at(kernel_space, start, level) = entry_for(start, (uint64_t)access | ENTRY_USED);
    start += level == 1 ? MEGAPAGE_SIZE : PAGE_SIZE;
  }
}

static void map_device(uint64_t address, uint64_t size) {
  uint64_t start = address & ~(MEGAPAGE_SIZE - 1);
  uint64_t end = (address + size + MEGAPAGE_SIZE - 1) & ~(MEGAPAGE_SIZE - 1);
  if (address != 0) map_kernel(start, end, ACCESS_READ | ACCESS_WRITE);
}

void pages_start(const struct Machine *machine) {
  find_pages(machine);
  kernel_space = page_take();
  uint64_t base = (uint64_t)image_base;
  uint64_t text_end = base + PAGE_ROUND_UP(image_header()->kernel_size);
  map_kernel(base, text_end, ACCESS_READ | ACCESS_EXECUTE);
  map_kernel(text_end, (uint64_t)kernel_guard_page, ACCESS_READ);
  map_kernel((uint64_t)kernel_guard_page + PAGE_SIZE, pages_end, ACCESS_READ | ACCESS_WRITE);
  map_device(machine->uart.address, PAGE_SIZE);
  map_device(machine->interrupt_controller.address, 0x400000);
  for (int i = 0; i < machine->virtio_count; i++) map_device(machine->virtio[i].address, PAGE_SIZE);
  space_use(kernel_space);
}

Space space_create(void) {
  Space space = page_take();
  memcpy(space, kernel_space, PAGE_SIZE);
  return space;
}

void space_map(Space space, uint64_t address, const void *page, int access) {
  *entry_at(space, address, 0) = entry_for((uint64_t)page, (uint64_t)access | ENTRY_USER | ENTRY_USED);
}

const char *space_find(Space space, uint64_t address) {
  for (int level = 2; level >= 0; level--) {
    if (address >> 39 != 0) return NULL;
    uint64_t entry = space[address >> (12 + 9 * level) & (ENTRIES - 1)];
    if ((entry & ENTRY_VALID) == 0) return NULL;
    if ((entry & ENTRY_LEAF) == 0) {
      space = table_of(entry);
      continue;
    }
    bool readable = (entry & ENTRY_USER) != 0 && (entry & ACCESS_READ) != 0 && level == 0;
    return readable ? (const char *)table_of(entry) + (address & (PAGE_SIZE - 1)) : NULL;
  }
  return NULL;
}

void space_use(Space space) {
  csr_write(satp, SATP_SV39 | (uint64_t)space >> 12);
  fence_translation();
}
