/* buf: the one way that bytes are built. */
#include "base/buf.h"

#include "base/must.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buf_init(struct buf *b, size_t cap)
{
    *b = (struct buf){.cap = cap};
}

void
buf_reset(struct buf *b)
{
    free(b->p);
    *b = (struct buf){.cap = b->cap};
}

void
buf_clear(struct buf *b)
{
    b->n = 0;
    b->failed = false;
}

void
buf_drop(struct buf *b, size_t n)
{
    must(n <= b->n);
    if (n > 0 && n < b->n)
        memmove(b->p, b->p + n, b->n - n);
    b->n -= n;
}

char *
buf_room(struct buf *b, size_t n)
{
    if (b->failed)
        return NULL;
    if (n > b->cap || b->n > b->cap - n) {
        b->failed = true;
        return NULL;
    }
    if (b->n + n > b->room || !b->p) {
        size_t room = b->room ? b->room : 256;
        while (room < b->n + n)
            room += room / 2 + 64;
        if (room > b->cap && b->cap >= b->n + n)
            room = b->cap;
        char *p = realloc(b->p, room + 1); /* one more for buf_z */
        must(p);
        b->p = p;
        b->room = room;
    }
    return b->p + b->n;
}

void
buf_put(struct buf *b, const void *p, size_t n)
{
    if (n == 0)
        return;
    char *to = buf_room(b, n);
    if (!to)
        return;
    memcpy(to, p, n);
    b->n += n;
}

void
buf_putc(struct buf *b, char c)
{
    buf_put(b, &c, 1);
}

void
buf_puts(struct buf *b, const char *z)
{
    buf_put(b, z, strlen(z));
}

void
buf_span(struct buf *b, struct span s)
{
    buf_put(b, s.p, s.n);
}

void
buf_quoted(struct buf *b, struct span s, char quote)
{
    buf_putc(b, quote);
    for (const char *q; s.n > 0 && (q = memchr(s.p, quote, s.n)) != NULL;) {
        size_t n = (size_t)(q - s.p) + 1;
        buf_span(b, span_first(s, n));
        buf_putc(b, quote);
        s = span_from(s, n);
    }
    buf_span(b, s);
    buf_putc(b, quote);
}

void
buf_i64(struct buf *b, int64_t v)
{
    char tmp[24];
    size_t at = sizeof tmp;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do {
        tmp[--at] = (char)('0' + u % 10);
        u /= 10;
    } while (u > 0);
    if (v < 0)
        tmp[--at] = '-';
    buf_put(b, tmp + at, sizeof tmp - at);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    must(n >= 0);
    char *to = buf_room(b, (size_t)n);
    if (to) {
        vsnprintf(to, (size_t)n + 1, fmt, again); /* the room has one byte more for the NUL */
        b->n += (size_t)n;
    }
    va_end(again);
}

void
buf_u32le(struct buf *b, uint32_t v)
{
    unsigned char x[4];
    for (int i = 0; i < 4; i++)
        x[i] = (unsigned char)(v >> (8 * i));
    buf_put(b, x, sizeof x);
}

void
buf_u64le(struct buf *b, uint64_t v)
{
    unsigned char x[8];
    for (int i = 0; i < 8; i++)
        x[i] = (unsigned char)(v >> (8 * i));
    buf_put(b, x, sizeof x);
}

struct span
buf_view(const struct buf *b)
{
    return (struct span){b->p, b->n};
}

const char *
buf_z(struct buf *b)
{
    if (!b->p || b->failed)
        return "";
    b->p[b->n] = '\0';
    return b->p;
}
