/* rows: results, problems and parameters as bytes between the query process and its callers. */
#ifndef QUERY_ROWS_H
#define QUERY_ROWS_H

#include "query/query_client.h"
#include "wire/frame.h"

/* Little-endian. Text: u32 length, bytes. Cell: u8 kind; INT and REAL 8 bytes; TEXT and BLOB u32 full length, u32
 * length, bytes. Whoever reads does not trust whoever wrote: a query's child runs other people's SQL. */
enum { ROWS_COLUMNS = 2000, ROWS_LIST = 4096, ROWS_PARAMS = 500, ROWS_REPLY_BYTES = 60 << 20 };
enum { ROWS_LEVEL = 3, ROWS_INTEGRITY = 4 }; /* the highest there are */

void rows_put_text(struct buf *b, struct span s);
void rows_put_cell(struct buf *b, const struct cell *c);
/* Cut the next one off *rest; false when malformed. The bytes stay where they are. */
bool rows_take_text(struct span *rest, struct span *out);
bool rows_take_cell(struct span *rest, struct cell *out);

void rows_put_params(struct buf *b, const struct span *names, const struct cell *cells, size_t n);
/* E_INVALID when malformed or too many. */
enum err rows_read_params(
    struct task *t, struct span bytes, const struct span **names, const struct cell **cells, size_t *n);

/* A field of a frame whose length is known only behind it: what is appended in between. */
size_t rows_field_begin(struct buf *b, const char *name);
void rows_field_end(struct buf *b, size_t mark);

/* A reply frame "rows"; `cells` are n_rows x n_columns of rows_put_cell (r->cells is not looked at). */
void rows_put(struct buf *b, const struct query_rows *r, struct span cells);
/* Decodes it; spans point into the frame. E_CORRUPT when malformed. */
enum err rows_read(struct task *t, const struct frame *f, struct query_rows *out);

/* A reply frame "problem", with the error that the caller returns. */
void rows_put_problem(struct buf *b, enum err e, const struct query_problem *p);
/* Fills p and fails the task with the error and the problem's message. */
enum err rows_read_problem(struct task *t, const struct frame *f, struct query_problem *p);

#endif
