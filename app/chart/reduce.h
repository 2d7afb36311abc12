/* reduce: more rows than a chart draws, made fewer by SQL around the statement that they came from. */
#ifndef CHART_REDUCE_H
#define CHART_REDUCE_H

#include "chart/spec.h"

/* Counts and ranges first, then the rows in groups, both asked of the source. *spec and *d become those of the groups;
 * *note says what was done. Fails as the source does, or E_LIMIT when the groups are too many as well. */
enum err chart_reduce(struct task *t, const struct chart_source *source, struct chart_spec *spec, struct chart_data *d,
    struct span *note);

#endif
