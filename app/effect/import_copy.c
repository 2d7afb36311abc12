/* import_copy: stage 1: from the source to tables of ours, row by row. */
#include "effect/import_priv.h"

#include "base/clock.h"
#include "base/must.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SAY_MS = 250, SAY_ROWS = 8192, BIG_CELL_BYTES = 1000000 };

struct copying {
    struct import *im;
    struct import_table *table;
    sqlite3_stmt *in, *out;
    int big_cell; /* length of the longest value past what queries may read */
};

void
import_say(struct import *im, bool now, const char *fmt, ...)
{
    char z[300];
    int64_t ms = clock_mono_ms();
    if (!im->job->progress || (!now && ms - im->said_ms < SAY_MS))
        return;
    im->said_ms = ms;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(z, sizeof z, fmt, ap);
    va_end(ap);
    must(n >= 0);
    im->job->progress(im->job->arg, (struct span){z, (size_t)n < sizeof z ? (size_t)n : sizeof z - 1});
}

/* NOT INDEXED: the planner would read a covering index in place of the table, which is another order. */
static const char *
select_sql(struct task *t, const struct import_table *table)
{
    struct buf *b = task_buf(t, (size_t)4 << 20);
    buf_puts(b, "SELECT ");
    buf_puts(b, table->rowid ? table->rowid : "");
    for (size_t i = 0; i < table->n; i++) {
        buf_puts(b, i || table->rowid ? ", " : "");
        lite_put_name(b, table->columns[i].name);
    }
    buf_puts(b, " FROM main.");
    lite_put_name(b, table->name);
    buf_puts(b, " NOT INDEXED");
    for (size_t i = 0; table->shuffled && i < table->n; i++)
        buf_printf(b, "%s%zu COLLATE BINARY", i ? ", " : " ORDER BY ", i + 1);
    must(!b->failed);
    return buf_z(b);
}

static enum err
row_refused(struct task *t, const struct copying *c)
{
    int rc = sqlite3_extended_errcode(c->im->to);
    c->im->refused = rc;
    c->im->why = task_printf(t, "%s", sqlite3_errmsg(c->im->to));
    if ((rc & 0xff) != SQLITE_CONSTRAINT)
        return lite_fail(t, c->im->to, rc);
    return task_fail(t, E_INVALID, "Row %lld of the table %.*s breaks the table's own rules (%s): the file is damaged.",
        (long long)c->table->rows + 1, SPAN_ARG(span_first(c->table->name, 100)), c->im->why);
}

static enum err
copy_row(struct task *t, struct copying *c)
{
    int n = (int)c->table->n + (c->table->rowid != NULL);
    for (int i = 0; i < n; i++) {
        sqlite3_value *v = sqlite3_column_value(c->in, i);
        sqlite3_bind_value(c->out, i + 1, v);
        int type = sqlite3_value_type(v);
        if (type == SQLITE_TEXT || type == SQLITE_BLOB) {
            int bytes = sqlite3_column_bytes(c->in, i);
            c->big_cell = bytes > c->big_cell ? bytes : c->big_cell;
        }
    }
    int rc = sqlite3_step(c->out);
    sqlite3_reset(c->out);
    if (rc != SQLITE_DONE)
        return row_refused(t, c);
    c->table->rows++;
    if (c->table->rows % SAY_ROWS == 0)
        import_say(c->im, false, "Copying table %.*s: %lld rows", SPAN_ARG(span_first(c->table->name, 100)),
            (long long)c->table->rows);
    return E_OK;
}

static enum err
copy_rows(struct task *t, struct copying *c)
{
    bool row = false;
    enum err e = lite_prepare(t, c->im->from, select_sql(t, c->table), &c->in);
    if (e == E_OK)
        e = lite_prepare(t, c->im->to, import_target_insert(t, c->table, c->table->rowid != NULL), &c->out);
    while (e == E_OK && (e = lite_step(t, c->in, &row)) == E_OK && row)
        e = copy_row(t, c);
    sqlite3_finalize(c->in);
    sqlite3_finalize(c->out);
    return e;
}

enum err
import_rows_copy(struct task *t, struct import *im, struct import_table *table)
{
    struct copying c = {.im = im, .table = table};
    table->rows = 0;
    import_say(im, true, "Copying table %.*s", SPAN_ARG(span_first(table->name, 100)));
    if (copy_rows(t, &c) != E_OK)
        return t->err;
    if (c.big_cell > BIG_CELL_BYTES)
        report_note(im->report, task_printf(t,
                                    "The table %.*s has a value of %d bytes: queries can read values of at most "
                                    "%d bytes, so those rows can't be shown whole.",
                                    SPAN_ARG(span_first(table->name, 100)), c.big_cell, BIG_CELL_BYTES));
    return E_OK;
}

/* Was the row refused because a NOT NULL is not true of the file's rows? Old programs leave such rows. Then the column
 * loses it. */
static bool
drop_not_null(struct task *t, struct import *im, struct import_table *table)
{
    const char *z = im->why; /* "NOT NULL constraint failed: table.column" */
    for (size_t i = 0; im->refused == SQLITE_CONSTRAINT_NOTNULL && i < table->n; i++) {
        struct import_column *c = &table->columns[i];
        if (!c->not_null || !span_ends(span_of(z), task_printf(t, ".%.*s", SPAN_ARG(c->name))))
            continue;
        c->not_null = false;
        report_dropped(im->report, "not null", task_format(t, "%.*s.%.*s", SPAN_ARG(table->name), SPAN_ARG(c->name)),
            "The column is NOT NULL but has NULLs.");
        return true;
    }
    return false;
}

static enum err
copy_table(struct task *t, struct import *im, struct import_table *table)
{
    size_t ddl = im->ddl->n;
    while (import_target_create(t, im, table) == E_OK && import_rows_copy(t, im, table) != E_OK) {
        if (!drop_not_null(t, im, table))
            return t->err;
        struct buf *b = task_buf(t, (size_t)1 << 20);
        task_clear_error(t);
        im->refused = SQLITE_OK;
        im->ddl->n = ddl;
        buf_puts(b, "DROP TABLE ");
        lite_put_name(b, table->name);
        if (lite_exec(t, im->to, buf_z(b)) != E_OK)
            return t->err;
    }
    return t->err == E_OK ? import_target_indexes(t, im, table) : t->err;
}

static enum err
copy_database(struct task *t, struct import *im)
{
    if (import_source_open(t, im) != E_OK || import_schema_read(t, im) != E_OK || import_meta_keys(t, im) != E_OK)
        return t->err;
    if (im->n_tables == 0 && (im->job->labels || im->job->may_be_empty))
        return E_OK;
    if (im->n_tables == 0 && im->too_wide)
        return task_fail(t, E_LIMIT, "The database has no table that can be published. %s", im->too_wide);
    if (im->n_tables == 0 && json_array_size(im->views) == 0)
        return task_fail(t, E_INVALID, "The database has no table that can be published.");
    for (size_t i = 0; i < im->n_tables; i++)
        if (copy_table(t, im, &im->tables[i]) != E_OK)
            return t->err;
    return E_OK;
}

static enum err
copy_all(struct task *t, struct import *im)
{
    /* One transaction: all pages are new in it, so the journal in memory stays empty. */
    if (import_target_open(t, im) != E_OK || lite_exec(t, im->to, "BEGIN") != E_OK)
        return t->err;
    enum err e = span_is(im->job->format, "db") ? copy_database(t, im) : import_text(t, im);
    return e == E_OK ? lite_exec(t, im->to, "COMMIT") : e;
}

enum err
import_copy(struct task *t, const struct import_job *job, json_t **out)
{
    struct import im = {.job = job,
        .report = report_new(t),
        .views = task_json(t, json_array()),
        .generated = task_json(t, json_array()),
        .ddl = task_buf(t, (size_t)64 << 20)};
    unlink(task_printf(t, "%s/new.db", job->folder));
    enum err e = copy_all(t, &im);
    sqlite3_close(im.from);
    sqlite3_close(im.to);
    if (e != E_OK)
        return e;
    for (size_t i = 0; i < im.n_tables; i++)
        report_table(im.report, im.tables[i].name, im.tables[i].rows, im.tables[i].n);
    if (json_array_size(im.generated) > 0)
        must(json_object_set(im.report, "generated", im.generated) == 0);
    *out = task_json(
        t, json_pack("{s:O,s:O,s:s%}", "report", im.report, "views", im.views, "ddl", buf_z(im.ddl), im.ddl->n));
    must(*out);
    return E_OK;
}
