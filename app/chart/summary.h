/* summary: a chart in words: what it is of, its range, extremes, trend and groups. */
#ifndef CHART_SUMMARY_H
#define CHART_SUMMARY_H

#include "chart/spec.h"

/* A few sentences; borrowed from the task. */
struct span chart_summary(struct task *t, const struct chart_spec *spec, const struct chart_data *d);

/* The spec's title, or what it is of: "gross by genre". */
struct span chart_title(struct task *t, const struct chart_spec *spec, const struct chart_data *d);

/* A number as people read it: "1,234,567", "3.14", "0.0021", "1.2e+15"; a year without comma; a date as it began. */
struct span chart_number(struct task *t, double v, enum chart_type type);

#endif
