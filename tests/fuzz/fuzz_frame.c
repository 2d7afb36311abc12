/* fuzz: lyc_wire */
/* Frames as they come over a socket: size, parse, and what was parsed encodes to the same bytes. */
#include "base/must.h"
#include "wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool
names_are_texts(const struct frame *f)
{
    bool texts = !span_has(f->kind, '\0');
    for (size_t i = 0; i < f->n; i++)
        texts = texts && !span_has(f->field[i].name, '\0');
    return texts;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct task t;
    struct frame f;
    size_t size = 0;
    task_begin(&t, 0);
    struct span bytes = task_dup(&t, (struct span){(const char *)data, n});
    if (frame_size(&t, bytes, 1 << 20, &size) == E_OK && size > 0) {
        must(size <= n);
        struct span whole = span_first(bytes, size);
        if (frame_parse(&t, whole, &f) == E_OK) {
            struct buf *b = task_buf(&t, size + 64);
            bool texts = names_are_texts(&f); /* only such can be written again */
            size_t mark = texts ? frame_begin(b, task_z(&t, f.kind)) : 0;
            for (size_t i = 0; texts && i < f.n; i++)
                frame_put(b, task_z(&t, f.field[i].name), f.field[i].value);
            if (texts)
                frame_end(b, mark);
            must(!texts || span_eq(buf_view(b), whole));
            frame_error(&t, &f);
        }
    }
    task_end(&t);
    return 0;
}
