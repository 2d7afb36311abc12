/* rowset: rows as the templates' table. */
#ifndef PAGES_ROWSET_H
#define PAGES_ROWSET_H

#include "query/query_client.h"
#include "template/views.h"

enum { ROWSET_CELL_BYTES = 200 }; /* more of a text is cut on pages; JSON and CSV have it whole */

/* heads from names alone; cells row by row. Numbers' columns (by their first value) are set right. */
struct view_rowset *rowset_make(
    struct task *t, const struct span *names, size_t columns, const struct cell *cells, size_t rows, const char *label);
struct span *rowset_names(struct task *t, const struct query_rows *rows);
/* "25 rows", "1 row", "more than 1,000 rows". */
struct span rowset_count(struct task *t, int64_t n, bool more);
/* "3 ms", "0.4 ms" */
struct span rowset_time(struct task *t, int64_t us);
/* Columns as distinct names for JSON objects: a second "n" becomes "n_2". */
struct span *rowset_distinct(struct task *t, const struct span *names, size_t n);

#endif
