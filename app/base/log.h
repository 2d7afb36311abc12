/* log: one line per event on standard error. No secret, prompt, row, SQL of a user, or URL argument ever. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/task.h"

/* The program's name, once, in main. */
void log_name(const char *program);
/* time program[pid] task-id: sentence. `t` may be NULL. */
void log_line(const struct task *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
