/* schema: tables of a dataset as JSON for models: all of it, some of it, or names alone, under a cap. */
#ifndef TOOL_SCHEMA_H
#define TOOL_SCHEMA_H

#include "base/task.h"

enum schema_depth {
    SCHEMA_NAMES,   /* name, rows */
    SCHEMA_COLUMNS, /* and description, names of columns */
    SCHEMA_WHOLE,   /* and types, keys, descriptions, units, ranges, samples */
};

/* The table of that name (any case) in a dataset's schema (CONTRACTS, "Schema JSON"), or NULL. */
const json_t *schema_table(const json_t *schema, struct span name);
/* One table as a JSON object. */
void schema_put_table(struct buf *b, const json_t *table, enum schema_depth depth);
/* Appends "tables":[...] with as many of the tables, in order, as fit into most_bytes: those that don't fit whole come
 * shorter, the rest are counted as "more_tables". */
void schema_put_tables(
    struct buf *b, const json_t *const *tables, size_t n, enum schema_depth depth, size_t most_bytes);
/* All tables of a schema; the array is the task's. */
const json_t **schema_tables(struct task *t, const json_t *schema, size_t *n);

#endif
