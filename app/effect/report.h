/* report: what an import tells its publisher (CONTRACTS, "Import report"). */
#ifndef EFFECT_REPORT_H
#define EFFECT_REPORT_H

#include "base/task.h"

#include <jansson.h>

/* {"tables":[],"dropped":[],"types":[],"notes":[]}; the task's. */
json_t *report_new(struct task *t);
void report_table(json_t *report, struct span name, int64_t rows, size_t columns);
/* Something that the follower does not have: kind "trigger", "check", "default", "virtual table", "view", ... The list
 * is bounded: past 1,000 a note counts the rest. */
void report_dropped(json_t *report, const char *kind, struct span name, const char *why);
void report_type(json_t *report, struct span table, struct span column, const char *type, const char *why);
void report_note(json_t *report, const char *sentence);
/* A JSON string of bytes that may be malformed UTF-8. */
json_t *report_text(struct span s);

#endif
