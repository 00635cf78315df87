// Pages and address spaces. RISC-V Privileged Architecture, Sv39.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "devicetree.h"

enum Access { ACCESS_READ = 2, ACCESS_WRITE = 4, ACCESS_EXECUTE = 8 };

/* The root table of one address space. */
typedef uint64_t *Space;

/* Finds the free pages, maps kernel and devices, and turns translation on. */
void pages_start(const struct Machine *machine);
/* A page of zeros; panics when there is none. */
void *page_take(void);

/* A space for a cell: the kernel's mappings, which U-mode cannot use, and nothing else. */
Space space_create(void);
/* Maps a page into a cell's space; `access` is a sum of enum Access. */
void space_map(Space space, uint64_t address, const void *page, int access);
/* Where a byte of a cell lies, or NULL if the cell itself could not read it. */
const char *space_find(Space space, uint64_t address);
void space_use(Space space);
