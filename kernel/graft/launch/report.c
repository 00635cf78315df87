/* The line that says which call ended a process, and which pledge it lacks. */
#include "launch.h"
#include "../../lib/bytes.h"

#define CONDITION_SIZE 10
#define SHOWN_ARGUMENTS 3
#define LINE_SIZE 512

static bool condition_holds(const uint8_t *from, const struct CallData *call) {
  uint64_t whole = call->arguments[from[0]];
  uint32_t half = (uint32_t)(from[1] ? whole >> 32 : whole);
  return (half & load_le32(from + 2)) == load_le32(from + 6);
}

/* The first report of the call whose conditions all hold: its two texts; null if there is none. */
static const char *find_report(const struct CallData *call) {
  const uint8_t *at = policy.reports;
  for (uint32_t i = 0; i < policy.report_count; i++) {
    bool holds = load_le16(at) == (uint32_t)call->number && call->machine == AUDIT_MACHINE;
    uint32_t conditions = at[2];
    at += 3;
    for (; conditions > 0; conditions--, at += CONDITION_SIZE) holds = holds && condition_holds(at, call);
    if (holds) return (const char *)at;
    at += text_length((const char *)at) + 1;
    at += text_length((const char *)at) + 1;
  }
  return NULL;
}

static void write_arguments(struct Text *line, const struct CallData *call) {
  for (int i = 0; i < SHOWN_ARGUMENTS; i++) {
    text_string(line, i == 0 ? "(" : ", ");
    text_decimal(line, call->arguments[i]);
  }
  text_string(line, ", ...)");
}

static void write_reason(struct Text *line, const struct CallData *call) {
  const char *name = find_report(call);
  if (name == NULL) text_decimal(line, (uint32_t)call->number);
  else text_string(line, name);
  write_arguments(line, call);
  const char *needs = name == NULL ? "" : name + text_length(name) + 1;
  text_string(line, " not pledged (");
  if (call->machine != AUDIT_MACHINE) text_string(line, "it is a call of another machine");
  else if (*needs == 0) text_string(line, "no pledge allows it");
  else text_string(line, "needs "), text_string(line, needs);
  text_string(line, "): process ");
}

void report_call(const struct CallData *call, uint32_t process) {
  char buffer[LINE_SIZE];
  struct Text line = text_on(buffer, sizeof buffer);
  text_string(&line, "pledge: ");
  text_string(&line, policy.name);
  text_string(&line, ": call ");
  write_reason(&line, call);
  text_decimal(&line, process);
  text_string(&line, " ended\n");
  write_file(STANDARD_ERROR, buffer, line.length);
}
