// What a cell's `ecall` does; the numbers are in include/nexus/cell.h.
#pragma once
#include "cell.h"

void call_handle(struct Cell *cell);
