/* mark: the kinds of charts, what each needs, and how each is made smaller. One table for checker, pages and browser.
 */
#ifndef CHART_MARK_H
#define CHART_MARK_H

#include "base/span.h"

enum chart_type { CHART_TEXT, CHART_NUMBER, CHART_YEAR, CHART_TIME };
enum { CHART_TYPES = 4 };
const char *chart_type_name(enum chart_type type);  /* "text" "number" "year" "time" */
const char *chart_type_holds(enum chart_type type); /* "texts" "numbers" "years" "dates" */

enum chart_channel { CHART_X, CHART_Y, CHART_COLOR, CHART_FACET, CHART_SIZE, CHART_CHANNELS };
const char *chart_channel_name(enum chart_channel channel);

enum chart_want { WANT_NOTHING, WANT_MAYBE, WANT_ALWAYS };
struct chart_need {
    enum chart_want want;
    unsigned types; /* bits 1 << enum chart_type */
};

enum chart_family { FAMILY_BARS, FAMILY_LINES, FAMILY_POINTS, FAMILY_COUNTS, FAMILY_CELLS, FAMILY_SPREAD };

struct chart_mark {
    const char *name;  /* "barY" */
    const char *words; /* "Bar chart, upright" */
    const char *one;   /* "A bar chart" */
    enum chart_family family;
    enum chart_channel value; /* what is measured; the other axis says of what */
    struct chart_need needs[CHART_CHANNELS];
};
const struct chart_mark *chart_marks(size_t *n);
const struct chart_mark *chart_mark_find(struct span name); /* NULL: none */

#endif
