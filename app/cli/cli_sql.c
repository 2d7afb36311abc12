/* cli_sql: one statement on a file or a dataset. */
#include "cli/cli_sql.h"

#include "base/conf.h"
#include "base/fsio.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cli/cli_database.h"
#include "query/child.h"
#include "query/rows.h"
#include "render/rowjson.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PARAMS = 64, OUTPUT_BYTES = 512 << 20, SHOWN_BYTES = 60 };

struct sql_command {
    const char *database, *sql;
    bool json;
    int64_t deadline_ms, rows;
    struct span names[PARAMS];
    struct cell values[PARAMS];
    size_t n;
    struct cli_database file;
};

static const char usage[] = "Usage: lyceum sql DATABASE_OR_DATASET \"SELECT ...\" [--json] [--param name=value]... "
                            "[--deadline ms] [--rows n]";

/* name=value: a whole number or a number is bound as one, everything else as text. */
static bool
take_param(struct sql_command *c, const char *arg)
{
    const char *eq = strchr(arg, '=');
    if (!eq || eq == arg || c->n == PARAMS)
        return false;
    struct span value = span_of(eq + 1);
    struct cell *cell = &c->values[c->n];
    c->names[c->n++] = (struct span){arg, (size_t)(eq - arg)};
    if (span_i64(value, &cell->i))
        cell->kind = CELL_INT;
    else if (span_double(value, &cell->r))
        cell->kind = CELL_REAL;
    else
        *cell = (struct cell){.kind = CELL_TEXT, .s = value, .full_bytes = (int64_t)value.n};
    return true;
}

static bool
take_number(const char *arg, int64_t low, int64_t high, int64_t *out)
{
    return span_i64(span_of(arg), out) && *out >= low && *out <= high;
}

static enum err
read_arguments(struct task *t, int argc, char **argv, struct sql_command *c)
{
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *next = i + 1 < argc ? argv[i + 1] : NULL;
        bool ok = true;
        if (strcmp(a, "--json") == 0)
            c->json = true;
        else if (strcmp(a, "--param") == 0)
            ok = next && take_param(c, argv[++i]);
        else if (strcmp(a, "--deadline") == 0)
            ok = next && take_number(argv[++i], 10, 600000, &c->deadline_ms);
        else if (strcmp(a, "--rows") == 0)
            ok = next && take_number(argv[++i], 1, 100000, &c->rows);
        else if (!c->database)
            c->database = a;
        else if (!c->sql)
            c->sql = a;
        else
            ok = false;
        if (!ok)
            return task_fail(t, E_INVALID, "The argument %s is not understood here. %s", a, usage);
    }
    return c->sql ? E_OK : task_fail(t, E_INVALID, "%s", usage);
}

static void
put_field(struct buf *b, const char *key, struct span value)
{
    json_put_key(b, key);
    json_put_text(b, value);
}

static void
print_problem(const struct sql_command *c, const struct query_problem *p, struct buf *b)
{
    if (!c->json) {
        fprintf(stderr, "%.*s%s%.*s\n", SPAN_ARG(p->message), p->hint.n ? " " : "", SPAN_ARG(p->hint));
        return;
    }
    buf_puts(b, "{\"error\":{");
    put_field(b, "code", p->code);
    put_field(b, "message", p->message);
    json_put_key(b, "offset");
    if (p->offset >= 0)
        buf_i64(b, p->offset);
    else
        buf_puts(b, "null");
    put_field(b, "hint", p->hint);
    json_put_key(b, "suggestions");
    buf_putc(b, '[');
    for (size_t i = 0; i < p->n_suggestions; i++) {
        buf_puts(b, i ? "," : "");
        json_put_text(b, p->suggestions[i]);
    }
    buf_puts(b, "]}}\n");
}

static void
print_json(const struct sql_command *c, const struct query_rows *r, struct buf *b)
{
    buf_puts(b, "{\"columns\":[");
    for (size_t i = 0; i < r->n_columns; i++) {
        buf_puts(b, i ? "," : "");
        json_put_text(b, r->columns[i].name);
    }
    buf_puts(b, "],\"rows\":[");
    for (size_t i = 0; i < r->n_rows; i++) {
        buf_puts(b, i ? "," : "");
        rowjson_array(b, r->cells + i * r->n_columns, r->n_columns);
    }
    buf_printf(
        b, "],\"truncated\":%s,\"ms\":%.3f,\"notes\":[", r->truncated ? "true" : "false", (double)r->took_us / 1000);
    for (size_t i = 0; i < r->n_notes; i++) {
        buf_puts(b, i ? "," : "");
        json_put_text(b, r->notes[i]);
    }
    if (c->file.note.n > 0) {
        buf_puts(b, r->n_notes ? "," : "");
        json_put_text(b, c->file.note);
    }
    buf_puts(b, "]}\n");
}

/* A value on a terminal: no control characters, cut. */
static void
put_shown(struct task *t, struct buf *b, const struct cell *c)
{
    struct buf *text = task_buf(t, 1 << 20);
    switch (c->kind) {
    case CELL_NULL: buf_puts(b, "NULL"); return;
    case CELL_INT: buf_i64(b, c->i); return;
    case CELL_REAL: json_put_double(b, c->r); return;
    case CELL_BLOB: buf_printf(b, "(%lld bytes)", (long long)c->full_bytes); return;
    case CELL_TEXT: utf8_clean(text, utf8_first(c->s, SHOWN_BYTES)); break;
    }
    for (size_t i = 0; i < text->n; i++)
        buf_putc(b, (unsigned char)text->p[i] < 32 || text->p[i] == 127 ? ' ' : text->p[i]);
    if (c->s.n > SHOWN_BYTES)
        buf_puts(b, "...");
}

static void
print_table(struct task *t, const struct sql_command *c, const struct query_rows *r, struct buf *b)
{
    for (size_t i = 0; i < r->n_columns; i++) {
        struct cell head = {.kind = CELL_TEXT, .s = r->columns[i].name};
        buf_puts(b, i ? " | " : "");
        put_shown(t, b, &head);
    }
    buf_putc(b, '\n');
    for (size_t i = 0; i < r->n_rows * r->n_columns; i++) {
        put_shown(t, b, &r->cells[i]);
        buf_puts(b, (i + 1) % r->n_columns ? " | " : "\n");
    }
    for (size_t i = 0; i < r->n_notes; i++)
        fprintf(stderr, "%.*s\n", SPAN_ARG(r->notes[i]));
    if (c->file.note.n > 0)
        fprintf(stderr, "%.*s\n", SPAN_ARG(c->file.note));
}

static enum err
run(struct task *t, const struct sql_command *c, struct query_rows *rows, struct query_problem *problem)
{
    struct frame f;
    struct buf *params = task_buf(t, 1 << 20);
    rows_put_params(params, c->names, c->values, c->n);
    struct child_request r = {.path = c->file.path,
        .revision = c->file.revision,
        .sql = span_of(c->sql),
        .params = buf_view(params),
        .rows = c->rows > 0 ? c->rows : conf_int("limits.rows"),
        .bytes = conf_int("limits.result_bytes"),
        .deadline_ms = c->deadline_ms > 0 ? c->deadline_ms : conf_int("limits.query_ms"),
        .heap_bytes = conf_int("limits.heap_bytes")};
    if (r.bytes > ROWS_REPLY_BYTES)
        r.bytes = ROWS_REPLY_BYTES;
    if (child_run_alone(t, &r, &f) != E_OK)
        return t->err;
    return frame_is(&f, "problem") ? rows_read_problem(t, &f, problem) : rows_read(t, &f, rows);
}

int
cli_sql(struct task *t, int argc, char **argv)
{
    struct sql_command c = {0};
    struct query_rows rows = {0};
    struct query_problem problem = {.offset = -1};
    struct buf *b = task_buf(t, OUTPUT_BYTES);
    if (read_arguments(t, argc, argv, &c) != E_OK) {
        fprintf(stderr, "%s\n", t->cause);
        return 2;
    }
    bool ok = cli_database_find(t, c.database, &c.file) == E_OK && run(t, &c, &rows, &problem) == E_OK;
    if (!ok && problem.code.n == 0)
        problem = (struct query_problem){.code = span_of(err_word(t->err)), .message = span_of(t->cause), .offset = -1};
    if (!ok)
        print_problem(&c, &problem, b);
    else if (c.json)
        print_json(&c, &rows, b);
    else
        print_table(t, &c, &rows, b);
    return fsio_write_all(STDOUT_FILENO, buf_view(b)) && ok ? 0 : 1;
}
