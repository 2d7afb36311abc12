/* change_log: writing and reading events. */
#include "effect/change_log.h"

#include <string.h>

enum { EVENTS_MOST = 4 << 20 };

static void
put_u16(struct buf *b, size_t v)
{
    buf_putc(b, (char)(v & 255));
    buf_putc(b, (char)(v >> 8 & 255));
}

void
change_log_value(struct buf *b, sqlite3_value *v)
{
    int type = v ? sqlite3_value_type(v) : SQLITE_NULL;
    double r;
    uint64_t bits;
    buf_putc(b, (char)type);
    switch (type) {
    case SQLITE_INTEGER: buf_u64le(b, (uint64_t)sqlite3_value_int64(v)); break;
    case SQLITE_FLOAT:
        r = sqlite3_value_double(v);
        memcpy(&bits, &r, sizeof bits);
        buf_u64le(b, bits);
        break;
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
        const void *p = type == SQLITE_TEXT ? (const void *)sqlite3_value_text(v) : sqlite3_value_blob(v);
        size_t n = (size_t)sqlite3_value_bytes(v);
        buf_u32le(b, (uint32_t)n);
        buf_put(b, p, p ? n : 0);
        break;
    }
    default: break;
    }
}

void
change_log_head(struct buf *b, char op, struct span table, int64_t before, int64_t after, size_t columns)
{
    buf_putc(b, op);
    put_u16(b, table.n);
    buf_span(b, table);
    buf_u64le(b, (uint64_t)before);
    buf_u64le(b, (uint64_t)after);
    put_u16(b, columns);
}

/* A cursor that stays at the end once something is missing. */
struct reader {
    struct span rest;
    bool bad;
};

static struct span
take(struct reader *r, size_t n)
{
    if (r->bad || r->rest.n < n) {
        r->bad = true;
        return SPAN_NONE;
    }
    struct span s = span_first(r->rest, n);
    r->rest = span_from(r->rest, n);
    return s;
}

static uint64_t
number(struct reader *r, size_t bytes)
{
    struct span s = take(r, bytes);
    uint64_t v = 0;
    for (size_t i = s.n; i-- > 0;)
        v = v << 8 | (unsigned char)s.p[i];
    return v;
}

static void
read_value(struct reader *r, struct cell *c)
{
    uint64_t bits, type = number(r, 1);
    *c = (struct cell){.kind = CELL_NULL};
    switch (type) {
    case SQLITE_NULL: return;
    case SQLITE_INTEGER:
        c->kind = CELL_INT;
        c->i = (int64_t)number(r, 8);
        return;
    case SQLITE_FLOAT:
        c->kind = CELL_REAL;
        bits = number(r, 8);
        memcpy(&c->r, &bits, sizeof bits);
        return;
    case SQLITE_TEXT:
    case SQLITE_BLOB:
        c->kind = type == SQLITE_TEXT ? CELL_TEXT : CELL_BLOB;
        c->s = take(r, (size_t)number(r, 4));
        c->full_bytes = (int64_t)c->s.n;
        return;
    default: r->bad = true;
    }
}

static struct cell *
read_values(struct task *t, struct reader *r, size_t n, bool keep)
{
    struct cell one, *cells = keep ? task_array(t, n + 1, sizeof *cells) : NULL;
    for (size_t i = 0; i < n && !r->bad; i++)
        read_value(r, keep ? &cells[i] : &one);
    return cells;
}

static enum err
read_event(struct task *t, struct span log, size_t *at, bool keep, struct change_event *out)
{
    struct reader r = {.rest = span_from(log, *at)};
    *out = (struct change_event){.op = (char)number(&r, 1)};
    out->table = take(&r, (size_t)number(&r, 2));
    out->before = (int64_t)number(&r, 8);
    out->after = (int64_t)number(&r, 8);
    out->columns = (size_t)number(&r, 2);
    if (!memchr("IUD", out->op, 3) || out->op == '\0' || out->columns > CHANGE_LOG_COLUMNS)
        r.bad = true;
    if (!r.bad && out->op != 'I')
        out->old = read_values(t, &r, out->columns, keep);
    if (!r.bad && out->op != 'D')
        out->new = read_values(t, &r, out->columns, keep);
    *at = log.n - r.rest.n;
    return r.bad ? task_fail(t, E_CORRUPT, "The record of the change is damaged.") : E_OK;
}

enum err
change_log_read(struct task *t, struct span log, size_t *at, struct change_event *out)
{
    return read_event(t, log, at, true, out);
}

enum err
change_log_index(struct task *t, struct span log, size_t **at, size_t *n)
{
    struct change_event e;
    size_t room = 1024;
    *at = task_array(t, room, sizeof **at);
    *n = 0;
    for (size_t next = 0; next < log.n;) {
        if (*n == EVENTS_MOST)
            return task_fail(t, E_LIMIT, "The change is too long to be undone.");
        if (*n == room) {
            size_t *old = *at;
            *at = task_array(t, room * 2, sizeof **at);
            memcpy(*at, old, room * sizeof **at);
            room *= 2;
        }
        (*at)[(*n)++] = next;
        if (read_event(t, log, &next, false, &e) != E_OK)
            return t->err;
    }
    return E_OK;
}
