/* pool: a worker that answers our own statements on query.sock. */
#ifndef QUERY_POOL_H
#define QUERY_POOL_H

#include "sandbox/prefork.h"

/* Serves one connection after the other until told to stop; the master of the workers kills it when a request passes
 * limits.page_ms and a tenth. Returns the exit status. */
int pool_run(int listener, struct prefork_slot *slot);

#endif
