/* lyceum-web: pages and posts of people; no network, no datasets, no keys, no authority database. */
#include "base/conf.h"
#include "base/id.h"
#include "base/log.h"
#include "http/serve.h"
#include "http/site.h"
#include "pages/pages.h"
#include "sandbox/drop.h"
#include "sandbox/jail.h"
#include "wire/sock.h"

enum { WEB_SOCKET_MODE = 0660, WEB_BUDGET_MS = 30000 };

static enum err
enter(struct task *t, int *listener, struct pages **pages)
{
    if (conf_load(t) != E_OK ||
        sock_listen(t, conf_path(t, "run/web.sock"), WEB_SOCKET_MODE, drop_www_group(), false, listener) != E_OK)
        return t->err;
    *pages = pages_new(t);
    const char *const read[] = {conf_path(t, "share"), conf_path(t, "run"), NULL};
    const char *const write[] = {conf_path(t, "public"), conf_path(t, "private"), conf_path(t, "spool"), NULL};
    struct sandbox_profile jail = {.user = "web", .read = read, .write = write, .seccomp = SECCOMP_SERVER};
    return sandbox_enter(t, &jail);
}

int
main(void)
{
    struct task t;
    int listener = -1;
    struct pages *pages = NULL;
    id_init();
    log_name("lyceum-web");
    task_begin(&t, 0);
    if (enter(&t, &listener, &pages) != E_OK) {
        log_line(&t, "%s", t.cause);
        task_end(&t);
        return 1;
    }
    struct http_service service = {.listener = listener,
        .workers = (int)conf_int("web.workers"),
        .budget_ms = WEB_BUDGET_MS,
        .body_bytes = (size_t)conf_int("http.body_bytes"),
        .origin = conf_text("http.origin"),
        .approve_origin = task_z(&t, http_approve_origin(&t)),
        .start = pages_start,
        .handle = pages_handle,
        .failed = pages_failed,
        .arg = pages};
    int status = http_serve(&service);
    task_end(&t);
    return status;
}
