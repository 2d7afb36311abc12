/* labels: reading a grant's detail; joining. */
#include "query/labels.h"

#include "base/json.h"
#include "query/rows.h"

#include <string.h>
#include <strings.h>

_Static_assert(LABELS_MOST <= UINT8_MAX, "their number is sent as one byte");

static bool
same(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0); /* as SQLite compares names */
}

static bool
begins(struct span s, const char *z)
{
    size_t n = strlen(z);
    return s.n >= n && strncasecmp(s.p, z, n) == 0;
}

/* Reading ---------------------------------------------------------------------------------------------------------- */

static bool
take_number(const json_t *j, int most, int *out)
{
    json_int_t v = json_integer_value(j);
    if (!json_is_integer(j) || v < 0 || v > most)
        return false;
    *out = (int)v;
    return true;
}

static bool
take_name(const json_t *j, struct span *out)
{
    *out = (struct span){json_string_value(j), json_string_length(j)};
    return json_is_string(j);
}

static bool
take_row(const json_t *j, const struct labels *l, struct labels_row *out)
{
    size_t n = json_array_size(j);
    out->integrity = l->integrity;
    return json_is_array(j) && (n == 3 || n == 4) && take_name(json_array_get(j, 0), &out->table) &&
           take_name(json_array_get(j, 1), &out->column) &&
           take_number(json_array_get(j, 2), ROWS_LEVEL, &out->level) &&
           (n == 3 || take_number(json_array_get(j, 3), ROWS_INTEGRITY, &out->integrity));
}

static int
higher(int a, int b)
{
    return a > b ? a : b;
}

static bool
take_rows(struct task *t, const json_t *list, int64_t grant_level, struct labels *l)
{
    if (!list)
        return true;
    if (!json_is_array(list) || json_array_size(list) > LABELS_MOST)
        return false;
    l->rows = task_array(t, json_array_size(list), sizeof *l->rows);
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct labels_row *row = &l->rows[l->n];
        if (!take_row(json_array_get(list, i), l, row))
            return false;
        if (row->level > grant_level)
            continue;
        l->top_level = higher(l->top_level, row->level);
        l->top_integrity = higher(l->top_integrity, row->integrity);
        l->n++;
    }
    return true;
}

enum err
labels_read(struct task *t, struct span detail, int64_t grant_level, struct labels *out)
{
    json_t *j;
    *out = (struct labels){.level = (int)grant_level, .integrity = ROWS_INTEGRITY};
    out->top_level = out->level;
    out->top_integrity = out->integrity;
    if (detail.n == 0)
        return E_OK;
    if (detail.n > LABELS_DETAIL_BYTES || json_read(t, detail, &j) != E_OK || !json_is_object(j))
        goto malformed;
    if (!json_object_get(j, "level"))
        return E_OK;
    if (!take_number(json_object_get(j, "level"), ROWS_LEVEL, &out->level) ||
        !take_number(json_object_get(j, "integrity"), ROWS_INTEGRITY, &out->integrity))
        goto malformed;
    out->top_level = out->level;
    out->top_integrity = out->integrity;
    if (!take_rows(t, json_object_get(j, "labels"), grant_level, out))
        goto malformed;
    if (out->level > grant_level)
        return task_fail(t, E_DENIED, "The permission for this call does not reach up to this dataset.");
    return E_OK;
malformed:
    task_clear_error(t);
    return task_fail(t, E_DENIED, "The permission for this call has labels that can't be read.");
}

/* Level and integrity in one byte. */
static void
put_label(struct buf *b, int level, int integrity)
{
    buf_putc(b, (char)(level << 4 | integrity));
}

static bool
take_label(struct span *rest, int *level, int *integrity)
{
    if (rest->n == 0)
        return false;
    *level = (unsigned char)rest->p[0] >> 4;
    *integrity = rest->p[0] & 15;
    *rest = span_from(*rest, 1);
    return *level <= ROWS_LEVEL && *integrity <= ROWS_INTEGRITY;
}

void
labels_put(struct buf *b, const struct labels *l)
{
    put_label(b, l->level, l->integrity);
    put_label(b, l->top_level, l->top_integrity);
    buf_putc(b, (char)l->n);
    for (size_t i = 0; i < l->n; i++) {
        put_label(b, l->rows[i].level, l->rows[i].integrity);
        rows_put_text(b, l->rows[i].table);
        rows_put_text(b, l->rows[i].column);
    }
}

bool
labels_take(struct task *t, struct span bytes, struct labels *out)
{
    *out = (struct labels){0};
    if (!take_label(&bytes, &out->level, &out->integrity) || !take_label(&bytes, &out->top_level, &out->top_integrity))
        return false;
    if (bytes.n == 0)
        return false;
    size_t n = (unsigned char)bytes.p[0];
    bytes = span_from(bytes, 1);
    out->rows = task_array(t, n, sizeof *out->rows);
    for (; out->n < n; out->n++) {
        struct labels_row *row = &out->rows[out->n];
        if (!take_label(&bytes, &row->level, &row->integrity) || !rows_take_text(&bytes, &row->table) ||
            !rows_take_text(&bytes, &row->column))
            return false;
    }
    return bytes.n == 0;
}

/* Joining ---------------------------------------------------------------------------------------------------------- */

static void
raise_by(struct query_rows *r, const struct labels_row *row)
{
    r->level = higher(r->level, row->level);
    r->integrity = higher(r->integrity, row->integrity);
}

static void
raise_to_top(const struct labels *l, struct query_rows *r)
{
    r->level = l->top_level;
    r->integrity = l->top_integrity;
}

static void
join_read(const struct labels *l, const struct query_read *read, struct query_rows *r)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct labels_row *row = &l->rows[i];
        if (same(row->table, read->table) &&
            (row->column.n == 0 || read->column.n == 0 || same(row->column, read->column)))
            raise_by(r, row);
    }
}

static bool
tells_of_everything(struct span table)
{
    return begins(table, "sqlite_") || begins(table, "pragma_") || span_is_nocase(table, "dbstat");
}

/* Is it the full-text table of that name, or one of the tables that it keeps its words in? */
static bool
belongs_to(struct span table, struct span fts)
{
    static const char *const shadows[] = {"_data", "_idx", "_content", "_docsize", "_config"};
    if (table.n < fts.n || strncasecmp(table.p, fts.p, fts.n) != 0)
        return false;
    if (table.n == fts.n)
        return true;
    for (size_t i = 0; i < sizeof shadows / sizeof shadows[0]; i++)
        if (span_is_nocase(span_from(table, fts.n), shadows[i]))
            return true;
    return false;
}

static bool
any_belongs(const struct query_rows *r, sqlite3_stmt *st)
{
    struct span fts = {(const char *)sqlite3_column_text(st, 0), (size_t)sqlite3_column_bytes(st, 0)};
    for (size_t i = 0; fts.p && i < r->n_reads; i++)
        if (belongs_to(r->reads[i].table, fts))
            return true;
    return false;
}

/* Full-text tables have no pages of their own. What can't be looked at counts as read. */
static bool
reads_full_text(struct guard *g, const struct query_rows *r)
{
    static const char sql[] = "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage = 0";
    sqlite3_stmt *st = NULL;
    bool found = false;
    g->ours = true;
    int rc = sqlite3_prepare_v2(g->db, sql, -1, &st, NULL);
    while (rc == SQLITE_OK && !found && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        found = any_belongs(r, st);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(st);
    g->ours = false;
    return found || rc != SQLITE_DONE;
}

void
labels_join(const struct labels *l, struct guard *g, struct query_rows *r)
{
    r->level = l->level;
    r->integrity = l->integrity;
    if (l->n == 0)
        return;
    bool all = g->more_reads;
    for (size_t i = 0; i < r->n_reads && !all; i++) {
        join_read(l, &r->reads[i], r);
        all = tells_of_everything(r->reads[i].table);
    }
    if (all || (g->virtual_tables && reads_full_text(g, r)))
        raise_to_top(l, r);
}

void
labels_join_table(const struct labels *l, struct span table, bool plain, struct query_rows *r)
{
    const struct query_read whole = {.table = table};
    r->level = l->level;
    r->integrity = l->integrity;
    if (plain)
        join_read(l, &whole, r);
    else
        raise_to_top(l, r);
}
