/*
 * The address map. Physical addresses are mapped to themselves (Sv39), so one table serves kernel and
 * devices.
 *
 *   image_base                       header, kernel text and constants, cells: the image, never written
 *   image_base + IMAGE_MAX_BYTES     guard page (not mapped), kernel stack, the kernel's variables
 *   kernel_end         page pool for page tables and cells, up to POOL_MAX_BYTES
 *
 *   CELL_BASE                        a cell's text and constants, read and execute
 *     next page boundary             its data and bss, read and write
 *   CELL_STACK_TOP - stack size      its stack; the page below is never mapped
 *
 * image_base is 0x80200000 on QEMU `virt` and 0x40200000 on the JH7110. The code reaches everything
 * relative to the program counter, and no constant holds an address, so the same bytes run at both (a test
 * links at both). A cell's gigabyte (number 64) is far from RAM and devices of either machine.
 */
#pragma once

#define PAGE_SIZE 4096ul
#define MEGAPAGE_SIZE 0x200000ul
#define GIGAPAGE_SIZE 0x40000000ul
#define PAGE_ROUND_UP(x) (((x) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1))

/* kernel.ld places the variables behind this much, for it does not know how long the cells will be. */
#define IMAGE_MAX_BYTES 0x80000ul
#define POOL_MAX_BYTES (64ul << 20)

#define CELL_BASE 0x1000000000ul
#define CELL_STACK_TOP (CELL_BASE + 0x10000000ul)
