/* frame: one message between our processes: a kind and named byte fields, length-prefixed and bounded. */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include "base/task.h"

/* Bytes: u32le length of what follows; u8 kind length, kind; then fields: u8 name length, name, u32le length, bytes.
 * Integers travel as 8 bytes little-endian. Never a struct's memory. */
enum { FRAME_FIELDS = 48, FRAME_NAME_BYTES = 40 };
enum { FRAME_BYTES = 64 << 20 }; /* the most that any socket of ours takes; each door sets its own lower cap */

struct frame_field {
    struct span name, value;
};
struct frame {
    struct span kind;
    struct frame_field field[FRAME_FIELDS];
    size_t n;
};

/* Building into a buf: begin, puts, end. Several frames may follow one another in one buf. */
size_t frame_begin(struct buf *b, const char *kind); /* returns a mark for frame_end */
void frame_put(struct buf *b, const char *name, struct span value);
void frame_put_z(struct buf *b, const char *name, const char *value);
void frame_put_i64(struct buf *b, const char *name, int64_t value);
void frame_end(struct buf *b, size_t mark);

/* How many bytes the first frame in `bytes` takes: 0 when more must be read; E_LIMIT past cap, E_INVALID when it can't
 * be one. */
enum err frame_size(struct task *t, struct span bytes, size_t cap, size_t *out);
/* Parses exactly one whole frame; the spans point into bytes. E_INVALID: malformed, too many fields, a name twice. */
enum err frame_parse(struct task *t, struct span bytes, struct frame *out);

bool frame_is(const struct frame *f, const char *kind);
struct span frame_get(const struct frame *f, const char *name); /* SPAN_NONE if absent */
bool frame_has(const struct frame *f, const char *name);
int64_t frame_i64(const struct frame *f, const char *name, int64_t fallback);

/* A failure as a frame: kind "error", fields code, message. */
void frame_put_error(struct buf *b, enum err e, const char *message);
/* When f is an error frame: fails the task with its code and sentence and returns it; else E_OK. */
enum err frame_error(struct task *t, const struct frame *f);

#endif
