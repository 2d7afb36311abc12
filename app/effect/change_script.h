/* change_script: a script's statements, one after the other, in the transaction that is open. */
#ifndef EFFECT_CHANGE_SCRIPT_H
#define EFFECT_CHANGE_SCRIPT_H

#include "effect/change_rules.h"

#include "base/task.h"

/* Around each statement; either may be NULL. A failure ends the script. */
struct script_steps {
    enum err (*before)(struct task *t, void *arg);
    enum err (*after)(struct task *t, void *arg);
    bool (*stopped)(struct task *t, void *arg); /* it was interrupted by us: fails the task with the reason */
    void *arg;
};
/* Runs them all; their rows are nobody's. An empty script fails. steps may be NULL. */
enum err change_script(struct task *t, struct rules *r, struct span sql, const struct script_steps *steps);

#endif
