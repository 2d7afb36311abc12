/* show: rows as the JSON that a model sees: always valid, never longer than a cap, and honest about what is left out.
 */
#ifndef TOOL_SHOW_H
#define TOOL_SHOW_H

#include "base/cell.h"
#include "base/task.h"

struct show {
    struct span handle, dataset, revision;
    const struct span *columns; /* names */
    size_t n_columns;
    const struct cell *cells;
    size_t n_rows;         /* in cells */
    size_t first;          /* number of the first of them in the result */
    size_t total_rows;     /* in the result */
    struct span truncated; /* which cap cut the result itself: rows bytes cell; empty: none */
    const struct span *notes;
    size_t n_notes;
    int64_t took_us;
};

/* {"handle","dataset","revision","columns":[..],"rows":[[..]..],"row_count",...}: first rows, then how many more there
 * are. Numbers are exact (integers past 2^53 as texts); long texts are cut with their length told; blobs are told by
 * their size; columns past a count are told by their number. */
struct span show_rows(struct task *t, const struct show *s, size_t most_bytes);

#endif
