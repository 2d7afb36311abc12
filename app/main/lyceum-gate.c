/* lyceum-gate: the authority: accounts, sessions, policy; decides and seals. */
#include "base/conf.h"
#include "base/id.h"
#include "base/log.h"
#include "gate/run.h"
#include "sandbox/drop.h"
#include "sandbox/jail.h"
#include "wire/sock.h"

static enum err
set_up(struct task *t, struct gate *g, int *ipc, int *web)
{
    if (conf_load(t) != E_OK ||
        sock_listen(t, conf_path(t, "run/gate.sock"), 0660, drop_group(t, "ipc"), false, ipc) != E_OK ||
        sock_listen(t, conf_path(t, "run/gate-web.sock"), 0660, drop_www_group(), false, web) != E_OK)
        return t->err;
    const char *const write[] = {conf_path(t, "authority"), conf_path(t, "share"), NULL};
    const char *const read[] = {
        conf_path(t, "plugins"), NULL}; /* bundles, to hash them; no process of gate's runs one */
    const struct sandbox_profile jail = {.user = "gate", .read = read, .write = write, .seccomp = SECCOMP_SERVER};
    statics_version(g->static_version);
    if (sandbox_enter(t, &jail) != E_OK)
        return t->err;
    return gate_prepare(t, g);
}

int
main(void)
{
    static struct gate g;
    struct task t;
    int ipc = -1, web = -1;
    id_init();
    log_name("lyceum-gate");
    task_begin(&t, 0);
    if (set_up(&t, &g, &ipc, &web) != E_OK) {
        log_line(&t, "%s", t.cause);
        task_end(&t);
        return 1;
    }
    task_end(&t);
    return gate_run(&g, ipc, web);
}
