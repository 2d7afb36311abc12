/* sidecar: reading tbl, col, fk and find. */
#include "query/sidecar.h"

#include "base/json.h"

#include <string.h>

enum { FIND_WORDS = 32, FIND_TABLES = 64, FIND_BYTES = 4096 };

static struct span
text(sqlite3_stmt *st, int i)
{
    const void *p = sqlite3_column_text(st, i);
    int n = sqlite3_column_bytes(st, i);
    return (struct span){p, p && n > 0 ? (size_t)n : 0};
}

static void
put_text(struct buf *b, const char *key, sqlite3_stmt *st, int i)
{
    json_put_key(b, key);
    json_put_text(b, text(st, i));
}

static void
put_number(struct buf *b, const char *key, sqlite3_stmt *st, int i)
{
    json_put_key(b, key);
    if (sqlite3_column_type(st, i) == SQLITE_NULL)
        buf_puts(b, "null");
    else
        buf_i64(b, sqlite3_column_int64(st, i));
}

static void
put_flag(struct buf *b, const char *key, sqlite3_stmt *st, int i)
{
    json_put_key(b, key);
    buf_puts(b, sqlite3_column_int(st, i) ? "true" : "false");
}

static void
put_comma(struct buf *b)
{
    if (b->n > 0 && b->p[b->n - 1] != '[')
        buf_putc(b, ',');
}

/* Sampled values are JSON already; what is not an array is left out. */
static void
put_samples(struct buf *b, sqlite3_stmt *st, int i)
{
    struct task t;
    json_t *j;
    task_begin(&t, 0);
    json_put_key(b, "samples");
    if (sqlite3_column_type(st, i) != SQLITE_NULL && json_read_lax(&t, text(st, i), &j) == E_OK && json_is_array(j))
        json_put(b, j);
    else
        buf_puts(b, "[]");
    task_end(&t);
}

static enum err
put_columns(struct task *t, struct follower *side, int64_t table, struct buf *b)
{
    static const char sql[] =
        "SELECT name, type, pk, not_null, description, unit, distinct_n, null_n, min, max, samples "
        "FROM col WHERE tbl = ?1 ORDER BY pos";
    sqlite3_stmt *st;
    int rc;
    if (follower_prepare(t, side, sql, &st) != E_OK)
        return t->err;
    sqlite3_bind_int64(st, 1, table);
    json_put_key(b, "columns");
    buf_putc(b, '[');
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        put_comma(b);
        buf_putc(b, '{');
        put_text(b, "name", st, 0);
        put_text(b, "type", st, 1);
        put_number(b, "pk", st, 2);
        put_flag(b, "not_null", st, 3);
        put_text(b, "description", st, 4);
        put_text(b, "unit", st, 5);
        put_number(b, "distinct", st, 6);
        put_number(b, "nulls", st, 7);
        put_text(b, "min", st, 8);
        put_text(b, "max", st, 9);
        put_samples(b, st, 10);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
    sqlite3_reset(st);
    return rc == SQLITE_DONE ? E_OK : follower_fail(t, side, rc);
}

/* One key's rows stand together: columns are collected while its number stays. */
static enum err
put_keys(struct task *t, struct follower *side, int64_t table, struct buf *b)
{
    static const char sql[] = "SELECT id, to_tbl, json_group_array(col), json_group_array(to_col) FROM "
                              "(SELECT * FROM fk WHERE tbl = ?1 ORDER BY id, pos) GROUP BY id ORDER BY id";
    sqlite3_stmt *st;
    int rc;
    if (follower_prepare(t, side, sql, &st) != E_OK)
        return t->err;
    sqlite3_bind_int64(st, 1, table);
    json_put_key(b, "foreign_keys");
    buf_putc(b, '[');
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        put_comma(b);
        buf_puts(b, "{\"columns\":");
        buf_span(b, text(st, 2));
        put_text(b, "table", st, 1);
        buf_puts(b, ",\"to\":");
        buf_span(b, text(st, 3));
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
    sqlite3_reset(st);
    return rc == SQLITE_DONE ? E_OK : follower_fail(t, side, rc);
}

enum err
sidecar_schema(struct task *t, struct follower *side, struct buf *b)
{
    static const char sql[] = "SELECT id, name, kind, rows, description, sql FROM tbl ORDER BY id";
    sqlite3_stmt *st;
    int rc;
    if (follower_prepare(t, side, sql, &st) != E_OK)
        return t->err;
    buf_putc(b, '{');
    json_put_key(b, "dataset");
    json_put_text(b, span_of(side->key.dataset));
    json_put_key(b, "revision");
    json_put_text(b, span_of(side->revision));
    json_put_key(b, "tables");
    buf_putc(b, '[');
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        put_comma(b);
        buf_putc(b, '{');
        put_text(b, "name", st, 1);
        put_text(b, "kind", st, 2);
        put_number(b, "rows", st, 3);
        put_text(b, "description", st, 4);
        int64_t id = sqlite3_column_int64(st, 0);
        if (put_columns(t, side, id, b) != E_OK || put_keys(t, side, id, b) != E_OK)
            break;
        put_text(b, "sql", st, 5);
        buf_putc(b, '}');
    }
    buf_puts(b, "]}");
    sqlite3_reset(st);
    if (t->err != E_OK || rc != SQLITE_DONE)
        return t->err != E_OK ? t->err : follower_fail(t, side, rc);
    return b->failed ? task_fail(t, E_LIMIT, "The dataset's schema is too long to be given whole.") : E_OK;
}

/* "top movies by gross" as "top"* OR "movies"* OR ...: letters and digits alone, so that no word is an operator. */
static const char *
match_of(struct task *t, struct span words)
{
    struct buf *b = task_buf(t, FIND_BYTES);
    size_t n = 0;
    for (size_t i = 0; i < words.n && n < FIND_WORDS;) {
        size_t k = i;
        while (k < words.n && ((words.p[k] | 32) >= 'a' ? (words.p[k] | 32) <= 'z' || (unsigned char)words.p[k] >= 0x80
                                                        : words.p[k] >= '0' && words.p[k] <= '9'))
            k++;
        if (k - i > 1 && k - i < 100) {
            buf_printf(b, "%s\"%.*s\"", n > 0 ? " OR " : "", (int)(k - i), words.p + i);
            buf_puts(b, k - i > 3 ? "*" : "");
            n++;
        }
        i = k > i ? k : i + 1;
    }
    return b->failed ? "" : buf_z(b);
}

struct found {
    struct task *t;
    struct buf *b;
    int64_t most, n;
    struct span names[FIND_TABLES];
};

static void
put_found(struct found *f, struct span name, double score, const char *why)
{
    for (int64_t i = 0; i < f->n; i++)
        if (span_eq(f->names[i], name))
            return;
    if (f->n >= f->most)
        return;
    f->names[f->n++] = task_dup(f->t, name);
    put_comma(f->b);
    buf_puts(f->b, "{\"name\":");
    json_put_text(f->b, name);
    json_put_key(f->b, "score");
    json_put_double(f->b, score);
    json_put_key(f->b, "why");
    json_put_text(f->b, span_of(why));
    buf_putc(f->b, '}');
}

/* Rows of (name, score, why) into the list. */
static enum err
collect(struct task *t, struct follower *side, const char *sql, struct span argument, struct found *f)
{
    sqlite3_stmt *st;
    int rc;
    if (follower_prepare(t, side, sql, &st) != E_OK)
        return t->err;
    sqlite3_bind_text(st, 1, argument.p ? argument.p : "", (int)argument.n, SQLITE_STATIC);
    while ((rc = sqlite3_step(st)) == SQLITE_ROW)
        put_found(f, text(st, 0), sqlite3_column_double(st, 1), task_z(t, text(st, 2)));
    sqlite3_reset(st);
    return rc == SQLITE_DONE ? E_OK : follower_fail(t, side, rc);
}

enum err
sidecar_find(struct task *t, struct follower *side, struct span words, int64_t most, struct buf *b)
{
    static const char matching[] =
        "SELECT tbl.name, round(-bm25(find, 10.0, 4.0, 3.0, 1.0), 3), 'matches ' || "
        "snippet(find, -1, '', '', '...', 8) FROM find JOIN tbl ON tbl.id = find.rowid WHERE find MATCH ?1 "
        "ORDER BY bm25(find, 10.0, 4.0, 3.0, 1.0) LIMIT 64";
    static const char neighbours[] =
        "SELECT DISTINCT other.name, 0.0, 'is joined to ' || ?1 || ' by a foreign key' FROM tbl AS one, fk, tbl AS "
        "other "
        "WHERE one.name = ?1 AND ((fk.tbl = one.id AND other.name = fk.to_tbl COLLATE NOCASE) OR "
        "(fk.to_tbl = one.name COLLATE NOCASE AND other.id = fk.tbl)) AND other.id <> one.id ORDER BY other.id";
    static const char largest[] =
        "SELECT name, 0.0, 'no word matched; it is one of the largest tables' FROM tbl ORDER BY rows DESC, id LIMIT 64";
    struct found f = {.t = t, .b = b, .most = most < 1 || most > FIND_TABLES ? FIND_TABLES : most};
    struct span match = span_of(match_of(t, words));
    buf_putc(b, '[');
    if (match.n > 0 && collect(t, side, matching, match, &f) != E_OK)
        return t->err;
    int64_t hits = f.n;
    for (int64_t i = 0; i < hits; i++)
        if (collect(t, side, neighbours, f.names[i], &f) != E_OK)
            return t->err;
    if (f.n == 0 && collect(t, side, largest, SPAN_NONE, &f) != E_OK)
        return t->err;
    buf_putc(b, ']');
    return E_OK;
}
