/* names: the tables and columns of a follower. */
#ifndef QUERY_NAMES_H
#define QUERY_NAMES_H

#include "query/guard.h"

enum { NAMES_COLUMNS = 20000 };

struct names_table {
    struct span name;
    struct span *columns;
    size_t n;
    bool mentioned; /* its name stands as a word in the statement */
};
struct names {
    struct names_table *tables;
    size_t n;
};

/* Reads them from the connection (within the statement's time); what can't be read is left out. */
void names_load(struct guard *g, struct span sql, struct names *out);

#endif
