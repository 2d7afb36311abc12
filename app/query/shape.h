/* shape: what paging must know of a table or view: its columns and what tells its rows apart. */
#ifndef QUERY_SHAPE_H
#define QUERY_SHAPE_H

#include "query/follower.h"

struct shape_column {
    struct span name;
    bool not_null;
};
struct shape {
    struct span name; /* as the schema spells it */
    struct shape_column *columns;
    size_t n;
    struct span *keys; /* rowid, or the primary key's columns; none for a view */
    size_t n_keys;
    bool plain; /* a table of rows: no view, no virtual table */
};
/* E_NOTFOUND when there is no such table or view for readers. */
enum err shape_read(struct task *t, struct follower *f, struct span table, struct shape *out);
/* The column of that name (case as SQLite compares it), or NULL. */
const struct shape_column *shape_column(const struct shape *s, struct span name);

#endif
