/* tool_plugin_back: what a plugin asks of the host: each put before gate, carried out by query or egress, told back. */
#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "egress/egress_client.h"
#include "gate/gate_client.h"
#include "policy/grant.h"
#include "query/query_client.h"
#include "tool/tool_priv.h"

#include <string.h>

enum { ROWS_MOST = 5000, ROWS_BYTES = 3 << 20, SENT_BYTES = 1 << 20, HEADER_BYTES = 8192 };
enum { QUESTION_BYTES = 2000, OPTIONS_MOST = 8, OPTION_BYTES = 200 };

enum err
tool_plugin_allowed(struct task *t, struct tool_plugin_talk *k, struct gate_proposal *p, struct span *grant)
{
    p->plugin = k->w->at->plugin->id;
    p->call = k->call;
    return tool_allowed(t, k->w, p, grant);
}

static json_t *
value_of(const struct cell *c)
{
    switch (c->kind) {
    case CELL_INT: return json_integer(c->i);
    case CELL_REAL: return json_real(c->r);
    case CELL_TEXT: return json_stringn(c->s.p ? c->s.p : "", c->s.n);
    default: return json_null();
    }
}

static json_t *
rows_json(const struct cell *cells, size_t rows, size_t columns)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rows; i++) {
        json_t *row = json_array();
        for (size_t c = 0; c < columns; c++) {
            json_t *v = value_of(&cells[i * columns + c]);
            json_array_append_new(row, v ? v : json_null());
        }
        json_array_append_new(list, row);
    }
    return list;
}

static void
put_text(json_t *j, const char *key, struct span s)
{
    json_t *text = json_stringn(s.p ? s.p : "", s.n);
    json_object_set_new(j, key, text ? text : json_string(""));
}

/* Rows of a result that this conversation has already: {"result":"r1"}. */
static enum err
give_result(struct task *t, struct tool_plugin_talk *k, struct span handle, json_t **result)
{
    struct work_result r;
    struct cells page;
    json_t *columns = NULL;
    if (work_result_by_handle(t, k->w->work, k->w->conversation, handle, &r) != E_OK ||
        work_result_page(t, k->w->work, r.id, 0, ROWS_MOST, &page) != E_OK || json_read(t, r.columns, &columns) != E_OK)
        return t->err;
    if (r.level > k->level)
        k->level = r.level;
    *result = task_json(t, json_object());
    json_object_set(*result, "columns", columns);
    json_object_set_new(*result, "rows", rows_json(page.cells, page.rows, page.columns));
    json_object_set_new(*result, "total", json_integer(r.row_count));
    json_object_set_new(*result, "truncated", json_boolean(r.truncated.n > 0 || page.total_rows > page.rows));
    put_text(*result, "dataset", r.dataset);
    put_text(*result, "sql", r.sql);
    return E_OK;
}

static enum err
give_rows(struct task *t, const struct query_sql *q, const struct query_rows *rows, json_t **result)
{
    json_t *columns = json_array();
    *result = task_json(t, json_object());
    json_object_set_new(*result, "columns", columns);
    for (size_t i = 0; i < rows->n_columns; i++) {
        json_t *c = json_object();
        put_text(c, "name", rows->columns[i].name);
        put_text(c, "type", rows->columns[i].type);
        json_array_append_new(columns, c);
    }
    json_object_set_new(*result, "rows", rows_json(rows->cells, rows->n_rows, rows->n_columns));
    json_object_set_new(*result, "total", json_integer(rows->total >= 0 ? rows->total : (int64_t)rows->n_rows));
    json_object_set_new(*result, "truncated", json_boolean(rows->truncated));
    put_text(*result, "dataset", q->dataset);
    put_text(*result, "sql", q->sql);
    return E_OK;
}

static enum err
host_query(struct task *t, struct tool_plugin_talk *k, const json_t *params, json_t **result)
{
    struct tool_dataset *d;
    struct query_rows rows = {0};
    struct query_problem problem = {0};
    struct span handle = json_text(params, "result");
    if (handle.n > 0)
        return give_result(t, k, handle, result);
    if (tool_dataset(t, k->w, params, &d) != E_OK)
        return t->err;
    struct query_sql q = {.dataset = d->name, .sql = json_text(params, "sql"), .rows = ROWS_MOST, .bytes = ROWS_BYTES};
    struct gate_proposal p = {
        .audience = "query", .capability = "sql", .dataset = d->name, .args_hash = query_sql_hash(t, &q)};
    if (tool_plugin_allowed(t, k, &p, &q.grant) != E_OK)
        return t->err;
    enum err e = query_sql(t, &q, &rows, &problem);
    if (e != E_OK && problem.message.n > 0) {
        struct span said = task_dup(t, span_first(problem.message, 300));
        task_clear_error(t);
        return task_fail(t, E_INVALID, "%.*s", SPAN_ARG(said));
    }
    if (e != E_OK)
        return e;
    if (rows.level > k->level)
        k->level = rows.level;
    return give_rows(t, &q, &rows, result);
}

/* What came from outside. */
struct came {
    struct task *t;
    int status;
    struct span type; /* the task's */
    struct buf *body;
};

static bool
on_head(void *arg, int status, struct span headers)
{
    struct came *c = arg;
    struct span line, key;
    c->status = status;
    while (span_cut(&headers, '\n', &line)) {
        struct span value = line;
        if (span_cut(&value, ':', &key) && span_is_nocase(span_trim(key), "content-type"))
            c->type = task_dup(c->t, span_first(span_trim(value), 200));
    }
    return true;
}

static bool
on_body(void *arg, struct span bytes)
{
    struct came *c = arg;
    buf_span(c->body, bytes);
    return !c->body->failed;
}

/* {"name":"value"} as lines; egress refuses those that are not a caller's to set. */
static struct span
header_lines(struct task *t, json_t *headers)
{
    struct buf *b = task_buf(t, HEADER_BYTES);
    const char *name;
    json_t *v;
    json_object_foreach(headers, name, v)
    {
        if (json_is_string(v))
            buf_printf(b, "%s: %s\n", name, json_string_value(v));
    }
    return b->failed ? SPAN_NONE : buf_view(b);
}

static enum err
give_reply(struct task *t, const struct came *c, json_t **result)
{
    struct span body = buf_view(c->body);
    json_t *text = json_stringn(body.p ? body.p : "", body.n);
    *result = task_json(t, json_object());
    json_object_set_new(*result, "status", json_integer(c->status));
    json_t *headers = json_object();
    put_text(headers, "content-type", c->type);
    json_object_set_new(*result, "headers", headers);
    if (text && !memchr(body.p ? body.p : "", '\0', body.n)) {
        json_object_set_new(*result, "body", text);
        return E_OK;
    }
    json_decref(text);
    struct buf *b = task_buf(t, 2 * body.n + 4);
    base64_put(b, body);
    put_text(*result, "body_b64", buf_view(b));
    return E_OK;
}

static enum err
host_fetch(struct task *t, struct tool_plugin_talk *k, const json_t *params, json_t **result)
{
    size_t most = (size_t)conf_int("limits.plugin_fetch_bytes");
    struct came came = {.t = t, .body = task_buf(t, most)};
    struct span method = json_text(params, "method"), headers = header_lines(t, json_object_get(params, "headers")),
                body = json_text(params, "body");
    if (method.n == 0)
        method = SPAN("GET");
    if (body.n > SENT_BYTES)
        return task_fail(t, E_LIMIT, "A request may have %d bytes at most.", SENT_BYTES);
    struct span text = egress_plugin_body(t, method, json_text(params, "url"), headers, body);
    const struct span bound[] = {SPAN("plugin-fetch"), text};
    struct gate_proposal p = {
        .audience = "egress", .capability = "plugin-fetch", .args_hash = grant_args_hash(t, bound, 2), .body = text};
    struct egress_call http = {.headers = headers,
        .body = body,
        .on_head = on_head,
        .on_body = on_body,
        .arg = &came,
        .wake_fd = k->w->wake_fd};
    if (tool_plugin_allowed(t, k, &p, &http.grant) != E_OK || egress_call(t, &http) != E_OK)
        return t->err;
    if (came.body->failed)
        return task_fail(t, E_LIMIT, "The reply has more than the %zu bytes that a plugin's request may bring.", most);
    return give_reply(t, &came, result);
}

/* The turn rests for the person; the model gets the answer as this call's result, and may call again with it. */
static enum err
host_ask(struct task *t, struct tool_plugin_talk *k, const json_t *params, json_t **result)
{
    struct span question = json_text(params, "question"), grant;
    struct buf *b = task_buf(t, (size_t)8 * (QUESTION_BYTES + OPTIONS_MOST * OPTION_BYTES));
    size_t i;
    json_t *v;
    (void)result;
    if (question.n == 0 || question.n > QUESTION_BYTES)
        return task_fail(t, E_INVALID, "\"question\" is a text of 1 to %d bytes.", QUESTION_BYTES);
    buf_puts(b, "{\"text\":");
    json_put_text(b, question);
    buf_puts(b, ",\"options\":[");
    json_array_foreach(json_object_get(params, "options"), i, v)
    {
        if (i == OPTIONS_MOST)
            break;
        buf_puts(b, i > 0 ? "," : "");
        json_put_text(b, span_first(span_of(json_string_value(v)), OPTION_BYTES));
    }
    buf_puts(b, "]}");
    struct span body = buf_view(b);
    const struct span bound[] = {SPAN("ask"), body};
    struct gate_proposal p = {
        .audience = "gate", .capability = "ask", .args_hash = grant_args_hash(t, bound, 2), .body = body};
    if (tool_plugin_allowed(t, k, &p, &grant) != E_OK)
        return t->err;
    k->done->ending = TOOL_ASKS;
    k->done->waiting = body;
    k->done->line = SPAN("Waiting for an answer");
    return task_fail(t, E_CONFLICT, "The person is being asked. End this call; it is made again with the answer.");
}

enum err
tool_plugin_ask(struct task *t, void *arg, struct span method, const json_t *params, json_t **result)
{
    static const struct {
        const char *method;
        enum err (*run)(struct task *t, struct tool_plugin_talk *k, const json_t *params, json_t **result);
    } rows[] = {
        {"host/query", host_query},
        {"host/fetch", host_fetch},
        {"host/artifact.put", tool_plugin_artifact},
        {"host/ask", host_ask},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (span_is(method, rows[i].method))
            return rows[i].run(t, arg, params, result);
    return task_fail(t, E_NOTFOUND, "The host has nothing called %.*s.", SPAN_ARG(span_first(method, 64)));
}
