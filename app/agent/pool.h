/* pool: the agent's master: forks a runner for each turn, keeps the watcher and the FastCGI door running. */
#ifndef AGENT_POOL_H
#define AGENT_POOL_H

#include "base/task.h"

#include <signal.h>

enum { POOL_RUNNERS = 4096, POOL_STOP_MS = 8000 };

struct pool {
    const char *mode; /* "public" "private" */
    const char *path; /* of the work database */
    int web;          /* listening FastCGI socket */
    int nudge;        /* listening socket of nudges */
    int64_t runners;  /* at one time */
};

/* After the sandbox was entered, with one thread and no database open. Returns the program's exit status after SIGTERM:
 * runners have then reached a boundary and given their turns back, or were killed and their leases run out. */
int pool_run(const struct pool *p);

/* From the master to the watcher when a runner has ended: "over" or "dead" (by a signal: its lease need not be waited
 * for), process id, turn; blanks between. */
enum { WATCH_WORD_BYTES = 80 };
/* watch.c: a child of the pool. Tells the master of turns to run, one datagram with the id each. Also checkpoints the
 * WAL. */
int watch_run(const struct pool *p, int master, const volatile sig_atomic_t *stopping);
/* door.c: a child of the pool: answers what web hands over by X-Accel-Redirect, after nudging the watcher. */
int door_run(const struct pool *p);
/* Asks a pool to look at its queue now. Failing is harmless: it looks each second. */
void pool_nudge(const char *mode);

#endif
