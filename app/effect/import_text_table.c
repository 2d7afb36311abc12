/* import_text_table: the tables that text formats become. */
#include "effect/import_text.h"

#include "base/json.h"
#include "base/must.h"
#include "base/utf8.h"

#include <string.h>

enum { HEADER_NAME_BYTES = 200, SAY_ROWS = 8192 };

static bool
has_column(const struct text_table *table, struct span name)
{
    for (size_t i = 0; i < table->n; i++)
        if (table->columns[i].name.n == name.n && sqlite3_strnicmp(table->columns[i].name.p, name.p, (int)name.n) == 0)
            return true;
    return false;
}

struct span
text_header_name(struct task *t, struct text *x, const struct text_table *table, struct span field, size_t at)
{
    struct span trimmed = utf8_first(span_trim(field), HEADER_NAME_BYTES);
    char *z = task_z(t, trimmed);
    for (char *p = z; *p; p++)
        *p = (unsigned char)*p < ' ' ? ' ' : *p; /* a line break in a name */
    struct span name = span_of(z);
    if (name.n == 0) {
        name = task_format(t, "column_%zu", at + 1);
        report_note(x->im->report,
            task_printf(t, "Column %zu has no name in the first line; it is called %s.", at + 1, name.p));
    }
    struct span base = name;
    for (int i = 2; has_column(table, name); i++)
        name = task_format(t, "%.*s_%d", SPAN_ARG(base), i);
    if (name.p != base.p)
        report_note(
            x->im->report, task_printf(t, "The name \"%.*s\" is there more than once; column %zu is called %.*s.",
                               SPAN_ARG(base), at + 1, SPAN_ARG(name)));
    return name;
}

static void
decide(struct task *t, struct text *x, struct text_table *from, struct import_table *to)
{
    *to = (struct import_table){.name = from->name, .n = from->n, .rows = from->rows, .rowid = NULL};
    to->columns = task_array(t, from->n, sizeof *to->columns);
    for (size_t i = 0; i < from->n; i++) {
        struct text_column *c = &from->columns[i];
        c->type = guess_type(&c->guess);
        to->columns[i] = (struct import_column){.name = c->name, .type = span_of(guess_word(c->type))};
        report_type(x->im->report, from->name, c->name, guess_word(c->type), guess_why(t, &c->guess));
    }
}

enum err
text_tables_make(struct task *t, struct text *x)
{
    struct import *im = x->im;
    im->tables = task_array(t, x->n + 1, sizeof *im->tables);
    for (size_t i = 0; i < x->n; i++) {
        if (x->tables[i].n == 0) {
            report_dropped(im->report, "table", x->tables[i].name, "It has no rows, so its columns are not known.");
            continue;
        }
        x->tables[i].table = &im->tables[im->n_tables++];
        decide(t, x, &x->tables[i], x->tables[i].table);
    }
    if (im->n_tables == 0)
        return task_fail(t, E_INVALID, "The file has no rows.");
    if (import_meta_keys(t, im) != E_OK)
        return t->err;
    for (size_t i = 0; i < x->n; i++) {
        struct import_table *table = x->tables[i].table;
        if (table && (import_target_create(t, im, table) != E_OK ||
                         lite_prepare(t, im->to, import_target_insert(t, table, false), &x->tables[i].insert) != E_OK))
            return t->err;
        if (table)
            table->rows = 0;
    }
    return E_OK;
}

/* A number in a text column is written as JSON writes it. */
static void
bind_as_text(sqlite3_stmt *st, int at, const struct cell *cell)
{
    struct buf b;
    if (cell->kind == CELL_TEXT) {
        sqlite3_bind_text64(st, at, cell->s.p ? cell->s.p : "", cell->s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
        return;
    }
    buf_init(&b, 64);
    if (cell->kind == CELL_INT)
        buf_i64(&b, cell->i);
    else
        json_put_double(&b, cell->r);
    sqlite3_bind_text64(st, at, b.p, b.n, SQLITE_TRANSIENT, SQLITE_UTF8);
    buf_reset(&b);
}

void
text_cell_bind(struct text_table *table, size_t column, const struct cell *cell)
{
    int at = (int)column + 1;
    struct cell v = *cell;
    if (v.kind == CELL_NULL)
        return; /* nothing is bound yet: see text_row_insert */
    if (table->columns[column].type == GUESS_TEXT) {
        bind_as_text(table->insert, at, cell);
        return;
    }
    if (v.kind == CELL_TEXT)
        v.kind = guess_is_integer(v.s, &v.i) ? CELL_INT : CELL_REAL;
    if (v.kind == CELL_REAL && cell->kind == CELL_TEXT)
        must(guess_is_real(v.s, &v.r)); /* the first reading saw the same bytes */
    if (v.kind == CELL_INT)
        sqlite3_bind_int64(table->insert, at, v.i);
    else
        sqlite3_bind_double(table->insert, at, v.r);
}

static enum err
row_refused(struct task *t, struct text *x, const struct text_table *table)
{
    int rc = sqlite3_extended_errcode(x->im->to);
    struct span name = utf8_first(table->name, 100);
    struct span row = x->line > 0 ? task_format(t, "Line %lld", (long long)x->line)
                                  : task_format(t, "Row %lld", (long long)table->table->rows + 1);
    switch (rc) {
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
    case SQLITE_CONSTRAINT_UNIQUE:
        return task_fail(t, E_INVALID, "%.*s has a primary key that another row of the table %.*s has too (%s).",
            SPAN_ARG(row), SPAN_ARG(name), sqlite3_errmsg(x->im->to));
    case SQLITE_CONSTRAINT_NOTNULL:
        return task_fail(t, E_INVALID, "%.*s has no value in the primary key of the table %.*s (%s).", SPAN_ARG(row),
            SPAN_ARG(name), sqlite3_errmsg(x->im->to));
    default: return lite_fail(t, x->im->to, rc);
    }
}

enum err
text_row_insert(struct task *t, struct text *x, struct text_table *table)
{
    int rc = sqlite3_step(table->insert);
    sqlite3_reset(table->insert);
    if (rc != SQLITE_DONE)
        return row_refused(t, x, table);
    sqlite3_clear_bindings(table->insert);
    table->table->rows++;
    return E_OK;
}

void
text_say(struct text *x, const struct text_table *table)
{
    int64_t rows = x->copying ? table->table ? table->table->rows : 0 : table->rows;
    if (rows % SAY_ROWS == 0)
        import_say(x->im, false, "%s %.*s: %lld rows", x->copying ? "Writing" : "Reading",
            SPAN_ARG(utf8_first(table->name, 100)), (long long)rows);
}
