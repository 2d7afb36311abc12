/* link: which tables and which stored values a question speaks of. */
#ifndef QUERY_LINK_H
#define QUERY_LINK_H

#include "query/guard.h"

enum { LINK_TABLES = 12, LINK_VALUES = 10 };
/* What an index takes in at most: distinct values, rows that are read for them, milliseconds. */
enum { LINK_INDEXED = 400000, LINK_ROWS = 3000000, LINK_VALUE_BYTES = 80, LINK_BUILD_MS = 20000 };

struct link;
struct link_value {
    struct span table, column, value;
};
struct link_found {
    struct span tables[LINK_TABLES]; /* best first */
    size_t n_tables;
    struct link_value values[LINK_VALUES]; /* best first; the same text in several columns: the other columns last */
    size_t n_values;
};

/* Reads names and values of the whole database; never fails: what can't be read is not found. Lives in the task. */
struct link *link_open(struct task *life, struct guard *g);
void link_find(struct task *t, const struct link *l, struct span question, struct link_found *out);
/* How many distinct values are indexed. */
size_t link_size(const struct link *l);

#endif
