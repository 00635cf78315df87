/**
 * What each pledge allows on Linux, call by call: the only place that says so. It follows OpenBSD's pledge(2)
 * (https://man.openbsd.org/pledge.2) as far as a filter on numbers and arguments can; docs/pledge.md has the table and
 * the differences.
 *
 * No pledge allows what steps around a filter or looks into other processes: io_uring, ptrace, process_vm_readv, openat2
 * with flags in memory (but for who may open anything), modules, kexec, userfaultfd, System V IPC.
 */

import { isNull, isSelf, masked, oneOf, type Rule, rule } from './rule';
import { fileRules } from './rules-files';
import { networkRules } from './rules-network';
import { processRules } from './rules-process';

const stdio = [['stdio']] as const;

const terminalReads = [0x5401, 0x5413, 0x802c542a];
const terminalChanges = [
  0x5402, 0x5403, 0x5404, 0x402c542b, 0x402c542c, 0x402c542d, 0x5409, 0x540a, 0x540b, 0x540c, 0x540d, 0x540e,
  0x540f, 0x5410, 0x5414, 0x5415, 0x5416, 0x5417, 0x5418, 0x5422, 0x5424, 0x5425, 0x5427, 0x5428, 0x5429,
  0x80045430, 0x40045431, 0x5441,
];

/** MAP_SHARED 1, MAP_ANONYMOUS 0x20; PROT_WRITE 2, PROT_EXEC 4. */
const memoryRules: readonly Rule[] = [
  rule(
    stdio,
    'brk munmap mremap madvise mincore msync mlock mlock2 munlock mlockall munlockall mseal membarrier',
  ),
  rule(stdio, 'pkey_alloc pkey_free'),
  rule(stdio, 'mmap', 'without PROT_EXEC', [masked(2, 4, 0)]),
  rule(stdio, 'mmap', 'a private mapping of a file with PROT_EXEC and without PROT_WRITE', [
    masked(2, 6, 4),
    masked(3, 0x21, 0),
  ]),
  rule(stdio, 'mprotect pkey_mprotect', 'without PROT_EXEC', [masked(2, 4, 0)]),
  rule([['prot_exec']], 'mmap mprotect pkey_mprotect riscv_flush_icache'),
  rule([['prot_exec'], ['tmppath'], ['mount']], 'memfd_create'),
];

const descriptorRules: readonly Rule[] = [
  rule(stdio, 'read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek close_range'),
  rule(stdio, 'dup dup2 dup3 pipe pipe2 fstat fsync fdatasync sync_file_range ftruncate fallocate fadvise64'),
  rule(stdio, 'readahead splice tee vmsplice sendfile copy_file_range fchdir getcwd umask'),
  rule(stdio, 'newfstatat', 'with AT_EMPTY_PATH', [masked(3, 0x1000, 0x1000)]),
  rule(stdio, 'statx', 'with AT_EMPTY_PATH', [masked(2, 0x1000, 0x1000)]),
  rule(
    stdio,
    'poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2',
  ),
  rule(stdio, 'eventfd eventfd2 signalfd signalfd4 timerfd_create timerfd_settime timerfd_gettime'),
  rule(stdio, 'fcntl', 'duplicates, flags, owner read, size of a pipe, seals', [
    oneOf(1, 0, 1, 2, 3, 4, 9, 1027, 1030, 1031, 1032, 1033, 1034),
  ]),
  rule([['flock']], 'fcntl', 'locks', [oneOf(1, 5, 6, 7, 36, 37, 38)]),
  rule([['flock']], 'flock'),
  rule(stdio, 'ioctl', 'FIONREAD, FIONBIO, FIOCLEX, FIONCLEX', [oneOf(1, 0x541b, 0x5421, 0x5451, 0x5450)]),
  rule(stdio, 'ioctl', 'TCGETS, TCGETS2, TIOCGWINSZ: read a terminal', [oneOf(1, ...terminalReads)]),
  rule([['tty']], 'ioctl', 'change a terminal, but not TIOCSTI', [oneOf(1, ...terminalChanges)]),
];

const timeRules: readonly Rule[] = [
  rule(stdio, 'clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times alarm'),
  rule(stdio, 'getitimer setitimer timer_create timer_settime timer_gettime timer_getoverrun timer_delete'),
  rule([['settime']], 'settimeofday clock_settime adjtimex clock_adjtime'),
];

/** What a process asks and changes of itself alone. */
const selfRules: readonly Rule[] = [
  rule([[]], 'exit exit_group close rt_sigreturn restart_syscall'),
  rule(
    stdio,
    'getpid getppid gettid getuid geteuid getgid getegid getresuid getresgid getgroups getpgid getpgrp',
  ),
  rule(stdio, 'getsid getrlimit getrusage getpriority uname sysinfo capget getcpu getrandom ioprio_get'),
  rule(stdio, 'sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_getattr'),
  rule(stdio, 'sched_get_priority_max sched_get_priority_min sched_rr_get_interval'),
  rule(stdio, 'set_tid_address set_robust_list rseq riscv_hwprobe wait4 waitid'),
  rule(stdio, 'futex futex_waitv futex_wake futex_wait futex_requeue'),
  rule(stdio, 'rt_sigaction rt_sigprocmask rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack pause'),
  rule(stdio, 'kill tgkill rt_sigqueueinfo rt_tgsigqueueinfo', 'to the first process of the cell itself', [
    isSelf(0),
  ]),
  rule(stdio, 'prlimit64', 'reads limits of itself', [oneOf(0, 0), ...isNull(2)]),
  // Every Go program raises the number of its descriptors to what it may have.
  rule(stdio, 'prlimit64', 'its own number of descriptors', [oneOf(0, 0), oneOf(1, 7)]),
  rule(stdio, 'personality', 'reads', [oneOf(0, 0xffffffff)]),
  rule(stdio, 'arch_prctl', 'thread pointers and shadow stacks', [
    oneOf(0, 0x1001, 0x1002, 0x1003, 0x1004, 0x3001, 0x5001, 0x5002, 0x5003, 0x5004, 0x5005),
  ]),
  rule(stdio, 'prctl', 'names, reads, more seccomp, no_new_privs', [
    oneOf(0, 2, 3, 4, 7, 15, 16, 21, 22, 23, 27, 29, 30, 38, 39, 40, 41, 42, 65, 66, 0x53564d41),
  ]),
  rule(stdio, 'seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self'),
];

export const rules: readonly Rule[] = [
  ...selfRules,
  ...memoryRules,
  ...descriptorRules,
  ...timeRules,
  ...fileRules,
  ...networkRules,
  ...processRules,
];

/**
 * Calls that programs make for comfort and that have an older form whose arguments a filter can see: not granted, they
 * fail with ENOSYS, and the C library takes the older one.
 */
export const softCalls: readonly string[] = ['clone3', 'openat2'];

/** Landlock sees truncation by path from its third version (Linux 6.2) on; ftruncate(2) needs an open file. */
export const unseenCalls: readonly string[] = ['truncate'];
