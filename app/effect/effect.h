/* effect: the service that changes datasets: imports, rollbacks, withdrawals. */
#ifndef EFFECT_EFFECT_H
#define EFFECT_EFFECT_H

#include "base/task.h"
#include "sandbox/prefork.h"

/* Once, after the sandbox and before workers: keys, ledger, folders; removes what crashes left. */
enum err effect_start(struct task *t);
/* One connection of the operator, web or gate from its request to its last frame; closes it. Failures go to the caller.
 */
void effect_serve(int fd);
/* A worker of the door for dry runs and scratch tables, which agents have too. Its exit status. */
int effect_try_serve(int listener, struct prefork_slot *slot);

#endif
