/* page_write: a person's own change: tried on a copy by effect, then brought before the person. */
#include "base/id.h"
#include "base/json.h"
#include "effect/effect_client.h"
#include "pages/all.h"
#include "pages/facts.h"
#include "pages/link.h"
#include "pages/own.h"
#include "policy/grant.h"

enum { WRITE_SQL_BYTES = 100000, WRITE_LINES_LEAST = 8, WRITE_LINES_MOST = 24 };

static int64_t
lines_of(struct span sql)
{
    int64_t n = 1;
    for (size_t i = 0; i < sql.n; i++)
        n += sql.p[i] == '\n';
    return n < WRITE_LINES_LEAST ? WRITE_LINES_LEAST : n > WRITE_LINES_MOST ? WRITE_LINES_MOST : n + 1;
}

/* What stands in the form. */
struct draft {
    struct span sql, problem;
    bool linked;
    bool closed; /* nothing of the dataset may be changed here */
};

static enum err
show(struct visit *v, const struct visit_dataset *d, const struct draft *w)
{
    struct span title = json_text(d->record, "title");
    struct view_own_write view = {.page = visit_page(v, "Change rows"),
        .title = title.n > 0 ? title : d->name,
        .action = task_format(v->t, "/%.*s/-/write", SPAN_ARG(d->name)),
        .changes_url = task_format(v->t, "/%.*s/-/changes", SPAN_ARG(d->name)),
        .labels_url = task_format(v->t, "/%.*s/-/labels", SPAN_ARG(d->name)),
        .schema_url = task_format(v->t, "/%.*s/-/schema.json", SPAN_ARG(d->name)),
        .sql = w->sql,
        .lines = lines_of(w->sql),
        .is_linked = w->linked,
        .is_closed = w->closed,
        .problem = w->problem};
    facts_crumbs(v, d->record, &view.crumbs.at, &view.crumbs.n);
    visit_script(v, &view.page, "editor.js");
    view.page.body_class = SPAN("wide");
    view.page.noindex = true;
    render_own_write(v->out->body, &view);
    return E_OK;
}

/* Who may change it, and whether anybody may: told before anything is typed. */
enum err
page_write(struct visit *v)
{
    struct visit_dataset d;
    struct draft w = {.sql = visit_field(v, "sql")};
    const struct own_field in[] = {{"dataset", v->arg[0]}};
    json_t *label = NULL;
    if (v->who.session.n == 0)
        return task_fail(v->t, E_UNAUTHENTICATED, "Sign in to change rows.");
    if (own_call(v, "label.get", own_fields(in, 1), &label) != E_OK || visit_dataset(v, v->arg[0], "read", &d) != E_OK)
        return v->t->err;
    w.linked = w.sql.n > 0;
    w.closed = !json_flag(label, "writable", false);
    return show(v, &d, &w);
}

/* A grant for exactly these statements, effect's try on a copy, and gate's question to the person. */
static enum err
propose(struct visit *v, struct span dataset, struct span sql, bool linked, struct span *approval)
{
    const struct span args[] = {SPAN("dryrun"), dataset, sql};
    struct span hash = grant_args_hash(v->t, args, 3), grant, receipt;
    struct buf *hex = task_buf(v->t, HASH_HEX_BYTES);
    json_t *reply = NULL;
    hex_put(hex, hash.p, hash.n);
    const struct own_field ask[] = {{"dataset", dataset}, {"sql_hash", buf_view(hex)}};
    if (own_call(v, "write.grant", own_fields(ask, 2), &reply) != E_OK ||
        own_grant(v, json_text(reply, "grant"), &grant) != E_OK ||
        effect_dryrun(v->t, grant, dataset, sql, &receipt) != E_OK)
        return v->t->err;
    const struct own_field in[] = {{"dataset", dataset}, {"receipt", own_receipt(v->t, receipt)}, {"sql", sql}};
    json_t *j = own_fields(in, 3);
    json_object_set_new(j, "linked", json_boolean(linked));
    if (own_call(v, "write.propose", j, &reply) != E_OK)
        return v->t->err;
    *approval = task_dup(v->t, json_text(reply, "approval"));
    return E_OK;
}

/* What is wrong with the statements is told beside them: nobody should type them twice. */
static bool
is_about_the_text(enum err e)
{
    return e == E_INVALID || e == E_LIMIT || e == E_DEADLINE || e == E_CONFLICT || e == E_UNAVAILABLE || e == E_DENIED;
}

enum err
page_write_post(struct visit *v)
{
    struct visit_dataset d;
    struct span approval;
    struct draft w = {.sql = span_trim(visit_field(v, "sql")), .linked = span_is(visit_field(v, "linked"), "1")};
    if (w.sql.n == 0 || w.sql.n > WRITE_SQL_BYTES)
        return task_fail(v->t, E_INVALID, "Type the statements: at most %d bytes.", WRITE_SQL_BYTES);
    if (visit_dataset(v, v->arg[0], "read", &d) != E_OK)
        return v->t->err;
    enum err e = propose(v, d.name, w.sql, w.linked, &approval);
    if (e == E_OK)
        return own_review(v, approval);
    if (!is_about_the_text(e))
        return e;
    v->out->status = err_http(e);
    w.problem = own_problem(v);
    return show(v, &d, &w);
}
