/* sse: server-sent events from bytes that arrive cut anywhere. */
#ifndef LLM_SSE_H
#define LLM_SSE_H

#include "base/task.h"

/* No recorded event passes 200 KB; a search result in one block may come near a megabyte. */
enum { SSE_EVENT_BYTES = 4 << 20 };

enum sse_kind {
    SSE_EVENT, /* as the standard says */
    SSE_TAIL,  /* the last event of the stream, without its empty line: the standard drops it, providers forget it */
    SSE_STRAY, /* lines outside the standard that providers put errors on: "error: {...}", bare "{...}", or a "{" and
                * what stands between it and the "}" that is a line of its own */
};

/* The spans are good during the call alone. */
struct sse_event {
    enum sse_kind kind;
    struct span name; /* "message" unless the stream named it; "error" for a stray "error:" line */
    struct span data; /* data lines joined by LF */
    struct span id;   /* the last id of the stream */
};
typedef void sse_fn(void *arg, const struct sse_event *event);

struct sse {
    sse_fn *fn;
    void *arg;
    struct buf *line, *data, *name, *id;
    struct buf *stray;   /* a bare object whose closing line has not come yet */
    bool begun;          /* a line was seen: a byte order mark counts before it alone */
    bool after_cr;       /* an LF now belongs to the CR before it */
    bool has_data;       /* the event has a data line, perhaps an empty one */
    const char *failure; /* a sentence, once a line or an event was too long: nothing more is taken then */
};

/* The caller sets fn and arg first. The buffers are the task's. No line and no event may pass event_bytes. */
void sse_init(struct task *t, struct sse *s, size_t event_bytes);
/* Calls s->fn for each event that ends within bytes. False when a line or an event is too long: see s->failure. */
bool sse_feed(struct sse *s, struct span bytes);
/* The stream has ended: hands out what stands without its end. */
bool sse_end(struct sse *s);

#endif
