/* lyceum-agent: runs turns of conversations; one pool for each mode: lyceum-agent public | private. */
#include "agent/pool.h"
#include "base/conf.h"
#include "base/id.h"
#include "base/log.h"
#include "sandbox/drop.h"
#include "sandbox/jail.h"
#include "wire/sock.h"

#include <stdio.h>
#include <string.h>

static enum err
set_up(struct task *t, const char *mode, struct pool *p)
{
    if (conf_load(t) != E_OK)
        return t->err;
    const char *door = conf_path(t, task_printf(t, "run/agent-%s.sock", mode));
    const char *nudge = conf_path(t, task_printf(t, "run/agent-%s-nudge.sock", mode));
    if (sock_listen(t, door, 0660, drop_www_group(), false, &p->web) != E_OK ||
        sock_listen(t, nudge, 0660, drop_group(t, "ipc"), false, &p->nudge) != E_OK)
        return t->err;
    p->mode = mode;
    p->path = conf_path(t, task_printf(t, "%s/work.db", mode));
    p->runners = conf_int("agent.concurrency");
    const char *const read[] = {conf_path(t, "share"), conf_path(t, "run"), NULL};
    const char *const write[] = {conf_path(t, mode), NULL};
    const struct sandbox_profile jail = {
        .user = strcmp(mode, "public") == 0 ? "agentpub" : "agentpriv",
        .read = read,
        .write = write,
        .seccomp = SECCOMP_SERVER,
    };
    return sandbox_enter(t, &jail);
}

int
main(int argc, char **argv)
{
    struct task t;
    struct pool p = {0};
    if (argc != 2 || (strcmp(argv[1], "public") != 0 && strcmp(argv[1], "private") != 0)) {
        fputs("usage: lyceum-agent public|private\n", stderr);
        return 2;
    }
    id_init();
    log_name(strcmp(argv[1], "public") == 0 ? "lyceum-agent public" : "lyceum-agent private");
    task_begin(&t, 0);
    if (set_up(&t, argv[1], &p) != E_OK) {
        log_line(&t, "%s", t.cause);
        task_end(&t);
        return 1;
    }
    log_line(NULL, "ready");
    int status = pool_run(&p);
    task_end(&t);
    return status;
}
