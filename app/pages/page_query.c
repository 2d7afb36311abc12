/* page_query: View SQL: anybody's statement on what they may read, run by the query process. */
#include "base/json.h"
#include "pages/all.h"
#include "pages/facts.h"
#include "pages/labels.h"
#include "pages/link.h"
#include "pages/plan.h"
#include "pages/query_chart.h"
#include "pages/query_view.h"
#include "pages/rowset.h"
#include "pages/rowsout.h"

enum { QUERY_SQL_BYTES = 100000, QUERY_LINES_LEAST = 4, QUERY_LINES_MOST = 16, QUERY_FIELD_BYTES = 80 };

/* The field of parameter ":year" is "year", as in Datasette's links; "p_sql" where it would be mistaken for one of
 * ours. */
static struct span
field_of(struct task *t, struct span param)
{
    struct span name = span_from(param, 1);
    return span_is(name, "sql") || span_starts(name, "_") ? task_format(t, "p_%.*s", SPAN_ARG(name)) : name;
}

static enum err
read_params(struct visit *v, struct query_wish *w)
{
    w->params = task_array(v->t, SQLPARAMS_MOST, sizeof *w->params);
    w->typed = task_array(v->t, SQLPARAMS_MOST, sizeof *w->typed);
    w->fields = task_array(v->t, SQLPARAMS_MOST, sizeof *w->fields);
    w->n = sqlparams_find(v->t, w->sql, w->params);
    for (size_t i = 0; i < w->n; i++) {
        if (w->params[i].n > QUERY_FIELD_BYTES)
            return task_fail(v->t, E_LIMIT, "The name of a parameter is longer than %d bytes.", QUERY_FIELD_BYTES);
        w->fields[i] = field_of(v->t, w->params[i]);
        w->typed[i] = http_params_get(&v->req->query, task_z(v->t, w->fields[i]));
        w->missing += w->typed[i].p == NULL;
    }
    return E_OK;
}

static enum err
read_wish(struct visit *v, struct query_wish *w)
{
    *w = (struct query_wish){.dataset = v->arg[0], .sql = visit_field(v, "sql")};
    if (w->sql.n > QUERY_SQL_BYTES)
        return task_fail(v->t, E_LIMIT, "The statement is longer than %d bytes.", QUERY_SQL_BYTES);
    return read_params(v, w);
}

static enum err
run(struct visit *v, const struct query_wish *w, struct span grant, bool explain, int64_t rows, struct query_rows *out,
    struct query_problem *problem)
{
    struct cell *values = task_array(v->t, w->n, sizeof *values);
    struct span *names = task_array(v->t, w->n, sizeof *names);
    for (size_t i = 0; i < w->n; i++) {
        values[i] = sqlparams_value(w->typed[i]);
        names[i] = span_starts(w->params[i], "?") ? span_from(w->params[i], 1) : w->params[i];
    }
    struct query_sql q = {.grant = grant,
        .dataset = w->dataset,
        .sql = w->sql,
        .param_names = names,
        .params = values,
        .n_params = w->n,
        .rows = rows,
        .explain = explain};
    return query_sql(v->t, &q, out, problem);
}

enum err
query_wish_run(struct visit *v, const struct query_wish *w, struct span grant, int64_t rows, struct query_rows *out,
    struct query_problem *problem)
{
    return run(v, w, grant, false, rows, out, problem);
}

static int64_t
lines_of(struct span sql)
{
    int64_t n = 1;
    for (size_t i = 0; i < sql.n; i++)
        n += sql.p[i] == '\n';
    return n < QUERY_LINES_LEAST ? QUERY_LINES_LEAST : n > QUERY_LINES_MOST ? QUERY_LINES_MOST : n + 1;
}

static void
put_form(struct visit *v, const struct query_wish *w, const struct visit_dataset *d, struct view_sql_query *view)
{
    struct view_sql_param *p = task_array(v->t, w->n, sizeof *p);
    struct span title = json_text(d->record, "title");
    view->page.body_class = SPAN("wide");
    visit_script(v, &view->page, "editor.js");
    facts_crumbs(v, d->record, &view->crumbs.at, &view->crumbs.n);
    view->dataset = w->dataset;
    view->title = title.n > 0 ? title : w->dataset;
    view->action = task_format(v->t, "/%.*s/-/query", SPAN_ARG(w->dataset));
    view->schema_url = task_format(v->t, "/%.*s/-/schema.json", SPAN_ARG(w->dataset));
    view->sql = w->sql;
    view->lines = lines_of(w->sql);
    for (size_t i = 0; i < w->n; i++)
        p[i] = (struct view_sql_param){w->params[i], w->fields[i], w->typed[i]};
    view->params.at = p;
    view->params.n = w->n;
    view->has_params = w->n > 0;
    if (w->sql.n > 0 && w->missing > 0)
        view->wants_params = SPAN("The statement has parameters: fill them in and run it.");
}

/* Saving, and running it as a change, are for people with an account; gate decides each. */
static void
put_own(struct visit *v, const struct query_wish *w, const struct visit_dataset *d, struct view_sql_query *view)
{
    struct labels l;
    view->can_save = v->actor.signed_in && w->sql.n > 0;
    if (!view->can_save || !labels_are_mine(v, d->record) || w->sql.n > LINK_SQL_BYTES)
        return;
    labels_get(v, d->name, &l);
    if (!l.writable)
        return;
    struct link to = link_begin(v->t);
    link_segment(&to, d->name);
    link_fixed(&to, "/-/write");
    link_param(&to, "sql", w->sql);
    view->write_url = link_end(&to);
}

/* A statement that was refused is a page, not a failure: it says what is wrong and where. */
static enum err
as_html(struct visit *v, const struct query_wish *w, const struct visit_dataset *d)
{
    struct view_sql_query view = {.page = visit_page(v, "SQL")};
    view.page.noindex = true;
    put_form(v, w, d, &view);
    put_own(v, w, d, &view);
    struct query_rows rows = {0}, plan = {0};
    struct query_problem problem = {0}, ignored = {0};
    enum err e = E_OK;
    bool runs = w->sql.n > 0 && w->missing == 0;
    if (runs)
        e = run(v, w, d->grant, false, 0, &rows, &problem);
    if (e != E_OK && problem.code.n == 0)
        return e;
    if (e != E_OK) {
        task_clear_error(v->t);
        v->out->status = e == E_DEADLINE ? 200 : 400;
        query_view_problem(v, w, &problem, &view);
    } else if (runs) {
        if (run(v, w, d->grant, true, 0, &plan, &ignored) != E_OK)
            task_clear_error(v->t); /* the rows are there: a missing plan hides nothing */
        plan_lines(v->t, &plan, &view.plan.at, &view.plan.n);
        query_view_rows(v, w, d, &rows, &view);
        query_chart_put(v, w, d, &rows, &view);
    }
    render_sql_query(v->out->body, &view);
    return E_OK;
}

static void
problem_json(struct visit *v, enum err e, const struct query_problem *p)
{
    struct buf *b = v->out->body;
    http_failure(v->out, e, task_z(v->t, p->message), true);
    if (b->n < 2)
        return;
    b->n -= 2; /* "}\n" */
    json_put_key(b, "problem");
    buf_puts(b, "{\"code\":");
    json_put_text(b, p->code);
    buf_printf(b, ",\"offset\":%lld,\"token\":", (long long)p->offset);
    json_put_text(b, p->token);
    json_put_key(b, "hint");
    json_put_text(b, p->hint);
    json_put_key(b, "suggestions");
    buf_putc(b, '[');
    for (size_t i = 0; i < p->n_suggestions; i++) {
        if (i > 0)
            buf_putc(b, ',');
        json_put_text(b, p->suggestions[i]);
    }
    buf_puts(b, "]}}\n");
}

static enum err
as_data(struct visit *v, const struct query_wish *w, const struct visit_dataset *d)
{
    struct query_rows rows = {0};
    struct query_problem problem = {0};
    if (w->sql.n == 0 || w->missing > 0)
        return task_fail(v->t, E_INVALID,
            w->sql.n == 0 ? "Give a statement as sql=." : "A parameter of the statement has no value.");
    enum err e = run(v, w, d->grant, false, 0, &rows, &problem);
    if (e != E_OK && problem.code.n > 0) {
        task_clear_error(v->t);
        problem_json(v, e, &problem);
        return E_OK;
    }
    if (e != E_OK)
        return e;
    struct rowsout o = {.names = rowset_names(v->t, &rows),
        .columns = rows.n_columns,
        .cells = rows.cells,
        .rows = rows.n_rows,
        .truncated = rows.truncated,
        .revision = rows.revision,
        .took_us = rows.took_us};
    o.file_name = task_format(v->t, "%.*s-query.csv", SPAN_ARG(w->dataset));
    if (v->format == FORMAT_CSV)
        rowsout_csv(v->out, &o);
    else
        rowsout_json(v->out, &o);
    return E_OK;
}

enum err
page_query(struct visit *v)
{
    struct query_wish w;
    struct visit_dataset d;
    if (read_wish(v, &w) != E_OK || visit_dataset(v, w.dataset, "sql", &d) != E_OK)
        return v->t->err;
    return v->format == FORMAT_HTML ? as_html(v, &w, &d) : as_data(v, &w, &d);
}
