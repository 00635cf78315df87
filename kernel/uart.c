/*
 * The serial line. PC16550D data sheet (Texas Instruments): RBR/THR 0, IER 1, FCR 2, LSR 5, each register
 * 1 << reg-shift bytes apart. DesignWare's UART wants 32-bit accesses, which then have room.
 */
#include "uart.h"
#include "riscv.h"

enum Register { DATA = 0, INTERRUPT_ENABLE = 1, FIFO_CONTROL = 2, LINE_STATUS = 5 };
#define STATUS_RECEIVED 0x01
#define STATUS_SEND_EMPTY 0x20
#define STATUS_SEND_IDLE 0x40
#define INTERRUPT_RECEIVED 0x01
#define INTERRUPT_SEND_EMPTY 0x02
#define FIFO_ENABLE 0x01
#define FIFO_SIZE 16

static uint64_t base;
static uint32_t shift;

static uint64_t address_of(enum Register reg) { return base + ((uint64_t)reg << shift); }

static uint8_t get(enum Register reg) {
  return shift == 2 ? (uint8_t)read32(address_of(reg)) : read8(address_of(reg));
}

static void put(enum Register reg, uint8_t value) {
  if (shift == 2)
    write32(address_of(reg), value);
  else
    write8(address_of(reg), value);
}

void uart_start(const struct Machine *machine) {
  base = machine->uart.address;
  shift = machine->uart_shift;
  put(FIFO_CONTROL, FIFO_ENABLE);
  put(INTERRUPT_ENABLE, INTERRUPT_RECEIVED);
}

bool uart_is_started(void) { return base != 0; }
int uart_receive(void) { return get(LINE_STATUS) & STATUS_RECEIVED ? get(DATA) : -1; }
int uart_room(void) { return get(LINE_STATUS) & STATUS_SEND_EMPTY ? FIFO_SIZE : 0; }
bool uart_is_idle(void) { return (get(LINE_STATUS) & STATUS_SEND_IDLE) != 0; }
void uart_send(char c) { put(DATA, (uint8_t)c); }
void uart_want_room(bool wanted) {
  put(INTERRUPT_ENABLE, INTERRUPT_RECEIVED | (wanted ? INTERRUPT_SEND_EMPTY : 0));
}
