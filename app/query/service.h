/* service: the whole of lyceum-query: sockets, sandbox, pool, master, zygote. */
#ifndef QUERY_SERVICE_H
#define QUERY_SERVICE_H

#include "base/task.h"

/* After conf_load. Serves until SIGTERM; returns the exit status. A failure to start is in the task. */
int query_service_run(struct task *t);

#endif
