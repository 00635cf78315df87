// Control registers and device registers of riscv64. The RISC-V Instruction Set Manual, Volume II.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define csr_read(name) ({ uint64_t value_; __asm__ volatile("csrr %0, " #name : "=r"(value_)); value_; })
#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"((uint64_t)(value)) : "memory")
#define csr_set(name, bits) __asm__ volatile("csrs " #name ", %0" ::"r"((uint64_t)(bits)) : "memory")
#define csr_clear(name, bits) __asm__ volatile("csrc " #name ", %0" ::"r"((uint64_t)(bits)) : "memory")

#define SSTATUS_SIE (1ul << 1)
#define SSTATUS_SPP (1ul << 8)
#define SSTATUS_SUM (1ul << 18)
#define SSTATUS_FS (3ul << 13)
#define INTERRUPT_TIMER (1ul << 5) // bit in sie and sip
#define INTERRUPT_EXTERNAL (1ul << 9)
#define SATP_SV39 (8ul << 60)

#define CAUSE_INTERRUPT (1ul << 63)
#define CAUSE_ILLEGAL_INSTRUCTION 2
#define CAUSE_CALL 8
#define CAUSE_FETCH_PAGE_FAULT 12
#define CAUSE_LOAD_PAGE_FAULT 13
#define CAUSE_STORE_PAGE_FAULT 15

/* Orders memory before and after, devices included: virtio rings are shared with the device. */
static inline void fence(void) { __asm__ volatile("fence iorw, iorw" ::: "memory"); }
static inline void fence_instructions(void) { __asm__ volatile("fence.i" ::: "memory"); }
static inline void fence_translation(void) { __asm__ volatile("sfence.vma" ::: "memory"); }
static inline void wait_for_interrupt(void) { __asm__ volatile("wfi" ::: "memory"); }

static inline uint32_t read32(uint64_t address) { return *(volatile uint32_t *)address; }
static inline void write32(uint64_t address, uint32_t value) { *(volatile uint32_t *)address = value; }
static inline uint8_t read8(uint64_t address) { return *(volatile uint8_t *)address; }
static inline void write8(uint64_t address, uint8_t value) { *(volatile uint8_t *)address = value; }
