/* service: listens as root, drops, forks: pool workers 0..n-1, the master n, the zygote n+1. */
#include "query/service.h"

#include "base/conf.h"
#include "query/admit.h"
#include "query/master.h"
#include "query/pool.h"
#include "query/zygote.h"
#include "sandbox/drop.h"
#include "sandbox/jail.h"
#include "sandbox/prefork.h"
#include "wire/sock.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct service {
    int pool_workers;
    int own, foreign;      /* listening sockets */
    int to_zygote, zygote; /* a pair that outlives either end's process: a restarted one takes its end up again */
};

/* Each process keeps the sockets of its own role. */
static int
work(int number, struct prefork_slot *slot, void *arg)
{
    const struct service *s = arg;
    if (number < s->pool_workers) {
        close(s->foreign);
        close(s->to_zygote);
        close(s->zygote);
        return pool_run(s->own, slot);
    }
    close(s->own);
    if (number == s->pool_workers) {
        close(s->zygote);
        return master_run(s->foreign, s->to_zygote);
    }
    close(s->foreign);
    close(s->to_zygote);
    return zygote_run(s->zygote);
}

static enum err
listen_all(struct task *t, struct service *s)
{
    const char *ipc = drop_group(t, "ipc");
    int pair[2];
    if (sock_listen(t, conf_path(t, "run/query.sock"), 0660, ipc, false, &s->own) != E_OK ||
        sock_listen(t, conf_path(t, "run/query-sql.sock"), 0660, ipc, true, &s->foreign) != E_OK)
        return t->err;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return task_fail(t, E_UNAVAILABLE, "No socket pair could be made: %s.", strerror(errno));
    s->to_zygote = pair[0];
    s->zygote = pair[1];
    return E_OK;
}

static enum err
enter(struct task *t)
{
    const char *followers = conf_path(t, "followers");
    const char *const read[] = {followers, conf_path(t, "scratch"), conf_path(t, "share"), NULL};
    struct sandbox_profile p = {.user = "query", .read = read, .seccomp = SECCOMP_SERVER};
    if (access(followers, F_OK) != 0)
        return task_fail(t, E_UNAVAILABLE, "The folder %s is missing: run deploy/up, which makes it.", followers);
    return sandbox_enter(t, &p);
}

int
query_service_run(struct task *t)
{
    static struct service s;
    s.pool_workers = (int)conf_int("query.workers");
    if (admit_init(t) != E_OK || listen_all(t, &s) != E_OK || enter(t) != E_OK)
        return 1;
    struct prefork p = {.workers = s.pool_workers + 2,
        .stop_ms = conf_int("limits.query_ms") + 1000,
        .deadlines = true,
        .work = work,
        .arg = &s};
    return prefork_run(&p);
}
