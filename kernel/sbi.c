// Calls into the firmware: the extension in a7, the function in a6. RISC-V SBI v1.0, chapter 3.
#include "sbi.h"

#define EXTENSION_LEGACY_PUTCHAR 1
#define EXTENSION_TIME 0x54494d45
#define EXTENSION_RESET 0x53525354

static void sbi_call(uint64_t extension, uint64_t a, uint64_t b) {
  register uint64_t a0 __asm__("a0") = a;
  register uint64_t a1 __asm__("a1") = b;
  register uint64_t a6 __asm__("a6") = 0;
  register uint64_t a7 __asm__("a7") = extension;
  __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
}

void sbi_set_timer(uint64_t ticks) { sbi_call(EXTENSION_TIME, ticks, 0); }
void sbi_shutdown(void) { sbi_call(EXTENSION_RESET, 0, 0); }
void sbi_put_character(char c) { sbi_call(EXTENSION_LEGACY_PUTCHAR, (uint8_t)c, 0); }
