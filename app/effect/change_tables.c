/* change_tables: reading them by pragmas. */
#include "effect/change_tables.h"

#include "effect/lite.h"

#include "base/must.h"

#include <string.h>

enum { TABLES_MOST = 10000, OBJECTS_MOST = 100000, COLUMNS_MOST = 2000 };

struct reading {
    sqlite3 *db;
    struct change_tables *tables;
    struct change_schema *schema;
    size_t room;
};

/* Doubles a list when it is full. */
static void *
grown(struct task *t, void *list, size_t n, size_t *room, size_t item)
{
    if (n < *room)
        return list;
    *room = *room * 2 + 64;
    void *fresh = task_array(t, *room, item);
    if (n > 0)
        memcpy(fresh, list, n * item);
    return fresh;
}

/* table_list: schema, name, type, ncol, wr, strict. */
static enum err
take_table(struct task *t, sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    struct span name = lite_text(row, 1);
    if (!span_is(lite_text(row, 0), "main") || !span_is(lite_text(row, 2), "table") || span_starts(name, "sqlite_"))
        return E_OK;
    if (r->tables->n == TABLES_MOST)
        return task_fail(t, E_LIMIT, "The dataset has more than %d tables.", TABLES_MOST);
    r->tables->at = grown(t, r->tables->at, r->tables->n, &r->room, sizeof *r->tables->at);
    r->tables->at[r->tables->n++] =
        (struct change_table){.name = task_dup(t, name), .without_rowid = sqlite3_column_int(row, 4) != 0};
    return E_OK;
}

/* table_xinfo: cid, name, type, notnull, default, pk, hidden (2: virtual, 3: stored). */
static enum err
take_column(struct task *t, sqlite3_stmt *row, void *arg)
{
    struct change_table *table = arg;
    int hidden = sqlite3_column_int(row, 6);
    if (table->n == COLUMNS_MOST)
        return task_fail(t, E_LIMIT, "A table has more than %d columns.", COLUMNS_MOST);
    table->columns[table->n++] = (struct change_column){.name = task_dup(t, lite_text(row, 1)),
        .made = hidden == 2 || hidden == 3,
        .empty = hidden == 2,
        .pk = sqlite3_column_int(row, 5)};
    return E_OK;
}

static const char *
rowid_of(const struct change_table *table)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    for (size_t i = 0; !table->without_rowid && i < sizeof names / sizeof names[0]; i++) {
        bool taken = false;
        for (size_t k = 0; k < table->n; k++)
            taken = taken || span_is_nocase(table->columns[k].name, names[i]);
        if (!taken)
            return names[i];
    }
    return NULL;
}

enum err
change_tables_read(struct task *t, sqlite3 *db, struct change_tables *out)
{
    struct reading r = {.db = db, .tables = out};
    *out = (struct change_tables){.n = 0};
    if (lite_each(t, db, "PRAGMA main.table_list", take_table, &r) != E_OK)
        return t->err;
    for (size_t i = 0; i < out->n; i++) {
        struct change_table *table = &out->at[i];
        struct buf *sql = task_buf(t, 8192);
        struct change_column scratch[COLUMNS_MOST] = {{.pk = 0}};
        buf_puts(sql, "PRAGMA main.table_xinfo(");
        lite_put_name(sql, table->name);
        buf_putc(sql, ')');
        must(!sql->failed);
        table->columns = scratch;
        if (lite_each(t, db, buf_z(sql), take_column, table) != E_OK)
            return t->err;
        table->columns = task_array(t, table->n + 1, sizeof *table->columns);
        memcpy(table->columns, scratch, table->n * sizeof *scratch);
        table->rowid = rowid_of(table);
    }
    return E_OK;
}

const struct change_table *
change_table_find(const struct change_tables *tables, struct span name)
{
    for (size_t i = 0; i < tables->n; i++)
        if (span_eq(tables->at[i].name, name))
            return &tables->at[i];
    return NULL;
}

static enum err
take_object(struct task *t, sqlite3_stmt *row, void *arg)
{
    struct reading *r = arg;
    if (r->schema->n == OBJECTS_MOST)
        return task_fail(t, E_LIMIT, "The dataset's schema is too long.");
    r->schema->at = grown(t, r->schema->at, r->schema->n, &r->room, sizeof *r->schema->at);
    r->schema->at[r->schema->n++] = (struct change_object){task_dup(t, lite_text(row, 0)),
        task_dup(t, lite_text(row, 1)), task_dup(t, lite_text(row, 2)), task_dup(t, lite_text(row, 3))};
    return E_OK;
}

enum err
change_schema_read(struct task *t, sqlite3 *db, struct change_schema *out)
{
    struct reading r = {.db = db, .schema = out};
    *out = (struct change_schema){.n = 0};
    return lite_each(t, db,
        "SELECT type, name, tbl_name, coalesce(sql, '') FROM main.sqlite_schema WHERE name NOT LIKE 'sqlite\\_stat%'"
        " ESCAPE '\\' ORDER BY type, name",
        take_object, &r);
}

const struct change_object *
change_object_find(const struct change_schema *s, struct span type, struct span name)
{
    for (size_t i = 0; i < s->n; i++)
        if (span_eq(s->at[i].name, name) && span_eq(s->at[i].type, type))
            return &s->at[i];
    return NULL;
}
