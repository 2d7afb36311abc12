/* labels: the labels of a dataset, its tables and columns, as pages tell them. */
#ifndef PAGES_LABELS_H
#define PAGES_LABELS_H

#include "pages/visit.h"

enum { LABELS_MOST = 200 };

/* One entry of gate's list ["table","column" or "",level,integrity?]. */
struct label {
    struct span table, column;
    int64_t level;
    int64_t integrity; /* -1: the dataset's */
};
struct labels {
    int64_t level; /* of the dataset */
    struct label *at;
    size_t n;
    bool writable;
};
/* Reads {"level","labels"}; what is malformed is left out. Spans are borrowed from j. */
void labels_read(struct task *t, const json_t *j, struct labels *out);
/* gate's label.get for whoever may have it; others get no labels, and no failure. */
void labels_get(struct visit *v, struct span dataset, struct labels *out);
/* May the actor set labels of this dataset, and propose changes of it? For links alone: gate decides. */
bool labels_are_mine(const struct visit *v, const json_t *record);
/* The level word where a table (column empty) or column is more private than the dataset; SPAN_NONE elsewhere. */
struct span labels_word(const struct labels *l, struct span table, struct span column);
/* Marks a table's columns. */
void labels_put(
    struct task *t, const struct labels *l, struct span table, const struct view_column_fact **at, size_t n);

#endif
