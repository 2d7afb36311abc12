/* run: gate's processes: one master, IPC workers, and a master of FastCGI workers among them. */
#ifndef GATE_RUN_H
#define GATE_RUN_H

#include "gate/gate.h"

enum { GATE_IPC_WORKERS = 4 };

/* Forks after gate_prepare and the sandbox; returns the program's exit status after SIGTERM. */
int gate_run(struct gate *g, int ipc_listener, int web_listener);

#endif
