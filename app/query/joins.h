/* joins: how the tables of a database hang together: declared keys, and keys that their names tell of. */
#ifndef QUERY_JOINS_H
#define QUERY_JOINS_H

#include "query/names.h"

enum { JOINS_STEPS = 6 };

struct joins_edge {
    size_t table, column, to_table, to_column;
    bool declared;
};
struct joins {
    struct joins_edge *edges; /* each in both directions */
    size_t n, room;
};

void joins_read(struct task *t, const struct names *names, struct joins *out);
/* The shortest way from any of n tables to another: steps in order, 0 when there is none within JOINS_STEPS. */
size_t joins_path(struct task *t, const struct names *names, const struct joins *joins, const size_t *from, size_t n,
    size_t to, struct joins_edge steps[JOINS_STEPS]);
bool joins_touch(const struct joins *joins, size_t a, size_t b);

#endif
