// External interrupts through the PLIC. RISC-V Platform-Level Interrupt Controller Specification 1.0.0.
#pragma once
#include "devicetree.h"

void interrupts_start(const struct Machine *machine);
void interrupts_enable(uint32_t source);
/* Claims what is pending; the caller then asks every device, and completes. */
void interrupts_claim(void);
void interrupts_complete(void);
