/* effect: the service that changes datasets: imports, rollbacks, withdrawals. */
#ifndef EFFECT_EFFECT_H
#define EFFECT_EFFECT_H

#include "base/task.h"

/* Once, after the sandbox and before workers: keys, ledger, folders; removes what crashes left. */
enum err effect_start(struct task *t);
/* One connection from its request to its last frame; closes it. Failures go to the caller. */
void effect_serve(int fd);

#endif
