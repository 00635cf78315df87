/*
 * External interrupts. They do no more than wake the kernel, which then asks each device: with two devices
 * that is less code than dispatch. A source is completed only after its device was served, for it would be
 * pending again at once as long as the device keeps its line up.
 *
 *   priority of source s           4 * s                      a source with priority 0 never interrupts
 *   enable bits of context c       0x2000 + 0x80 * c
 *   threshold, claim of context c  0x200000 + 0x1000 * c, + 4
 */
#include "interrupts.h"
#include "riscv.h"

#define SOURCES_MAX 4 // UART and network card, and room

static uint64_t base, enable_bits, claim;
static uint32_t claimed[SOURCES_MAX];
static int claimed_count;

void interrupts_start(const struct Machine *machine) {
  base = machine->interrupt_controller.address;
  enable_bits = base + 0x2000 + 0x80ul * machine->interrupt_context;
  uint64_t threshold = base + 0x200000 + 0x1000ul * machine->interrupt_context;
  claim = threshold + 4;
  write32(threshold, 0);
  interrupts_enable(machine->uart.interrupt);
}

void interrupts_enable(uint32_t source) {
  uint64_t word = enable_bits + source / 32 * 4;
  write32(base + 4ul * source, 1);
  write32(word, read32(word) | 1u << (source & 31));
}

void interrupts_claim(void) {
  while (claimed_count < SOURCES_MAX) {
    uint32_t source = read32(claim);
    if (source == 0) return;
    claimed[claimed_count++] = source;
  }
}

void interrupts_complete(void) {
  while (claimed_count > 0) write32(claim, claimed[--claimed_count]);
}
