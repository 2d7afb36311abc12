/* worker_priv: what the worker's signal handlers may call. */
#ifndef BOX_WORKER_PRIV_H
#define BOX_WORKER_PRIV_H

#include "box/worker.h"

/* Wakes the guest and runs a few lines, with nobody to hear them: did it go well? */
bool worker_sample(struct worker *w);
/* Says why, and ends the process. */
_Noreturn void worker_trap(enum box_trap why);
/* The number of the run that is under way, or 0. */
int worker_running(void);
/* Flags to the guest that it shall stop. */
void worker_interrupt(void);

#endif
