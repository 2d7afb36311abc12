/* data: rows with the types that their values have. */
#ifndef CHART_DATA_H
#define CHART_DATA_H

#include "chart/chart.h"
#include "chart/mark.h"

struct chart_column {
    struct span name; /* distinct among the columns */
    enum chart_type type;
};
struct chart_data {
    struct chart_column *columns;
    size_t n_columns;
    const struct cell *cells;
    size_t n;
};

/* Types by values: numbers alone are a number (years when they look like it and the name says so), ISO dates alone are
 * a time, all else is text. NULLs and bytes count for nothing. E_INVALID past CHART_COLUMNS. */
enum err chart_data_read(struct task *t, const struct chart_rows *rows, struct chart_data *out);

const struct cell *chart_cell(const struct chart_data *d, size_t row, size_t column);
/* A value to compare and measure: numbers as they are, dates as milliseconds since 1970; NAN for the rest. */
double chart_value(const struct chart_data *d, size_t row, size_t column);
/* A value as text, cut to CHART_TEXT_BYTES; SPAN_NONE for NULL and bytes. */
struct span chart_text(struct task *t, const struct chart_data *d, size_t row, size_t column);
/* "2026", "2026-11", "2026-11-21", "2026-11-21 07:52[:10[.123]]", also with T and Z; false for anything else. "2026"
 * alone is no date here. */
bool chart_time_ms(struct span s, double *out);

/* The values of a column as groups, in the order in which they come. column -1: all rows are one group. */
struct chart_groups {
    size_t *of; /* per row */
    struct span *names;
    size_t n;
};
void chart_groups_make(struct task *t, const struct chart_data *d, int column, struct chart_groups *out);

#endif
