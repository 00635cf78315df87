// Time since the kernel's start, and the one timer. RISC-V `time` counter, SBI TIME.
#pragma once
#include <stdint.h>

#define NEVER UINT64_MAX

void clock_start(uint64_t timebase_hz);
/* Microseconds since clock_start. */
uint64_t clock_micros(void);
/* Wakes the kernel at that time, or soon if it is past; NEVER for no timer. */
void clock_wake_at(uint64_t micros);
