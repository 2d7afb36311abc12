/* summary: one sentence for what the chart is, then what each family of marks has to say. */
#include "chart/summary.h"

#include "base/clock.h"
#include "chart/stats.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SUMMARY_BYTES = 16 << 10, GROUPS_TOLD = 6, GROUPS_IN_FULL = 3, DAY_MS = 86400000 };
static const double TREND_CLEAR = 0.6, TREND_WEAK = 0.3, TURN_SMALL = 0.02;

struct telling {
    struct task *t;
    const struct chart_spec *spec;
    const struct chart_data *d;
    struct buf *b;
};

static void
put_commas(struct buf *b, const char *digits)
{
    size_t whole = strspn(digits, "0123456789");
    for (size_t i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0)
            buf_putc(b, ',');
        buf_putc(b, digits[i]);
    }
    buf_puts(b, digits + whole);
}

static struct span
date_text(struct task *t, double ms)
{
    char iso[21];
    clock_iso((int64_t)ms, iso);
    return fmod(ms, DAY_MS) == 0.0 ? task_format(t, "%.10s", iso) : task_format(t, "%.10s %.5s", iso, iso + 11);
}

struct span
chart_number(struct task *t, double v, enum chart_type type)
{
    struct buf *b = task_buf(t, 64);
    char z[64];
    double size = fabs(v);
    if (!isfinite(v))
        return SPAN("no value");
    if (type == CHART_TIME)
        return date_text(t, v);
    if (type == CHART_YEAR && v == floor(v))
        return task_format(t, "%.0f", v);
    if (size >= 1e15 || (size > 0 && size < 1e-4)) {
        return task_format(t, "%.3g", v);
    }
    int decimals = v == floor(v) || size >= 1000 ? 0 : size >= 1 ? 2 : 4;
    snprintf(z, sizeof z, "%.*f", decimals, size);
    for (size_t n = strlen(z); decimals > 0 && n > 0 && (z[n - 1] == '0' || z[n - 1] == '.'); n--) {
        bool dot = z[n - 1] == '.';
        z[n - 1] = '\0';
        if (dot)
            break;
    }
    if (v < 0 && strcmp(z, "0") != 0)
        buf_putc(b, '-');
    put_commas(b, z);
    return buf_view(b);
}

static void
put_value(struct telling *s, double v, enum chart_channel c)
{
    int column = s->spec->column[c];
    enum chart_type type = column >= 0 ? s->d->columns[column].type : CHART_NUMBER;
    struct span text = chart_number(s->t, v, type);
    buf_span(s->b, text);
    bool measured = c == chart_spec_value(s->spec, s->d) && type == CHART_NUMBER;
    if (measured && isfinite(v) && s->spec->words[WORDS_UNITS].n > 0)
        buf_printf(s->b, " %.*s", SPAN_ARG(s->spec->words[WORDS_UNITS]));
}

static void
put_name(struct telling *s, struct span name)
{
    buf_span(s->b, name.p ? name : SPAN("no value"));
}

static struct span
title(const struct telling *s, enum chart_channel c)
{
    return chart_spec_title(s->spec, s->d, c);
}

static enum chart_type
type_of(const struct telling *s, enum chart_channel c)
{
    return s->spec->column[c] >= 0 ? s->d->columns[s->spec->column[c]].type : CHART_TEXT;
}

/* "A bar chart of gross by genre, coloured by rating, a panel for each year: 24 values." */
static void
put_opening(struct telling *s)
{
    enum chart_channel value = chart_spec_value(s->spec, s->d), of = chart_spec_category(s->spec, s->d);
    buf_printf(s->b, "%s of %.*s", s->spec->mark->one, SPAN_ARG(title(s, value)));
    if (s->spec->mark->family == FAMILY_CELLS)
        buf_printf(s->b, " by %.*s and %.*s", SPAN_ARG(title(s, CHART_X)), SPAN_ARG(title(s, CHART_Y)));
    else if (s->spec->mark->family == FAMILY_POINTS)
        buf_printf(s->b, " against %.*s", SPAN_ARG(title(s, CHART_X)));
    else if (s->spec->column[of] >= 0)
        buf_printf(s->b, " by %.*s", SPAN_ARG(title(s, of)));
    if (s->spec->column[CHART_COLOR] >= 0 && value != CHART_COLOR)
        buf_printf(s->b, ", coloured by %.*s", SPAN_ARG(title(s, CHART_COLOR)));
    if (s->spec->column[CHART_FACET] >= 0)
        buf_printf(s->b, ", a panel for each %.*s", SPAN_ARG(title(s, CHART_FACET)));
    buf_printf(
        s->b, ": %.*s %s.", SPAN_ARG(chart_number(s->t, (double)s->d->n, CHART_NUMBER)), s->d->n == 1 ? "row" : "rows");
}

/* Per group of a column: the sum of the measured values, or how many rows there are. */
static struct stats_group *
by_group(struct telling *s, enum chart_channel c, struct chart_groups *g)
{
    chart_groups_make(s->t, s->d, s->spec->column[c], g);
    enum chart_channel value = chart_spec_value(s->spec, s->d);
    int measured = s->spec->column[value];
    if (measured >= 0 && s->d->columns[measured].type == CHART_TEXT)
        measured = -1;
    return stats_groups(s->t, s->d, g, measured, s->spec->weight);
}

static void
put_extremes(struct telling *s, const struct chart_groups *g, const struct stats_group *v, bool sums)
{
    enum chart_channel value = chart_spec_value(s->spec, s->d);
    size_t low = 0, high = 0;
    double total = 0;
    for (size_t i = 0; i < g->n; i++) {
        double a = sums ? v[i].sum : v[i].median;
        low = a < (sums ? v[low].sum : v[low].median) ? i : low;
        high = a > (sums ? v[high].sum : v[high].median) ? i : high;
        total += v[i].sum;
    }
    if (g->n > 1) {
        buf_puts(s->b, " Highest: ");
        put_name(s, g->names[high]);
        buf_puts(s->b, sums ? ", " : ", median ");
        put_value(s, sums ? v[high].sum : v[high].median, value);
        buf_puts(s->b, "; lowest: ");
        put_name(s, g->names[low]);
        buf_puts(s->b, sums ? ", " : ", median ");
        put_value(s, sums ? v[low].sum : v[low].median, value);
        buf_putc(s->b, '.');
    }
    /* A total of means says nothing: only counts and what is stacked are added up. */
    if (sums && (s->spec->column[value] < 0 || s->spec->column[CHART_COLOR] >= 0)) {
        buf_puts(s->b, " In all ");
        put_value(s, total, value);
        buf_putc(s->b, '.');
    }
}

/* "Drama 12, Comedy 9 and 3 more." */
static void
put_each(struct telling *s, enum chart_channel c, bool sums)
{
    struct chart_groups g;
    struct stats_group *v = by_group(s, c, &g);
    if (g.n < 2)
        return;
    buf_printf(s->b, " %s %.*s: ", sums ? "By" : "Medians by", SPAN_ARG(title(s, c)));
    for (size_t i = 0; i < g.n && i < GROUPS_TOLD; i++) {
        buf_puts(s->b, i > 0 ? ", " : "");
        put_name(s, g.names[i]);
        buf_putc(s->b, ' ');
        put_value(s, sums ? v[i].sum : v[i].median, chart_spec_value(s->spec, s->d));
    }
    if (g.n > GROUPS_TOLD)
        buf_printf(s->b, " and %zu more", g.n - GROUPS_TOLD);
    buf_putc(s->b, '.');
}

static void
tell_bars(struct telling *s)
{
    struct chart_groups g;
    struct stats_group *v = by_group(s, chart_spec_category(s->spec, s->d), &g);
    put_extremes(s, &g, v, true);
    if (s->spec->column[CHART_COLOR] >= 0 && type_of(s, CHART_COLOR) != CHART_NUMBER)
        put_each(s, CHART_COLOR, true);
}

static void
put_point(struct telling *s, size_t row)
{
    put_value(s, chart_value(s->d, row, (size_t)s->spec->column[CHART_Y]), CHART_Y);
    buf_puts(s->b, " (");
    put_name(s, chart_text(s->t, s->d, row, (size_t)s->spec->column[CHART_X]));
    buf_putc(s->b, ')');
}

static const char *
way(double first, double last, double range)
{
    if (!(range > 0) || fabs(last - first) < TURN_SMALL * range)
        return "stays about level, from ";
    return last > first ? "rises from " : "falls from ";
}

/* Where a line begins and ends, and between what it moves. */
static void
tell_line(struct telling *s, const struct chart_groups *g, size_t group)
{
    struct stats_line l;
    size_t y = (size_t)s->spec->column[CHART_Y];
    if (!stats_line(s->d, g, group, s->spec->column[CHART_X], s->spec->column[CHART_Y], &l))
        return;
    double low = chart_value(s->d, l.low, y), high = chart_value(s->d, l.high, y);
    buf_putc(s->b, ' ');
    put_name(s, g->n > 1 ? g->names[group] : title(s, CHART_Y));
    buf_printf(s->b, " %s", way(chart_value(s->d, l.first, y), chart_value(s->d, l.last, y), high - low));
    put_point(s, l.first);
    buf_puts(s->b, " to ");
    put_point(s, l.last);
    if (g->n <= GROUPS_IN_FULL) {
        buf_puts(s->b, "; highest ");
        put_point(s, l.high);
        buf_puts(s->b, ", lowest ");
        put_point(s, l.low);
    }
    buf_putc(s->b, '.');
}

static void
tell_lines(struct telling *s)
{
    struct chart_groups g;
    int color = type_of(s, CHART_COLOR) == CHART_NUMBER ? -1 : s->spec->column[CHART_COLOR];
    chart_groups_make(s->t, s->d, color, &g);
    for (size_t i = 0; i < g.n && i < GROUPS_TOLD; i++)
        tell_line(s, &g, i);
    if (g.n > GROUPS_TOLD)
        buf_printf(s->b, " And %zu more lines.", g.n - GROUPS_TOLD);
}

static void
put_range(struct telling *s, enum chart_channel c)
{
    struct stats_range r;
    if (s->spec->column[c] < 0 || !stats_range(s->d, s->spec->column[c], &r))
        return;
    buf_putc(s->b, ' ');
    buf_span(s->b, title(s, c));
    buf_puts(s->b, " goes from ");
    put_value(s, r.low, c);
    buf_puts(s->b, " to ");
    put_value(s, r.high, c);
    buf_putc(s->b, '.');
}

static void
tell_points(struct telling *s)
{
    put_range(s, CHART_X);
    put_range(s, CHART_Y);
    double r = stats_correlation(s->d, s->spec->column[CHART_X], s->spec->column[CHART_Y], s->spec->weight);
    if (isfinite(r) && !span_is(span_of(s->spec->mark->name), "geo")) {
        buf_printf(s->b, " %.*s ", SPAN_ARG(title(s, CHART_Y)));
        if (fabs(r) < TREND_WEAK)
            buf_printf(s->b, "hardly depends on %.*s", SPAN_ARG(title(s, CHART_X)));
        else
            buf_printf(s->b, "%s %s with %.*s", fabs(r) >= TREND_CLEAR ? "clearly" : "somewhat",
                r > 0 ? "rises" : "falls", SPAN_ARG(title(s, CHART_X)));
        buf_printf(s->b, " (correlation %.2f).", r);
    }
    if (s->spec->column[CHART_COLOR] >= 0 && type_of(s, CHART_COLOR) != CHART_NUMBER &&
        type_of(s, CHART_Y) == CHART_NUMBER && !span_is(span_of(s->spec->mark->name), "geo"))
        put_each(s, CHART_COLOR, false);
}

static void
tell_counts(struct telling *s)
{
    struct chart_groups g;
    put_range(s, CHART_X);
    struct stats_group *v;
    chart_groups_make(s->t, s->d, -1, &g);
    v = stats_groups(s->t, s->d, &g, s->spec->column[CHART_X], s->spec->weight);
    if (v[0].n > 0) {
        buf_puts(s->b, " Half of them lie between ");
        put_value(s, v[0].quarter, CHART_X);
        buf_puts(s->b, " and ");
        put_value(s, v[0].three_quarters, CHART_X);
        buf_puts(s->b, "; the median is ");
        put_value(s, v[0].median, CHART_X);
        buf_putc(s->b, '.');
    }
    put_range(s, CHART_Y);
}

static void
tell_cells(struct telling *s)
{
    size_t low = 0, high = 0;
    int color = s->spec->column[CHART_COLOR];
    if (color < 0 || s->d->columns[color].type == CHART_TEXT)
        return;
    for (size_t r = 0; r < s->d->n; r++) {
        double v = chart_value(s->d, r, (size_t)color);
        low = v < chart_value(s->d, low, (size_t)color) || isnan(chart_value(s->d, low, (size_t)color)) ? r : low;
        high = v > chart_value(s->d, high, (size_t)color) || isnan(chart_value(s->d, high, (size_t)color)) ? r : high;
    }
    const size_t which[] = {high, low};
    for (size_t i = 0; i < 2; i++) {
        buf_puts(s->b, i == 0 ? " Highest: " : "; lowest: ");
        put_name(s, chart_text(s->t, s->d, which[i], (size_t)s->spec->column[CHART_X]));
        buf_puts(s->b, " and ");
        put_name(s, chart_text(s->t, s->d, which[i], (size_t)s->spec->column[CHART_Y]));
        buf_puts(s->b, ", ");
        put_value(s, chart_value(s->d, which[i], (size_t)color), CHART_COLOR);
    }
    buf_putc(s->b, '.');
}

static void
tell_spread(struct telling *s)
{
    struct chart_groups g;
    enum chart_channel of = chart_spec_category(s->spec, s->d);
    struct stats_group *v = by_group(s, of, &g);
    put_range(s, chart_spec_value(s->spec, s->d));
    put_extremes(s, &g, v, false);
    if (s->spec->column[of] >= 0 && g.n > 2)
        put_each(s, of, false);
}

struct span
chart_title(struct task *t, const struct chart_spec *spec, const struct chart_data *d)
{
    struct telling s = {t, spec, d, NULL};
    enum chart_channel value = chart_spec_value(spec, d), of = chart_spec_category(spec, d);
    if (spec->words[WORDS_TITLE].n > 0)
        return spec->words[WORDS_TITLE];
    if (spec->mark->family == FAMILY_CELLS)
        return task_format(t, "%.*s by %.*s and %.*s", SPAN_ARG(title(&s, value)), SPAN_ARG(title(&s, CHART_X)),
            SPAN_ARG(title(&s, CHART_Y)));
    if (spec->column[of] < 0)
        return title(&s, value);
    return task_format(t, "%.*s by %.*s", SPAN_ARG(title(&s, value)), SPAN_ARG(title(&s, of)));
}

struct span
chart_summary(struct task *t, const struct chart_spec *spec, const struct chart_data *d)
{
    static void (*const tell[])(struct telling *) = {
        [FAMILY_BARS] = tell_bars,
        [FAMILY_LINES] = tell_lines,
        [FAMILY_POINTS] = tell_points,
        [FAMILY_COUNTS] = tell_counts,
        [FAMILY_CELLS] = tell_cells,
        [FAMILY_SPREAD] = tell_spread,
    };
    struct telling s = {t, spec, d, task_buf(t, SUMMARY_BYTES)};
    put_opening(&s);
    if (d->n > 0)
        tell[spec->mark->family](&s);
    return buf_view(s.b);
}
