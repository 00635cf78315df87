// Cells: programs of users, each in its own address space. The interface for them is include/nexus/cell.h.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "pages.h"
#include "param.h"

enum CellState { CELL_RUNNING, CELL_EXITED, CELL_CRASHED, CELL_PLEDGE_VIOLATION };

/* The registers of a cell while it does not run; context.S knows the offsets. */
struct Frame {
  uint64_t pc;
  uint64_t x[31]; // x1 to x31
  uint64_t kernel_stack;
};
#define FRAME_STACK_POINTER 1 // index of x2
#define FRAME_A0 9
#define FRAME_A1 10
#define FRAME_A7 16

struct Cell {
  struct Frame frame;
  char name[NAME_MAX + 1];
  enum CellState state;
  uint32_t pledges;
  Space space;
  uint64_t wake_at; // sleeps until then
  bool has_yielded;
  char line[CELL_LINE_MAX]; // what it wrote since the last line feed
  uint64_t line_length;
};

extern struct Cell cells[CELLS_MAX];
extern uint32_t cell_count;

/* Copies the image's cells into address spaces of their own; panics if one is malformed. */
void cells_load(void);
/* Ends a cell for ever and says so; `why` may be NULL. */
void cell_end(struct Cell *cell, enum CellState state, const char *why);
/* Takes one character of a cell's text; false if the console has no room now. */
bool cell_put(struct Cell *cell, char character);
/* running, exited, crashed or pledge-violation. */
const char *cell_state_name(enum CellState state);
