/* guide_answer: numbers and names from rows, with their handle. */
#include "agent/guide_answer.h"

#include "base/json.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>

enum { ANSWER_BYTES = 16000, ROWS_SAID = 5, COLUMNS_SAID = 4, CELL_SAID = 120 };

/* 1234567 -> 1,234,567 */
static void
put_grouped(struct buf *b, int64_t v)
{
    char z[24];
    int n = snprintf(z, sizeof z, "%lld", (long long)(v < 0 ? -v : v));
    if (v < 0)
        buf_putc(b, '-');
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            buf_putc(b, ',');
        buf_putc(b, z[i]);
    }
}

/* Markdown's own signs in data stay signs. */
static void
put_plain(struct buf *b, struct span s)
{
    struct span said = utf8_first(s, CELL_SAID);
    for (size_t i = 0; i < said.n; i++) {
        char c = said.p[i];
        if (c == '\\' || c == '`' || c == '*' || c == '_' || c == '[' || c == ']' || c == '<' || c == '>' || c == '#' ||
            c == '|' || c == '~')
            buf_putc(b, '\\');
        buf_putc(b, c == '\n' || c == '\r' ? ' ' : c);
    }
    if (s.n > CELL_SAID)
        buf_puts(b, "\xE2\x80\xA6");
}

/* year: a whole number that is a year or a key reads better without commas. */
static void
put_value(struct buf *b, const json_t *v, bool year)
{
    if (json_is_integer(v) && year)
        buf_i64(b, json_integer_value(v));
    else if (json_is_integer(v))
        put_grouped(b, json_integer_value(v));
    else if (json_is_real(v) && fabs(json_real_value(v)) >= 1000 && fabs(json_real_value(v)) < 9e15) {
        double whole;
        int cents = (int)lround(fabs(modf(json_real_value(v), &whole)) * 100);
        put_grouped(b, (int64_t)whole);
        if (cents > 0 && cents < 100)
            buf_printf(b, ".%02d", cents);
    } else if (json_is_real(v))
        buf_printf(b, "%.10g", json_real_value(v));
    else if (json_is_string(v))
        put_plain(b, (struct span){json_string_value(v), json_string_length(v)});
    else
        buf_puts(b, "nothing");
}

static bool
is_year_column(const json_t *columns, size_t i)
{
    const char *z = json_string_value(json_array_get(columns, i));
    return z && (span_ends(span_of(z), "year") || span_ends(span_of(z), "decade") || span_ends(span_of(z), "id"));
}

static void
put_row(struct buf *b, const json_t *columns, const json_t *row)
{
    for (size_t i = 0; i < json_array_size(row) && i < COLUMNS_SAID; i++) {
        if (i > 0)
            buf_puts(b, i == 1 ? ": " : ", ");
        put_value(b, json_array_get(row, i), is_year_column(columns, i));
    }
    buf_putc(b, '\n');
}

static void
say_rows(struct buf *b, const struct guide_plan *plan, const json_t *result, struct span handle)
{
    const json_t *rows = json_object_get(result, "rows"), *columns = json_object_get(result, "columns");
    int64_t n = json_int(result, "row_count", 0);
    put_plain(b, plan->about);
    buf_printf(b, " (%lld row%s) [%.*s]:\n\n", (long long)n, n == 1 ? "" : "s", SPAN_ARG(handle));
    for (size_t i = 0; i < json_array_size(rows) && i < ROWS_SAID; i++) {
        if (plan->shape == GUIDE_RANKED)
            buf_printf(b, "%zu. ", i + 1);
        else
            buf_puts(b, "- ");
        put_row(b, columns, json_array_get(rows, i));
    }
    if (n > ROWS_SAID)
        buf_printf(b, "\nThe other %lld are in the rows below.\n", (long long)(n - ROWS_SAID));
}

struct span
guide_answer(struct task *t, const struct guide_plan *plan, const json_t *result)
{
    struct buf *b = task_buf(t, ANSWER_BYTES);
    struct span handle = json_text(result, "handle");
    const json_t *first = json_array_get(json_array_get(json_object_get(result, "rows"), 0), 0);
    if (json_int(result, "row_count", 0) == 0) {
        buf_puts(b, "No row fits: ");
        put_plain(b, plan->about);
        buf_printf(b, " [%.*s]. Perhaps a name is spelled otherwise in the data.\n", SPAN_ARG(handle));
    } else if (plan->shape == GUIDE_COUNT || plan->shape == GUIDE_ONE) {
        buf_puts(b, "**");
        put_value(b, first, false);
        buf_puts(b, "** is the ");
        put_plain(b, plan->about);
        buf_printf(b, " [%.*s].\n", SPAN_ARG(handle));
    } else {
        say_rows(b, plan, result, handle);
    }
    if (b->p && b->n > 0 && b->p[0] >= 'a' && b->p[0] <= 'z')
        b->p[0] = (char)(b->p[0] - 32);
    if (plan->assumed.n > 0)
        buf_printf(b, "\n%.*s\n", SPAN_ARG(plan->assumed));
    return buf_view(b);
}
