/* plan: EXPLAIN QUERY PLAN's rows (id, parent, detail) as lines with depths. */
#ifndef PAGES_PLAN_H
#define PAGES_PLAN_H

#include "query/query_client.h"
#include "template/views.h"

void plan_lines(struct task *t, const struct query_rows *rows, const struct view_plan_line **at, size_t *n);

#endif
