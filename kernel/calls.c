/*
 * The calls of cells. Each needs a pledge, or none; the check stands in one place, before anything of the
 * call's own is looked at.
 */
#define NEXUS_KERNEL
#include "calls.h"
#include "clock.h"
#include "config.h"
#include "include/nexus/cell.h"
#include "lib/text.h"
#include "utcp.h"

#define NEVER_PLEDGED (1u << 31) // calls that do not exist: no pledge has this bit
#define WRITE_MAX_BYTES 4096u    // taken at once, so that a cell cannot hold the kernel
#define CALL_SIZE 4              // bytes of the ecall instruction

static uint32_t pledge_of(uint64_t number) {
  switch (number) {
    case NEXUS_CALL_EXIT:
    case NEXUS_CALL_YIELD: return 0;
    case NEXUS_CALL_WRITE: return NEXUS_PLEDGE_STDIO;
    case NEXUS_CALL_CLOCK:
    case NEXUS_CALL_SLEEP: return NEXUS_PLEDGE_CLOCK;
    case NEXUS_CALL_PEERS:
    case NEXUS_CALL_PEERS_HEARD: return NEXUS_PLEDGE_MESH;
    default: return NEVER_PLEDGED;
  }
}

static void sleep_for(struct Cell *cell, uint64_t micros) {
  uint64_t now = clock_micros();
  cell->wake_at = micros < NEVER - now ? now + micros : NEVER;
}

/* The cell sleeps and then makes the same call again: a full console costs no processor time. */
static uint64_t try_later(struct Cell *cell) {
  cell->frame.pc -= CALL_SIZE;
  sleep_for(cell, CONSOLE_RETRY_MICROS);
  return cell->frame.x[FRAME_A0];
}

static uint64_t write_text(struct Cell *cell, uint64_t address, uint64_t size) {
  uint64_t taken = 0;
  if (size > WRITE_MAX_BYTES) size = WRITE_MAX_BYTES;
  for (; taken < size; taken++) {
    const char *character = space_find(cell->space, address + taken);
    if (character == NULL) {
      cell_end(cell, CELL_CRASHED, ", write of text that it cannot read");
      return 0;
    }
    if (!cell_put(cell, *character)) break;
  }
  return taken == 0 && size > 0 ? try_later(cell) : taken;
}

static uint64_t serve(struct Cell *cell, uint64_t number, uint64_t first, uint64_t second) {
  switch (number) {
    case NEXUS_CALL_EXIT: cell_end(cell, CELL_EXITED, NULL); return 0;
    case NEXUS_CALL_YIELD: cell->has_yielded = true; return 0;
    case NEXUS_CALL_WRITE: return write_text(cell, first, second);
    case NEXUS_CALL_CLOCK: return clock_micros();
    case NEXUS_CALL_SLEEP: sleep_for(cell, first); return 0;
    case NEXUS_CALL_PEERS: return config.peer_count;
    default: return utcp_peers_heard(); // NEXUS_CALL_PEERS_HEARD: no other number passed the pledge check
  }
}

static void end_for_call(struct Cell *cell, uint64_t number) {
  char buffer[48];
  struct Text why = text_on(buffer, sizeof buffer);
  text_string(&why, ", call ");
  text_decimal(&why, number);
  text_character(&why, 0);
  cell_end(cell, CELL_PLEDGE_VIOLATION, buffer);
}

void call_handle(struct Cell *cell) {
  uint64_t *x = cell->frame.x, number = x[FRAME_A7];
  uint32_t pledge = pledge_of(number);
  cell->frame.pc += CALL_SIZE;
  if ((pledge & ~cell->pledges) != 0 || pledge == NEVER_PLEDGED)
    end_for_call(cell, number);
  else
    x[FRAME_A0] = serve(cell, number, x[FRAME_A0], x[FRAME_A1]);
}
