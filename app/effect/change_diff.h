/* change_diff: what a change does to each table: counts, and the first rows for the person who approves it. */
#ifndef EFFECT_CHANGE_DIFF_H
#define EFFECT_CHANGE_DIFF_H

#include "effect/change_tables.h"

#include <jansson.h>

enum { DIFF_TABLES = 64, DIFF_ROWS = 200, DIFF_CELL_BYTES = 500, DIFF_BYTES = 4 << 20 };

struct diff_table {
    struct span name;
    int64_t before, after; /* rows; -1: the table is not there */
    int64_t inserted, updated, deleted;
    json_t *columns, *changes;
    bool closed; /* its columns changed after rows of it were shown: further ones would stand under wrong names */
};
struct diff {
    struct diff_table at[DIFF_TABLES];
    size_t n;
    size_t bytes; /* of the rows that are shown */
    int64_t more; /* rows that are not */
};

/* Finds or adds; NULL past DIFF_TABLES. table: its columns, or NULL when it has none yet. */
struct diff_table *diff_table(struct diff *d, struct span name, const struct change_table *table);
/* One value as it is shown: texts and blobs are cut, and a hash of the whole tells cut ones apart. *bytes grows. */
json_t *diff_cell(sqlite3_value *v, size_t *bytes);
/* Adds a row to the table's changes; takes over `old` and `new` (either may be NULL). op: 'I' 'U' 'D'. */
void diff_row(struct diff *d, struct diff_table *table, char op, int64_t rowid, json_t *old, json_t *new, size_t bytes);
/* The table's columns are others now. */
void diff_columns(struct diff_table *x, const struct change_table *table);
/* Has the table room for another row? */
bool diff_shows(const struct diff *d, const struct diff_table *table);
/* [{"name","before","after","inserted","updated","deleted","columns","changes"}]; the task's. */
json_t *diff_tables_json(struct task *t, const struct diff *d);
/* [{"before","after"}]: definitions that differ; the task's. */
json_t *diff_schema_json(struct task *t, const struct change_schema *before, const struct change_schema *after);
void diff_reset(struct diff *d);

#endif
