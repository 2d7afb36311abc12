/* stats: the few numbers that a summary tells. */
#ifndef CHART_STATS_H
#define CHART_STATS_H

#include "chart/data.h"

struct stats_group {
    double n; /* rows with a value, each counted by its weight */
    double sum;
    double quarter, median, three_quarters; /* NAN without a value */
};
/* Per group. column -1: each row is 1. weight: a column of counts, or -1. */
struct stats_group *stats_groups(
    struct task *t, const struct chart_data *d, const struct chart_groups *g, int column, int weight);

struct stats_line {
    size_t first, last, low, high; /* rows: by x, and by y */
};
/* The rows of one group that have a y; x orders them unless it is text. False when there is none. */
bool stats_line(
    const struct chart_data *d, const struct chart_groups *g, size_t group, int x, int y, struct stats_line *out);

struct stats_range {
    double low, high;
};
bool stats_range(const struct chart_data *d, int column, struct stats_range *out); /* false: no number in it */

/* Pearson's r, weighted; NAN when it means nothing (text, fewer than three pairs, no spread). */
double stats_correlation(const struct chart_data *d, int x, int y, int weight);

#endif
