/* names: the tables and columns of a follower, and how alike two names are. */
#ifndef QUERY_NAMES_H
#define QUERY_NAMES_H

#include "query/guard.h"

enum { NAMES_COLUMNS = 20000, NAMES_BYTES = 64 };

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
/* 0 (nothing in common) to 100 (the same but for case, underscores and spaces). */
int names_alike(struct span a, struct span b);
/* Damerau-Levenshtein distance of the two without case and punctuation; past `most` it is most + 1. */
int names_distance(struct span a, struct span b, int most);
/* Without case and punctuation, cut to NAMES_BYTES. */
struct span names_fold(struct span s, char out[NAMES_BYTES]);

#endif
