/* rows: encoding and strict decoding. */
#include "query/rows.h"

#include <string.h>

static bool
take_uint(struct span *rest, size_t bytes, uint64_t *out)
{
    uint64_t v = 0;
    if (rest->n < bytes)
        return false;
    for (size_t i = bytes; i-- > 0;)
        v = v << 8 | (unsigned char)rest->p[i];
    *rest = (struct span){rest->p + bytes, rest->n - bytes};
    *out = v;
    return true;
}

static bool
take_bytes(struct span *rest, uint64_t n, struct span *out)
{
    if (rest->n < n)
        return false;
    *out = (struct span){rest->p, (size_t)n};
    *rest = (struct span){rest->p + n, rest->n - (size_t)n};
    return true;
}

void
rows_put_text(struct buf *b, struct span s)
{
    buf_u32le(b, (uint32_t)s.n);
    buf_span(b, s);
}

bool
rows_take_text(struct span *rest, struct span *out)
{
    uint64_t n;
    return take_uint(rest, 4, &n) && take_bytes(rest, n, out);
}

void
rows_put_cell(struct buf *b, const struct cell *c)
{
    uint64_t bits;
    buf_putc(b, (char)c->kind);
    switch (c->kind) {
    case CELL_NULL: return;
    case CELL_INT: buf_u64le(b, (uint64_t)c->i); return;
    case CELL_REAL:
        memcpy(&bits, &c->r, sizeof bits);
        buf_u64le(b, bits);
        return;
    case CELL_TEXT:
    case CELL_BLOB:
        buf_u32le(b, (uint32_t)c->full_bytes);
        rows_put_text(b, c->s);
        return;
    }
}

bool
rows_take_cell(struct span *rest, struct cell *out)
{
    uint64_t kind, v;
    *out = (struct cell){0};
    if (!take_uint(rest, 1, &kind) || kind > CELL_BLOB)
        return false;
    out->kind = (enum cell_kind)kind;
    if (kind == CELL_NULL)
        return true;
    if (!take_uint(rest, kind == CELL_INT || kind == CELL_REAL ? 8 : 4, &v))
        return false;
    if (kind == CELL_INT)
        return out->i = (int64_t)v, true;
    if (kind == CELL_REAL)
        return memcpy(&out->r, &v, sizeof out->r), true;
    out->full_bytes = (int64_t)v;
    return rows_take_text(rest, &out->s) && out->s.n <= v;
}

void
rows_put_params(struct buf *b, const struct span *names, const struct cell *cells, size_t n)
{
    buf_u32le(b, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        rows_put_text(b, names[i]);
        rows_put_cell(b, &cells[i]);
    }
}

enum err
rows_read_params(struct task *t, struct span bytes, const struct span **names, const struct cell **cells, size_t *n)
{
    uint64_t count = 0;
    *n = 0;
    if (bytes.n == 0)
        return E_OK;
    if (!take_uint(&bytes, 4, &count) || count > ROWS_PARAMS)
        return task_fail(t, E_INVALID, "A statement may have at most %d parameters.", ROWS_PARAMS);
    struct span *name = task_array(t, (size_t)count, sizeof *name);
    struct cell *cell = task_array(t, (size_t)count, sizeof *cell);
    for (size_t i = 0; i < count; i++)
        if (!rows_take_text(&bytes, &name[i]) || !rows_take_cell(&bytes, &cell[i]))
            return task_fail(t, E_INVALID, "The parameters of a statement are malformed.");
    if (bytes.n > 0)
        return task_fail(t, E_INVALID, "The parameters of a statement are malformed.");
    *names = name;
    *cells = cell;
    *n = (size_t)count;
    return E_OK;
}

static void
put_columns(struct buf *b, const struct query_rows *r)
{
    buf_u32le(b, (uint32_t)r->n_columns);
    for (size_t i = 0; i < r->n_columns; i++) {
        rows_put_text(b, r->columns[i].name);
        rows_put_text(b, r->columns[i].type);
        rows_put_text(b, r->columns[i].from_table);
        rows_put_text(b, r->columns[i].from_column);
    }
}

static void
put_reads(struct buf *b, const struct query_rows *r)
{
    buf_u32le(b, (uint32_t)r->n_reads);
    for (size_t i = 0; i < r->n_reads; i++) {
        rows_put_text(b, r->reads[i].table);
        rows_put_text(b, r->reads[i].column);
    }
}

static void
put_texts(struct buf *b, const struct span *list, size_t n)
{
    buf_u32le(b, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        rows_put_text(b, list[i]);
}

size_t
rows_field_begin(struct buf *b, const char *name)
{
    frame_put(b, name, SPAN_NONE);
    return b->n;
}

void
rows_field_end(struct buf *b, size_t mark)
{
    for (size_t i = 0; !b->failed && i < 4; i++)
        b->p[mark - 4 + i] = (char)(unsigned char)((b->n - mark) >> (8 * i));
}

void
rows_put(struct buf *b, const struct query_rows *r, struct span cells)
{
    size_t frame = frame_begin(b, "rows");
    frame_put_i64(b, "n", (int64_t)r->n_rows);
    frame_put(b, "truncated", r->truncated ? r->truncated_by : SPAN_NONE);
    frame_put_i64(b, "total", r->total);
    frame_put_i64(b, "total_more", r->total_more);
    frame_put(b, "next", r->next);
    frame_put_i64(b, "took_us", r->took_us);
    frame_put(b, "revision", r->revision);
    frame_put_i64(b, "level", r->level);
    frame_put_i64(b, "integrity", r->integrity);
    size_t mark = rows_field_begin(b, "columns");
    put_columns(b, r);
    rows_field_end(b, mark);
    mark = rows_field_begin(b, "reads");
    put_reads(b, r);
    rows_field_end(b, mark);
    mark = rows_field_begin(b, "notes");
    put_texts(b, r->notes, r->n_notes);
    rows_field_end(b, mark);
    mark = rows_field_begin(b, "note_codes");
    put_texts(b, r->note_codes, r->note_codes ? r->n_notes : 0);
    rows_field_end(b, mark);
    frame_put(b, "cells", cells);
    frame_end(b, frame);
}

static bool
take_count(struct span *rest, size_t most, size_t *n)
{
    uint64_t v;
    if (!take_uint(rest, 4, &v) || v > most)
        return false;
    *n = (size_t)v;
    return true;
}

static bool
read_columns(struct task *t, struct span rest, struct query_rows *out)
{
    if (!take_count(&rest, ROWS_COLUMNS, &out->n_columns))
        return false;
    out->columns = task_array(t, out->n_columns, sizeof *out->columns);
    for (size_t i = 0; i < out->n_columns; i++) {
        struct query_column *c = &out->columns[i];
        if (!rows_take_text(&rest, &c->name) || !rows_take_text(&rest, &c->type) ||
            !rows_take_text(&rest, &c->from_table) || !rows_take_text(&rest, &c->from_column))
            return false;
    }
    return rest.n == 0;
}

static bool
read_reads(struct task *t, struct span rest, struct query_rows *out)
{
    if (!take_count(&rest, ROWS_LIST, &out->n_reads))
        return false;
    out->reads = task_array(t, out->n_reads, sizeof *out->reads);
    for (size_t i = 0; i < out->n_reads; i++)
        if (!rows_take_text(&rest, &out->reads[i].table) || !rows_take_text(&rest, &out->reads[i].column))
            return false;
    return rest.n == 0;
}

static bool
read_texts(struct task *t, struct span rest, struct span **list, size_t *n)
{
    if (!take_count(&rest, ROWS_LIST, n))
        return false;
    *list = task_array(t, *n, sizeof **list);
    for (size_t i = 0; i < *n; i++)
        if (!rows_take_text(&rest, &(*list)[i]))
            return false;
    return rest.n == 0;
}

/* Codes are of use only when there is one for each note. */
static bool
read_notes(struct task *t, const struct frame *f, struct query_rows *out)
{
    size_t n = 0;
    if (!read_texts(t, frame_get(f, "notes"), &out->notes, &out->n_notes))
        return false;
    if (!read_texts(t, frame_get(f, "note_codes"), &out->note_codes, &n) || n != out->n_notes)
        out->note_codes = NULL;
    return true;
}

static bool
read_cells(struct task *t, struct span rest, int64_t rows, struct query_rows *out)
{
    /* Each cell takes a byte at least, so a count that passes this is bounded by what came. */
    if (rows < 0 || (rows > 0 && (out->n_columns == 0 || (uint64_t)rows > rest.n / out->n_columns)))
        return false;
    out->n_rows = (size_t)rows;
    size_t n = out->n_rows * out->n_columns;
    out->cells = task_array(t, n, sizeof *out->cells);
    for (size_t i = 0; i < n; i++)
        if (!rows_take_cell(&rest, &out->cells[i]))
            return false;
    return rest.n == 0;
}

static bool
read_label(const struct frame *f, struct query_rows *out)
{
    int64_t level = frame_i64(f, "level", -1), integrity = frame_i64(f, "integrity", -1);
    if (level < 0 || level > ROWS_LEVEL || integrity < 0 || integrity > ROWS_INTEGRITY)
        return false;
    out->level = (int)level;
    out->integrity = (int)integrity;
    return true;
}

enum err
rows_read(struct task *t, const struct frame *f, struct query_rows *out)
{
    *out = (struct query_rows){0};
    out->truncated_by = frame_get(f, "truncated");
    out->truncated = out->truncated_by.n > 0;
    out->total = frame_i64(f, "total", -1);
    out->total_more = frame_i64(f, "total_more", 0) == 1;
    out->next = frame_get(f, "next");
    out->took_us = frame_i64(f, "took_us", 0);
    out->revision = frame_get(f, "revision");
    if (!frame_is(f, "rows") || !read_label(f, out) || !read_columns(t, frame_get(f, "columns"), out) ||
        !read_reads(t, frame_get(f, "reads"), out) || !read_notes(t, f, out) ||
        !read_cells(t, frame_get(f, "cells"), frame_i64(f, "n", -1), out)) {
        *out = (struct query_rows){0};
        return task_fail(t, E_CORRUPT, "The query service's reply is malformed.");
    }
    return E_OK;
}

void
rows_put_problem(struct buf *b, enum err e, const struct query_problem *p)
{
    size_t frame = frame_begin(b, "problem");
    frame_put_z(b, "err", err_word(e));
    frame_put(b, "code", p->code);
    frame_put(b, "message", p->message);
    frame_put_i64(b, "offset", p->offset);
    frame_put(b, "token", p->token);
    frame_put(b, "hint", p->hint);
    size_t mark = rows_field_begin(b, "suggestions");
    put_texts(b, p->suggestions, p->n_suggestions);
    rows_field_end(b, mark);
    mark = rows_field_begin(b, "columns");
    put_texts(b, p->columns, p->n_columns);
    rows_field_end(b, mark);
    frame_end(b, frame);
}

enum err
rows_read_problem(struct task *t, const struct frame *f, struct query_problem *p)
{
    enum err e = err_from_word(task_z(t, frame_get(f, "err")));
    p->code = frame_get(f, "code");
    p->message = frame_get(f, "message");
    p->offset = frame_i64(f, "offset", -1);
    p->token = frame_get(f, "token");
    p->hint = frame_get(f, "hint");
    if (!read_texts(t, frame_get(f, "suggestions"), &p->suggestions, &p->n_suggestions))
        p->n_suggestions = 0;
    if (!read_texts(t, frame_get(f, "columns"), &p->columns, &p->n_columns))
        p->n_columns = 0;
    return task_fail(t, e == E_OK ? E_INTERNAL : e, "%.*s", SPAN_ARG(p->message));
}
