/* worker: the process that is one box: it reads what to run, runs it in the guest, and says what came of it. */
#ifndef BOX_WORKER_H
#define BOX_WORKER_H

#include "box/guest.h"

/* What the zygote made and every worker inherits. */
struct worker {
    const struct box_module *module;
    struct box_hooks hooks; /* the module's way back to us */
    struct guest guest;
};

/* For the zygote, before the module starts: hooks, and standard output to the zygote's own error. */
void worker_begin(struct worker *w, const struct box_module *module);
/* Never returns: serves the socket (descriptor 3) until it is closed. Confined already. */
_Noreturn void worker_serve(struct worker *w);
/* Once, in the zygote: signals and the stack they run on, as every worker needs them. E_UNAVAILABLE. */
enum err worker_signals(struct task *t, struct worker *w);
/* How a run ended, as box_exec says it. */
enum worker_status { WORKER_RAN, WORKER_RAISED, WORKER_FAILED, WORKER_INTERRUPTED };

#endif
