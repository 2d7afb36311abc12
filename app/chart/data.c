/* data: what kind of values a column holds, and its groups. */
#include "chart/data.h"

#include "base/alike.h"
#include "base/utf8.h"

#include <math.h>

enum { YEAR_FIRST = 1000, YEAR_LAST = 2999, NAME_BYTES = 200 };

const struct cell *
chart_cell(const struct chart_data *d, size_t row, size_t column)
{
    return &d->cells[row * d->n_columns + column];
}

static bool
is_null(const struct cell *c)
{
    return c->kind == CELL_NULL || c->kind == CELL_BLOB || (c->kind == CELL_REAL && !isfinite(c->r));
}

static bool
says_year(struct span name)
{
    char fold[ALIKE_BYTES];
    struct span f = alike_fold(name, fold);
    return span_find(f, SPAN("year")) >= 0 || span_find(f, SPAN("decade")) >= 0 || span_is(f, "jahr");
}

static enum chart_type
type_of(const struct chart_data *d, size_t column, struct span name)
{
    size_t numbers = 0, times = 0, years = 0, all = 0;
    double ms;
    for (size_t r = 0; r < d->n; r++) {
        const struct cell *c = chart_cell(d, r, column);
        if (is_null(c))
            continue;
        all++;
        numbers += c->kind != CELL_TEXT;
        years += c->kind == CELL_INT && c->i >= YEAR_FIRST && c->i <= YEAR_LAST;
        times += c->kind == CELL_TEXT && chart_time_ms(c->s, &ms);
    }
    if (all == 0)
        return CHART_TEXT;
    if (numbers == all)
        return years == all && says_year(name) ? CHART_YEAR : CHART_NUMBER;
    return times == all ? CHART_TIME : CHART_TEXT;
}

static bool
is_taken(const struct chart_data *d, size_t n, struct span name)
{
    for (size_t i = 0; i < n; i++)
        if (span_eq(d->columns[i].name, name))
            return true;
    return false;
}

enum err
chart_data_read(struct task *t, const struct chart_rows *rows, struct chart_data *out)
{
    *out = (struct chart_data){.n_columns = rows->columns, .cells = rows->cells, .n = rows->n};
    if (rows->columns == 0 || rows->columns > CHART_COLUMNS)
        return task_fail(
            t, E_INVALID, "A chart's rows have 1 to %d columns; these have %zu.", CHART_COLUMNS, rows->columns);
    out->columns = task_array(t, rows->columns, sizeof *out->columns);
    for (size_t c = 0; c < rows->columns; c++) {
        struct buf *clean = task_buf(t, 4 * NAME_BYTES);
        utf8_clean(clean, utf8_first(rows->names[c], NAME_BYTES));
        struct span name = buf_view(clean);
        for (int k = 2; is_taken(out, c, name); k++)
            name = task_format(t, "%.*s_%d", SPAN_ARG(buf_view(clean)), k);
        out->columns[c] = (struct chart_column){name, type_of(out, c, name)};
    }
    return E_OK;
}

double
chart_value(const struct chart_data *d, size_t row, size_t column)
{
    const struct cell *c = chart_cell(d, row, column);
    double ms;
    if (c->kind == CELL_INT)
        return (double)c->i;
    if (c->kind == CELL_REAL && isfinite(c->r))
        return c->r;
    if (c->kind == CELL_TEXT && d->columns[column].type == CHART_TIME && chart_time_ms(c->s, &ms))
        return ms;
    return (double)NAN;
}

struct span
chart_text(struct task *t, const struct chart_data *d, size_t row, size_t column)
{
    const struct cell *c = chart_cell(d, row, column);
    if (is_null(c))
        return SPAN_NONE;
    if (c->kind == CELL_INT)
        return task_format(t, "%lld", (long long)c->i);
    if (c->kind == CELL_REAL)
        return task_format(t, "%.12g", c->r);
    struct buf *b = task_buf(t, 4 * CHART_TEXT_BYTES);
    utf8_clean(b, utf8_first(c->s, CHART_TEXT_BYTES));
    return b->n > 0 ? buf_view(b) : SPAN("");
}

static uint64_t
hash_of(struct span s)
{
    uint64_t h = 1469598103934665603u; /* FNV-1a */
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (uint64_t)(unsigned char)s.p[i]) * 1099511628211u;
    return h;
}

void
chart_groups_make(struct task *t, const struct chart_data *d, int column, struct chart_groups *out)
{
    size_t room = 16;
    while (room < 2 * d->n)
        room *= 2;
    size_t *slots = task_array(t, column < 0 ? 1 : room, sizeof *slots); /* group + 1 */
    *out = (struct chart_groups){task_array(t, d->n, sizeof *out->of), task_array(t, d->n + 1, sizeof(struct span)), 0};
    out->n = column < 0;
    for (size_t r = 0; column >= 0 && r < d->n; r++) {
        struct span name = chart_text(t, d, r, (size_t)column);
        size_t at = hash_of(name) & (room - 1);
        while (slots[at] > 0 && !span_eq(out->names[slots[at] - 1], name))
            at = (at + 1) & (room - 1);
        if (slots[at] == 0) {
            out->names[out->n++] = name;
            slots[at] = out->n;
        }
        out->of[r] = slots[at] - 1;
    }
}
