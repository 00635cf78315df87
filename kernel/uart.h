// The serial line: 16550 (QEMU) and DesignWare (JH7110).
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "devicetree.h"

/* Maps nothing and turns receive interrupts on. The line's speed stays as the firmware set it. */
void uart_start(const struct Machine *machine);
bool uart_is_started(void);
/* -1 if nothing has come. */
int uart_receive(void);
/* How many bytes may be given to uart_send now: 0 or 16. */
int uart_room(void);
/* Whether the last bit has left the line. */
bool uart_is_idle(void);
void uart_send(char c);
/* Asks for an interrupt when there is room again. */
void uart_want_room(bool wanted);
