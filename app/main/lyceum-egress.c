/* lyceum-egress: the one process with keys and a network. */
#include "base/conf.h"
#include "base/id.h"
#include "base/log.h"
#include "base/stop.h"
#include "egress/egress.h"
#include "sandbox/drop.h"
#include "sandbox/jail.h"
#include "wire/sock.h"

#include <stddef.h>

static enum err
run(struct task *t)
{
    int listener = -1;
    struct nonce_set *nonces;
    stop_block();
    if (conf_load(t) != E_OK || nonce_open(t, EGRESS_NONCES, &nonces) != E_OK ||
        sock_listen(t, conf_path(t, "run/egress.sock"), 0660, drop_group(t, "ipc"), true, &listener) != E_OK)
        return t->err;
    const char *const read[] = {conf_path(t, "share"), NULL};
    const char *const write[] = {conf_path(t, "secrets"), NULL};
    const struct sandbox_profile jail = {
        .user = "egress", .read = read, .write = write, .network = true, .seccomp = SECCOMP_SERVER};
    if (sandbox_enter(t, &jail) != E_OK)
        return t->err;
    return egress_serve(t, listener, nonces);
}

int
main(void)
{
    struct task t;
    id_init();
    log_name("lyceum-egress");
    task_begin(&t, 0);
    enum err e = run(&t);
    if (e != E_OK)
        log_line(NULL, "%s", t.cause);
    task_end(&t);
    return e == E_OK ? 0 : 1;
}
