// Time since the kernel's start, and the one timer; see clock.h. Whole seconds apart, so that nothing
// overflows.
#include "clock.h"
#include "riscv.h"
#include "sbi.h"

#define MICROS_PER_SECOND 1000000ul

static uint64_t frequency_hz, started_at;

void clock_start(uint64_t timebase_hz) {
  frequency_hz = timebase_hz;
  started_at = csr_read(time);
}

uint64_t clock_micros(void) {
  uint64_t ticks = csr_read(time) - started_at;
  return ticks / frequency_hz * MICROS_PER_SECOND + ticks % frequency_hz * MICROS_PER_SECOND / frequency_hz;
}

void clock_wake_at(uint64_t micros) {
  if (micros == NEVER) {
    sbi_set_timer(NEVER);
    return;
  }
  uint64_t seconds = micros / MICROS_PER_SECOND, rest = micros % MICROS_PER_SECOND;
  sbi_set_timer(started_at + seconds * frequency_hz + rest * frequency_hz / MICROS_PER_SECOND + 1);
}
