/*
 * /sbin/launch POLICY: the program of a cell, in its pledges and unveils. See docs/pledge.md.
 *
 * What a file cannot say it cannot get: nothing is taken from the environment, and of the descriptors
 * only standard input, output and error.
 */
#include "launch.h"

#define FIRST_OTHER_DESCRIPTOR 3
#define CLOSE_WHEN_EXECUTED_NOT 0x5450ul // FIONCLEX
#define MAY_EXECUTE 1
#define SET_NO_NEW_PRIVILEGES 38
#define SET_MODE_FILTER 1
#define NEW_LISTENER 8
#define OWN_FAILURE 125
#define CANNOT_RUN 126

/* struct sock_fprog of linux/filter.h. */
struct FilterProgram {
  uint16_t size;
  const struct Instruction *instructions;
};

static struct Supervisor supervisor = {-1, -1};

_Noreturn void end_process(int status) {
  for (;;) call1(CALL_EXIT, status);
}

static void say(const char *what, const char *object, long result) {
  char buffer[256];
  struct Text line = text_on(buffer, sizeof buffer - 1);
  text_string(&line, "launch: ");
  text_string(&line, what);
  text_string(&line, object);
  if (result < 0) {
    text_string(&line, ": error ");
    text_decimal(&line, (uint64_t)-result);
  }
  buffer[line.length++] = '\n';
  write_file(STANDARD_ERROR, buffer, line.length);
}

_Noreturn void refuse(const char *what, const char *object, long result) {
  say(what, object, result);
  if (supervisor.start >= 0) close_file(supervisor.start);
  end_process(OWN_FAILURE);
}

/* A closed one would be the next file that somebody opens. */
static void check_standard_descriptors(void) {
  for (int file = 0; file < FIRST_OTHER_DESCRIPTOR; file++) {
    long result = io_control(file, CLOSE_WHEN_EXECUTED_NOT, NULL);
    if (result < 0) refuse("standard input, output and error must be open", "", result);
  }
  launch_call(LAUNCH_CLOSE_RANGE, FIRST_OTHER_DESCRIPTOR, -1, 0, 0);
}

static void check_program(void) {
  long result = launch_call(LAUNCH_FACCESSAT, AT_WORKING_FOLDER, (long)policy.words[0], MAY_EXECUTE, 0);
  if (result < 0) refuse("cannot run ", policy.words[0], result);
}

static void change_user(void) {
  if (policy.user == KEEP) return;
  uint32_t groups[1] = {policy.group};
  long result = launch_call(LAUNCH_SETGROUPS, 1, (long)groups, 0, 0);
  if (result == 0) result = launch_call(LAUNCH_SETRESGID, policy.group, policy.group, policy.group, 0);
  if (result == 0) result = launch_call(LAUNCH_SETRESUID, policy.user, policy.user, policy.user, 0);
  if (result < 0) refuse("cannot become the user of cell ", policy.name, result);
}

static void forbid_new_privileges(void) {
  long result = system_call((enum Call)(int)LAUNCH_PRCTL, SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0, 0);
  if (result < 0) refuse("cannot forbid new privileges", "", result);
}

/* From here on, this process may do what the cell may. The listener must have the foreseen number. */
static void install_filter(void) {
  struct FilterProgram program = {(uint16_t)policy.filter_size, policy.filter};
  long listener = launch_call(LAUNCH_SECCOMP, SET_MODE_FILTER, NEW_LISTENER, (long)&program, 0);
  if (listener < 0) refuse("cannot put pledges into force", "", listener);
  if (listener != supervisor.listener) end_process(OWN_FAILURE);
  close_file(supervisor.start);
}

static void run_program(void) {
  long result = call3(CALL_EXECVE, (long)policy.words[0], (long)policy.words, (long)policy.environment);
  say("cannot run ", policy.words[0], result);
}

_Noreturn void program_start(const long *stack) {
  const char *const *arguments = (const char *const *)(stack + 1);
  if (stack[0] != 2) refuse("expected one argument, the path of a policy", "", 0);
  check_standard_descriptors();
  long own_id = launch_call(LAUNCH_GETPID, 0, 0, 0, 0);
  read_policy(arguments[1], (uint32_t)own_id);
  check_program();
  int ruleset = open_ruleset();
  supervisor = start_supervisor(own_id);
  change_user();
  forbid_new_privileges();
  restrict_paths(ruleset);
  install_filter();
  run_program();
  end_process(CANNOT_RUN);
}
