/* host: the whole of lyceum-plugin: one loop over callers and plugins' processes. */
#ifndef PLUGIN_HOST_H
#define PLUGIN_HOST_H

#include "base/task.h"

/* After conf_load and stop_block. Serves until SIGTERM. A failure is in the task. */
enum err host_service_run(struct task *t);

#endif
