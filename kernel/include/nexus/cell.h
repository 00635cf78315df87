/*
 * The interface between a cell and the kernel. A cell is a C program with `int main(void)`, in a folder of
 * its own. It runs in user mode in its own address space; its only way out is `ecall`:
 *
 *   a7 number   a0, a1 arguments   a0 result
 *
 *   0 exit(status)            always allowed
 *   1 yield()                 always allowed
 *   2 write(text, size)       pledge stdio   how many bytes were taken
 *   3 clock()                 pledge clock   microseconds since the kernel's start
 *   4 sleep(microseconds)     pledge clock
 *   5 peers()                 pledge mesh    how many peers the mesh has
 *   6 peers_heard()           pledge mesh    how many of them were heard lately
 *
 * A call that the cell has not pledged, or that does not exist, ends the cell; a pointer that it may not
 * read, or any other fault, crashes it. The kernel and the other cells go on.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define NEXUS_CALL_EXIT 0
#define NEXUS_CALL_YIELD 1
#define NEXUS_CALL_WRITE 2
#define NEXUS_CALL_CLOCK 3
#define NEXUS_CALL_SLEEP 4
#define NEXUS_CALL_PEERS 5
#define NEXUS_CALL_PEERS_HEARD 6

#define NEXUS_PLEDGE_STDIO 1
#define NEXUS_PLEDGE_CLOCK 2
#define NEXUS_PLEDGE_MESH 4

#ifndef NEXUS_KERNEL

static inline uint64_t nexus_call(uint64_t number, uint64_t first, uint64_t second) {
  register uint64_t a0 __asm__("a0") = first;
  register uint64_t a1 __asm__("a1") = second;
  register uint64_t a7 __asm__("a7") = number;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a7) : "memory");
  return a0;
}

/* Ends the cell; its state becomes `exited`. Returning from main does the same. */
_Noreturn static inline void nexus_exit(int status) {
  nexus_call(NEXUS_CALL_EXIT, (uint64_t)status, 0);
  __builtin_unreachable();
}

/* Lets the other cells run. */
static inline void nexus_yield(void) { nexus_call(NEXUS_CALL_YIELD, 0, 0); }

/*
 * Writes text. The kernel gathers it into lines and puts `<cell's name>: ` before each, so a line shows
 * only when it is ended by \n, by 160 characters, or by the cell's end. Everything but printable ASCII and
 * tabs becomes `?`.
 */
static inline void nexus_write(const char *text, size_t size) {
  while (size > 0) {
    size_t taken = nexus_call(NEXUS_CALL_WRITE, (uint64_t)text, size);
    text += taken;
    size -= taken;
  }
}

/* Writes a string that ends with NUL. */
static inline void nexus_print(const char *string) {
  size_t size = 0;
  while (string[size] != 0) size++;
  nexus_write(string, size);
}

/* Writes a number in decimal. */
static inline void nexus_print_number(uint64_t number) {
  char digits[20];
  size_t at = sizeof digits;
  do digits[--at] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  nexus_write(digits + at, sizeof digits - at);
}

/* Microseconds since the kernel's start. */
static inline uint64_t nexus_clock_micros(void) { return nexus_call(NEXUS_CALL_CLOCK, 0, 0); }

/* Sleeps at least so long; others run meanwhile, or the machine idles. */
static inline void nexus_sleep_micros(uint64_t micros) { nexus_call(NEXUS_CALL_SLEEP, micros, 0); }

/* How many peers the mesh has besides this node. */
static inline uint64_t nexus_peers(void) { return nexus_call(NEXUS_CALL_PEERS, 0, 0); }

/* How many of them sent a valid hello within the last three hello intervals. */
static inline uint64_t nexus_peers_heard(void) { return nexus_call(NEXUS_CALL_PEERS_HEARD, 0, 0); }

#endif
