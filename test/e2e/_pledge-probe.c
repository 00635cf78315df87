/*
 * A cell that does what its arguments say, one system call after the other, and prints each result:
 *   NUMBER ARGUMENT...   a call; an argument is a number, or a text behind "s:"
 *   i386 NUMBER          a call through the 32-bit entry
 *   thread               starts and joins a thread
 *   child                goes on in a child, whose end is reported
 *   again                goes on in a new image of this program
 * Steps are separated by ",".
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *run_thread(void *data) { return data; }

static long parse(const char *text) {
  return strncmp(text, "s:", 2) == 0 ? (long)(text + 2) : (long)strtoull(text, NULL, 0);
}

static void say(const char *what, long result) {
  char line[128];
  int size = snprintf(line, sizeof line, "%s %ld\n", what, result < 0 ? -(long)errno : result);
  syscall(SYS_write, 1, line, size);
}

static void call(char **words, int count) {
  long a[7] = {0};
  for (int i = 0; i < count && i < 7; i++) a[i] = parse(words[i]);
  say(words[0], syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]));
}

static void step(char **words, int count, char **rest) {
  if (count <= 0) return;
  if (strcmp(words[0], "thread") == 0) {
    pthread_t thread;
    int result = pthread_create(&thread, NULL, run_thread, NULL);
    if (result == 0) pthread_join(thread, NULL);
    say("thread", result);
  } else if (strcmp(words[0], "child") == 0) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) return;
    if (child > 0) waitpid(child, &status, 0);
    say(WIFSIGNALED(status) ? "child killed" : "child ended", child < 0 ? child : status);
    exit(0);
  } else if (strcmp(words[0], "again") == 0) {
    char *arguments[64] = {"/proc/self/exe"};
    for (int i = 0; i < 60 && rest[i] != NULL; i++) arguments[i + 1] = rest[i];
    say("again", execv(PROBE_PATH, arguments));
#if defined(__x86_64__)
  } else if (strcmp(words[0], "i386") == 0) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(parse(words[1])), "b"(0), "c"(0), "d"(0) : "memory");
    say("i386", result);
#endif
  } else {
    call(words, count);
  }
}

int main(int count, char **words) {
  int from = 1;
  for (int at = 1; at <= count; at++) {
    if (at < count && strcmp(words[at], ",") != 0) continue;
    step(words + from, at - from, at < count ? words + at + 1 : words + count);
    from = at + 1;
  }
  return 0;
}
