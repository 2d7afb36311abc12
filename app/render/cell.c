/* cell: one value as text for a table. */
#include "render/cell.h"

#include "base/json.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>

static struct cell_shown
null_show(struct task *t, const struct cell *c, size_t limit)
{
    (void)t;
    (void)c;
    (void)limit;
    return (struct cell_shown){.text = SPAN("NULL"), .class = SPAN("null")};
}

static struct cell_shown
int_show(struct task *t, const struct cell *c, size_t limit)
{
    (void)limit;
    char *end = (char *)task_alloc(t, 24) + 24, *at = end; /* no printf for each of a page's thousand numbers */
    uint64_t u = c->i < 0 ? 0 - (uint64_t)c->i : (uint64_t)c->i;
    do {
        *--at = (char)('0' + u % 10);
        u /= 10;
    } while (u > 0);
    if (c->i < 0)
        *--at = '-';
    return (struct cell_shown){.text = {at, (size_t)(end - at)}, .class = SPAN("num")};
}

static struct cell_shown
real_show(struct task *t, const struct cell *c, size_t limit)
{
    (void)limit;
    struct cell_shown s = {.class = SPAN("num")};
    struct buf *b = task_buf(t, 64);
    if (isfinite(c->r))
        json_put_double(b, c->r);
    else
        buf_puts(b, isnan(c->r) ? "not a number" : c->r > 0 ? "Infinity" : "-Infinity");
    s.text = buf_view(b);
    return s;
}

static int64_t
full_length(const struct cell *c)
{
    return c->full_bytes > (int64_t)c->s.n ? c->full_bytes : (int64_t)c->s.n;
}

static struct cell_shown
text_show(struct task *t, const struct cell *c, size_t limit)
{
    struct span first = utf8_first(c->s, limit);
    int64_t full_bytes = full_length(c);
    bool whole = (int64_t)first.n >= full_bytes;
    if (whole && utf8_valid(first))
        return (struct cell_shown){.text = first, .class = SPAN("text")};
    struct buf *b = task_buf(t, 3 * first.n + 4);
    utf8_clean(b, first);
    if (whole)
        return (struct cell_shown){.text = buf_view(b), .class = SPAN("text")};
    buf_puts(b, "\xe2\x80\xa6"); /* an ellipsis */
    struct cell_shown s = {.text = buf_view(b), .class = SPAN("text cut")};
    s.remark = task_format(t, "cut: %.*s bytes in all", SPAN_ARG(cell_count(t, full_bytes)));
    return s;
}

static struct cell_shown
blob_show(struct task *t, const struct cell *c, size_t limit)
{
    (void)limit;
    int64_t full_bytes = full_length(c);
    struct span n = cell_count(t, full_bytes);
    struct cell_shown s = {.class = SPAN("blob")};
    s.text = task_format(t, "blob, %.*s byte%s", SPAN_ARG(n), full_bytes == 1 ? "" : "s");
    return s;
}

struct cell_shown
cell_show(struct task *t, const struct cell *c, size_t limit)
{
    static struct cell_shown (*const SHOW[])(struct task *, const struct cell *, size_t) = {
        [CELL_NULL] = null_show,
        [CELL_INT] = int_show,
        [CELL_REAL] = real_show,
        [CELL_TEXT] = text_show,
        [CELL_BLOB] = blob_show,
    };
    return SHOW[c->kind](t, c, limit);
}

struct span
cell_count(struct task *t, int64_t n)
{
    struct span digits = task_format(t, "%lld", (long long)n);
    struct buf *b = task_buf(t, 32);
    for (size_t i = 0; i < digits.n; i++) {
        bool first = i == 0 || digits.p[i - 1] == '-';
        if (!first && (digits.n - i) % 3 == 0)
            buf_putc(b, ',');
        buf_putc(b, digits.p[i]);
    }
    return buf_view(b);
}

struct span
cell_bytes(struct task *t, int64_t n)
{
    static const char *const UNITS[] = {"kB", "MB", "GB", "TB"};
    if (n < 1000)
        return task_format(t, "%lld byte%s", (long long)n, n == 1 ? "" : "s");
    double v = (double)n / 1000;
    size_t unit = 0;
    while (v >= 999.95 && unit + 1 < sizeof UNITS / sizeof *UNITS) {
        v /= 1000;
        unit++;
    }
    return task_format(t, "%.1f %s", v, UNITS[unit]);
}
