/*
 * The launcher: puts a cell's pledges and unveils into force, then becomes the cell's program. Each file
 * is one step; main.c is their order.
 */
#pragma once
#include "../linux/system.h"
#include "../../lib/text.h"

/* Besides those of system.h: arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h. */
enum LaunchCall {
#if defined(__x86_64__)
  LAUNCH_GETPID = 39, LAUNCH_PRCTL = 157, LAUNCH_UNSHARE = 272, LAUNCH_SETRESUID = 117,
  LAUNCH_SETRESGID = 119, LAUNCH_SETGROUPS = 116, LAUNCH_FACCESSAT = 269, LAUNCH_SECCOMP = 317,
#else
  LAUNCH_GETPID = 172, LAUNCH_PRCTL = 167, LAUNCH_UNSHARE = 97, LAUNCH_SETRESUID = 147,
  LAUNCH_SETRESGID = 149, LAUNCH_SETGROUPS = 159, LAUNCH_FACCESSAT = 48, LAUNCH_SECCOMP = 277,
#endif
  LAUNCH_CLOSE_RANGE = 436, LAUNCH_LANDLOCK_CREATE = 444, LAUNCH_LANDLOCK_ADD = 445,
  LAUNCH_LANDLOCK_RESTRICT = 446
};

/* The kernel's own words for this machine: ELF's (linux/elf-em.h) and the auditor's (linux/audit.h). */
#if defined(__x86_64__)
#define ELF_MACHINE 62
#define AUDIT_MACHINE 0xc000003eu
#else
#define ELF_MACHINE 243
#define AUDIT_MACHINE 0xc00000f3u
#endif

static inline long launch_call(enum LaunchCall number, long a, long b, long c, long d) {
  return system_call((enum Call)(int)number, a, b, c, d, 0, 0);
}

#define POLICY_SIZE_MAX 65536
#define FILTER_MAX 4096 // BPF_MAXINSNS
#define WORDS_MAX 256
#define KEEP 0xffffffffu
#define STANDARD_ERROR 2

enum PolicyFlag { FIRST_EXEC = 1, ERRORS_ONLY = 2 };
enum Right { RIGHT_READ = 1, RIGHT_WRITE = 2, RIGHT_RUN = 4, RIGHT_CREATE = 8 };

/* struct sock_filter of linux/filter.h. */
struct Instruction {
  uint16_t code;
  uint8_t when_true, when_false;
  uint32_t operand;
};

/* The checked policy; lists that are only walked once stay in the file's bytes, see policy.h. */
struct Policy {
  uint32_t flags, user, group;
  const char *name;
  struct Instruction filter[FILTER_MAX];
  uint32_t filter_size;
  const uint8_t *unveils;
  uint32_t unveil_count;
  const uint8_t *reports;
  uint32_t report_count;
  const char *words[WORDS_MAX + 1];       // ends with a null pointer
  const char *environment[WORDS_MAX + 1]; // the same
};

extern struct Policy policy;

/* policy.c: reads and checks the whole file; ends the launcher when anything in it is wrong. */
void read_policy(const char *path, uint32_t own_id);

/* paths.c: a Landlock ruleset of the unveils as a descriptor, -1 without any. */
int open_ruleset(void);
void restrict_paths(int ruleset);

/* supervisor.c: a process apart, which shares the descriptors until `start` is closed. */
struct Supervisor {
  int start;    // closing it tells the supervisor that the filter is in force
  int listener; // the number that the filter's descriptor must get
};
struct Supervisor start_supervisor(long own_id);

/* report.c: one line about a call, which the supervisor has received. */
struct CallData { // struct seccomp_data of linux/seccomp.h
  int32_t number;
  uint32_t machine;
  uint64_t place, arguments[6];
};
void report_call(const struct CallData *call, uint32_t process);

/* main.c: says why on standard error and ends with 125, as env(1) does for its own failures. */
_Noreturn void refuse(const char *what, const char *object, long result);
_Noreturn void end_process(int status);
