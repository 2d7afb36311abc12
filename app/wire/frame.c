/* frame: encoding and strict decoding of messages between our processes. */
#include "wire/frame.h"

#include "base/must.h"

#include <string.h>

static uint32_t
get_u32(const char *p)
{
    const unsigned char *x = (const unsigned char *)p;
    return (uint32_t)x[0] | (uint32_t)x[1] << 8 | (uint32_t)x[2] << 16 | (uint32_t)x[3] << 24;
}

size_t
frame_begin(struct buf *b, const char *kind)
{
    size_t mark = b->n;
    size_t n = strlen(kind);
    must(n > 0 && n < FRAME_NAME_BYTES);
    buf_u32le(b, 0);
    buf_putc(b, (char)n);
    buf_put(b, kind, n);
    return mark;
}

void
frame_put(struct buf *b, const char *name, struct span value)
{
    size_t n = strlen(name);
    must(n > 0 && n < FRAME_NAME_BYTES && value.n <= UINT32_MAX);
    buf_putc(b, (char)n);
    buf_put(b, name, n);
    buf_u32le(b, (uint32_t)value.n);
    buf_span(b, value);
}

void
frame_put_z(struct buf *b, const char *name, const char *value)
{
    frame_put(b, name, span_of(value));
}

void
frame_put_i64(struct buf *b, const char *name, int64_t value)
{
    size_t n = strlen(name);
    must(n > 0 && n < FRAME_NAME_BYTES);
    buf_putc(b, (char)n);
    buf_put(b, name, n);
    buf_u32le(b, 8);
    buf_u64le(b, (uint64_t)value);
}

void
frame_end(struct buf *b, size_t mark)
{
    if (b->failed)
        return;
    size_t n = b->n - mark - 4;
    must(n <= UINT32_MAX);
    for (int i = 0; i < 4; i++)
        b->p[mark + (size_t)i] = (char)(unsigned char)(n >> (8 * i));
}

enum err
frame_size(struct task *t, struct span bytes, size_t cap, size_t *out)
{
    *out = 0;
    if (bytes.n < 4)
        return E_OK;
    size_t n = get_u32(bytes.p);
    if (n < 2)
        return task_fail(t, E_INVALID, "A message between processes is too short to be one.");
    if (n > cap)
        return task_fail(t, E_LIMIT, "A message between processes has %zu bytes; %zu are allowed.", n, cap);
    if (bytes.n - 4 >= n)
        *out = n + 4;
    return E_OK;
}

static bool
take_name(struct span *rest, struct span *out)
{
    if (rest->n < 1)
        return false;
    size_t n = (unsigned char)rest->p[0];
    if (n == 0 || n >= FRAME_NAME_BYTES || rest->n - 1 < n)
        return false;
    *out = (struct span){rest->p + 1, n};
    *rest = span_from(*rest, n + 1);
    return true;
}

static bool
take_field(struct span *rest, struct frame_field *out)
{
    if (!take_name(rest, &out->name) || rest->n < 4)
        return false;
    size_t n = get_u32(rest->p);
    if (rest->n - 4 < n)
        return false;
    out->value = (struct span){rest->p + 4, n};
    *rest = span_from(*rest, n + 4);
    return true;
}

enum err
frame_parse(struct task *t, struct span bytes, struct frame *out)
{
    static const char bad[] = "A message between processes is malformed.";
    out->n = 0;
    if (bytes.n < 4 || get_u32(bytes.p) != bytes.n - 4)
        return task_fail(t, E_INVALID, bad);
    struct span rest = span_from(bytes, 4);
    if (!take_name(&rest, &out->kind))
        return task_fail(t, E_INVALID, bad);
    while (rest.n > 0) {
        struct frame_field f;
        if (out->n == FRAME_FIELDS || !take_field(&rest, &f))
            return task_fail(t, E_INVALID, bad);
        for (size_t i = 0; i < out->n; i++)
            if (span_eq(out->field[i].name, f.name))
                return task_fail(t, E_INVALID, bad);
        out->field[out->n++] = f;
    }
    return E_OK;
}

bool
frame_is(const struct frame *f, const char *kind)
{
    return span_is(f->kind, kind);
}

struct span
frame_get(const struct frame *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++)
        if (span_is(f->field[i].name, name))
            return f->field[i].value;
    return SPAN_NONE;
}

bool
frame_has(const struct frame *f, const char *name)
{
    return frame_get(f, name).p != NULL;
}

int64_t
frame_i64(const struct frame *f, const char *name, int64_t fallback)
{
    struct span v = frame_get(f, name);
    uint64_t x = 0;
    if (v.n != 8)
        return fallback;
    for (int i = 7; i >= 0; i--)
        x = x << 8 | (unsigned char)v.p[i];
    return (int64_t)x;
}

void
frame_put_error(struct buf *b, enum err e, const char *message)
{
    size_t mark = frame_begin(b, "error");
    frame_put_z(b, "code", err_word(e));
    frame_put_z(b, "message", message);
    frame_end(b, mark);
}

enum err
frame_error(struct task *t, const struct frame *f)
{
    if (!frame_is(f, "error"))
        return E_OK;
    enum err e = err_from_word(task_z(t, frame_get(f, "code")));
    struct span m = frame_get(f, "message");
    return task_fail(t, e == E_OK ? E_INTERNAL : e, "%.*s", SPAN_ARG(m));
}
