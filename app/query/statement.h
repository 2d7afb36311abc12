/* statement: one statement that somebody else wrote, from its text to a reply frame. */
#ifndef QUERY_STATEMENT_H
#define QUERY_STATEMENT_H

#include "query/labels.h"

enum { STATEMENT_CELL_BYTES = 100000 };

struct statement {
    struct span sql;
    const struct span *names; /* of the parameters: ":year", "year", or "1", "2" for ? */
    const struct cell *values;
    size_t n_values;
    int64_t rows, bytes; /* caps, above 0 */
    int64_t deadline_ms; /* 0: none */
    bool explain;
    bool unlabelled; /* a file of the caller's own: notes may tell of columns that the statement did not read */
    struct span revision;
    struct labels labels;
};

/* Runs it on a guarded connection and appends one frame to reply: "rows" or "problem". `g` may be used again. */
void statement_run(struct task *t, struct guard *g, const struct statement *s, struct buf *reply);

/* One value as a cell, cut to `most` bytes at a character; the bytes are SQLite's until the next step. */
struct cell statement_cell(sqlite3_stmt *st, int column, size_t most);
/* The columns of a prepared statement. Texts are the task's. */
void statement_columns(struct task *t, sqlite3_stmt *st, struct query_rows *r);

#endif
