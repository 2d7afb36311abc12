/* import_table: one table of the publisher's database as its pragmas describe it. */
#include "effect/import_priv.h"

#include "base/must.h"
#include "base/utf8.h"

#include <string.h>

enum { PARTS = IMPORT_COLUMNS, INDEXES = 200, FOREIGN = 64, FOREIGN_PARTS = 16, ROWID_NAMES = 3 };

struct reading {
    struct import *im;
    struct import_table *table;
    int defaults;
    struct import_part *parts; /* of the index being read */
    size_t n_parts;
    bool odd_index; /* it has an expression */
    int foreign_id;
    bool pk_index;           /* the primary key has an index of its own, so it is no rowid */
    bool taken[ROWID_NAMES]; /* columns that are called as the rowid may be, those left out included */
};

static const char *const rowid_names[ROWID_NAMES] = {"rowid", "_rowid_", "oid"};

static const char *
pragma(struct task *t, const char *name, struct span of)
{
    struct buf *b = task_buf(t, (size_t)1 << 20);
    buf_printf(b, "PRAGMA main.%s(", name);
    lite_put_name(b, of);
    buf_putc(b, ')');
    return buf_z(b);
}

struct import_table *
import_table_find(struct import *im, struct span name)
{
    for (size_t i = 0; name.p && i < im->n_tables; i++)
        if (im->tables[i].name.n == name.n && sqlite3_strnicmp(im->tables[i].name.p, name.p, (int)name.n) == 0)
            return &im->tables[i];
    return NULL;
}

const struct import_column *
import_column_find(const struct import_table *table, struct span name)
{
    for (size_t i = 0; name.p && i < table->n; i++)
        if (table->columns[i].name.n == name.n && sqlite3_strnicmp(table->columns[i].name.p, name.p, (int)name.n) == 0)
            return &table->columns[i];
    return NULL;
}

static struct span
known_collation(struct task *t, struct reading *r, struct span column, const char *name)
{
    if (!name || sqlite3_stricmp(name, "BINARY") == 0)
        return SPAN_NONE;
    if (sqlite3_stricmp(name, "NOCASE") == 0)
        return SPAN("NOCASE");
    if (sqlite3_stricmp(name, "RTRIM") == 0)
        return SPAN("RTRIM");
    report_dropped(r->im->report, "collation", column,
        task_printf(t,
            "The order \"%.60s\" belongs to another program; "
            "%.*s.%.*s is compared by bytes.",
            name, SPAN_ARG(r->table->name), SPAN_ARG(column)));
    return SPAN_NONE;
}

/* Can the column be read? A generated one may call a function that only its own program has, or that is not safe. */
static bool
column_reads(struct task *t, struct reading *r, struct span name)
{
    struct buf *sql = task_buf(t, (size_t)1 << 20);
    sqlite3_stmt *st = NULL;
    buf_puts(sql, "SELECT ");
    lite_put_name(sql, name);
    buf_puts(sql, " FROM main.");
    lite_put_name(sql, r->table->name);
    bool ok = sqlite3_prepare_v2(r->im->from, buf_z(sql), -1, &st, NULL) == SQLITE_OK;
    sqlite3_finalize(st);
    if (!ok)
        report_dropped(r->im->report, "generated column",
            task_format(t, "%.*s.%.*s", SPAN_ARG(r->table->name), SPAN_ARG(name)),
            task_printf(t, "It can't be computed here: %s.", sqlite3_errmsg(r->im->from)));
    return ok;
}

/* A column that is made of others carries the label of the highest of them: it goes with any of its table. */
static bool
is_hidden(const struct reading *r, struct span column, bool generated)
{
    const struct import_job *job = r->im->job;
    return labels_hide_column(job->labels, job->clearance, r->table->name, column) ||
           (generated && labels_touch(job->labels, job->clearance, r->table->name));
}

static void
note_generated(struct task *t, struct reading *r, struct span column)
{
    report_dropped(r->im->report, "generated column",
        task_format(t, "%.*s.%.*s", SPAN_ARG(r->table->name), SPAN_ARG(column)),
        "Its values are kept, its formula is not.");
    json_t *row = json_pack("[o,o]", report_text(r->table->name), report_text(column));
    must(row && json_array_append_new(r->im->generated, row) == 0);
}

static enum err
take_column(struct task *t, sqlite3_stmt *row, void *arg)
{
    enum { VISIBLE = 0, VIRTUAL = 2, STORED = 3 };
    struct reading *r = arg;
    struct import_table *table = r->table;
    struct import_column *c = &table->columns[table->n];
    int hidden = sqlite3_column_int(row, 6);
    const char *collation = NULL;
    *c = (struct import_column){.name = task_dup(t, lite_text(row, 1)),
        .type = task_dup(t, lite_text(row, 2)),
        .not_null = sqlite3_column_int(row, 3) != 0};
    if (hidden != VISIBLE && hidden != VIRTUAL && hidden != STORED)
        return E_OK;
    for (size_t i = 0; i < ROWID_NAMES; i++)
        r->taken[i] = r->taken[i] || span_is_nocase(c->name, rowid_names[i]);
    if (is_hidden(r, c->name, hidden != VISIBLE))
        return E_OK;
    if ((hidden == VIRTUAL || hidden == STORED) && !column_reads(t, r, c->name))
        return E_OK;
    r->defaults += sqlite3_column_type(row, 4) != SQLITE_NULL && hidden == VISIBLE;
    if (sqlite3_table_column_metadata(
            r->im->from, "main", table->name.p, c->name.p, NULL, &collation, NULL, NULL, NULL) == SQLITE_OK)
        c->collation = known_collation(t, r, c->name, collation);
    if (hidden != VISIBLE)
        note_generated(t, r, c->name);
    table->n++;
    return E_OK;
}

static enum err
count_column(struct task *t, sqlite3_stmt *row, void *arg)
{
    (void)t, (void)row;
    ++*(size_t *)arg;
    return E_OK;
}

static enum err
read_columns(struct task *t, struct reading *r)
{
    size_t n = 0;
    const char *sql = pragma(t, "table_xinfo", r->table->name);
    if (lite_each(t, r->im->from, sql, count_column, &n) != E_OK)
        return t->err;
    if (n > IMPORT_COLUMNS) { /* the other tables are worth publishing: see import_schema_read for a database of such
                                 alone */
        r->im->too_wide = task_printf(t,
            "It has %zu columns; at most %d can be published. Split it, or turn the columns "
            "into rows.",
            n, IMPORT_COLUMNS);
        report_dropped(r->im->report, "table", r->table->name, r->im->too_wide);
        return E_OK;
    }
    r->table->columns = task_array(t, n + 1, sizeof *r->table->columns);
    return lite_each(t, r->im->from, sql, take_column, r);
}

/* index_xinfo: seqno, cid, name, desc, coll, key. */
static enum err
take_part(struct task *t, sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    struct span name = lite_text(row, 2);
    if (sqlite3_column_int(row, 5) == 0 || r->n_parts == PARTS)
        return E_OK; /* the rowid or key at an entry's end */
    if (!name.p || !import_column_find(r->table, name)) {
        r->odd_index = true;
        return E_OK;
    }
    const char *collation = (const char *)sqlite3_column_text(row, 4);
    struct span known = !collation || sqlite3_stricmp(collation, "BINARY") == 0 ? SPAN_NONE
                        : sqlite3_stricmp(collation, "NOCASE") == 0             ? SPAN("NOCASE")
                        : sqlite3_stricmp(collation, "RTRIM") == 0              ? SPAN("RTRIM")
                                                                                : SPAN_NONE;
    r->parts[r->n_parts++] = (struct import_part){task_dup(t, name), known, sqlite3_column_int(row, 3) != 0};
    return E_OK;
}

static void
keep_index(struct task *t, struct reading *r, struct span name, bool unique)
{
    struct import_index *x = &r->table->indexes[r->table->n_indexes++];
    *x = (struct import_index){
        .name = name, .n = r->n_parts, .unique = unique, .parts = task_array(t, r->n_parts, sizeof *x->parts)};
    memcpy(x->parts, r->parts, r->n_parts * sizeof *x->parts);
}

/* index_list: seq, name, unique, origin (c, u, pk), partial. */
static enum err
take_index(struct task *t, sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    struct span name = task_dup(t, lite_text(row, 1));
    bool unique = sqlite3_column_int(row, 2) != 0, partial = sqlite3_column_int(row, 4) != 0;
    bool is_pk = span_is(lite_text(row, 3), "pk");
    r->n_parts = 0;
    r->odd_index = false;
    if (lite_each(t, r->im->from, pragma(t, "index_xinfo", name), take_part, r) != E_OK)
        return t->err;
    if (is_pk && !r->odd_index) {
        r->pk_index = true;
        r->table->pk = task_array(t, r->n_parts, sizeof *r->table->pk);
        r->table->n_pk = r->n_parts;
        memcpy(r->table->pk, r->parts, r->n_parts * sizeof *r->table->pk);
    } else if (is_pk) { /* a part of it is left out: no key, and the rows' order is not for these readers */
        r->pk_index = true;
        r->table->shuffled = r->table->without_rowid;
        r->table->without_rowid = false;
    } else if (partial || r->odd_index || r->n_parts == 0) {
        report_dropped(
            r->im->report, "index", name, partial ? "It is partial (it has a WHERE)." : "It is over an expression.");
    } else if (r->table->n_indexes == INDEXES) {
        report_dropped(r->im->report, "index", name, "The table has too many indexes.");
    } else {
        keep_index(t, r, name, unique);
    }
    return E_OK;
}

/* A primary key without an index is the rowid: table_xinfo alone tells. */
static enum err
take_alias(struct task *t, sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    if (sqlite3_column_int(row, 5) == 0 || r->pk_index)
        return E_OK;
    if (!import_column_find(r->table, lite_text(row, 1))) { /* left out, and with it the rowid */
        r->table->shuffled = true;
        return E_OK;
    }
    r->table->pk = task_new(t, struct import_part);
    r->table->pk[0].column = task_dup(t, lite_text(row, 1));
    r->table->n_pk = 1;
    r->table->alias = true;
    return E_OK;
}

/* foreign_key_list: id, seq, table, from, to, ...; one row per column, the rows of one key together. */
static enum err
take_foreign(struct task *t, sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    struct import_table *table = r->table;
    int id = sqlite3_column_int(row, 0);
    if (table->n_foreign == 0 || id != r->foreign_id) {
        if (table->n_foreign == FOREIGN)
            return E_OK;
        struct import_foreign *fresh = &table->foreign[table->n_foreign++];
        fresh->table = task_dup(t, lite_text(row, 2));
        fresh->columns = task_array(t, FOREIGN_PARTS, sizeof *fresh->columns);
        fresh->to = task_array(t, FOREIGN_PARTS, sizeof *fresh->to);
        r->foreign_id = id;
    }
    struct import_foreign *f = &table->foreign[table->n_foreign - 1];
    if (f->n == FOREIGN_PARTS)
        return E_OK;
    struct span to = lite_text(row, 4);
    f->columns[f->n] = task_dup(t, lite_text(row, 3));
    f->to[f->n++] = to.p ? task_dup(t, to) : SPAN_NONE;
    return E_OK;
}

static const char *
free_rowid(const struct reading *r)
{
    for (size_t i = 0; i < ROWID_NAMES; i++)
        if (!r->taken[i])
            return rowid_names[i];
    return NULL;
}

enum err
import_table_read(struct task *t, struct import *im, struct import_table *table)
{
    struct reading r = {.im = im, .table = table, .foreign_id = -1};
    r.parts = task_array(t, PARTS, sizeof *r.parts);
    table->indexes = task_array(t, INDEXES, sizeof *table->indexes);
    table->foreign = task_array(t, FOREIGN, sizeof *table->foreign);
    if (read_columns(t, &r) != E_OK)
        return t->err;
    if (table->n == 0)
        return E_OK;
    if (lite_each(t, im->from, pragma(t, "index_list", table->name), take_index, &r) != E_OK ||
        lite_each(t, im->from, pragma(t, "table_xinfo", table->name), take_alias, &r) != E_OK ||
        lite_each(t, im->from, pragma(t, "foreign_key_list", table->name), take_foreign, &r) != E_OK)
        return t->err;
    if (r.defaults > 0)
        report_dropped(im->report, "default", table->name,
            task_printf(t, "%d DEFAULT%s: a published copy is never written.", r.defaults, r.defaults == 1 ? "" : "s"));
    if (!table->without_rowid && !table->alias && !table->shuffled)
        table->rowid = free_rowid(&r);
    return E_OK;
}
