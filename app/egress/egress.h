/* egress: the process: one loop over callers and the network. */
#ifndef EGRESS_EGRESS_H
#define EGRESS_EGRESS_H

#include "base/task.h"

/* Serves until SIGTERM or SIGINT (which the caller has blocked), then lets what runs come to its end for some seconds.
 * Takes the listener (non-blocking). E_CORRUPT, E_UNAVAILABLE: the secrets can't be used. */
enum err egress_serve(struct task *t, int listener);

#endif
