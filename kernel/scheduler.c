/*
 * The one loop of the kernel. A device or the timer wakes it; it does what is due and gives the rest of the
 * time to the cells, in turns of at most CELL_QUANTUM_MICROS. With nothing to do the hart waits for an
 * interrupt.
 *
 * An interrupt that comes after the work was done and before `wfi` stays pending, and `wfi` returns at once.
 */
#include "scheduler.h"
#include "calls.h"
#include "clock.h"
#include "console.h"
#include "interrupts.h"
#include "record.h"
#include "riscv.h"
#include "utcp.h"
#include "virtio_net.h"

void cell_enter(struct Frame *frame); // context.S: returns when the cell traps

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* Does what is due; returns when something is due next. */
static uint64_t do_kernel_work(void) {
  interrupts_claim();
  console_poll(record_take_line);
  net_poll(utcp_receive);
  uint64_t now = clock_micros();
  uint64_t due = earlier(utcp_work(now), record_work(now));
  interrupts_complete();
  return due;
}

static const char *fault_name(uint64_t cause) {
  switch (cause) {
    case CAUSE_ILLEGAL_INSTRUCTION: return ", illegal instruction";
    case CAUSE_FETCH_PAGE_FAULT: return ", fetch page fault";
    case CAUSE_LOAD_PAGE_FAULT: return ", load page fault";
    case CAUSE_STORE_PAGE_FAULT: return ", store page fault";
    default: return ", fault";
  }
}

static void crash(struct Cell *cell, uint64_t cause) {
  char buffer[96];
  struct Text why = text_on(buffer, sizeof buffer);
  text_string(&why, fault_name(cause));
  text_string(&why, " of address ");
  text_address(&why, csr_read(stval));
  text_string(&why, " at ");
  text_address(&why, cell->frame.pc);
  text_character(&why, 0);
  cell_end(cell, CELL_CRASHED, buffer);
}

/* Runs a cell until an interrupt, or until it has no more to do now. Any other trap is a call or a fault. */
static void run(struct Cell *cell, uint64_t now) {
  cell->has_yielded = false;
  space_use(cell->space);
  while (cell->state == CELL_RUNNING && !cell->has_yielded && cell->wake_at <= now) {
    cell_enter(&cell->frame);
    uint64_t cause = csr_read(scause);
    if ((cause & CAUSE_INTERRUPT) != 0) return;
    if (cause == CAUSE_CALL)
      call_handle(cell);
    else
      crash(cell, cause);
  }
}

/* The next cell in turn that may run now, or NULL. */
static struct Cell *next_cell(uint64_t now) {
  static uint32_t turn;
  for (uint32_t i = 0; i < cell_count; i++) {
    turn = (turn + 1) % cell_count;
    if (cells[turn].state == CELL_RUNNING && cells[turn].wake_at <= now) return &cells[turn];
  }
  return NULL;
}

static uint64_t first_wake(void) {
  uint64_t first = NEVER;
  for (uint32_t i = 0; i < cell_count; i++)
    if (cells[i].state == CELL_RUNNING) first = earlier(first, cells[i].wake_at);
  return first;
}

_Noreturn void scheduler_run(void) {
  csr_write(scounteren, 0); // the clock is a call, and needs a pledge
  csr_clear(sstatus, SSTATUS_SIE | SSTATUS_SPP | SSTATUS_SUM | SSTATUS_FS);
  csr_write(sie, INTERRUPT_TIMER | INTERRUPT_EXTERNAL);
  for (;;) {
    uint64_t due = do_kernel_work();
    uint64_t now = clock_micros();
    struct Cell *cell = next_cell(now);
    clock_wake_at(earlier(due, cell == NULL ? first_wake() : now + CELL_QUANTUM_MICROS));
    if (cell != NULL)
      run(cell, now);
    else
      wait_for_interrupt();
  }
}
