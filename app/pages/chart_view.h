/* chart_view: a chart's block as pages show it: a figure with its data for the script, its summary and its rows. */
#ifndef PAGES_CHART_VIEW_H
#define PAGES_CHART_VIEW_H

#include "base/task.h"
#include "template/views.h"

enum { CHART_VIEW_ROWS = 200 }; /* of the table; the script's CSV and View SQL have them all */

/* A block {"type":"chart","spec","columns","rows","summary"?,"note"?,"title"?} of whatever plugin: it is checked again
 * and its words are made anew, so that nothing is drawn but what the rows say. What can't be drawn is shown as its rows
 * with the reason. id is the figure's, unique on the page: [A-Za-z0-9_-]. sql_url: View SQL of the statement behind it,
 * or SPAN_NONE. Put *out into a "maybe chart chart", {{#chart}}{{> data/chart}}{{/chart}} into the template and
 * visit_script(v, &page, "charts.js") onto the page. E_INVALID when it holds no rows at all. */
enum err chart_view(
    struct task *t, const json_t *block, struct span id, struct span sql_url, const struct view_chart **out);

#endif
