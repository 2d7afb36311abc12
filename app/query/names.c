/* names: reading the schema's names and comparing words. */
#include "query/names.h"

#include "query/scan.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct span
names_fold(struct span s, char out[NAMES_BYTES])
{
    size_t n = 0;
    for (size_t i = 0; i < s.n && n < NAMES_BYTES; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x80 || isalnum(c))
            out[n++] = (char)tolower(c);
    }
    return (struct span){out, n};
}

static int
least(int a, int b)
{
    return a < b ? a : b;
}

/* Optimal string alignment over three rows. */
static int
distance(struct span a, struct span b)
{
    int row[3][NAMES_BYTES + 1];
    for (size_t j = 0; j <= b.n; j++)
        row[0][j] = (int)j;
    for (size_t i = 1; i <= a.n; i++) {
        int *now = row[i % 3], *before = row[(i + 2) % 3], *two = row[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= b.n; j++) {
            int change = a.p[i - 1] != b.p[j - 1];
            now[j] = least(least(before[j] + 1, now[j - 1] + 1), before[j - 1] + change);
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
                now[j] = least(now[j], two[j - 2] + 1);
        }
    }
    return row[a.n % 3][b.n];
}

int
names_distance(struct span a, struct span b, int most)
{
    char x[NAMES_BYTES], y[NAMES_BYTES];
    struct span p = names_fold(a, x), q = names_fold(b, y);
    size_t gap = p.n > q.n ? p.n - q.n : q.n - p.n;
    if (gap > (size_t)most)
        return most + 1;
    return least(distance(p, q), most + 1);
}

int
names_alike(struct span a, struct span b)
{
    char x[NAMES_BYTES], y[NAMES_BYTES];
    struct span p = names_fold(a, x), q = names_fold(b, y);
    size_t longer = p.n > q.n ? p.n : q.n, shorter = p.n > q.n ? q.n : p.n;
    if (shorter == 0)
        return 0;
    if (span_eq(p, q))
        return 100;
    int score = 95 - 95 * distance(p, q) / (int)longer;
    bool holds = span_find(p, q) >= 0 || span_find(q, p) >= 0;
    if (holds && shorter >= 3)
        score = score > 72 ? score : 72;
    return score < 0 ? 0 : score;
}

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
