/*
 * Linux, called directly: no C library stands in between, so a program is these sources and nothing else. The
 * numbers and layouts are those of the kernel's own headers (include/uapi), which never change. A result from
 * -4095 to -1 is an error's negative number.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
enum Call {
  CALL_READ = 0, CALL_WRITE = 1, CALL_CLOSE = 3, CALL_FSTAT = 5, CALL_MMAP = 9, CALL_MUNMAP = 11,
  CALL_SIGPROCMASK = 14, CALL_IOCTL = 16, CALL_PREAD = 17, CALL_PWRITE = 18, CALL_SOCKET = 41, CALL_BIND =
  49, CALL_CLONE = 56,
  CALL_EXECVE = 59, CALL_EXIT = 60, CALL_WAIT4 = 61, CALL_KILL = 62, CALL_UNAME = 63, CALL_FCNTL = 72,
  CALL_CHDIR = 80,
  CALL_SYSLOG = 103, CALL_SETSID = 112, CALL_CHROOT = 161, CALL_SYNC = 162, CALL_MOUNT = 165,
  CALL_REBOOT = 169, CALL_SETHOSTNAME = 170, CALL_GETDENTS = 217, CALL_CLOCK_GETTIME = 228,
  CALL_OPENAT = 257, CALL_MKDIRAT = 258, CALL_UNLINKAT = 263, CALL_SYMLINKAT = 266, CALL_PPOLL = 271,
  CALL_SIGNALFD = 289, CALL_DUP3 = 292, CALL_PIPE2 = 293, CALL_FINIT_MODULE = 313
};
#elif defined(__riscv)
enum Call {
  CALL_DUP3 = 24, CALL_FCNTL = 25, CALL_IOCTL = 29, CALL_MKDIRAT = 34, CALL_UNLINKAT = 35, CALL_SYMLINKAT
  = 36,
  CALL_MOUNT = 40, CALL_CHDIR = 49, CALL_CHROOT = 51, CALL_OPENAT = 56, CALL_CLOSE = 57, CALL_PIPE2 = 59,
  CALL_GETDENTS = 61, CALL_READ = 63, CALL_WRITE = 64, CALL_PREAD = 67, CALL_PWRITE = 68, CALL_PPOLL = 73,
  CALL_SIGNALFD = 74, CALL_FSTAT = 80, CALL_SYNC = 81, CALL_EXIT = 93, CALL_CLOCK_GETTIME = 113,
  CALL_SYSLOG = 116, CALL_KILL = 129, CALL_SIGPROCMASK = 135, CALL_REBOOT = 142, CALL_SETSID = 157,
  CALL_UNAME = 160, CALL_SETHOSTNAME = 161, CALL_SOCKET = 198, CALL_BIND = 200, CALL_MUNMAP = 215,
  CALL_CLONE = 220,
  CALL_EXECVE = 221, CALL_MMAP = 222, CALL_WAIT4 = 260, CALL_FINIT_MODULE = 273
};
#else
#error "Linux on this machine is not known here"
#endif

#define AT_WORKING_FOLDER (-100)
#define ERROR_NO_CHILD (-10)
#define ERROR_TRY_AGAIN (-11)
#define ERROR_EXISTS (-17)

enum Open {
  OPEN_READ = 0, OPEN_WRITE = 1, OPEN_BOTH = 2, OPEN_CREATE = 0100, OPEN_NO_TERMINAL = 0400,
  OPEN_TRUNCATE = 01000, OPEN_NO_WAIT = 04000, OPEN_FOLDER = 0200000, OPEN_CLOSE_ON_EXEC = 02000000
};

enum Signal {
  SIGNAL_INTERRUPT = 2, SIGNAL_USER1 = 10, SIGNAL_USER2 = 12, SIGNAL_TERMINATE = 15, SIGNAL_CHILD = 17,
  SIGNAL_BAD_CALL = 31
};

static inline long system_call(enum Call number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"((long)number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
#else
  register long a7 __asm__("a7") = number;
  register long a0 __asm__("a0") = a;
  register long a1 __asm__("a1") = b;
  register long a2 __asm__("a2") = c;
  register long a3 __asm__("a3") = d;
  register long a4 __asm__("a4") = e;
  register long a5 __asm__("a5") = f;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7) : "memory");
  return a0;
#endif
}

static inline long call0(enum Call n) { return system_call(n, 0, 0, 0, 0, 0, 0); }
static inline long call1(enum Call n, long a) { return system_call(n, a, 0, 0, 0, 0, 0); }
static inline long call2(enum Call n, long a, long b) { return system_call(n, a, b, 0, 0, 0, 0); }
static inline long call3(enum Call n, long a, long b, long c) { return system_call(n, a, b, c, 0, 0, 0); }
static inline long call4(enum Call n, long a, long b, long c, long d) {
  return system_call(n, a, b, c, d, 0, 0);
}

/* Opens by a path from the working folder; closed when another program is executed. */
static inline int open_at(int folder, const char *path, int how) {
  return (int)call4(CALL_OPENAT, folder, (long)path, how | OPEN_CLOSE_ON_EXEC, 0600);
}
static inline int open_path(const char *path, int how) { return open_at(AT_WORKING_FOLDER, path, how); }
static inline void close_file(int file) { call1(CALL_CLOSE, file); }
static inline long read_file(int file, void *to, size_t size) {
  return call3(CALL_READ, file, (long)to, (long)size);
}
static inline long write_file(int file, const void *from, size_t size) {
  return call3(CALL_WRITE, file, (long)from, (long)size);
}
static inline long io_control(int file, unsigned long request, void *argument) {
  return call3(CALL_IOCTL, file, (long)request, (long)argument);
}
