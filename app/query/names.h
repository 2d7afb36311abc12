/* names: the tables, columns and foreign keys of a follower. */
#ifndef QUERY_NAMES_H
#define QUERY_NAMES_H

#include "query/guard.h"

enum { NAMES_COLUMNS = 20000, NAMES_KEYS = 5000 };

struct names_table {
    struct span name;
    struct span *columns;
    struct span *types; /* as declared */
    size_t n;
    bool mentioned; /* its name stands as a word in the statement */
};
struct names_key { /* one pair of columns of a foreign key; numbers of tables and columns */
    size_t table, column, to_table, to_column;
};
struct names {
    struct names_table *tables;
    size_t n;
    struct names_key *keys;
    size_t n_keys;
};

/* Reads them from the connection (within the statement's time); what can't be read is left out. */
void names_load(struct guard *g, struct span sql, struct names *out);
/* The same without the views that the statement does not speak of: a view can take long to be understood, and an answer
 * must not wait for one that it has nothing to do with. */
void names_load_near(struct guard *g, struct span sql, struct names *out);
/* Room for one more behind n items: the items themselves, or a copy twice as large. */
void *names_room(struct task *t, void *items, size_t n, size_t *room, size_t item_bytes);
/* By name as SQLite compares it, or NULL. */
const struct names_table *names_find(const struct names *names, struct span name);
bool names_column(const struct names_table *table, struct span name, size_t *column);

#endif
