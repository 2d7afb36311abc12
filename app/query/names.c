/* names: reading the schema's names. */
#include "query/names.h"

#include "query/scan.h"

#include <strings.h>

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

static const char names_sql[] = "SELECT m.name, x.name FROM sqlite_schema AS m, pragma_table_xinfo(m.name) AS x "
                                "WHERE m.type IN ('table', 'view') AND substr(m.name, 1, 7) <> 'sqlite_' LIMIT ?1";

/* One row per column, tables together. */
static void
collect(struct task *t, sqlite3_stmt *st, struct span sql, struct names *out)
{
    size_t n_columns = 0;
    struct span *columns = task_array(t, NAMES_COLUMNS, sizeof *columns);
    out->tables = task_array(t, NAMES_COLUMNS, sizeof *out->tables);
    while (sqlite3_step(st) == SQLITE_ROW && n_columns < NAMES_COLUMNS) {
        struct span table = column_text(t, st, 0);
        if (out->n == 0 || !span_eq(out->tables[out->n - 1].name, table))
            out->tables[out->n++] = (struct names_table){table, &columns[n_columns], 0, speaks_of(t, sql, table)};
        out->tables[out->n - 1].n++;
        columns[n_columns++] = column_text(t, st, 1);
    }
}

void
names_load(struct guard *g, struct span sql, struct names *out)
{
    sqlite3_stmt *st = NULL;
    bool ours = g->ours, stepping = g->stepping;
    *out = (struct names){0};
    g->ours = g->stepping = true;
    if (sqlite3_prepare_v2(g->db, names_sql, -1, &st, NULL) == SQLITE_OK) {
        sqlite3_bind_int(st, 1, NAMES_COLUMNS);
        collect(g->t, st, sql, out);
    }
    sqlite3_finalize(st);
    g->ours = ours;
    g->stepping = stepping;
}
