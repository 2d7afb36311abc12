/* shape: from SQLite's own pragmas. */
#include "query/shape.h"

#include <string.h>
#include <strings.h>

enum { SHAPE_COLUMNS = 2000, SHAPE_KEYS = 15 };

static struct span
text(struct task *t, sqlite3_stmt *st, int i)
{
    const void *p = sqlite3_column_text(st, i);
    int n = sqlite3_column_bytes(st, i);
    return task_dup(t, (struct span){p, p && n > 0 ? (size_t)n : 0});
}

const struct shape_column *
shape_column(const struct shape *s, struct span name)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->columns[i].name.n == name.n && strncasecmp(s->columns[i].name.p, name.p, name.n) == 0)
            return &s->columns[i];
    return NULL;
}

/* "table", "view" or "virtual"; whether it has no rowid. Shadow tables and SQLite's own are not there for readers. */
static enum err
read_kind(struct task *t, struct follower *f, struct span table, struct shape *out, bool *has_rowid)
{
    static const char sql[] =
        "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND name = ?1 COLLATE NOCASE "
        "AND type IN ('table', 'view', 'virtual') AND substr(name, 1, 7) <> 'sqlite_'";
    sqlite3_stmt *st;
    if (follower_prepare(t, f, sql, &st) != E_OK)
        return t->err;
    sqlite3_bind_text(st, 1, table.p ? table.p : "", (int)table.n, SQLITE_STATIC);
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        out->name = text(t, st, 0);
        out->plain = span_is(text(t, st, 1), "table");
        *has_rowid = !span_is(text(t, st, 1), "view") && sqlite3_column_int(st, 2) == 0;
    }
    sqlite3_reset(st);
    if (rc == SQLITE_DONE)
        return task_fail(t, E_NOTFOUND, "There is no table %.*s in this dataset.", SPAN_ARG(span_first(table, 100)));
    return rc == SQLITE_ROW ? E_OK : follower_fail(t, f, rc);
}

/* A name for the rowid that no column takes. */
static struct span
rowid_name(const struct shape *s)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    for (size_t i = 0; i < 3; i++)
        if (!shape_column(s, span_of(names[i])))
            return span_of(names[i]);
    return SPAN_NONE;
}

enum err
shape_read(struct task *t, struct follower *f, struct span table, struct shape *out)
{
    static const char sql[] = "SELECT name, \"notnull\", pk FROM pragma_table_xinfo(?1) WHERE hidden <> 1 LIMIT 2000";
    sqlite3_stmt *st;
    bool has_rowid = false;
    int rc;
    *out = (struct shape){0};
    if (read_kind(t, f, table, out, &has_rowid) != E_OK || follower_prepare(t, f, sql, &st) != E_OK)
        return t->err;
    out->columns = task_array(t, SHAPE_COLUMNS, sizeof *out->columns);
    out->keys = task_array(t, SHAPE_KEYS + 1, sizeof *out->keys);
    sqlite3_bind_text(st, 1, out->name.p, (int)out->name.n, SQLITE_STATIC);
    while ((rc = sqlite3_step(st)) == SQLITE_ROW && out->n < SHAPE_COLUMNS) {
        int pk = sqlite3_column_int(st, 2);
        out->columns[out->n++] = (struct shape_column){text(t, st, 0), sqlite3_column_int(st, 1) != 0};
        if (!has_rowid && pk > 0 && pk <= SHAPE_KEYS) {
            out->keys[pk - 1] = out->columns[out->n - 1].name;
            out->n_keys = out->n_keys < (size_t)pk ? (size_t)pk : out->n_keys;
        }
    }
    sqlite3_reset(st);
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        return follower_fail(t, f, rc);
    if (has_rowid && rowid_name(out).n > 0) {
        out->keys[0] = rowid_name(out);
        out->n_keys = 1;
    }
    return E_OK;
}
