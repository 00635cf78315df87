/*
 * The end of the kernel. `@nexus panic <text>` tells the host, then the firmware shuts the machine down.
 * Texts are distinct, so that one names its place. A trap inside the kernel ends here too, on a stack of
 * its own.
 */
#include "panic.h"
#include "console.h"
#include "riscv.h"
#include "sbi.h"

_Noreturn void panic(const char *text) {
  char buffer[160];
  struct Text line = text_on(buffer, sizeof buffer);
  text_string(&line, "@nexus panic ");
  text_string(&line, text);
  console_last_line(&line);
  sbi_shutdown();
  for (;;) wait_for_interrupt();
}

_Noreturn void kernel_trap(void) {
  char buffer[96];
  struct Text text = text_on(buffer, sizeof buffer);
  text_string(&text, "kernel trap ");
  text_decimal(&text, csr_read(scause));
  text_string(&text, " at ");
  text_address(&text, csr_read(sepc));
  text_string(&text, ", value ");
  text_address(&text, csr_read(stval));
  text_character(&text, 0);
  panic(buffer);
}
