/* run: who does what among gate's processes. */
#include "gate/run.h"

#include "base/log.h"
#include "gate/audit_head.h"
#include "gate/server.h"
#include "gate/web.h"
#include "sandbox/prefork.h"

enum { SIGN_MS = 5000 };

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

/* What is on record when gate stops is signed. */
static void
sign_off(struct gate *g)
{
    struct task t;
    task_begin(&t, SIGN_MS);
    if (gate_open(&t, g) != E_OK || audit_head_sign(&t, g) != E_OK)
        log_line(&t, "the record's head could not be signed: %s", t.cause);
    gate_close(g);
    task_end(&t);
}

int
gate_run(struct gate *g, int ipc_listener, int web_listener)
{
    struct run r = {g, ipc_listener, web_listener};
    struct prefork p = {.workers = 1 + GATE_IPC_WORKERS, .deadlines = true, .work = work, .arg = &r};
    int status = prefork_run(&p);
    sign_off(g);
    return status;
}
