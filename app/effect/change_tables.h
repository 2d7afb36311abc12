/* change_tables: the tables of a database as a recorded change needs them, and its schema. */
#ifndef EFFECT_CHANGE_TABLES_H
#define EFFECT_CHANGE_TABLES_H

#include "base/task.h"

#include <sqlite3.h>

struct change_column {
    struct span name;
    bool made;  /* generated: its value follows from the others' */
    bool empty; /* generated and not stored: there is no value to record */
    int pk;     /* place in the primary key, from 1; 0 none */
};
struct change_table {
    struct span name;
    struct change_column *columns;
    size_t n;
    bool without_rowid;
    const char *rowid; /* a name that the rowid answers to; NULL: all three are columns, or there is none */
};
struct change_tables {
    struct change_table *at;
    size_t n;
};
/* One row of sqlite_schema. */
struct change_object {
    struct span type, name, table, sql;
};
struct change_schema {
    struct change_object *at;
    size_t n;
};

enum err change_tables_read(struct task *t, sqlite3 *db, struct change_tables *out);
/* By exact name; NULL: none. */
const struct change_table *change_table_find(const struct change_tables *tables, struct span name);
/* Sorted by type and name. */
enum err change_schema_read(struct task *t, sqlite3 *db, struct change_schema *out);
const struct change_object *change_object_find(const struct change_schema *s, struct span type, struct span name);

#endif
