/* query_chart: "Chart it" on View SQL: a form over the rows that are shown, and what it draws; no model has a part in
 * it. */
#ifndef PAGES_QUERY_CHART_H
#define PAGES_QUERY_CHART_H

#include "pages/query_view.h"

/* Fills view->chart_form, and adds its script; the choice is the address's _mark, _x, _y, _color, _facet, _sort. What
 * is wrong with the choice is said in the form. */
void query_chart_put(struct visit *v, const struct query_wish *w, const struct visit_dataset *d,
    const struct query_rows *rows, struct view_sql_query *view);

#endif
