/* child: the one-shot process that runs one statement of somebody else's and exits. */
#ifndef QUERY_CHILD_H
#define QUERY_CHILD_H

#include "query/labels.h"
#include "wire/frame.h"

/* What a child is asked: a frame "run". The caller has checked every right and resolved the path. */
struct child_request {
    const char *path; /* absolute, without symbolic links */
    struct span revision, sql;
    struct span params; /* as of rows_put_params */
    struct labels labels;
    int64_t rows, bytes, deadline_ms, heap_bytes;
    bool explain;
};
void child_request_put(struct buf *b, const struct child_request *r);

/* Once in the process that forks children, before the forks: compiles filters, sets SQLite up, loads the time zone. */
bool child_prepare(int64_t heap_bytes);
/* In the child: takes one request from fd, allows itself that file alone, opens it, gives up opening, runs the
 * statement, sends one frame ("rows", "problem" or "error"). Returns the exit status. */
int child_serve(int fd);
/* How long a statement may run in all before its process is killed: the deadline and a twentieth, so that the child's
 * own soft stop can tell of itself first. */
int64_t child_kill_ms(int64_t deadline_ms);
/* The reply in place of a child's that was killed at its deadline (`ended` false) or ended by itself. */
void child_put_loss(struct task *t, struct buf *b, bool ended);

/* Forks a child of its own for one request and waits for it: for the command line and tests. The reply is the task's.
 */
enum err child_run_alone(struct task *t, const struct child_request *r, struct frame *out);

#endif
