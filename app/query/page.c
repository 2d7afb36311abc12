/* page: keyset paging. */
#include "query/page.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/id.h"
#include "query/rows.h"
#include "query/shape.h"
#include "query/statement.h"

#include <string.h>

enum { TOKEN_VALUE_BYTES = 1000, MARK_BYTES = 4, COUNT_MOST = 100000 };

/* A page as it is made. */
struct page {
    struct task *t;
    struct follower *f;
    const struct page_request *q;
    struct shape shape;
    const struct shape_column *sort; /* NULL: the keys' order */
    struct span order[PAGE_KEYS];    /* sort column, then keys */
    size_t n_order;
    struct cell after[PAGE_KEYS];
    bool has_after;
    int64_t offset; /* for tokens that count rows */
    struct query_rows rows;
};

/* Tokens: 'k' or 'o', four bytes that tie it to table and order, for 'k' the order's values that the page stands
 * behind, and the number of rows to pass over from there; as base64url. They are opaque to readers and harmless when
 * forged: values are bound, never written into SQL. */

static void
mark_of(const struct page *p, unsigned char out[MARK_BYTES])
{
    unsigned char hash[HASH_BYTES];
    struct span parts[4] = {
        p->shape.name, p->sort ? p->sort->name : SPAN(""), p->q->descending ? SPAN("d") : SPAN("a")};
    struct buf *b = task_buf(p->t, 4096);
    for (size_t i = 0; i < 3; i++)
        rows_put_text(b, parts[i]);
    hash_bytes(buf_view(b), hash);
    memcpy(out, hash, MARK_BYTES);
}

static bool
take_after(struct page *p, struct span rest, bool values)
{
    struct cell count;
    for (size_t i = 0; values && i < p->n_order; i++)
        if (!rows_take_cell(&rest, &p->after[i]))
            return false;
    if (!rows_take_cell(&rest, &count) || count.kind != CELL_INT || count.i < 0 || rest.n > 0)
        return false;
    p->has_after = values && p->n_order > 0;
    p->offset = count.i;
    return true;
}

static enum err
read_token(struct page *p)
{
    unsigned char mark[MARK_BYTES];
    struct buf *b = task_buf(p->t, PAGE_TOKEN_BYTES);
    if (p->q->after.n == 0)
        return E_OK;
    mark_of(p, mark);
    if (p->q->after.n <= PAGE_TOKEN_BYTES && base64_get(p->q->after, b) && b->n > MARK_BYTES + 1 &&
        memcmp(b->p + 1, mark, MARK_BYTES) == 0 &&
        take_after(p, span_from(buf_view(b), MARK_BYTES + 1), b->p[0] == 'k'))
        return E_OK;
    return task_fail(p->t, E_INVALID, "This link to a further page is not one of this table's in this order.");
}

/* The order's values of the row that the statement stands on; false when they are too long to carry. */
static bool
put_values(const struct page *p, sqlite3_stmt *st, struct buf *b)
{
    for (int i = 0; i < (int)p->n_order; i++) {
        struct cell c = statement_cell(st, (int)p->shape.n + i, TOKEN_VALUE_BYTES);
        if (c.full_bytes > (int64_t)c.s.n)
            return false;
        rows_put_cell(b, &c);
    }
    return p->n_order > 0 && !b->failed;
}

/* The token behind that row, the last of `given`. Where its own values can't be carried (or there are none, in a view),
 * it counts rows from where this page began. */
static struct span
make_token(const struct page *p, sqlite3_stmt *st, int64_t given)
{
    unsigned char mark[MARK_BYTES];
    struct cell count = {.kind = CELL_INT, .i = 0};
    struct buf *values = task_buf(p->t, PAGE_TOKEN_BYTES / 2), *b = task_buf(p->t, PAGE_TOKEN_BYTES);
    bool carried = put_values(p, st, values);
    if (!carried) {
        buf_clear(values);
        for (size_t i = 0; p->has_after && i < p->n_order; i++)
            rows_put_cell(values, &p->after[i]);
        count.i = p->offset + given;
    }
    mark_of(p, mark);
    buf_putc(b, carried || p->has_after ? 'k' : 'o');
    buf_put(b, mark, sizeof mark);
    buf_span(b, buf_view(values));
    rows_put_cell(b, &count);
    struct buf *text = task_buf(p->t, PAGE_TOKEN_BYTES);
    base64url_put(text, buf_view(b));
    return buf_view(text);
}

static void
put_list(struct buf *b, const struct span *names, size_t n, const char *behind)
{
    for (size_t i = 0; i < n; i++) {
        buf_puts(b, i ? ", " : "");
        buf_quoted(b, names[i], '\"');
        buf_puts(b, behind);
    }
}

/* (a, b) > (?1, ?2) from the order's column `from` on. */
static void
put_behind(struct buf *b, const struct page *p, size_t from)
{
    buf_putc(b, '(');
    put_list(b, p->order + from, p->n_order - from, "");
    buf_puts(b, p->q->descending ? ") < (" : ") > (");
    for (size_t i = from; i < p->n_order; i++)
        buf_printf(b, "%s?%zu", i > from ? ", " : "", i + 1);
    buf_putc(b, ')');
}

/* NULLs stand first when ascending and last when descending; a row value that holds a NULL compares as unknown. */
static void
put_where(struct buf *b, const struct page *p)
{
    bool nulls = p->sort && !p->sort->not_null;
    bool at_null = nulls && p->after[0].kind == CELL_NULL;
    buf_puts(b, " WHERE ");
    if (at_null && p->n_order > 1) {
        buf_quoted(b, p->order[0], '\"');
        buf_puts(b, " IS NULL AND ");
        put_behind(b, p, 1);
    } else {
        put_behind(b, p, 0);
    }
    if (nulls && at_null != p->q->descending) {
        buf_puts(b, " OR ");
        buf_quoted(b, p->order[0], '\"');
        buf_puts(b, at_null ? " IS NOT NULL" : " IS NULL");
    }
}

static const char *
make_sql(const struct page *p)
{
    struct buf *b = task_buf(p->t, 1 << 20);
    buf_puts(b, "SELECT ");
    for (size_t i = 0; i < p->shape.n; i++) {
        buf_puts(b, i ? ", " : "");
        buf_quoted(b, p->shape.columns[i].name, '\"');
    }
    buf_puts(b, p->n_order > 0 ? ", " : "");
    put_list(b, p->order, p->n_order, "");
    buf_puts(b, " FROM ");
    buf_quoted(b, p->shape.name, '\"');
    if (p->has_after)
        put_where(b, p);
    if (p->n_order > 0) {
        buf_puts(b, " ORDER BY ");
        put_list(b, p->order, p->n_order, p->q->descending ? " DESC" : "");
    }
    buf_printf(b, " LIMIT ?%d OFFSET ?%d", PAGE_KEYS + 1, PAGE_KEYS + 2);
    return buf_z(b);
}

static void
bind_value(sqlite3_stmt *st, int i, const struct cell *c)
{
    switch (c->kind) {
    case CELL_NULL: sqlite3_bind_null(st, i); return;
    case CELL_INT: sqlite3_bind_int64(st, i, c->i); return;
    case CELL_REAL: sqlite3_bind_double(st, i, c->r); return;
    case CELL_TEXT: sqlite3_bind_text(st, i, c->s.p, (int)c->s.n, SQLITE_STATIC); return;
    case CELL_BLOB: sqlite3_bind_blob(st, i, c->s.p, (int)c->s.n, SQLITE_STATIC); return;
    }
}

static void
put_row(struct page *p, sqlite3_stmt *st, struct buf *cells)
{
    for (int i = 0; i < (int)p->shape.n; i++) {
        struct cell c = statement_cell(st, i, STATEMENT_CELL_BYTES);
        if (c.full_bytes > (int64_t)c.s.n)
            p->rows.truncated_by = SPAN("cell");
        rows_put_cell(cells, &c);
    }
    p->rows.n_rows++;
}

/* Steps through the page; one row more than asked tells whether there is a next page. */
static enum err
step(struct page *p, sqlite3_stmt *st, struct buf *cells)
{
    int rc;
    size_t most = (size_t)conf_int("limits.result_bytes");
    while ((rc = sqlite3_step(st)) == SQLITE_ROW && p->rows.next.n == 0) {
        put_row(p, st, cells);
        if (cells->failed)
            return task_fail(p->t, E_LIMIT, "A row of this table is too long for a page.");
        if (cells->n > most)
            p->rows.truncated_by = SPAN("bytes");
        if ((int64_t)p->rows.n_rows == p->q->size || cells->n > most)
            p->rows.next = make_token(p, st, (int64_t)p->rows.n_rows);
    }
    if (rc == SQLITE_DONE)
        p->rows.next = SPAN_NONE;
    p->rows.truncated = p->rows.truncated_by.n > 0;
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? E_OK : follower_fail(p->t, p->f, rc);
}

static void
set_columns(struct page *p, sqlite3_stmt *st)
{
    statement_columns(p->t, st, &p->rows);
    p->rows.n_columns = p->shape.n; /* not the order's */
}

/* Sort column first, then what tells rows apart; without that (views), rows are counted. */
static enum err
set_order(struct page *p)
{
    if (p->q->sort.n > 0 && !(p->sort = shape_column(&p->shape, p->q->sort)))
        return task_fail(p->t, E_NOTFOUND, "%.*s has no column %.*s.", SPAN_ARG(p->shape.name),
            SPAN_ARG(span_first(p->q->sort, 100)));
    if (p->sort)
        p->order[p->n_order++] = p->sort->name;
    for (size_t i = 0; i < p->shape.n_keys && p->n_order < PAGE_KEYS; i++)
        if (!p->sort || !span_eq(p->shape.keys[i], p->sort->name))
            p->order[p->n_order++] = p->shape.keys[i];
    return E_OK;
}

/* Rows in all: as the sidecar counted them, else counted here up to a limit. */
static void
count(struct page *p)
{
    static const char kept[] = "SELECT rows FROM tbl WHERE name = ?1 AND rows IS NOT NULL";
    struct task t;
    struct follower *side;
    sqlite3_stmt *st = NULL;
    p->rows.total = -1;
    task_begin(&t, 0);
    if (follower_sidecar(&t, p->f, &side) == E_OK && follower_prepare(&t, side, kept, &st) == E_OK) {
        sqlite3_bind_text(st, 1, p->shape.name.p, (int)p->shape.name.n, SQLITE_STATIC);
        if (sqlite3_step(st) == SQLITE_ROW)
            p->rows.total = sqlite3_column_int64(st, 0);
        sqlite3_reset(st);
    }
    task_end(&t);
    if (p->rows.total >= 0)
        return;
    struct buf *b = task_buf(p->t, 8192);
    buf_puts(b, "SELECT count(*) FROM (SELECT 1 FROM ");
    buf_quoted(b, p->shape.name, '\"');
    buf_printf(b, " LIMIT %d)", COUNT_MOST + 1);
    task_begin(&t, 0);
    if (follower_prepare(&t, p->f, buf_z(b), &st) == E_OK && sqlite3_step(st) == SQLITE_ROW) {
        int64_t n = sqlite3_column_int64(st, 0);
        p->rows.total_more = n > COUNT_MOST;
        p->rows.total = p->rows.total_more ? COUNT_MOST : n;
    }
    sqlite3_reset(st);
    task_end(&t);
}

enum err
page_read(struct task *t, struct follower *f, const struct page_request *q, struct buf *reply)
{
    struct page p = {.t = t, .f = f, .q = q};
    sqlite3_stmt *st;
    struct buf *cells = task_buf(t, ROWS_REPLY_BYTES);
    int64_t begin = clock_mono_us();
    p.rows = (struct query_rows){.total = -1, .revision = span_of(f->revision)};
    if (q->size < 1 || q->size > PAGE_ROWS)
        return task_fail(t, E_INVALID, "A page has 1 to %d rows.", PAGE_ROWS);
    if (shape_read(t, f, q->table, &p.shape) != E_OK || set_order(&p) != E_OK || read_token(&p) != E_OK ||
        follower_prepare(t, f, make_sql(&p), &st) != E_OK)
        return t->err;
    for (size_t i = 0; p.has_after && i < p.n_order; i++)
        bind_value(st, (int)i + 1, &p.after[i]);
    sqlite3_bind_int64(st, PAGE_KEYS + 1, q->size + 1);
    sqlite3_bind_int64(st, PAGE_KEYS + 2, p.offset);
    set_columns(&p, st);
    enum err e = step(&p, st, cells);
    sqlite3_reset(st);
    if (e == E_OK && q->count)
        count(&p);
    p.rows.took_us = clock_mono_us() - begin;
    labels_join_table(&q->labels, p.shape.name, p.shape.plain, &p.rows);
    if (e == E_OK)
        rows_put(reply, &p.rows, buf_view(cells));
    return e;
}
