/* names: reading the schema's names. */
#include "query/names.h"

#include "query/scan.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { FIRST_ROOM = 16 };

static struct span
column_text(struct task *t, sqlite3_stmt *st, int i)
{
    const void *p = sqlite3_column_text(st, i);
    int n = sqlite3_column_bytes(st, i);
    return task_dup(t, (struct span){p, p && n > 0 ? (size_t)n : 0});
}

static bool
speaks_of(struct task *t, struct span sql, struct span name)
{
    struct span token;
    enum scan_kind k;
    while ((k = scan_next(&sql, &token)) != SCAN_END) {
        if (k != SCAN_WORD && k != SCAN_QUOTED)
            continue;
        struct span word = k == SCAN_QUOTED ? scan_unquote(t, token) : token;
        if (word.n == name.n && strncasecmp(word.p, name.p, name.n) == 0)
            return true;
    }
    return false;
}

bool
names_column(const struct names_table *table, struct span name, size_t *column)
{
    for (size_t i = 0; i < table->n; i++)
        if (table->columns[i].n == name.n && strncasecmp(table->columns[i].p, name.p, name.n) == 0)
            return *column = i, true;
    return false;
}

const struct names_table *
names_find(const struct names *names, struct span name)
{
    for (size_t i = 0; i < names->n; i++)
        if (names->tables[i].name.n == name.n && strncasecmp(names->tables[i].name.p, name.p, name.n) == 0)
            return &names->tables[i];
    return NULL;
}

/* The tables in which virtual ones keep their index are nobody's to ask. */
static const char names_sql[] =
    "SELECT m.name, x.name, x.type FROM sqlite_schema AS m, pragma_table_xinfo(m.name) AS x "
    "WHERE (m.type = 'table' OR (m.type = 'view' AND (?2 OR instr(?3, lower(m.name)) > 0))) "
    "AND substr(m.name, 1, 7) <> 'sqlite_' AND NOT (?4 AND m.name IN (SELECT v.name || s.column1 FROM sqlite_schema AS "
    "v, (VALUES ('_data'), ('_idx'), ('_content'), ('_docsize'), ('_config'), ('_segments'), ('_segdir'), ('_stat'), "
    "('_node'), ('_parent'), ('_rowid')) AS s WHERE v.type = 'table' AND v.rootpage = 0)) LIMIT ?1";

void *
names_room(struct task *t, void *items, size_t n, size_t *room, size_t item_bytes)
{
    if (n < *room)
        return items;
    *room = *room ? *room * 2 : FIRST_ROOM;
    void *more = task_array(t, *room, item_bytes);
    if (n > 0)
        memcpy(more, items, n * item_bytes);
    return more;
}

/* One row per column, tables together. */
static void
collect(struct task *t, sqlite3_stmt *st, struct span sql, struct names *out)
{
    size_t n_columns = 0, room = 0, columns = 0, types = 0;
    struct names_table *table = NULL;
    for (; sqlite3_step(st) == SQLITE_ROW && n_columns < NAMES_COLUMNS; n_columns++) {
        struct span name = column_text(t, st, 0);
        if (!table || !span_eq(table->name, name)) {
            out->tables = names_room(t, out->tables, out->n, &room, sizeof *out->tables);
            table = &out->tables[out->n++];
            *table = (struct names_table){.name = name, .mentioned = speaks_of(t, sql, name)};
            columns = types = 0;
        }
        table->columns = names_room(t, table->columns, table->n, &columns, sizeof *table->columns);
        table->types = names_room(t, table->types, table->n, &types, sizeof *table->types);
        table->columns[table->n] = column_text(t, st, 1);
        table->types[table->n++] = column_text(t, st, 2);
    }
}

static const char keys_sql[] = "SELECT m.name, k.\"from\", k.\"table\", k.\"to\", k.seq FROM sqlite_schema AS m, "
                               "pragma_foreign_key_list(m.name) AS k WHERE m.type = 'table' LIMIT ?1";

/* A key that names no column of the other table means its first one, which is where primary keys stand. */
static void
collect_key(struct task *t, sqlite3_stmt *st, struct names *out, size_t *room)
{
    struct names_key key = {0};
    const struct names_table *table = names_find(out, column_text(t, st, 0));
    const struct names_table *to = names_find(out, column_text(t, st, 2));
    struct span to_name = column_text(t, st, 3);
    if (!table || !to || !names_column(table, column_text(t, st, 1), &key.column))
        return;
    if (to_name.n == 0 ? sqlite3_column_int(st, 4) > 0 : !names_column(to, to_name, &key.to_column))
        return;
    key.table = (size_t)(table - out->tables);
    key.to_table = (size_t)(to - out->tables);
    out->keys = names_room(t, out->keys, out->n_keys, room, sizeof *out->keys);
    out->keys[out->n_keys++] = key;
}

static void
collect_keys(struct task *t, sqlite3_stmt *st, struct names *out)
{
    size_t room = 0;
    while (sqlite3_step(st) == SQLITE_ROW && out->n_keys < NAMES_KEYS)
        collect_key(t, st, out, &room);
}

static struct span
lower(struct task *t, struct span s)
{
    char *z = task_alloc(t, s.n + 1);
    for (size_t i = 0; i < s.n; i++)
        z[i] = (char)tolower((unsigned char)s.p[i]);
    return (struct span){z, s.n};
}

static void
load(struct guard *g, struct span sql, bool all, struct names *out)
{
    sqlite3_stmt *st = NULL;
    bool ours = g->ours, stepping = g->stepping;
    *out = (struct names){0};
    g->ours = g->stepping = true;
    if (sqlite3_prepare_v2(g->db, names_sql, -1, &st, NULL) == SQLITE_OK) {
        struct span text = lower(g->t, sql);
        sqlite3_bind_int(st, 1, NAMES_COLUMNS);
        sqlite3_bind_int(st, 2, all);
        sqlite3_bind_int(st, 4, g->virtual_tables);
        sqlite3_bind_text(st, 3, text.p, (int)text.n, SQLITE_STATIC);
        collect(g->t, st, sql, out);
    }
    sqlite3_finalize(st);
    st = NULL;
    if (sqlite3_prepare_v2(g->db, keys_sql, -1, &st, NULL) == SQLITE_OK) {
        sqlite3_bind_int(st, 1, NAMES_KEYS);
        collect_keys(g->t, st, out);
    }
    sqlite3_finalize(st);
    g->ours = ours;
    g->stepping = stepping;
}

void
names_load(struct guard *g, struct span sql, struct names *out)
{
    load(g, sql, true, out);
}

void
names_load_near(struct guard *g, struct span sql, struct names *out)
{
    load(g, sql, false, out);
}
