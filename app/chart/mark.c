/* mark: the table of marks. */
#include "chart/mark.h"

static const struct {
    const char *name, *holds;
} types[CHART_TYPES] = {{"text", "texts"}, {"number", "numbers"}, {"year", "years"}, {"time", "dates"}};

const char *
chart_type_name(enum chart_type type)
{
    return types[type].name;
}

const char *
chart_type_holds(enum chart_type type)
{
    return types[type].holds;
}

const char *
chart_channel_name(enum chart_channel channel)
{
    static const char *const names[CHART_CHANNELS] = {"x", "y", "color", "facet", "size"};
    return names[channel];
}

enum {
    NUMBERS = 1 << CHART_NUMBER,
    YEARS = NUMBERS | 1 << CHART_YEAR,
    ORDERED = YEARS | 1 << CHART_TIME,
    ANY = ORDERED | 1 << CHART_TEXT
};

/* clang-format off */
#define NO {WANT_NOTHING, 0}
#define MAY(t) {WANT_MAYBE, (t)}
#define MUST(t) {WANT_ALWAYS, (t)}
static const struct chart_mark marks[] = {
    /*                                                                                     x              y              color     facet     size */
    {"barY", "Bars, upright", "A bar chart", FAMILY_BARS, CHART_Y,                        {MUST(ANY),     MAY(NUMBERS),  MAY(ANY), MAY(ANY), NO}},
    {"barX", "Bars, lying", "A bar chart", FAMILY_BARS, CHART_X,                          {MAY(NUMBERS),  MUST(ANY),     MAY(ANY), MAY(ANY), NO}},
    {"line", "Line", "A line chart", FAMILY_LINES, CHART_Y,                               {MUST(ANY),     MUST(NUMBERS), MAY(ANY), MAY(ANY), NO}},
    {"dot", "Dots", "A scatter plot", FAMILY_POINTS, CHART_Y,                             {MUST(ANY),     MUST(ANY),     MAY(ANY), MAY(ANY), MAY(NUMBERS)}},
    {"areaY", "Area", "An area chart", FAMILY_LINES, CHART_Y,                             {MUST(ORDERED), MUST(NUMBERS), MAY(ANY), MAY(ANY), NO}},
    {"waffleY", "Waffle (counted squares)", "A waffle chart", FAMILY_BARS, CHART_Y,       {MUST(ANY),     MAY(NUMBERS),  MAY(ANY), MAY(ANY), NO}},
    {"rect", "Histogram", "A histogram", FAMILY_COUNTS, CHART_X,                          {MUST(ORDERED), MAY(YEARS),    MAY(ANY), MAY(ANY), NO}},
    {"cell", "Heat map", "A heat map", FAMILY_CELLS, CHART_COLOR,                         {MUST(ANY),     MUST(ANY),     MAY(ANY), MAY(ANY), NO}},
    {"tickX", "Ticks (one for each value)", "A strip of ticks", FAMILY_SPREAD, CHART_X,   {MUST(ORDERED), MAY(ANY),      MAY(ANY), MAY(ANY), NO}},
    {"ruleY", "Rules (thin lines from zero)", "A chart of rules", FAMILY_BARS, CHART_X,   {MAY(NUMBERS),  MUST(ANY),     MAY(ANY), MAY(ANY), NO}},
    {"box", "Boxes (median and quartiles)", "A box plot", FAMILY_SPREAD, CHART_Y,         {MAY(ANY),      MAY(ANY),      MAY(ANY), MAY(ANY), NO}},
    {"geo", "Map (x longitude, y latitude)", "A map of places", FAMILY_POINTS, CHART_Y,   {MUST(NUMBERS), MUST(NUMBERS), MAY(ANY), MAY(ANY), MAY(NUMBERS)}},
};
/* clang-format on */

const struct chart_mark *
chart_marks(size_t *n)
{
    *n = sizeof marks / sizeof marks[0];
    return marks;
}

const struct chart_mark *
chart_mark_find(struct span name)
{
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (span_is(name, marks[i].name))
            return &marks[i];
    return NULL;
}
