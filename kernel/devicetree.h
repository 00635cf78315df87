// What the kernel needs to know of the machine, out of the flattened device tree. Devicetree Specification
// v0.4.
#pragma once
#include <stdint.h>
#include "param.h"

struct Device {
  uint64_t address; // 0: there is none
  uint32_t interrupt;
};

struct Machine {
  uint64_t hart;
  uint64_t timebase_hz;
  uint64_t pages_start, memory_end; // the bank in which the kernel lies
  uint64_t initrd_start, initrd_end; // both 0: there is none
  uint64_t tree_start;
  struct Device uart;
  uint32_t uart_shift; // registers are 1 << shift bytes apart
  struct Device interrupt_controller;
  uint32_t interrupt_context; // the PLIC's number for this hart in S-mode
  struct Device virtio[VIRTIO_SLOTS_MAX];
  int virtio_count;
};

/* Fills the machine from the firmware's tree; panics if the tree or something needed is missing. */
void devicetree_read(struct Machine *machine, uint64_t hart, const void *tree);
