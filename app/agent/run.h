/* run: one turn, from its claim to its rest or its end, in a process of its own. */
#ifndef AGENT_RUN_H
#define AGENT_RUN_H

#include "base/task.h"

#include <signal.h>

struct run_order {
    const char *mode; /* "public" "private" */
    const char *path; /* of the work database */
    struct span turn;
    const volatile sig_atomic_t *leaving; /* SIGTERM's flag; NULL: never */
};

/* Claims the turn and works on it until it rests or ends, until the pool ends, or until the lease is lost. E_CONFLICT:
 * somebody else has it. E_UNAVAILABLE: the database can't be written; the lease runs out and the turn is tried again.
 */
enum err run_turn(struct task *t, const struct run_order *order);

#endif
