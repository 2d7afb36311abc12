/* fuzz: lyc_llm. sse: any bytes, cut anywhere, give the same events as in one piece. */
#include "base/must.h"
#include "llm/sse.h"

enum { EVENT_BYTES = 4096, LOG_BYTES = 1 << 22 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
note(void *arg, const struct sse_event *e)
{
    buf_printf(arg, "%d ", (int)e->kind);
    buf_span(arg, e->name);
    buf_putc(arg, '\n');
    buf_span(arg, e->id);
    buf_putc(arg, '\n');
    buf_span(arg, e->data);
    buf_putc(arg, '\n');
}

static struct buf *
run(struct task *t, struct span bytes, size_t chunk)
{
    struct sse s = {.fn = note, .arg = task_buf(t, LOG_BYTES)};
    sse_init(t, &s, EVENT_BYTES);
    for (; bytes.n > 0; bytes = span_from(bytes, chunk))
        sse_feed(&s, span_first(bytes, chunk));
    sse_end(&s);
    return s.arg;
}

/* The first byte says how long the pieces are. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 1 << 16)
        return 0;
    struct task t;
    struct span bytes = {(const char *)data + 1, size - 1};
    task_begin(&t, 0);
    const struct buf *whole = run(&t, bytes, SIZE_MAX);
    const struct buf *pieces = run(&t, bytes, data[0] % 32 + 1U);
    must(span_eq(buf_view(whole), buf_view(pieces)));
    task_end(&t);
    return 0;
}
