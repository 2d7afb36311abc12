/* spec: a chart's spec, checked against real columns. */
#ifndef CHART_SPEC_H
#define CHART_SPEC_H

#include "chart/data.h"

enum chart_words { WORDS_TITLE, WORDS_SUBTITLE, WORDS_X, WORDS_Y, WORDS_COLOR, WORDS_UNITS, CHART_WORDS };
enum { CHART_BINS_LEAST = 2, CHART_BINS_MOST = 100 };

struct chart_spec {
    const struct chart_mark *mark;
    int column[CHART_CHANNELS]; /* -1: none */
    int weight;                 /* column that counts rows behind each point, once they were binned; -1: each is one */
    struct span words[CHART_WORDS];
    struct span sort; /* "" "data" "name" "-name" "value" "-value" */
    int64_t bins;     /* 0: as many as suit */
};

/* E_INVALID with a sentence, and *problem. */
enum err chart_spec_read(struct task *t, const json_t *spec, const struct chart_data *d, struct chart_problem *problem,
    struct chart_spec *out);
/* The spec as JSON, with columns by their names. */
json_t *chart_spec_json(struct task *t, const struct chart_spec *spec, const struct chart_data *d);

/* The channel that is measured, and the one that says of what: a box lies when its x is the number. */
enum chart_channel chart_spec_value(const struct chart_spec *spec, const struct chart_data *d);
enum chart_channel chart_spec_category(const struct chart_spec *spec, const struct chart_data *d);
/* What an axis is called: its title, else its column's name; "rows" without a column. */
struct span chart_spec_title(const struct chart_spec *spec, const struct chart_data *d, enum chart_channel channel);

#endif
