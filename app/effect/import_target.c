/* import_target: the follower that we make: its tables, keys and indexes, in our own words. */
#include "effect/import_priv.h"

#include "base/must.h"

#include <ctype.h>
#include <string.h>

/* No syncs while it is made: a crash leaves a file that nobody reads and that the next start removes. The journal in
 * memory is for statements that fail half-way (a UNIQUE index over values that are not). secure_delete keeps stale
 * bytes out of the file, so that the same content always has the same hash. */
static const char pragmas[] = "PRAGMA page_size=4096; PRAGMA encoding='UTF-8'; PRAGMA auto_vacuum=NONE;"
                              "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;"
                              "PRAGMA secure_delete=ON; PRAGMA temp_store=FILE; PRAGMA foreign_keys=OFF;"
                              "PRAGMA cache_size=-65536; PRAGMA trusted_schema=OFF; PRAGMA mmap_size=0";

enum err
import_target_open(struct task *t, struct import *im)
{
    const char *path = task_printf(t, "%s/new.db", im->job->folder);
    int rc = sqlite3_open_v2(path, &im->to,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX,
        NULL);
    if (rc != SQLITE_OK)
        return lite_fail(t, im->to, rc);
    sqlite3_db_config(im->to, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    return lite_exec(t, im->to, pragmas);
}

/* Runs a CREATE of ours and notes it for the views' stage. */
static enum err
create(struct task *t, struct import *im, struct buf *sql)
{
    must(!sql->failed);
    if (lite_exec(t, im->to, buf_z(sql)) != E_OK)
        return t->err;
    buf_span(im->ddl, buf_view(sql));
    buf_puts(im->ddl, ";\n");
    return im->ddl->failed ? task_fail(t, E_LIMIT, "The database's schema is too long.") : E_OK;
}

/* Words and numbers in brackets, as in "DOUBLE PRECISION" or "decimal(10, 2)", none of them a keyword of SQL. */
static bool
is_plain_type(struct span type)
{
    size_t i = 0;
    while (i < type.n && (isalpha((unsigned char)type.p[i]) || type.p[i] == '_')) {
        size_t from = i;
        while (i < type.n && (isalnum((unsigned char)type.p[i]) || type.p[i] == '_'))
            i++;
        if (sqlite3_keyword_check(type.p + from, (int)(i - from)))
            return false;
        while (i < type.n && type.p[i] == ' ')
            i++;
    }
    if (i == 0 || i == type.n)
        return i > 0;
    for (; i < type.n - 1; i++)
        if (!strchr("(0123456789, ", type.p[i]) || (type.p[i] == '(' && !isdigit((unsigned char)type.p[i + 1])))
            return false;
    return type.p[i] == ')' && isdigit((unsigned char)type.p[i - 1]);
}

static void
put_column(struct buf *b, const struct import_table *table, const struct import_column *c)
{
    lite_put_name(b, c->name);
    if (c->type.n > 0) {
        buf_putc(b, ' ');
        if (is_plain_type(c->type))
            buf_span(b, c->type);
        else
            lite_put_name(b, c->type); /* SQLite takes a quoted type as it stands */
    }
    if (table->alias && table->pk[0].column.n == c->name.n && memcmp(table->pk[0].column.p, c->name.p, c->name.n) == 0)
        buf_puts(b, " PRIMARY KEY");
    if (c->not_null)
        buf_puts(b, " NOT NULL");
    if (c->collation.n > 0) {
        buf_puts(b, " COLLATE ");
        buf_span(b, c->collation);
    }
}

/* A part says its order where it is not the column's own. */
static void
put_parts(struct buf *b, const struct import_table *table, const struct import_part *parts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct import_column *c = import_column_find(table, parts[i].column);
        must(c); /* index_holds, and keys are read from the table's own columns */
        buf_puts(b, i ? ", " : "");
        lite_put_name(b, parts[i].column);
        if (!span_eq(parts[i].collation, c->collation)) {
            buf_puts(b, " COLLATE ");
            buf_span(b, parts[i].collation.n > 0 ? parts[i].collation : SPAN("BINARY"));
        }
        if (parts[i].descending)
            buf_puts(b, " DESC");
    }
}

static void
put_names(struct buf *b, const struct span *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buf_puts(b, i ? ", " : "");
        lite_put_name(b, names[i]);
    }
}

/* Does the key name columns that are there, in a table that is there? */
static bool
foreign_holds(struct import *im, const struct import_table *table, const struct import_foreign *f)
{
    const struct import_table *to = import_table_find(im, f->table);
    for (size_t i = 0; i < f->n; i++)
        if (!import_column_find(table, f->columns[i]) || (f->to[i].p && to && !import_column_find(to, f->to[i])))
            return false;
    return to && f->n > 0;
}

static void
put_foreign(struct import *im, struct buf *b, const struct import_table *table)
{
    for (size_t i = 0; i < table->n_foreign; i++) {
        const struct import_foreign *f = &table->foreign[i];
        if (!foreign_holds(im, table, f)) {
            report_dropped(
                im->report, "foreign key", table->name, "It names a table or a column that is not published.");
            continue;
        }
        buf_puts(b, ",\n    FOREIGN KEY (");
        put_names(b, f->columns, f->n);
        buf_puts(b, ") REFERENCES ");
        lite_put_name(b, f->table);
        if (f->to[0].p) {
            buf_puts(b, " (");
            put_names(b, f->to, f->n);
            buf_putc(b, ')');
        }
    }
}

enum err
import_target_create(struct task *t, struct import *im, struct import_table *table)
{
    struct buf *b = task_buf(t, (size_t)4 << 20);
    buf_puts(b, "CREATE TABLE ");
    lite_put_name(b, table->name);
    buf_puts(b, " (\n    ");
    for (size_t i = 0; i < table->n; i++) {
        buf_puts(b, i ? ",\n    " : "");
        put_column(b, table, &table->columns[i]);
    }
    if (table->n_pk > 0 && !table->alias) {
        buf_puts(b, ",\n    PRIMARY KEY (");
        put_parts(b, table, table->pk, table->n_pk);
        buf_putc(b, ')');
    }
    put_foreign(im, b, table);
    buf_puts(b, "\n)");
    if (table->without_rowid)
        buf_puts(b, " WITHOUT ROWID");
    if (table->strict)
        buf_puts(b, table->without_rowid ? ", STRICT" : " STRICT");
    return create(t, im, b);
}

const char *
import_target_insert(struct task *t, const struct import_table *table, bool with_rowid)
{
    struct buf *b = task_buf(t, (size_t)4 << 20);
    buf_puts(b, "INSERT INTO ");
    lite_put_name(b, table->name);
    buf_puts(b, " (");
    buf_puts(b, with_rowid ? table->rowid : "");
    for (size_t i = 0; i < table->n; i++) {
        buf_puts(b, i || with_rowid ? ", " : "");
        lite_put_name(b, table->columns[i].name);
    }
    buf_puts(b, ") VALUES (?");
    for (size_t i = 1; i < table->n + with_rowid; i++)
        buf_puts(b, ", ?");
    buf_putc(b, ')');
    must(!b->failed);
    return buf_z(b);
}

static bool
index_holds(const struct import_table *table, const struct import_index *x)
{
    for (size_t i = 0; i < x->n; i++)
        if (!import_column_find(table, x->parts[i].column))
            return false;
    return true;
}

/* sqlite_autoindex_... is a name that SQLite keeps to itself: UNIQUE constraints become indexes with a name of ours. */
static struct span
index_name(struct task *t, const struct import_table *table, const struct import_index *x)
{
    if (!span_starts(x->name, "sqlite_"))
        return x->name;
    struct buf *b = task_buf(t, (size_t)1 << 20);
    buf_puts(b, "unique_");
    buf_span(b, table->name);
    for (size_t i = 0; i < x->n; i++) {
        buf_putc(b, '_');
        buf_span(b, x->parts[i].column);
    }
    return buf_view(b);
}

enum err
import_target_indexes(struct task *t, struct import *im, struct import_table *table)
{
    for (size_t i = 0; i < table->n_indexes; i++) {
        const struct import_index *x = &table->indexes[i];
        struct buf *b = task_buf(t, (size_t)4 << 20);
        if (!index_holds(table, x))
            continue;
        buf_puts(b, x->unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ");
        lite_put_name(b, index_name(t, table, x));
        buf_puts(b, " ON ");
        lite_put_name(b, table->name);
        buf_puts(b, " (");
        put_parts(b, table, x->parts, x->n);
        buf_putc(b, ')');
        enum err e = create(t, im, b);
        if (e == E_INVALID) { /* a name that is taken, or values that are not unique after all */
            task_clear_error(t);
            report_dropped(
                im->report, "index", x->name, task_printf(t, "It can't be made: %s.", sqlite3_errmsg(im->to)));
        } else if (e != E_OK) {
            return e;
        }
    }
    return E_OK;
}
