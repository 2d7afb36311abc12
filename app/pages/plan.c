/* plan: a tree of ids, flattened. */
#include "pages/plan.h"

enum { PLAN_DEPTH = 8, PLAN_COLUMNS = 3, PLAN_LINES = 500 };

/* Parents stand before their children. */
static size_t
depth_of(const struct query_rows *r, const size_t *depth, size_t row)
{
    int64_t parent = r->cells[row * PLAN_COLUMNS + 1].i;
    for (size_t i = row; i-- > 0;)
        if (r->cells[i * PLAN_COLUMNS].i == parent)
            return depth[i] < PLAN_DEPTH ? depth[i] + 1 : PLAN_DEPTH;
    return 0;
}

void
plan_lines(struct task *t, const struct query_rows *r, const struct view_plan_line **at, size_t *n)
{
    *n = 0;
    if (r->n_columns != PLAN_COLUMNS)
        return;
    size_t rows = r->n_rows < PLAN_LINES ? r->n_rows : PLAN_LINES;
    struct view_plan_line *lines = task_array(t, rows, sizeof *lines);
    size_t *depth = task_array(t, rows, sizeof *depth);
    for (size_t i = 0; i < rows; i++) {
        struct span detail = r->cells[i * PLAN_COLUMNS + 2].s;
        depth[i] = depth_of(r, depth, i);
        lines[i].detail = detail;
        lines[i].class = task_format(t, "d%zu", depth[i]);
        lines[i].is_scan = span_starts(detail, "SCAN ") && span_find(detail, SPAN(" USING ")) < 0;
    }
    *at = lines;
    *n = rows;
}
