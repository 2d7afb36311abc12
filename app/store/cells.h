/* cells: a result's rows as bytes for the database, and any page of them back. */
#ifndef STORE_CELLS_H
#define STORE_CELLS_H

#include "base/cell.h"
#include "base/task.h"

/* Little-endian: u32 version (1), u32 columns, u32 rows, then rows + 1 offsets (u32, from the end of the index) and the
 * cells: u8 kind; INT and REAL 8 bytes; TEXT and BLOB u64 full length, u32 length, bytes. */
enum { CELLS_HEAD_BYTES = 12, CELLS_COLUMNS = 2000, CELLS_ROWS = 1000000, CELLS_BYTES = 256 << 20 };

/* Rows of a decoded page: cells[row * columns + column]. Texts point into the bytes that were decoded. */
struct cells {
    size_t columns;
    size_t rows;       /* in this page */
    size_t first;      /* number of the page's first row, from 0 */
    size_t total_rows; /* in the whole result */
    struct cell *cells;
};

/* Appends rows x columns cells. The buf fails when they pass its cap. */
void cells_put(struct buf *b, const struct cell *cells, size_t columns, size_t rows);
/* A page is read without the rest: first the head, then the offsets that bound its rows, then their bytes. */
enum err cells_read_head(struct task *t, struct span head, size_t *columns, size_t *rows);
/* Where the offset of a row stands (one past the last row: where the cells begin), and the bytes of the offsets that
 * bound so many rows. */
size_t cells_index_at(size_t row);
size_t cells_index_bytes(size_t rows);
/* The offsets, from where the cells begin, between which those rows stand. */
enum err cells_read_index(struct task *t, struct span index, size_t rows, size_t *begin, size_t *end);
/* Decodes `rows` rows that begin at bytes.p; E_CORRUPT unless they end exactly at its end. */
enum err cells_read_rows(struct task *t, struct span bytes, size_t columns, size_t rows, struct cell **out);

#endif
