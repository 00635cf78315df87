/*
 * The supervisor: a process beside the cell that holds the listener of its filter (seccomp_unotify(2)). A
 * call that is not pledged stops its caller in the kernel; the supervisor reports it and ends the
 * process. It ends itself when nobody has the filter any more. Should it be gone before, such calls fail
 * with ENOSYS: never do they pass.
 *
 * How the launcher's own execve gets through a filter that denies execve: the first call that reaches the
 * supervisor is let go on if it is execve by the launcher's process, and none after it. The launcher
 * makes that call itself, with only close(2), which is always allowed, before it; no other process shares
 * its memory, so what it asks for cannot be changed between this answer and the kernel's reading of it,
 * and no instruction of the cell has run.
 *
 * The cell's process is the launcher's, so whoever started it has the cell's status and can signal it;
 * the supervisor is an orphan, which init reaps. It is started before the user is changed, and without
 * Landlock: a cell of another user can neither signal nor trace it.
 */
#include "launch.h"

#define CLONE_FILES 0x400
#define SIGNAL_KILL 9
#define EVERY_THREAD 0x40000000 // __WALL
#define BLOCK_SIGNALS 0
#define START_SECONDS 30
#define LISTENER 3
#define POLL_IN 1
#define CONTINUE 1 // SECCOMP_USER_NOTIF_FLAG_CONTINUE
#define ERROR_NO_SYSTEM_CALL (-38)
#define ERROR_INTERRUPTED (-4)

/* struct seccomp_notif and seccomp_notif_resp of linux/seccomp.h, and their ioctls, which hold the sizes. */
struct Notice {
  uint64_t id;
  uint32_t process, flags;
  struct CallData call;
};
struct Answer {
  uint64_t id;
  int64_t value;
  int32_t error;
  uint32_t flags;
};
#define RECEIVE_NOTICE 0xc0502100ul
#define SEND_ANSWER 0xc0182101ul
#define NOTICE_IS_VALID 0x40082102ul
_Static_assert(sizeof(struct Notice) == 80 && sizeof(struct Answer) == 24, "the ioctls hold these sizes");

struct Poll {
  int32_t file;
  int16_t events, happened;
};

static long wait_for(int file, int64_t seconds) {
  struct Poll poll = {file, POLL_IN, 0};
  int64_t time[2] = {seconds, 0};
  long result = system_call(CALL_PPOLL, (long)&poll, 1, seconds < 0 ? 0 : (long)time, 0, 8, 0);
  return result <= 0 ? result : poll.happened;
}

static void answer(uint64_t id, int32_t error, uint32_t flags) {
  struct Answer to = {id, 0, error, flags};
  io_control(LISTENER, SEND_ANSWER, &to);
}

/* The caller waits in the kernel, so its id is its own as long as the notice is valid. */
static void judge(const struct Notice *notice) {
  if (call3(CALL_IOCTL, LISTENER, (long)NOTICE_IS_VALID, (long)&notice->id) < 0) return;
  if (!(policy.flags & ERRORS_ONLY) || notice->call.machine != AUDIT_MACHINE) {
    report_call(&notice->call, notice->process);
    call2(CALL_KILL, notice->process, SIGNAL_KILL);
  }
  answer(notice->id, ERROR_NO_SYSTEM_CALL, 0);
}

static bool is_first_exec(const struct Notice *notice, long own_id) {
  const struct CallData *call = &notice->call;
  return notice->process == own_id && call->machine == AUDIT_MACHINE && call->number == CALL_EXECVE;
}

static _Noreturn void serve(long own_id) {
  bool awaits_exec = policy.flags & FIRST_EXEC;
  for (;;) {
    long happened = wait_for(LISTENER, -1);
    if (happened == ERROR_INTERRUPTED) continue;
    if (happened < 0 || !(happened & POLL_IN)) end_process(0);
    struct Notice notice = {0};
    if (io_control(LISTENER, RECEIVE_NOTICE, &notice) < 0) continue;
    bool lets_go = awaits_exec && is_first_exec(&notice, own_id);
    awaits_exec = false;
    if (lets_go) answer(notice.id, 0, CONTINUE);
    else judge(&notice);
  }
}

/* Keeps standard error, for reports, and the listener; with a copy of the table of descriptors of its own. */
static void keep_listener(int listener) {
  if (launch_call(LAUNCH_UNSHARE, CLONE_FILES, 0, 0, 0) < 0) end_process(1);
  if (listener != LISTENER && call3(CALL_DUP3, listener, LISTENER, 0) < 0) end_process(1);
  close_file(0);
  close_file(1);
  launch_call(LAUNCH_CLOSE_RANGE, LISTENER + 1, -1, 0, 0);
}

static _Noreturn void supervise(int started, int listener, long own_id) {
  uint64_t every_signal = ~0ul;
  system_call(CALL_SIGPROCMASK, BLOCK_SIGNALS, (long)&every_signal, 0, sizeof every_signal, 0, 0);
  call0(CALL_SETSID);
  if (wait_for(started, START_SECONDS) <= 0) end_process(1);
  keep_listener(listener);
  serve(own_id);
}

static long fork_sharing_files(void) { return call2(CALL_CLONE, CLONE_FILES | SIGNAL_CHILD, 0); }

/* The lowest free number, which the next descriptor gets. */
static int next_descriptor(void) {
  int probe = open_path("/", OPEN_READ | OPEN_FOLDER);
  if (probe < 0) refuse("cannot open ", "/", probe);
  close_file(probe);
  return probe;
}

struct Supervisor start_supervisor(long own_id) {
  int ends[2];
  long result = call2(CALL_PIPE2, (long)ends, OPEN_CLOSE_ON_EXEC);
  if (result < 0) refuse("cannot make a pipe", "", result);
  int listener = next_descriptor();
  long middle = fork_sharing_files();
  if (middle < 0) refuse("cannot start the supervisor", "", middle);
  if (middle == 0) {
    long child = fork_sharing_files();
    if (child == 0) supervise(ends[0], listener, own_id);
    end_process(child < 0);
  }
  int status = 0;
  result = call4(CALL_WAIT4, middle, (long)&status, EVERY_THREAD, 0);
  if (result != middle || status != 0) refuse("cannot start the supervisor", "", result);
  return (struct Supervisor){ends[1], listener};
}
