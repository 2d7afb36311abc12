/* import_text: CSV, TSV, JSON and JSON lines: the file is read twice, to learn its columns and to copy its rows. */
#include "effect/import_text.h"

#include "effect/csv.h"
#include "effect/jsonrows.h"

#include "base/json.h"
#include "base/must.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { TABLES_OF_TEXT = 200 };

/* The table that a row belongs to, made when it is first seen. */
static enum err
table_of(struct task *t, struct text *x, struct span name, struct text_table **out)
{
    for (size_t i = x->last; i < x->last + x->n; i++) {
        struct text_table *known = &x->tables[i % x->n];
        if (span_eq(known->name, name)) {
            x->last = i % x->n;
            *out = known;
            return E_OK;
        }
    }
    must(!x->copying);
    if (name.n == 0 || span_starts(name, "sqlite_") || name.n > IMPORT_NAME_BYTES)
        return task_fail(t, E_INVALID, "\"%.*s\" can't be a table's name.", SPAN_ARG(utf8_first(name, 60)));
    for (size_t i = 0; i < x->n; i++)
        if (span_is_nocase(x->tables[i].name, task_z(t, name)))
            return task_fail(t, E_INVALID, "The table \"%.*s\" is there twice.", SPAN_ARG(utf8_first(name, 60)));
    if (x->n == TABLES_OF_TEXT)
        return task_fail(t, E_LIMIT, "The file has more than %d tables.", TABLES_OF_TEXT);
    x->last = x->n++;
    *out = &x->tables[x->last];
    **out = (struct text_table){.name = task_dup(t, name)};
    return E_OK;
}

/* The column's place; `hint` is where it probably is. SQL ignores ASCII case, so `id` and `ID` are one. */
static enum err
column_of(struct task *t, struct text_table *table, struct span name, size_t hint, size_t *out)
{
    for (size_t i = 0; i < table->n; i++) {
        size_t at = (hint + i) % table->n;
        if (table->columns[at].name.n == name.n &&
            sqlite3_strnicmp(table->columns[at].name.p, name.p, (int)name.n) == 0) {
            *out = at;
            return E_OK;
        }
    }
    if (table->n == IMPORT_COLUMNS)
        return task_fail(t, E_LIMIT, "The table %.*s has more than %d columns; turn them into rows, or split it.",
            SPAN_ARG(utf8_first(table->name, 60)), IMPORT_COLUMNS);
    if (name.n == 0 || name.n > IMPORT_NAME_BYTES || memchr(name.p, '\0', name.n))
        return task_fail(t, E_INVALID, "A column of the table %.*s has a name that is empty, too long or holds a NUL.",
            SPAN_ARG(utf8_first(table->name, 60)));
    if (!table->columns)
        table->columns = task_array(t, IMPORT_COLUMNS, sizeof *table->columns);
    *out = table->n++;
    table->columns[*out].name = task_dup(t, name);
    return E_OK;
}

/* Nested values become JSON text in scratch. */
static void
json_cell(struct buf *scratch, const json_t *v, struct cell *out, struct guess *g)
{
    *out = (struct cell){.kind = CELL_NULL};
    switch (json_typeof(v)) {
    case JSON_INTEGER:
        out->kind = CELL_INT;
        out->i = json_integer_value(v);
        break;
    case JSON_REAL:
        out->kind = CELL_REAL;
        out->r = json_real_value(v);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        out->kind = CELL_INT;
        out->i = json_is_true(v);
        g->booleans += !g->counted;
        break;
    case JSON_STRING:
        out->kind = CELL_TEXT;
        out->s = (struct span){json_string_value(v), json_string_length(v)};
        break;
    case JSON_OBJECT:
    case JSON_ARRAY:
        buf_clear(scratch);
        json_put(scratch, v);
        out->kind = CELL_TEXT;
        out->s = buf_view(scratch);
        g->nested += !g->counted;
        break;
    default: break;
    }
}

static enum err
finish_row(struct task *t, struct text *x, struct text_table *table)
{
    if (!x->copying) {
        table->rows++;
        return E_OK;
    }
    return text_row_insert(t, x, table);
}

static enum err
json_row(struct task *t, struct text *x, struct text_table *table, const json_t *object, int64_t line)
{
    const char *key;
    json_t *v;
    size_t at = 0, place = 0;
    json_object_foreach((json_t *)(uintptr_t)object, key, v)
    {
        struct cell cell;
        if (column_of(t, table, span_of(key), at++, &place) != E_OK)
            return t->err;
        struct guess *g = &table->columns[place].guess;
        g->counted = x->copying;
        json_cell(x->scratch, v, &cell, g);
        if (!x->copying)
            guess_typed(g, &cell, line);
        else
            text_cell_bind(table, place, &cell);
    }
    return finish_row(t, x, table);
}

/* A row's values live in a task of their own: memory stays that of one row. */
static enum err
parse_row(struct task *t, struct text *x, struct text_table *table, const struct jsonrows_row *row)
{
    struct task one;
    json_t *object = NULL;
    task_begin(&one, 0);
    enum err e = json_read(&one, row->text, &object);
    if (e != E_OK)
        task_fail(t, E_INVALID, "The object at line %lld: %s", (long long)row->line, one.cause);
    else if (!json_is_object(object))
        e = task_fail(t, E_INVALID, "Line %lld is not an object.", (long long)row->line);
    else
        e = json_row(t, x, table, object, row->line);
    task_end(&one);
    return e;
}

static enum err
read_json(struct task *t, struct text *x, struct source *in)
{
    struct jsonrows j;
    struct jsonrows_row row;
    struct text_table *table;
    jsonrows_begin(t, &j, in, span_is(x->im->job->format, "jsonl"));
    while (jsonrows_next(t, &j, &row) == E_OK && (row.text.n > 0 || row.begins)) {
        if (table_of(t, x, row.table.n ? row.table : x->name, &table) != E_OK)
            return t->err;
        if (row.text.n > 0 && parse_row(t, x, table, &row) != E_OK)
            return t->err;
        text_say(x, table);
    }
    return t->err;
}

/* The first line names the columns; what can't be a name is mended and told. */
static enum err
csv_header(struct task *t, struct text *x, struct text_table *table, const struct csv_record *r)
{
    if (r->n > IMPORT_COLUMNS)
        return task_fail(t, E_LIMIT,
            "The first line names %zu columns; at most %d can be published. Turn them into rows, "
            "or split the file.",
            r->n, IMPORT_COLUMNS);
    for (size_t i = 0; i < r->n && !x->copying; i++) {
        size_t at;
        struct span name = text_header_name(t, x, table, r->fields[i], i);
        if (column_of(t, table, name, 0, &at) != E_OK)
            return t->err;
        must(at == i);
    }
    return E_OK;
}

static enum err
csv_row(struct task *t, struct text *x, struct text_table *table, const struct csv_record *r)
{
    if (r->n != table->n)
        return task_fail(t, E_INVALID, "Line %lld has %zu field%s, but the first line names %zu column%s.",
            (long long)r->line, r->n, r->n == 1 ? "" : "s", table->n, table->n == 1 ? "" : "s");
    for (size_t i = 0; i < r->n; i++) {
        struct cell cell = {.kind = r->fields[i].n ? CELL_TEXT : CELL_NULL, .s = r->fields[i]};
        if (!x->copying)
            guess_csv(&table->columns[i].guess, r->fields[i], r->line);
        else
            text_cell_bind(table, i, &cell);
    }
    x->line = r->line;
    return finish_row(t, x, table);
}

static enum err
read_csv(struct task *t, struct text *x, struct source *in)
{
    struct csv c;
    struct csv_record r = {.fields = NULL};
    struct text_table *table;
    csv_begin(t, &c, in, span_is(x->im->job->format, "tsv") ? '\t' : '\0');
    if (table_of(t, x, x->name, &table) != E_OK || csv_next(t, &c, &r) != E_OK)
        return t->err;
    if (r.n == 0)
        return task_fail(t, E_INVALID, "The file is empty: its first line must name the columns.");
    if (csv_header(t, x, table, &r) != E_OK)
        return t->err;
    if (c.separator == ';' && !x->copying)
        report_note(x->im->report, "Fields are separated by semicolons.");
    while (csv_next(t, &c, &r) == E_OK && r.n > 0) {
        if (csv_row(t, x, table, &r) != E_OK)
            return t->err;
        text_say(x, table);
    }
    return t->err;
}

static enum err
read_once(struct task *t, struct text *x)
{
    const char *path = task_printf(t, "%s/source", x->im->job->folder);
    struct source in;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return task_fail(t, E_UNAVAILABLE, "The file can't be opened for import: %s.", strerror(errno));
    source_file(t, &in, fd);
    bool json = span_starts(x->im->job->format, "json");
    enum err e = json ? read_json(t, x, &in) : read_csv(t, x, &in);
    close(fd);
    return e;
}

/* The dataset's name with underscores is a table's name that nobody has to quote. */
static struct span
default_name(struct task *t, const struct import_job *job)
{
    if (job->table.n > 0)
        return job->table;
    char *z = task_z(t, job->dataset);
    for (char *p = z; *p; p++)
        *p = *p == '-' ? '_' : *p;
    return span_of(z);
}

enum err
import_text(struct task *t, struct import *im)
{
    struct text x = {.im = im, .name = default_name(t, im->job), .scratch = task_buf(t, JSONROWS_OBJECT_BYTES * 2)};
    x.tables = task_array(t, TABLES_OF_TEXT, sizeof *x.tables);
    import_say(im, true, "Reading the file");
    if (read_once(t, &x) != E_OK || text_tables_make(t, &x) != E_OK)
        return t->err;
    x.copying = true;
    enum err e = read_once(t, &x);
    for (size_t i = 0; i < x.n; i++)
        sqlite3_finalize(x.tables[i].insert);
    for (size_t i = 0; e == E_OK && i < im->n_tables; i++)
        e = import_target_indexes(t, im, &im->tables[i]);
    return e;
}
