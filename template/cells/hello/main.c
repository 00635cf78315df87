/* Greets, and then says every few seconds how much of the mesh it hears. */
#include <nexus/cell.h>

#define VERSION 1
#define SECOND_MICROS 1000000u
#define INTERVAL_MICROS (3 * SECOND_MICROS)

static void greet(void) {
  nexus_print("hello from version ");
  nexus_print_number(VERSION);
  nexus_print("\n");
}

static void report_mesh(void) {
  nexus_print("hearing ");
  nexus_print_number(nexus_peers_heard());
  nexus_print(" of ");
  nexus_print_number(nexus_peers());
  nexus_print(" peers after ");
  nexus_print_number(nexus_clock_micros() / SECOND_MICROS);
  nexus_print(" s\n");
}

int main(void) {
  greet();
  for (;;) {
    nexus_sleep_micros(INTERVAL_MICROS);
    report_mesh();
  }
}
