// At most so much in a time, and so much at once: a leaky bucket kept as the time at which it is empty.
#pragma once
#include <stdint.h>

struct Pacer {
  uint64_t units_per_period, period_micros, burst_micros, empty_at;
};

static inline uint64_t pacer_micros(const struct Pacer *pacer, uint64_t units) {
  return units * pacer->period_micros / pacer->units_per_period;
}

static inline void pacer_start(struct Pacer *pacer, uint64_t units_per_period, uint64_t burst_units,
                               uint64_t period_micros) {
  *pacer = (struct Pacer){units_per_period, period_micros, 0, 0};
  pacer->burst_micros = pacer_micros(pacer, burst_units);
}

/* From when on something may be spent. */
static inline uint64_t pacer_ready_at(const struct Pacer *pacer) {
  return pacer->empty_at > pacer->burst_micros ? pacer->empty_at - pacer->burst_micros : 0;
}

static inline void pacer_spend(struct Pacer *pacer, uint64_t units, uint64_t now) {
  pacer->empty_at = (pacer->empty_at > now ? pacer->empty_at : now) + pacer_micros(pacer, units);
}
