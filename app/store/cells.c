/* cells: rows as bytes: a head, an index of row offsets, the cells. */
#include "store/cells.h"

#include "base/must.h"

#include <string.h>

enum { CELLS_VERSION = 1, OFFSET_BYTES = 4 };

static void
put_cell(struct buf *b, const struct cell *c)
{
    buf_putc(b, (char)c->kind);
    uint64_t bits;
    switch (c->kind) {
    case CELL_NULL: return;
    case CELL_INT: buf_u64le(b, (uint64_t)c->i); return;
    case CELL_REAL:
        memcpy(&bits, &c->r, sizeof bits);
        buf_u64le(b, bits);
        return;
    case CELL_TEXT:
    case CELL_BLOB:
        buf_u64le(b, (uint64_t)c->full_bytes);
        buf_u32le(b, (uint32_t)c->s.n);
        buf_span(b, c->s);
        return;
    }
}

/* Overwrites four bytes that were put before. */
static void
set_u32le(struct buf *b, size_t at, uint32_t v)
{
    for (size_t i = 0; i < OFFSET_BYTES; i++)
        b->p[at + i] = (char)(v >> (8 * i));
}

void
cells_put(struct buf *b, const struct cell *cells, size_t columns, size_t rows)
{
    must(columns <= CELLS_COLUMNS && rows <= CELLS_ROWS);
    buf_u32le(b, CELLS_VERSION);
    buf_u32le(b, (uint32_t)columns);
    buf_u32le(b, (uint32_t)rows);
    size_t index = b->n;
    for (size_t r = 0; r <= rows; r++)
        buf_u32le(b, 0);
    size_t base = b->n;
    for (size_t r = 0; r < rows && !b->failed; r++) {
        set_u32le(b, index + r * OFFSET_BYTES, (uint32_t)(b->n - base));
        for (size_t c = 0; c < columns; c++)
            put_cell(b, &cells[r * columns + c]);
        if (b->n - base > CELLS_BYTES)
            b->failed = true;
    }
    if (!b->failed)
        set_u32le(b, index + rows * OFFSET_BYTES, (uint32_t)(b->n - base));
}

static uint64_t
little(const char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = n; i-- > 0;)
        v = v << 8 | (unsigned char)p[i];
    return v;
}

/* Takes n bytes off *in; NULL when there are fewer. */
static const char *
take(struct span *in, size_t n)
{
    if (in->n < n)
        return NULL;
    const char *p = in->p;
    *in = span_from(*in, n);
    return p;
}

static bool
read_number(struct span *in, struct cell *out)
{
    const char *p = take(in, 8);
    if (!p)
        return false;
    uint64_t bits = little(p, 8);
    out->i = (int64_t)bits;
    if (out->kind == CELL_REAL)
        memcpy(&out->r, &bits, sizeof out->r);
    return true;
}

static bool
read_bytes(struct span *in, struct cell *out)
{
    const char *p = take(in, 12);
    if (!p)
        return false;
    out->full_bytes = (int64_t)little(p, 8);
    out->s.n = (size_t)little(p + 8, 4);
    out->s.p = take(in, out->s.n);
    return out->s.p != NULL || out->s.n == 0;
}

static bool
read_cell(struct span *in, struct cell *out)
{
    const char *kind = take(in, 1);
    if (!kind || *kind < CELL_NULL || *kind > CELL_BLOB)
        return false;
    out->kind = (enum cell_kind) * kind;
    if (out->kind == CELL_NULL)
        return true;
    return out->kind == CELL_INT || out->kind == CELL_REAL ? read_number(in, out) : read_bytes(in, out);
}

static enum err
corrupt(struct task *t)
{
    return task_fail(t, E_CORRUPT, "A stored result can't be read: its bytes are damaged.");
}

enum err
cells_read_head(struct task *t, struct span head, size_t *columns, size_t *rows)
{
    if (head.n < CELLS_HEAD_BYTES || little(head.p, 4) != CELLS_VERSION)
        return corrupt(t);
    *columns = (size_t)little(head.p + 4, 4);
    *rows = (size_t)little(head.p + 8, 4);
    return *columns <= CELLS_COLUMNS && *rows <= CELLS_ROWS ? E_OK : corrupt(t);
}

enum err
cells_read_rows(struct task *t, struct span bytes, size_t columns, size_t rows, struct cell **out)
{
    /* Each cell takes a byte at least: a head that lies can't make us allocate more than it has. */
    if (columns * rows > bytes.n)
        return corrupt(t);
    *out = task_array(t, columns * rows, sizeof **out);
    for (size_t i = 0; i < columns * rows; i++) {
        if (!read_cell(&bytes, &(*out)[i]))
            return corrupt(t);
    }
    return bytes.n == 0 ? E_OK : corrupt(t);
}

size_t
cells_index_at(size_t row)
{
    return CELLS_HEAD_BYTES + row * OFFSET_BYTES;
}

size_t
cells_index_bytes(size_t rows)
{
    return (rows + 1) * OFFSET_BYTES;
}

enum err
cells_read_index(struct task *t, struct span index, size_t rows, size_t *begin, size_t *end)
{
    if (index.n < cells_index_bytes(rows))
        return corrupt(t);
    *begin = (size_t)little(index.p, OFFSET_BYTES);
    *end = (size_t)little(index.p + rows * OFFSET_BYTES, OFFSET_BYTES);
    return *begin <= *end ? E_OK : corrupt(t);
}
