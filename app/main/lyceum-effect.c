/* lyceum-effect: imports, publishing, rollbacks, changes, scratch tables. */
#include "base/conf.h"
#include "base/id.h"
#include "base/log.h"
#include "base/must.h"
#include "effect/effect.h"
#include "query/guard.h"
#include "sandbox/drop.h"
#include "sandbox/jail.h"
#include "sandbox/prefork.h"
#include "wire/sock.h"

#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

/* Two imports may run at a time; the others answer and do what is short. Dry runs and scratch tables have workers of
 * their own. */
enum { WORKERS = 4, TRIERS = 2, STOP_MS = 10000 };

struct doors {
    int all, tries;
};

static int
work(int number, struct prefork_slot *slot, void *arg)
{
    const struct doors *doors = arg;
    if (number >= WORKERS)
        return effect_try_serve(doors->tries, slot);
    while (!prefork_stopping()) {
        int fd = accept4(doors->all, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            effect_serve(fd);
    }
    return 0;
}

static enum err
run(struct task *t, int *status)
{
    struct doors doors = {-1, -1};
    if (conf_load(t) != E_OK ||
        sock_listen(t, conf_path(t, "run/effect.sock"), 0660, drop_group(t, "ipc"), false, &doors.all) != E_OK ||
        sock_listen(t, conf_path(t, "run/effect-try.sock"), 0660, drop_group(t, "ipc"), false, &doors.tries) != E_OK)
        return t->err;
    const char *const write[] = {
        conf_path(t, "leaders"), conf_path(t, "followers"), conf_path(t, "scratch"), conf_path(t, "share"), NULL};
    const struct sandbox_profile jail = {.user = "effect", .write = write, .seccomp = SECCOMP_SERVER};
    must(guard_process_init(0)); /* counts memory: an import's child sets its own limit */
    if (sandbox_enter(t, &jail) != E_OK || effect_start(t) != E_OK)
        return t->err;
    log_line(NULL, "ready");
    const struct prefork p = {.workers = WORKERS + TRIERS, .stop_ms = STOP_MS, .work = work, .arg = &doors};
    *status = prefork_run(&p);
    return E_OK;
}

int
main(void)
{
    struct task t;
    int status = 1;
    id_init();
    log_name("lyceum-effect");
    task_begin(&t, 0);
    if (run(&t, &status) != E_OK)
        log_line(NULL, "%s", t.cause);
    task_end(&t);
    return status;
}
