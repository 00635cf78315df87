// The first process of a Linux profile; main.c is the order. What it shares with Rumpk is Rumpk's own source.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../../lib/text.h"

#define MANIFEST_MAX_BYTES 8192
#define SERVICES_MAX_BYTES 8192
#define ARGUMENTS_MAX 24 // of one service, its program included
#define LOOP_FILES_MAX 16

/* struct pollfd of poll(2). */
struct PollFile {
  int file;
  int16_t wanted, found;
};
#define POLL_IN 1
#define POLL_OUT 4

/* `nexus: <a><b>` on the console. */
void say(const char *a, const char *b);
/* The value of a call, or a panic with that text if it is an error. */
long must(long result, const char *text);
/* Formats into a buffer of at least 64 bytes, ended by a NUL: "/modules/", 7 as "/modules/007". */
const char *numbered(char *buffer, const char *before, uint32_t number, int digits);

/* A whole file that stands in memory, as it stands there: its pages, not a copy. NULL: there is none. */
struct Mapped {
  const uint8_t *bytes;
  size_t size;
};
struct Mapped map_file(int folder, const char *path);
void unmap_file(struct Mapped file);

/* mounts.c */
void mounts_start(void);                     // /proc, /sys, /dev of the first root
void mounts_switch_root(const char *device); // the root proper; `first_root` stays open on what was before
void mounts_finish(void);                    // what only the new root has: cgroups, volatile folders
extern int first_root;

/* modules.c: loads /modules/000, 001, … in that order. Returns how many. */
uint32_t modules_load(void);

/* manifest.c: what this image claims to be, and what it is. */
void manifest_load(void);
const uint8_t *manifest_root_hash(void);
uint64_t manifest_data_blocks(void);

/* verity.c: finds the disk with that root and puts a checking device on it; its path. */
const char *verity_open(const uint8_t root_hash[32], uint64_t data_blocks);
/* The root hash that the kernel checks reads against now; false if a read did not hold, or there is none. */
bool verity_measure(uint8_t root_hash[32]);

/* network.c: brings lo and eth0 up, as far as they are there, and listens to the mesh. */
void network_start(void);
struct PollFile network_wait(void);

/* services.c */
void services_load(void);                       // what there is to run; nothing runs yet
void services_reap(void);                       // after SIGCHLD
uint64_t services_work(uint64_t now);           // starts what is due; when the next one is
int services_wait_list(struct PollFile *files); // whose output is waited for
void services_take_output(void);

/* serial.c: below kernel/console.c. */
void serial_start(void);
struct PollFile serial_wait(void);

/* Ends the machine: SIGTERM to all, a moment, then off. */
_Noreturn void power_off(void);
