/* run: who does what among gate's processes. */
#include "gate/run.h"

#include "base/log.h"
#include "gate/server.h"
#include "gate/web.h"
#include "sandbox/prefork.h"

struct run {
    struct gate *gate;
    int ipc_listener, web_listener;
};

/* Number 0 is the master of the FastCGI workers; the others answer our own programs. */
static int
work(int number, struct prefork_slot *slot, void *arg)
{
    const struct run *r = arg;
    struct task worker;
    if (number == 0)
        return web_serve(r->gate, r->web_listener);
    task_begin(&worker, 0);
    int status = 1;
    if (gate_open(&worker, r->gate) == E_OK)
        status = server_work(r->gate, r->ipc_listener, slot);
    else
        log_line(&worker, "%s", worker.cause);
    gate_close(r->gate);
    task_end(&worker);
    return status;
}

int
gate_run(struct gate *g, int ipc_listener, int web_listener)
{
    struct run r = {g, ipc_listener, web_listener};
    struct prefork p = {.workers = 1 + GATE_IPC_WORKERS, .deadlines = true, .work = work, .arg = &r};
    return prefork_run(&p);
}
