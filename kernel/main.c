/*
 * Rumpk: the boot order. One hart, in S-mode over SBI; everything after the last line happens in scheduler.c.
 */
#include "cell.h"
#include "clock.h"
#include "config.h"
#include "console.h"
#include "identity.h"
#include "interrupts.h"
#include "record.h"
#include "scheduler.h"
#include "uart.h"
#include "utcp.h"
#include "virtio_net.h"

_Noreturn void kernel_main(uint64_t hart, const void *tree) {
  static struct Machine machine;
  devicetree_read(&machine, hart, tree);       // which machine this is
  clock_start(machine.timebase_hz);            // time counts from here
  uart_start(&machine);                        // from now on panics are seen
  console_say("starts", NULL, NULL);           // the first line of the kernel
  config_load(&machine);                       // who this node is to be
  pages_start(&machine);                      // pages, and translation on
  interrupts_start(&machine);                  // the UART may wake us
  identity_start();                            // signing key and CellID
  cells_load();                                // the user's programs, not yet run
  record_boot(config.first_nonce);             // the first signed record
  bool has_card = net_start(&machine);         // the network card
  console_say(config.node, " is up, network card: ", has_card ? "yes" : "no");
  utcp_start();                                // this boot's signed hello
  scheduler_run();                             // cells, hellos, heartbeats, challenges
}
