/* query_view: what came of a statement, as View SQL shows it. */
#ifndef PAGES_QUERY_VIEW_H
#define PAGES_QUERY_VIEW_H

#include "pages/sqlparams.h"
#include "pages/visit.h"
#include "query/query_client.h"

struct query_wish {
    struct span dataset, sql;
    struct span *params; /* ":year" */
    struct span *fields; /* "p_year" */
    struct span *typed;  /* SPAN_NONE: the address has no such field */
    size_t n, missing;
};
/* Runs it as the visitor may; rows 0: as many as the site shows. Every parameter has a value. */
enum err query_wish_run(struct visit *v, const struct query_wish *w, struct span grant, int64_t rows,
    struct query_rows *out, struct query_problem *problem);
void query_view_problem(
    struct visit *v, const struct query_wish *w, const struct query_problem *p, struct view_sql_query *view);
void query_view_rows(struct visit *v, const struct query_wish *w, const struct visit_dataset *d,
    const struct query_rows *rows, struct view_sql_query *view);

#endif
