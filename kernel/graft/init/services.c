/*
 * The services of the image, which its records name as cells. One a line in /etc/nexus/services, fields
 * apart by tabs (providers/factory/linux/services.ts writes them):
 *
 *   <name> <once|always> <terminal, or -> <program> <argument> …
 *
 * Each runs in a session and a control group of its own. What it writes comes out of the console line by line
 * behind its name, so that no service can speak for the machine; with a terminal it has that instead, and
 * none starts where there is no such terminal. One that is to run always is started again a second after
 * its end.
 */
#include "../../cell.h"
#include "../../clock.h"
#include "../../console.h"
#include "../../lib/bytes.h"
#include "../linux/system.h"
#include "init.h"

#define RESTART_MICROS 1000000u
#define SET_CONTROLLING_TERMINAL 0x540e
#define GET_TERMINAL 0x5401
#define SET_FLAGS 4 // fcntl(2)
#define LINE_ROOM (NAME_MAX + 3 + CELL_LINE_MAX)
#define READ_ROOM (LINE_ROOM + CELL_LINE_MAX * (NAME_MAX + 4)) // a read of nothing but line feeds

struct Service {
  bool is_always;
  const char *terminal; // NULL: none
  char *arguments[ARGUMENTS_MAX + 1];
  long process; // 0: none
  uint64_t start_at; // NEVER: not again
  int output; // -1: none
};

struct Cell cells[CELLS_MAX];
uint32_t cell_count;
static struct Service services[CELLS_MAX];
static char list[SERVICES_MAX_BYTES + 1];

const char *cell_state_name(enum CellState state) {
  if (state == CELL_RUNNING) return "running";
  if (state == CELL_EXITED) return "exited";
  return state == CELL_CRASHED ? "crashed" : "pledge-violation";
}

/* A text field to its tab, which becomes its end. */
static char *take_field(char **at) {
  char *field = *at, *end = field;
  while (*end != 0 && *end != '\t') end++;
  *at = *end == 0 ? end : end + 1;
  *end = 0;
  return field;
}

static bool is_text(const char *text, const char *other) {
  size_t length = text_length(text);
  return length == text_length(other) && bytes_equal(text, other, length);
}

static void take_line(char *line) {
  if (cell_count == CELLS_MAX) return say("services: too many", "");
  struct Cell *cell = &cells[cell_count];
  struct Service *service = &services[cell_count];
  char *name = take_field(&line);
  if (!text_is_name(name, text_length(name))) return say("services: not a name", "");
  memcpy(cell->name, name, text_length(name) + 1);
  service->is_always = is_text(take_field(&line), "always");
  const char *terminal = take_field(&line);
  service->terminal = is_text(terminal, "-") ? NULL : terminal;
  for (int i = 0; i < ARGUMENTS_MAX && *line != 0; i++) service->arguments[i] = take_field(&line);
  service->output = -1;
  if (service->arguments[0] != NULL) cell_count++;
}

void services_load(void) {
  int file = open_path("/etc/nexus/services", OPEN_READ);
  long size = file < 0 ? 0 : read_file(file, list, SERVICES_MAX_BYTES);
  if (file >= 0) close_file(file);
  char *line = list;
  for (long i = 0; i < size; i++) {
    if (list[i] != '\n') continue;
    list[i] = 0;
    take_line(line);
    line = list + i + 1;
  }
}

static void enter_group(const char *name) {
  char path[96];
  struct Text text = text_on(path, sizeof path);
  text_string(&text, "/sys/fs/cgroup/");
  text_string(&text, name);
  text_character(&text, 0);
  call3(CALL_MKDIRAT, AT_WORKING_FOLDER, (long)path, 0755);
  text.length--;
  text_string(&text, "/cgroup.procs");
  text_character(&text, 0);
  int file = open_path(path, OPEN_WRITE);
  if (file >= 0) write_file(file, "0", 1);
}

static void use_as(int file, int number) { call3(CALL_DUP3, file, number, 0); }

/* In the new process. Everything else that is open is closed by execve(2). */
static _Noreturn void become(const struct Cell *cell, const struct Service *service, int output) {
  static const char *const environment[] = {
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "TERM=vt100",
      "LANG=C.UTF-8", NULL};
  uint64_t no_signals = 0;
  call4(CALL_SIGPROCMASK, 2, (long)&no_signals, 0, sizeof no_signals);
  call0(CALL_SETSID);
  enter_group(cell->name);
  int input = open_path(service->terminal == NULL ? "/dev/null" : service->terminal, OPEN_BOTH);
  if (service->terminal != NULL) io_control(input, SET_CONTROLLING_TERMINAL, NULL);
  use_as(input, 0);
  use_as(service->terminal == NULL ? output : input, 1);
  use_as(service->terminal == NULL ? output : input, 2);
  call3(CALL_EXECVE, (long)service->arguments[0], (long)service->arguments, (long)environment);
  for (;;) call1(CALL_EXIT, 127);
}

static bool has_terminal(const struct Service *service) {
  if (service->terminal == NULL) return true;
  int file = open_path(service->terminal, OPEN_BOTH | OPEN_NO_TERMINAL | OPEN_NO_WAIT);
  uint8_t attributes[64];
  bool is_there = file >= 0 && io_control(file, GET_TERMINAL, attributes) >= 0;
  if (file >= 0) close_file(file);
  return is_there;
}

static void start(struct Cell *cell, struct Service *service) {
  int ends[2] = {-1, -1};
  service->start_at = NEVER;
  cell->state = CELL_EXITED;
  if (!has_terminal(service)) return;
  if (call2(CALL_PIPE2, (long)ends, OPEN_CLOSE_ON_EXEC) < 0) return say("services: no pipe for ", cell->name);
  long process = system_call(CALL_CLONE, SIGNAL_CHILD, 0, 0, 0, 0, 0);
  if (process == 0) become(cell, service, ends[1]);
  close_file(ends[1]);
  call3(CALL_FCNTL, ends[0], SET_FLAGS, OPEN_NO_WAIT); // only this end: the service itself may wait
  if (service->output >= 0) close_file(service->output);
  service->output = ends[0];
  service->process = process > 0 ? process : 0;
  cell->state = process > 0 ? CELL_RUNNING : CELL_CRASHED;
}

uint64_t services_work(uint64_t now) {
  uint64_t next = NEVER;
  for (uint32_t i = 0; i < cell_count; i++) {
    if (services[i].process == 0 && services[i].start_at <= now) start(&cells[i], &services[i]);
    if (services[i].process == 0 && services[i].start_at < next) next = services[i].start_at;
  }
  return next;
}

/* wait(2): the lower seven bits are the signal that ended it, the next byte up is what it returned. */
static enum CellState state_after(uint32_t status) {
  uint32_t signal = status & 0x7f;
  if (signal == SIGNAL_BAD_CALL) return CELL_PLEDGE_VIOLATION;
  return signal != 0 || (status >> 8 & 0xff) != 0 ? CELL_CRASHED : CELL_EXITED;
}

static void take_end(struct Cell *cell, struct Service *service, uint32_t status) {
  char buffer[96];
  struct Text line = text_on(buffer, sizeof buffer);
  service->process = 0;
  service->start_at = service->is_always ? clock_micros() + RESTART_MICROS : NEVER;
  cell->state = state_after(status);
  text_string(&line, "nexus: cell ");
  text_string(&line, cell->name);
  text_string(&line, " ended: ");
  text_string(&line, cell_state_name(cell->state));
  console_line(&line);
}

void services_reap(void) {
  uint32_t status = 0;
  for (long process; (process = call4(CALL_WAIT4, -1, (long)&status, 1, 0)) > 0;)
    for (uint32_t i = 0; i < cell_count; i++)
      if (services[i].process == process) take_end(&cells[i], &services[i], status);
}

/* A service whose text has no room waits in its pipe until the host reads on. */
int services_wait_list(struct PollFile *files) {
  int count = 0;
  if (!console_has_room_for_cell(READ_ROOM)) return 0;
  for (uint32_t i = 0; i < cell_count; i++)
    if (services[i].output >= 0) files[count++] = (struct PollFile){services[i].output, POLL_IN, 0};
  return count;
}

static void put_line(struct Cell *cell) {
  char buffer[LINE_ROOM];
  struct Text line = text_on(buffer, sizeof buffer);
  text_string(&line, cell->name);
  text_string(&line, ": ");
  for (uint64_t i = 0; i < cell->line_length; i++) text_character(&line, cell->line[i]);
  console_line(&line);
  cell->line_length = 0;
}

static void put(struct Cell *cell, char c) {
  bool is_printable = (c >= ' ' && c <= '~') || c == '\t';
  if (c == '\n' || cell->line_length == CELL_LINE_MAX) put_line(cell);
  if (c != '\n') cell->line[cell->line_length++] = is_printable ? c : '?';
}

/* As long as there is room for what a read may become. */
static void take_output(struct Cell *cell, struct Service *service) {
  char text[CELL_LINE_MAX];
  while (console_has_room_for_cell(READ_ROOM)) {
    long size = read_file(service->output, text, sizeof text);
    for (long i = 0; i < size; i++) put(cell, text[i]);
    if (size > 0) continue;
    if (size == ERROR_TRY_AGAIN) return;
    if (cell->line_length > 0) put_line(cell);
    close_file(service->output);
    service->output = -1;
    return;
  }
}

void services_take_output(void) {
  for (uint32_t i = 0; i < cell_count; i++)
    if (services[i].output >= 0) take_output(&cells[i], &services[i]);
}
