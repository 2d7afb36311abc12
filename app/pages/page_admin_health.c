/* page_admin_health: which processes answer, what is weaker than it should be, how full the disk is. */
#include "base/conf.h"
#include "base/json.h"
#include "pages/admin.h"
#include "pages/all.h"
#include "pages/facts.h"
#include "render/cell.h"
#include "store/work_lease.h"
#include "wire/sock.h"

#include <sqlite3.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const struct {
    const char *socket, *what;
} services[] = {
    {"gate.sock", "Authority (lyceum-gate)"},
    {"query.sock", "Table pages (lyceum-query)"},
    {"query-sql.sock", "Statements (lyceum-query)"},
    {"effect.sock", "Publishing (lyceum-effect)"},
    {"effect-try.sock", "Dry runs and scratch tables (lyceum-effect)"},
    {"egress.sock", "Model providers (lyceum-egress)"},
    {"plugin.sock", "Plugins (lyceum-plugin)"},
    {"stream-in.sock", "Live answers (lyceum-stream)"},
    {"agent-public-nudge.sock", "Questions over public data (lyceum-agent)"},
    {"agent-private-nudge.sock", "Questions over private data (lyceum-agent)"},
};
enum {
    N_SERVICES = sizeof services / sizeof services[0],
    CHECKS_MOST = N_SERVICES + 4,
    DISK_LOW = 5,
    AUDIT_ROWS = 20,
    QUEUE_MOST = 1000,
    CONNECT_MS = 500
};
static const char *const figures[] = {"users", "sessions", "datasets", "conversations", "audit"};
enum { N_FIGURES = sizeof figures / sizeof figures[0], FACTS_MOST = N_FIGURES + 6 };

static void
add_check(struct view_admin_health *view, struct view_check_row *rows, bool ok, struct span sentence)
{
    rows[view->checks.n++] = (struct view_check_row){sentence, ok};
}

static void
check_services(struct visit *v, struct view_admin_health *view, struct view_check_row *rows)
{
    for (size_t i = 0; i < N_SERVICES; i++) {
        struct task t;
        int fd = -1;
        task_begin(&t, CONNECT_MS);
        const char *path = conf_path(&t, task_printf(&t, "run/%s", services[i].socket));
        bool ok = sock_connect(&t, path, services[i].what, &fd) == E_OK;
        task_end(&t);
        if (ok)
            close(fd);
        add_check(view, rows, ok, task_format(v->t, "%s %s.", services[i].what, ok ? "answers" : "does not answer"));
    }
}

static void
check_disk(struct visit *v, struct view_admin_health *view, struct view_check_row *rows)
{
    struct statvfs s;
    if (statvfs(conf_path(v->t, "public"), &s) != 0 || s.f_blocks == 0) {
        add_check(view, rows, false, SPAN("The disk's free space can't be told."));
        return;
    }
    int64_t percent = (int64_t)((double)s.f_bavail * 100 / (double)s.f_blocks);
    struct span left = cell_bytes(v->t, (int64_t)(s.f_bavail * s.f_frsize));
    add_check(view, rows, percent >= DISK_LOW,
        task_format(v->t, "%.*s of the disk are free (%lld%%).", SPAN_ARG(left), (long long)percent));
}

static void
check_jail(const json_t *health, struct view_admin_health *view, struct view_check_row *rows)
{
    struct span weaker = json_text(health, "weaker");
    add_check(
        view, rows, weaker.n == 0, weaker.n > 0 ? weaker : SPAN("The sandboxes are as strong as they should be."));
}

static void
add_fact(struct view_admin_health *view, struct view_fact *f, const char *label, struct span value)
{
    f[view->facts.n++] = (struct view_fact){.label = span_of(label), .value = value};
}

static int64_t
queued(struct visit *v, const char *mode)
{
    struct work *w;
    struct span *ids;
    size_t n = 0;
    if (visit_work(v, span_of(mode), &w) != E_OK || work_lease_ready(v->t, w, QUEUE_MOST, &ids, &n) != E_OK)
        task_clear_error(v->t);
    return (int64_t)n;
}

static void
put_facts(struct visit *v, const json_t *health, struct view_admin_health *view, struct view_fact *f)
{
    for (size_t i = 0; i < N_FIGURES; i++)
        add_fact(view, f, figures[i], cell_count(v->t, json_int(health, figures[i], 0)));
    add_fact(view, f, "queue, public", cell_count(v->t, queued(v, "public")));
    add_fact(view, f, "queue, private", cell_count(v->t, queued(v, "private")));
    add_fact(view, f, "Lyceum", SPAN(LYCEUM_VERSION));
    add_fact(view, f, "SQLite", span_of(sqlite3_libversion()));
}

static enum err
put_audit(struct visit *v, struct view_admin_health *view)
{
    json_t *in = json_object(), *reply, *a;
    size_t i;
    json_object_set_new(in, "n", json_integer(AUDIT_ROWS));
    if (visit_admin(v, "audit.tail", in, &reply) != E_OK)
        return v->t->err;
    const json_t *list = json_object_get(reply, "rows");
    struct view_audit_row *rows = task_array(v->t, json_array_size(list), sizeof *rows);
    json_array_foreach(list, i, a) rows[i] = (struct view_audit_row){facts_time(v->t, json_int(a, "at_ms", 0)),
        json_text(a, "actor"), json_text(a, "action"), json_text(a, "object")};
    view->audit.at = rows;
    view->audit.n = json_array_size(list);
    return E_OK;
}

enum err
page_admin_health(struct visit *v)
{
    json_t *health;
    if (visit_admin(v, "health", NULL, &health) != E_OK)
        return v->t->err;
    struct admin_frame f = admin_frame(v, "Health");
    struct view_admin_health view = {.page = f.page};
    struct view_check_row *checks = task_array(v->t, CHECKS_MOST, sizeof *checks);
    struct view_fact *facts = task_array(v->t, FACTS_MOST, sizeof *facts);
    view.tabs.at = f.tabs.at;
    view.tabs.n = f.tabs.n;
    view.checks.at = checks;
    view.facts.at = facts;
    check_services(v, &view, checks);
    check_disk(v, &view, checks);
    check_jail(health, &view, checks);
    put_facts(v, health, &view, facts);
    admin_notes(v, &view.notes.at, &view.notes.n);
    if (put_audit(v, &view) != E_OK)
        return v->t->err;
    render_admin_health(v->out->body, &view);
    return E_OK;
}
