/* import_priv: what the files of the import share. */
#ifndef EFFECT_IMPORT_PRIV_H
#define EFFECT_IMPORT_PRIV_H

#include "effect/import.h"
#include "effect/lite.h"
#include "effect/report.h"

struct import_column {
    struct span name, type; /* declared type, empty when none */
    struct span collation;  /* empty: BINARY */
    bool not_null;
};
/* A part of a primary key or an index. */
struct import_part {
    struct span column, collation;
    bool descending;
};
struct import_index {
    struct span name;
    struct import_part *parts;
    size_t n;
    bool unique;
};
struct import_foreign {
    struct span table;
    struct span *columns, *to; /* to[0].p NULL: the other table's primary key */
    size_t n;
};
struct import_table {
    struct span name;
    struct import_column *columns;
    size_t n;
    struct import_part *pk;
    size_t n_pk;
    struct import_foreign *foreign;
    size_t n_foreign;
    struct import_index *indexes;
    size_t n_indexes;
    bool without_rowid, strict;
    bool shuffled;     /* rows lay in the order of a column that is left out: they are copied in another */
    bool alias;        /* the primary key is the rowid: INTEGER PRIMARY KEY */
    const char *rowid; /* how the rowid may be called when it must be copied; NULL: no rowid, or an alias */
    int64_t rows;
};

struct import {
    const struct import_job *job;
    sqlite3 *from; /* the publisher's file; NULL for text formats */
    sqlite3 *to;   /* new.db */
    json_t *report;
    struct buf *ddl; /* every CREATE of ours, for the views' stage */
    struct import_table *tables;
    size_t n_tables;
    json_t *views;        /* candidates */
    json_t *generated;    /* [["table","column"]...] */
    const char *too_wide; /* why a table was left out for its columns, or NULL */
    int refused;          /* SQLite's extended code when a row was refused, and its words */
    const char *why;
    int64_t said_ms; /* when progress was told last */
};

/* progress: at most four sentences a second; `now` says one at once. */
void import_say(struct import *im, bool now, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
struct import_table *import_table_find(struct import *im, struct span name); /* ASCII case is ignored; NULL */
const struct import_column *import_column_find(const struct import_table *table, struct span name);

/* The source database: import_source.c checks and opens it, import_schema.c reads its tables into im->tables. */
enum err import_source_open(struct task *t, struct import *im);
enum err import_schema_read(struct task *t, struct import *im);
enum err import_table_read(struct task *t, struct import *im, struct import_table *table);
/* Primary and foreign keys that meta names, for tables without keys of their own (import_meta.c). */
enum err import_meta_keys(struct task *t, struct import *im);

/* Our side (import_target.c): made, filled table by table, closed. */
enum err import_target_open(struct task *t, struct import *im);
enum err import_target_create(struct task *t, struct import *im, struct import_table *table);
enum err import_target_indexes(struct task *t, struct import *im, struct import_table *table);
/* "INSERT INTO table (...) VALUES (?,...)": with_rowid puts the rowid first. */
const char *import_target_insert(struct task *t, const struct import_table *table, bool with_rowid);
/* Copies the rows of an ordinary table (import_copy.c). */
enum err import_rows_copy(struct task *t, struct import *im, struct import_table *table);

/* Text formats (import_text.c): the whole source, read twice. */
enum err import_text(struct task *t, struct import *im);

#endif
