/* chart: a chart's spec is data, never code: it is checked against rows that are there and made into a block that pages
 * draw. Pure: more of the data it asks for by a call-back. */
#ifndef CHART_CHART_H
#define CHART_CHART_H

#include "base/cell.h"
#include "base/task.h"

enum {
    CHART_POINTS = 5000,      /* more are binned by SQL */
    CHART_COLUMNS = 64,       /* of the rows */
    CHART_TEXT_BYTES = 200,   /* of a value: more is cut */
    CHART_CATEGORIES = 100,   /* bars and the like: more are left out, and it is told */
    CHART_FACETS = 12,        /* panels: more are refused */
    CHART_COLOURS = 8,        /* told apart by the palette: the rest are "Other" */
    CHART_TITLE_BYTES = 200,  /* of a title */
    CHART_UNITS_BYTES = 40,   /* of the units */
    CHART_BLOCK_CELLS = 30000 /* past it a block holds the columns that are drawn alone */
};

/* Rows as a statement gave them; borrowed. */
struct chart_rows {
    const struct span *names;
    size_t columns;
    const struct cell *cells; /* row by row */
    size_t n;
    bool truncated; /* there are more */
};

/* The same from JSON: columns [{"name"}] or ["name"], rows [[..]]; a flag is 0 or 1, anything nested is NULL. */
enum err chart_rows_read(struct task *t, const json_t *columns, const json_t *rows, struct chart_rows *out);

/* Where the rows came from: without a statement, or without `ask`, what is more than CHART_POINTS can't be binned and
 * is left out. `ask` runs one statement that reads; it is asked for at most CHART_POINTS rows. */
struct chart_source {
    struct span sql;
    enum err (*ask)(struct task *t, void *arg, struct span sql, struct chart_rows *out);
    void *arg;
};

/* What is wrong with a spec, for programs; the sentence is the task's cause. code: spec key mark missing column type
 * value limit range rows. */
struct chart_problem {
    const char *code;
    const char *field;   /* "x", "mark"; "" when it is none's */
    struct span nearest; /* "did you mean"; empty if nothing is near */
};

/* Checks the spec against the rows and makes
 * {"type":"chart","spec","columns":[{"name","type"}],"rows":[[..]],"summary", "note"}: types are text, number, year,
 * time; rows are at most CHART_POINTS; the summary is what a reader who can't see the chart is told; the note, empty or
 * not, is what everybody must know (bins, what was left out). E_INVALID with *problem. */
enum err chart_make(struct task *t, const json_t *spec, const struct chart_rows *rows,
    const struct chart_source *source, struct chart_problem *problem, json_t **block);

#endif
