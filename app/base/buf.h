/* buf: a growing byte string with a cap and sticky failure: check `failed` once, at the end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/span.h"

struct buf {
    char *p;     /* never NUL-terminated by itself; see buf_z */
    size_t n;    /* bytes in use */
    size_t room; /* bytes allocated */
    size_t cap;  /* most bytes that it may hold */
    bool failed; /* the cap was hit: later puts do nothing */
};

/* Caller's storage; buf_reset frees the bytes and keeps the cap. Memory is malloc's: for bytes that outlive a task.
 * Inside a task use task_buf(), which is freed with the task. */
void buf_init(struct buf *b, size_t cap);
void buf_reset(struct buf *b);
/* Forgets the content, keeps the memory. */
void buf_clear(struct buf *b);
/* Drops the first n bytes. */
void buf_drop(struct buf *b, size_t n);
/* Makes room for n more bytes and returns where they go (commit with b->n += n), or NULL past the cap. */
char *buf_room(struct buf *b, size_t n);

void buf_put(struct buf *b, const void *p, size_t n);
void buf_putc(struct buf *b, char c);
void buf_puts(struct buf *b, const char *z);
void buf_span(struct buf *b, struct span s);
/* s within quotes, each quote in it doubled: names and texts of SQL, fields of CSV. */
void buf_quoted(struct buf *b, struct span s, char quote);
void buf_i64(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Little-endian fixed widths, for the wire. */
void buf_u32le(struct buf *b, uint32_t v);
void buf_u64le(struct buf *b, uint64_t v);

struct span buf_view(const struct buf *b);
/* The content as a C string (adds a NUL behind it, not counted). "" when empty or failed. */
const char *buf_z(struct buf *b);

#endif
