/* tool_sql: a statement of the model's over a dataset; its rows are kept under a handle. */
#include "base/json.h"
#include "tool/show.h"
#include "tool/tool_priv.h"

#include <ctype.h>
#include <string.h>

enum { SQL_BYTES = 50000, PARAMS_MOST = 100 };

static const char *const SHOWS[] = {"both", "model", "user", NULL};
static const struct tool_param PARAMS[] = {
    {.name = "sql",
        .type = ARG_TEXT,
        .required = true,
        .low = 1,
        .high = SQL_BYTES,
        .about = "One SELECT statement in SQLite's dialect."},
    TOOL_PARAM_DATASET,
    {.name = "params",
        .type = ARG_VALUES,
        .high = PARAMS_MOST,
        .about = "Values of named parameters in the statement, e.g. {\":year\": 1999}."},
    {.name = "show",
        .type = ARG_CHOICE,
        .choices = SHOWS,
        .about = "Who sees the rows: both (the default), model (a step in between), user."},
};

static struct span
doing(struct task *t, struct tool_world *w, const json_t *args)
{
    struct span name = json_text(args, "dataset");
    if (name.n == 0 && w->datasets == 1)
        name = w->dataset[0].name;
    return task_format(t, "Running SQL on %.*s", SPAN_ARG(name.n ? name : SPAN("the data")));
}

static struct cell
cell_of(const json_t *v)
{
    if (json_is_integer(v))
        return (struct cell){.kind = CELL_INT, .i = json_integer_value(v)};
    if (json_is_boolean(v))
        return (struct cell){.kind = CELL_INT, .i = json_is_true(v)};
    if (json_is_real(v))
        return (struct cell){.kind = CELL_REAL, .r = json_real_value(v)};
    if (json_is_string(v)) {
        struct span s = {json_string_value(v), json_string_length(v)};
        return (struct cell){.kind = CELL_TEXT, .s = s, .full_bytes = (int64_t)s.n};
    }
    return (struct cell){.kind = CELL_NULL};
}

/* ":year" as in the statement; models leave the sign out. */
static struct span
param_name(struct task *t, const char *key)
{
    bool whole = strchr(":@$", key[0]) != NULL || isdigit((unsigned char)key[0]);
    return whole ? span_of(key) : task_format(t, ":%s", key);
}

static void
read_params(struct task *t, const json_t *args, struct query_sql *q)
{
    json_t *all = json_object_get(args, "params"), *v;
    const char *key;
    struct span *names = task_array(t, PARAMS_MOST, sizeof *names);
    struct cell *cells = task_array(t, PARAMS_MOST, sizeof *cells);
    json_object_foreach(all, key, v)
    {
        names[q->n_params] = param_name(t, key);
        cells[q->n_params++] = cell_of(v);
    }
    q->param_names = names;
    q->params = cells;
}

static struct span
columns_json(struct task *t, const struct query_rows *rows)
{
    struct buf *b = task_buf(t, (size_t)4 << 20);
    buf_putc(b, '[');
    for (size_t i = 0; i < rows->n_columns; i++) {
        buf_puts(b, i ? ",{" : "{");
        json_put_key(b, "name");
        json_put_text(b, rows->columns[i].name);
        json_put_key(b, "type");
        json_put_text(b, rows->columns[i].type);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
    return b->failed ? SPAN("[]") : buf_view(b);
}

static struct span
reads_json(struct task *t, const struct query_rows *rows)
{
    struct buf *b = task_buf(t, (size_t)4 << 20);
    buf_putc(b, '[');
    for (size_t i = 0; i < rows->n_reads; i++) {
        buf_puts(b, i ? ",[" : "[");
        json_put_text(b, rows->reads[i].table);
        buf_putc(b, ',');
        json_put_text(b, rows->reads[i].column);
        buf_putc(b, ']');
    }
    buf_putc(b, ']');
    return b->failed ? SPAN("[]") : buf_view(b);
}

static struct span
notes_json(struct task *t, const struct query_rows *rows)
{
    struct buf *b = task_buf(t, (size_t)1 << 20);
    buf_putc(b, '[');
    for (size_t i = 0; i < rows->n_notes; i++) {
        buf_puts(b, i ? "," : "");
        json_put_text(b, rows->notes[i]);
    }
    buf_putc(b, ']');
    return b->failed ? SPAN("[]") : buf_view(b);
}

static struct work_result *
kept(struct task *t, struct tool_world *w, const struct query_sql *q, const struct query_rows *rows, struct span shown)
{
    struct work_result *r = task_new(t, struct work_result);
    *r = (struct work_result){
        .conversation = w->conversation,
        .turn = w->turn,
        .dataset = q->dataset,
        .revision = rows->revision,
        .sql = q->sql,
        .columns = columns_json(t, rows),
        .row_count = (int64_t)rows->n_rows,
        .truncated = rows->truncated ? rows->truncated_by : SPAN_NONE,
        .reads = reads_json(t, rows),
        .notes = notes_json(t, rows),
        .shown = shown.n ? shown : SPAN("both"),
        .took_us = rows->took_us,
        .level = rows->level,
        .integrity = rows->integrity,
    };
    return r;
}

/* What the model sees of rows that it asked to be for the person alone: that they are there. */
static struct span
told(struct task *t, const struct work_result *r, const struct query_rows *rows)
{
    struct span *names = task_array(t, rows->n_columns, sizeof *names);
    for (size_t i = 0; i < rows->n_columns; i++)
        names[i] = rows->columns[i].name;
    bool hidden = span_is(r->shown, "user");
    struct show s = {
        .handle = r->handle,
        .dataset = r->dataset,
        .revision = r->revision,
        .columns = names,
        .n_columns = rows->n_columns,
        .cells = rows->cells,
        .n_rows = hidden ? 0 : rows->n_rows,
        .total_rows = rows->n_rows,
        .truncated = r->truncated,
        .notes = rows->notes,
        .n_notes = rows->n_notes,
        .took_us = rows->took_us,
    };
    return show_rows(t, &s, TOOL_RESULT_BYTES);
}

static struct span
line(struct task *t, const struct query_rows *rows)
{
    return task_format(t, "%zu row%s%s, %lld ms", rows->n_rows, rows->n_rows == 1 ? "" : "s",
        rows->truncated ? " (more were cut off)" : "", (long long)((rows->took_us + 999) / 1000));
}

static enum err
run(struct task *t, struct tool_world *w, const json_t *args, struct tool_done *out)
{
    struct tool_dataset *d;
    struct query_rows rows = {0};
    struct query_problem problem = {0};
    if (tool_dataset(t, w, args, &d) != E_OK)
        return t->err;
    struct query_sql q = {.dataset = d->name, .sql = json_text(args, "sql")};
    read_params(t, args, &q);
    if (tool_grant(t, w, "sql", d->name, query_sql_hash(t, &q), &q.grant) != E_OK)
        return t->err;
    enum err e = query_sql(t, &q, &rows, &problem);
    if (e != E_OK && problem.code.n > 0) {
        task_clear_error(t);
        tool_problem(t, &problem, out);
        return E_OK;
    }
    if (e != E_OK)
        return e;
    out->result = kept(t, w, &q, &rows, json_text(args, "show"));
    out->cells = rows.cells;
    out->columns = rows.n_columns;
    if (work_result_next(t, w->work, w->conversation, &out->result->handle) != E_OK)
        return t->err;
    out->json = told(t, out->result, &rows);
    out->line = line(t, &rows);
    return E_OK;
}

const struct tool tool_sql = {
    .name = "sql",
    .alias = "sql_query",
    .description =
        "Runs one read-only SELECT on a dataset. Returns the first rows and a handle like r1 under which all "
        "rows stay. Errors say what to change.",
    .params = PARAMS,
    .n_params = sizeof PARAMS / sizeof *PARAMS,
    .effect = EFFECT_READ,
    .doing = doing,
    .run = run,
};
