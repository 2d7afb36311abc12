/* charts: the tool render_chart: rows of a statement or of a stored result, a spec that is checked against them, a
 * block that pages draw. The program holds nothing between calls and reaches nothing but the host. */
#include "base/json.h"
#include "base/utf8.h"
#include "chart/chart.h"
#include "lyceum.h"

#include <stdio.h>

struct call {
    struct lyceum *host;
    struct span dataset, sql; /* what the rows are of, as the host says */
};

/* One host/query; the reply's members are the task's. */
static enum err
query(struct task *t, struct call *c, json_t *params, struct chart_rows *out, const json_t **reply)
{
    char error[LYCEUM_ERROR_BYTES] = "";
    json_t *got = task_json(t, lyceum_ask(c->host, "host/query", params, error));
    if (!got)
        return task_fail(t, E_UNAVAILABLE, "%s", error);
    if (chart_rows_read(t, json_object_get(got, "columns"), json_object_get(got, "rows"), out) != E_OK)
        return t->err;
    out->truncated = json_flag(got, "truncated", false);
    *reply = got;
    return E_OK;
}

static json_t *
text_of(struct span s)
{
    return json_stringn(s.p ? s.p : "", s.n);
}

static enum err
ask(struct task *t, void *arg, struct span sql, struct chart_rows *out)
{
    struct call *c = arg;
    const json_t *reply;
    return query(t, c, json_pack("{s:o, s:o}", "dataset", text_of(c->dataset), "sql", text_of(sql)), out, &reply);
}

static enum err
read_rows(struct task *t, struct call *c, const json_t *args, struct chart_rows *out)
{
    struct span handle = json_text(args, "result"), sql = json_text(args, "sql");
    const json_t *reply;
    if (handle.n == 0 && sql.n == 0)
        return task_fail(t, E_INVALID, "Give the rows: sql with its dataset, or the handle of a result, such as r1.");
    json_t *params = handle.n > 0
                         ? json_pack("{s:o}", "result", text_of(handle))
                         : json_pack("{s:o, s:o}", "dataset", text_of(json_text(args, "dataset")), "sql", text_of(sql));
    if (query(t, c, params, out, &reply) != E_OK)
        return t->err;
    c->dataset = json_text(reply, "dataset");
    c->sql = json_text(reply, "sql");
    return E_OK;
}

static enum err
make(struct task *t, struct call *c, const json_t *args, json_t **block)
{
    struct chart_rows rows;
    struct chart_problem problem;
    if (read_rows(t, c, args, &rows) != E_OK)
        return t->err;
    struct chart_source source = {c->sql, ask, c};
    if (chart_make(t, json_object_get(args, "spec"), &rows, &source, &problem, block) != E_OK)
        return t->err;
    if (c->sql.n > 0) {
        json_object_set_new(*block, "sql", text_of(c->sql));
        json_object_set_new(*block, "dataset", text_of(c->dataset));
    }
    return E_OK;
}

/* The cause, cut between characters: half of one is no JSON. */
static void
put_error(struct task *t, char *error)
{
    struct buf *clean = task_buf(t, 4 * TASK_CAUSE_BYTES);
    utf8_clean(clean, utf8_first(span_of(t->cause), TASK_CAUSE_BYTES));
    snprintf(error, LYCEUM_ERROR_BYTES, "%.*s", SPAN_ARG(utf8_first(buf_view(clean), LYCEUM_ERROR_BYTES - 1)));
}

static json_t *
render_chart(struct lyceum *host, const json_t *args, char *error)
{
    struct task t;
    struct call c = {.host = host};
    json_t *block = NULL, *result = NULL;
    task_begin(&t, 0);
    if (make(&t, &c, args, &block) == E_OK)
        result = lyceum_result(json_pack("[O]", block), NULL);
    else
        put_error(&t, error);
    task_end(&t);
    return result;
}

static const struct lyceum_tool tools[] = {{"render_chart", render_chart}, {NULL, NULL}};

int
main(void)
{
    return lyceum_run(tools);
}
