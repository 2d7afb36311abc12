/* work_result: rows under a handle (r1, r2, ...) of a conversation. */
#ifndef STORE_WORK_RESULT_H
#define STORE_WORK_RESULT_H

#include "store/cells.h"
#include "store/work.h"

struct work_result {
    struct span id; /* x_... */
    struct span conversation, turn;
    struct span handle; /* r1 */
    struct span dataset, revision, sql;
    struct span columns; /* JSON array of {name,type} */
    int64_t row_count;
    struct span truncated; /* "" or which cap: rows bytes cell */
    struct span reads;     /* JSON array of [table, column] */
    struct span notes;     /* JSON array of sentences */
    struct span shown;     /* model both user */
    int64_t took_us;
    int64_t created_ms;
    int64_t level, integrity; /* label: the join over what was read (0..3, 0..4) */
    /* Of a plugin's answer, which has no rows: who made it, and its blocks (plugin/blocks.h, "blocks") as JSON. */
    struct span plugin, digest; /* namespace/name and the version's; empty: rows */
    struct span blocks;
};

/* The handle that the conversation's next result gets. */
enum err work_result_next(struct task *t, struct work *w, struct span conversation, struct span *out);
/* Stores a result with its rows (row_count x columns cells); id and handle are given by the store when empty and are
 * then in *r (the task's). */
enum err work_result_put(
    struct task *t, struct work *w, struct work_result *r, const struct cell *cells, size_t columns);
/* E_NOTFOUND with a sentence. The rows are read by work_result_page. */
enum err work_result_get(struct task *t, struct work *w, struct span id, struct work_result *out);
enum err work_result_by_handle(
    struct task *t, struct work *w, struct span conversation, struct span handle, struct work_result *out);
/* A turn's results in order. */
enum err work_result_list(struct task *t, struct work *w, struct span turn, struct work_result **out, size_t *n);
/* Rows from..from+count-1, read without the others. */
enum err work_result_page(struct task *t, struct work *w, struct span id, size_t from, size_t count, struct cells *out);

#endif
