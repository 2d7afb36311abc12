/* query_client: requests to the query process, one connection each. */
#include "query/query_client.h"

#include "base/conf.h"
#include "base/json.h"
#include "policy/grant.h"
#include "query/rows.h"
#include "wire/sock.h"

enum { WAIT_MS = 3000 }; /* queues, beyond the statement's own deadline */

/* A parameter's value as the bytes that are hashed: its kind, then its value. */
static struct span
param_text(struct task *t, const struct cell *c)
{
    struct buf *b = task_buf(t, c->s.n + 64);
    struct cell whole = *c;
    whole.full_bytes = (int64_t)c->s.n;
    rows_put_cell(b, &whole);
    return buf_view(b);
}

struct span
query_sql_hash(struct task *t, const struct query_sql *q)
{
    size_t n = 3;
    struct span *fields = task_array(t, 3 + 2 * q->n_params, sizeof *fields);
    fields[0] = SPAN("sql");
    fields[1] = q->dataset;
    fields[2] = q->sql;
    for (size_t i = 0; i < q->n_params; i++) {
        fields[n++] = q->param_names[i];
        fields[n++] = param_text(t, &q->params[i]);
    }
    return grant_args_hash(t, fields, n);
}

struct span
query_own_hash(struct task *t, const char *operation, struct span dataset, struct span argument)
{
    struct span fields[3] = {span_of(operation), dataset, argument};
    return grant_args_hash(t, fields, 3);
}

/* The task's deadline for this call, put back afterwards: a caller without one must not wait for ever. */
static int64_t
tighten(struct task *t, int64_t budget_ms)
{
    int64_t old = t->deadline_ms;
    struct task other;
    task_begin(&other, budget_ms);
    if (old == 0 || other.deadline_ms < old)
        t->deadline_ms = other.deadline_ms;
    task_end(&other);
    return old;
}

static enum err
call(struct task *t, const char *socket, struct buf *request, int64_t budget_ms, struct frame *out)
{
    if (request->failed)
        return task_fail(t, E_LIMIT, "The request is longer than a message to the query service may be.");
    int64_t old = tighten(t, budget_ms);
    enum err e = sock_call(t, conf_path(t, socket), "query", buf_view(request), FRAME_BYTES, out);
    t->deadline_ms = old;
    return e;
}

enum err
query_sql(struct task *t, const struct query_sql *q, struct query_rows *out, struct query_problem *problem)
{
    struct buf *b = task_buf(t, FRAME_BYTES);
    struct buf *params = task_buf(t, FRAME_BYTES);
    struct frame f;
    int64_t most = conf_int("limits.query_ms");
    int64_t deadline = q->deadline_ms > 0 && q->deadline_ms < most ? q->deadline_ms : most;
    *problem = (struct query_problem){.offset = -1};
    rows_put_params(params, q->param_names, q->params, q->n_params);
    size_t mark = frame_begin(b, "sql");
    frame_put(b, "grant", q->grant);
    frame_put(b, "dataset", q->dataset);
    frame_put(b, "sql", q->sql);
    frame_put(b, "params", buf_view(params));
    frame_put_i64(b, "rows", q->rows);
    frame_put_i64(b, "bytes", q->bytes);
    frame_put_i64(b, "deadline", deadline);
    frame_put_i64(b, "explain", q->explain);
    frame_end(b, mark);
    if (params->failed)
        b->failed = true;
    if (call(t, "run/query-sql.sock", b, deadline + WAIT_MS, &f) != E_OK)
        return t->err;
    return frame_is(&f, "problem") ? rows_read_problem(t, &f, problem) : rows_read(t, &f, out);
}

enum err
query_table(struct task *t, const struct query_table *q, struct query_rows *out)
{
    struct buf *b = task_buf(t, 1 << 20);
    struct frame f;
    size_t mark = frame_begin(b, "table");
    frame_put(b, "grant", q->grant);
    frame_put(b, "dataset", q->dataset);
    frame_put(b, "argument", q->table);
    frame_put(b, "sort", q->sort);
    frame_put_i64(b, "descending", q->descending);
    frame_put(b, "after", q->after);
    frame_put_i64(b, "size", q->size);
    frame_put_i64(b, "count", q->count);
    frame_end(b, mark);
    if (call(t, "run/query.sock", b, conf_int("limits.page_ms") + WAIT_MS, &f) != E_OK)
        return t->err;
    return rows_read(t, &f, out);
}

static enum err
call_json(struct task *t, struct buf *request, json_t **out)
{
    struct frame f;
    if (call(t, "run/query.sock", request, conf_int("limits.page_ms") + WAIT_MS, &f) != E_OK)
        return t->err;
    return json_read_lax(t, frame_get(&f, "json"), out);
}

enum err
query_schema(struct task *t, struct span grant, struct span dataset, json_t **out)
{
    struct buf *b = task_buf(t, 1 << 20);
    size_t mark = frame_begin(b, "schema");
    frame_put(b, "grant", grant);
    frame_put(b, "dataset", dataset);
    frame_end(b, mark);
    return call_json(t, b, out);
}

enum err
query_find(struct task *t, struct span grant, struct span dataset, struct span words, int64_t most, json_t **out)
{
    struct buf *b = task_buf(t, 1 << 20);
    size_t mark = frame_begin(b, "find");
    frame_put(b, "grant", grant);
    frame_put(b, "dataset", dataset);
    frame_put(b, "argument", words);
    frame_put_i64(b, "most", most);
    frame_end(b, mark);
    return call_json(t, b, out);
}
