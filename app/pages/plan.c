/* plan: a tree of ids, flattened. */
#include "pages/plan.h"

enum { PLAN_DEPTH = 8, PLAN_LINES = 500 };

struct plan {
    const struct query_rows *rows;
    size_t id, parent, detail; /* columns */
};

/* By name: SQLite has a fourth column between them that means nothing. */
static bool
column(const struct query_rows *r, const char *name, size_t *out)
{
    for (*out = 0; *out < r->n_columns; ++*out)
        if (span_is(r->columns[*out].name, name))
            return true;
    return false;
}

static const struct cell *
at(const struct plan *p, size_t row, size_t col)
{
    return &p->rows->cells[row * p->rows->n_columns + col];
}

/* Parents stand before their children. */
static size_t
depth_of(const struct plan *p, const size_t *depth, size_t row)
{
    int64_t parent = at(p, row, p->parent)->i;
    for (size_t i = row; i-- > 0;)
        if (at(p, i, p->id)->i == parent)
            return depth[i] < PLAN_DEPTH ? depth[i] + 1 : PLAN_DEPTH;
    return 0;
}

void
plan_lines(struct task *t, const struct query_rows *r, const struct view_plan_line **out, size_t *n)
{
    struct plan p = {.rows = r};
    *n = 0;
    if (!column(r, "id", &p.id) || !column(r, "parent", &p.parent) || !column(r, "detail", &p.detail))
        return;
    size_t rows = r->n_rows < PLAN_LINES ? r->n_rows : PLAN_LINES;
    struct view_plan_line *lines = task_array(t, rows, sizeof *lines);
    size_t *depth = task_array(t, rows, sizeof *depth);
    for (size_t i = 0; i < rows; i++) {
        struct span detail = at(&p, i, p.detail)->s;
        depth[i] = depth_of(&p, depth, i);
        lines[i].detail = detail;
        lines[i].class = task_format(t, "d%zu", depth[i]);
        lines[i].is_scan = span_starts(detail, "SCAN ") && span_find(detail, SPAN(" USING ")) < 0;
    }
    *out = lines;
    *n = rows;
}
