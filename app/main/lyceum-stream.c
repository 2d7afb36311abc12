/* lyceum-stream: server-sent events for all viewers of running turns. */
#include "base/conf.h"
#include "base/id.h"
#include "base/log.h"
#include "base/stop.h"
#include "sandbox/drop.h"
#include "sandbox/jail.h"
#include "stream/stream.h"
#include "wire/sock.h"

#include <stddef.h>

static enum err
run(struct task *t)
{
    int viewers = -1;
    int agents = -1;
    stop_block();
    if (conf_load(t) != E_OK ||
        sock_listen(t, conf_path(t, "run/stream.sock"), 0660, drop_www_group(), true, &viewers) != E_OK ||
        sock_listen(t, conf_path(t, "run/stream-in.sock"), 0660, drop_group(t, "ipc"), true, &agents) != E_OK)
        return t->err;
    const char *const read[] = {conf_path(t, "public"), conf_path(t, "private"), conf_path(t, "share"), NULL};
    const struct sandbox_profile jail = {.user = "stream", .read = read, .seccomp = SECCOMP_SERVER};
    if (sandbox_enter(t, &jail) != E_OK)
        return t->err;
    log_line(NULL, "ready");
    stream_serve(t, viewers, agents);
    return E_OK;
}

int
main(void)
{
    struct task t;
    id_init();
    log_name("lyceum-stream");
    task_begin(&t, 0);
    enum err e = run(&t);
    if (e != E_OK)
        log_line(NULL, "%s", t.cause);
    task_end(&t);
    return e == E_OK ? 0 : 1;
}
