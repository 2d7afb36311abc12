/* prefork: a master that keeps worker processes running. */
#ifndef SANDBOX_PREFORK_H
#define SANDBOX_PREFORK_H

#include <stdbool.h>
#include <stdint.h>

enum { PREFORK_WORKERS = 512 };

/* A worker's place in memory that it shares with the master. */
struct prefork_slot;

struct prefork {
    int workers;     /* processes; each knows its number, 0.. */
    int64_t stop_ms; /* after SIGTERM: so long for workers to finish, then they are killed. 0: 5 s */
    bool deadlines;  /* do workers call prefork_busy? */
    /* Runs in a worker until prefork_stopping(); its result is the worker's exit status. */
    int (*work)(int number, struct prefork_slot *slot, void *arg);
    void *arg;
};

/* Forks the workers after the sandbox was entered and starts again each that ends (at once the first time, then after
 * 100 ms, doubling to 5 s while it ends within 10 s of its start). Returns the program's exit status after SIGTERM or
 * SIGINT: 0 when every worker finished by itself. Workers die with the master (parent-death signal). Calls no task. */
int prefork_run(const struct prefork *p);

/* In a worker: has SIGTERM come? The signal interrupts blocking calls (EINTR), and is sent again every 100 ms until the
 * worker is gone, so that one that came just before accept() is not lost. */
bool prefork_stopping(void);
/* In a worker: from now on it must call prefork_idle within limit_ms, or the master kills it (within 20 ms of that). */
void prefork_busy(struct prefork_slot *slot, int64_t limit_ms);
void prefork_idle(struct prefork_slot *slot);

#endif
