/* sidecar_stats: one column's counts, extremes and most frequent values. */
#include "effect/sidecar.h"

#include "base/json.h"
#include "base/must.h"
#include "base/utf8.h"

#include <string.h>

enum { SAMPLES = 8, SAMPLE_BYTES = 80, EXTREME_BYTES = 200 };

struct top {
    int64_t count[SAMPLES];
    struct buf json[SAMPLES]; /* the value as JSON */
    struct buf text[SAMPLES]; /* and as words, when it is text */
    size_t n;
};

/* A value as text of at most `most` bytes of whole characters. */
static void
put_clean(struct buf *b, sqlite3_stmt *row, int column, size_t most)
{
    utf8_clean(b, utf8_first(lite_text(row, column), most));
}

static void
fill(struct top *top, size_t at, sqlite3_stmt *row, int64_t count)
{
    struct buf *json = &top->json[at], *text = &top->text[at];
    buf_clear(json);
    buf_clear(text);
    top->count[at] = count;
    switch (sqlite3_column_type(row, 0)) {
    case SQLITE_INTEGER: buf_i64(json, sqlite3_column_int64(row, 0)); break;
    case SQLITE_FLOAT: json_put_double(json, sqlite3_column_double(row, 0)); break;
    default:
        put_clean(text, row, 0, SAMPLE_BYTES);
        json_put_text(json, buf_view(text));
    }
}

/* Keeps the most frequent; of equals the one that came first, which is the smaller. */
static void
offer(struct top *top, sqlite3_stmt *row, int64_t count)
{
    size_t at = top->n;
    if (top->n == SAMPLES && count <= top->count[SAMPLES - 1])
        return;
    if (top->n == SAMPLES)
        at = SAMPLES - 1;
    else
        top->n++;
    fill(top, at, row, count);
    for (; at > 0 && top->count[at - 1] < top->count[at]; at--) {
        struct buf json = top->json[at], text = top->text[at];
        int64_t c = top->count[at];
        top->json[at] = top->json[at - 1];
        top->text[at] = top->text[at - 1];
        top->count[at] = top->count[at - 1];
        top->json[at - 1] = json;
        top->text[at - 1] = text;
        top->count[at - 1] = c;
    }
}

struct counting {
    struct sidecar_stats *out;
    struct top top;
    struct buf last; /* the greatest value so far */
};

/* Rows (value, how often), by value: NULL first, then numbers, texts, blobs. */
static enum err
take_group(struct task *t, sqlite3_stmt *row, void *arg)
{
    struct counting *c = arg;
    int type = sqlite3_column_type(row, 0);
    int64_t count = sqlite3_column_int64(row, 1);
    if (type == SQLITE_NULL) {
        c->out->nulls = count;
        return E_OK;
    }
    c->out->distinct++;
    if (type == SQLITE_BLOB)
        return E_OK;
    buf_clear(&c->last);
    put_clean(&c->last, row, 0, EXTREME_BYTES);
    if (!c->out->min.p)
        c->out->min = task_dup(t, buf_view(&c->last));
    offer(&c->top, row, count);
    return E_OK;
}

static void
put_top(struct task *t, struct top *top, struct sidecar_stats *out)
{
    struct buf *samples = task_buf(t, (size_t)64 << 10), *words = task_buf(t, (size_t)64 << 10);
    buf_putc(samples, '[');
    for (size_t i = 0; i < top->n; i++) {
        buf_puts(samples, i ? "," : "");
        buf_span(samples, buf_view(&top->json[i]));
        buf_span(words, buf_view(&top->text[i]));
        buf_putc(words, ' ');
    }
    buf_putc(samples, ']');
    out->samples = buf_view(samples);
    out->words = buf_view(words);
}

static const char *
group_sql(struct task *t, struct span table, struct span column, int64_t limit)
{
    struct buf *b = task_buf(t, (size_t)1 << 20);
    buf_puts(b, "SELECT v, count(*) FROM (SELECT ");
    lite_put_name(b, column);
    buf_puts(b, " AS v FROM main.");
    lite_put_name(b, table);
    if (limit > 0)
        buf_printf(b, " LIMIT %lld", (long long)limit);
    buf_puts(b, ") GROUP BY v COLLATE BINARY ORDER BY v COLLATE BINARY");
    must(!b->failed);
    return buf_z(b);
}

static const char *
extremes_sql(struct task *t, struct span table, struct span column)
{
    struct buf *b = task_buf(t, (size_t)1 << 20);
    buf_puts(b, "SELECT count(*) - count(v), min(v COLLATE BINARY), max(v COLLATE BINARY) FROM (SELECT ");
    lite_put_name(b, column);
    buf_puts(b, " AS v FROM main.");
    lite_put_name(b, table);
    buf_puts(b, ") WHERE v IS NULL OR typeof(v) <> 'blob'");
    must(!b->failed);
    return buf_z(b);
}

static enum err
take_extremes(struct task *t, sqlite3_stmt *row, void *arg)
{
    struct sidecar_stats *out = arg;
    struct buf *min = task_buf(t, 4096), *max = task_buf(t, 4096);
    out->nulls = sqlite3_column_int64(row, 0);
    out->min = out->max = SPAN_NONE;
    if (sqlite3_column_type(row, 1) == SQLITE_NULL)
        return E_OK;
    put_clean(min, row, 1, EXTREME_BYTES);
    put_clean(max, row, 2, EXTREME_BYTES);
    out->min = task_dup(t, buf_view(min));
    out->max = task_dup(t, buf_view(max));
    return E_OK;
}

enum err
sidecar_stats(struct task *t, sqlite3 *db, struct span table, struct span column, int64_t rows, int64_t count_rows,
    struct sidecar_stats *out)
{
    struct counting c = {.out = out};
    bool sampled = rows > count_rows;
    *out = (struct sidecar_stats){0};
    buf_init(&c.last, 4096);
    for (size_t i = 0; i < SAMPLES; i++) {
        buf_init(&c.top.json[i], 4096);
        buf_init(&c.top.text[i], 4096);
    }
    enum err e = lite_each(t, db, group_sql(t, table, column, sampled ? count_rows : 0), take_group, &c);
    if (out->min.p)
        out->max = task_dup(t, buf_view(&c.last));
    put_top(t, &c.top, out);
    for (size_t i = 0; i < SAMPLES; i++) {
        buf_reset(&c.top.json[i]);
        buf_reset(&c.top.text[i]);
    }
    buf_reset(&c.last);
    if (e != E_OK || !sampled)
        return e;
    out->distinct = -1;
    return lite_each(t, db, extremes_sql(t, table, column), take_extremes, out);
}
