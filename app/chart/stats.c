/* stats: sums, medians, ranges and correlation over a chart's rows. */
#include "chart/stats.h"

#include <math.h>
#include <stdlib.h>

struct weighed {
    size_t group;
    double value, weight;
};

static double
weight_of(const struct chart_data *d, size_t row, int weight)
{
    double w = weight < 0 ? 1 : chart_value(d, row, (size_t)weight);
    return w > 0 ? w : 0;
}

static int
by_group_and_value(const void *a, const void *b)
{
    const struct weighed *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return x->value < y->value ? -1 : x->value > y->value;
}

/* The smallest value with `share` of the weight at or below it; halfway to the next where it is met exactly. */
static double
quantile(const struct weighed *v, size_t n, double total, double share)
{
    double sum = 0, wanted = total * share;
    for (size_t i = 0; i < n; i++) {
        sum += v[i].weight;
        if (sum > wanted || i + 1 == n)
            return v[i].value;
        if (sum == wanted)
            return (v[i].value + v[i + 1].value) / 2;
    }
    return (double)NAN;
}

static void
settle(struct stats_group *g, const struct weighed *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        g->n += v[i].weight;
        g->sum += v[i].value * v[i].weight;
    }
    g->quarter = quantile(v, n, g->n, 0.25);
    g->median = quantile(v, n, g->n, 0.5);
    g->three_quarters = quantile(v, n, g->n, 0.75);
}

struct stats_group *
stats_groups(struct task *t, const struct chart_data *d, const struct chart_groups *g, int column, int weight)
{
    struct stats_group *out = task_array(t, g->n + 1, sizeof *out);
    struct weighed *v = task_array(t, d->n + 1, sizeof *v);
    size_t n = 0;
    for (size_t r = 0; r < d->n; r++) {
        double value = column < 0 ? 1 : chart_value(d, r, (size_t)column);
        if (isfinite(value))
            v[n++] = (struct weighed){g->of[r], value, weight_of(d, r, weight)};
    }
    qsort(v, n, sizeof *v, by_group_and_value);
    for (size_t i = 0; i < g->n; i++)
        out[i].quarter = out[i].median = out[i].three_quarters = (double)NAN;
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from; to < n && v[to].group == v[from].group;)
            to++;
        settle(&out[v[from].group], v + from, to - from);
    }
    return out;
}

bool
stats_line(const struct chart_data *d, const struct chart_groups *g, size_t group, int x, int y, struct stats_line *out)
{
    bool any = false;
    for (size_t r = 0; r < d->n; r++) {
        double v = chart_value(d, r, (size_t)y), at = chart_value(d, r, (size_t)x);
        if (g->of[r] != group || !isfinite(v))
            continue;
        if (!any)
            *out = (struct stats_line){r, r, r, r};
        any = true;
        out->first = at < chart_value(d, out->first, (size_t)x) ? r : out->first;
        out->last = at < chart_value(d, out->last, (size_t)x) ? out->last : r; /* text never compares: the last row */
        out->low = v < chart_value(d, out->low, (size_t)y) ? r : out->low;
        out->high = v > chart_value(d, out->high, (size_t)y) ? r : out->high;
    }
    return any;
}

bool
stats_range(const struct chart_data *d, int column, struct stats_range *out)
{
    bool any = false;
    for (size_t r = 0; r < d->n; r++) {
        double v = chart_value(d, r, (size_t)column);
        if (!isfinite(v))
            continue;
        out->low = !any || v < out->low ? v : out->low;
        out->high = !any || v > out->high ? v : out->high;
        any = true;
    }
    return any;
}

double
stats_correlation(const struct chart_data *d, int x, int y, int weight)
{
    double n = 0, mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    size_t pairs = 0;
    for (size_t r = 0; r < d->n; r++) { /* Welford, weighted */
        double a = chart_value(d, r, (size_t)x), b = chart_value(d, r, (size_t)y), w = weight_of(d, r, weight);
        if (!isfinite(a) || !isfinite(b) || w <= 0)
            continue;
        pairs++;
        n += w;
        double dx = a - mx, dy = b - my;
        mx += dx * w / n;
        my += dy * w / n;
        xx += w * dx * (a - mx);
        yy += w * dy * (b - my);
        xy += w * dx * (b - my);
    }
    return pairs < 3 || xx <= 0 || yy <= 0 ? (double)NAN : xy / sqrt(xx * yy);
}
