/* import_views: stage 2: which of the publisher's views prepare under the authorizer of later queries. */
#include "effect/import_priv.h"

#include "effect/import_views.h"
#include "effect/view_rules.h"

#include "base/json.h"
#include "base/must.h"

static int
only_create_view(void *arg, int action, const char *a, const char *b, const char *c, const char *d)
{
    (void)arg, (void)b, (void)c, (void)d;
    switch (action) {
    case SQLITE_CREATE_VIEW: return SQLITE_OK;
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_READ: /* of the schema's own table alone */
        return sqlite3_stricmp(a, "sqlite_master") == 0 || sqlite3_stricmp(a, "sqlite_schema") == 0 ? SQLITE_OK
                                                                                                    : SQLITE_DENY;
    default: return SQLITE_DENY;
    }
}

enum err
import_view_create(struct task *t, sqlite3 *db, struct span sql)
{
    sqlite3_stmt *st = NULL;
    const char *tail = "";
    sqlite3_set_authorizer(db, only_create_view, NULL);
    int rc = sqlite3_prepare_v2(db, task_z(t, sql), -1, &st, &tail);
    if (rc == SQLITE_OK && span_trim(span_of(tail)).n == 0)
        rc = sqlite3_step(st);
    sqlite3_finalize(st);
    sqlite3_set_authorizer(db, NULL, NULL);
    return rc == SQLITE_DONE ? E_OK : task_fail(t, E_INVALID, "%s", sqlite3_errmsg(db));
}

/* The reason why a view can't be kept, or NULL. */
static const char *
view_fails(struct task *t, sqlite3 *db, struct span name)
{
    struct buf *sql = task_buf(t, (size_t)1 << 20);
    sqlite3_stmt *st = NULL;
    const char *why = NULL;
    buf_puts(sql, "SELECT * FROM main.");
    lite_put_name(sql, name);
    view_rules_enter(db);
    int rc = sqlite3_prepare_v2(db, buf_z(sql), -1, &st, NULL);
    if (rc == SQLITE_NOMEM)
        why = "It is too complex.";
    else if (rc != SQLITE_OK)
        why = task_printf(t, "It can't be run here: %s.", sqlite3_errmsg(db));
    sqlite3_finalize(st);
    view_rules_leave(db);
    return why;
}

struct pass {
    const json_t *views;
    struct span ddl;
    void (*about)(void *arg, size_t view);
    void *arg;
    json_t *verdicts;
};

static void
refuse(struct pass *p, size_t i, const char *why)
{
    must(json_array_set_new(p->verdicts, i, report_text(span_of(why))) == 0);
}

/* All candidates that are left, in a fresh database without rows. *dropped counts the ones that fell. */
static enum err
try_all(struct task *t, struct pass *p, sqlite3 *db, size_t *dropped)
{
    *dropped = 0;
    if (lite_exec(t, db, "PRAGMA trusted_schema=OFF; PRAGMA foreign_keys=OFF") != E_OK ||
        lite_exec(t, db, task_z(t, p->ddl)) != E_OK)
        return t->err;
    for (size_t i = 0; i < json_array_size(p->views); i++) {
        if (!json_is_null(json_array_get(p->verdicts, i)))
            continue;
        if (import_view_create(t, db, json_text(json_array_get(p->views, i), "sql")) != E_OK) {
            refuse(p, i, t->cause);
            task_clear_error(t);
            ++*dropped;
        }
    }
    for (size_t i = 0; i < json_array_size(p->views); i++) {
        if (!json_is_null(json_array_get(p->verdicts, i)))
            continue;
        p->about(p->arg, i);
        const char *why = view_fails(t, db, json_text(json_array_get(p->views, i), "name"));
        if (why)
            refuse(p, i, why);
        *dropped += why != NULL;
    }
    return E_OK;
}

enum err
import_views(struct task *t, const json_t *views, struct span ddl, void (*about)(void *arg, size_t view), void *arg,
    json_t **out)
{
    struct pass p = {views, ddl, about, arg, task_json(t, json_array())};
    size_t dropped = 1;
    for (size_t i = 0; i < json_array_size(views); i++)
        must(json_array_append_new(p.verdicts, json_null()) == 0);
    /* A view over a view that fell falls in the next round. */
    while (dropped > 0) {
        sqlite3 *db = NULL;
        int rc =
            sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_MEMORY, NULL);
        enum err e = rc == SQLITE_OK ? try_all(t, &p, db, &dropped) : lite_fail(t, db, rc);
        sqlite3_close(db);
        if (e != E_OK)
            return e;
    }
    *out = p.verdicts;
    return E_OK;
}
