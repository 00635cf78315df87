// Calls into the machine's firmware. RISC-V Supervisor Binary Interface Specification, v1.0.
#pragma once
#include <stdint.h>

void sbi_set_timer(uint64_t ticks); // chapter 6, TIME
void sbi_shutdown(void);            // chapter 10, SRST; returns only if the firmware cannot
void sbi_put_character(char c);     // chapter 5, legacy: only before the UART is known
