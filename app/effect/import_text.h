/* import_text: what reading text formats and writing their tables share. */
#ifndef EFFECT_IMPORT_TEXT_H
#define EFFECT_IMPORT_TEXT_H

#include "effect/guess.h"
#include "effect/import_priv.h"

struct text_column {
    struct span name;
    struct guess guess;
    enum guess_type type;
};
struct text_table {
    struct span name;
    struct text_column *columns;
    size_t n;
    int64_t rows;
    struct import_table *table; /* once it is made */
    sqlite3_stmt *insert;
};
struct text {
    struct import *im;
    struct span name; /* of the table, where the file names none */
    struct text_table *tables;
    size_t n, last;
    bool copying; /* the second reading */
    int64_t line;
    struct buf *scratch;
};

/* After the first reading: decides the types, tells them, and makes the tables. */
enum err text_tables_make(struct task *t, struct text *x);
/* Binds a value as its column's type; then inserts the row and unbinds. */
void text_cell_bind(struct text_table *table, size_t column, const struct cell *cell);
enum err text_row_insert(struct task *t, struct text *x, struct text_table *table);
/* A column's name from the header's field: blanks trimmed, empty and double names mended and told. */
struct span text_header_name(
    struct task *t, struct text *x, const struct text_table *table, struct span field, size_t at);
void text_say(struct text *x, const struct text_table *table);

#endif
