/* sse: lines of LF, CRLF or CR; fields; events at empty lines (WHATWG HTML, 9.2.6). */
#include "llm/sse.h"

#include <string.h>

void
sse_init(struct task *t, struct sse *s, size_t event_bytes)
{
    sse_fn *fn = s->fn;
    void *arg = s->arg;
    *s = (struct sse){.fn = fn, .arg = arg};
    s->line = task_buf(t, event_bytes);
    s->data = task_buf(t, event_bytes);
    s->name = task_buf(t, 256);
    s->id = task_buf(t, 1024);
    s->stray = task_buf(t, event_bytes);
}

static void
emit(struct sse *s, enum sse_kind kind, struct span name, struct span data)
{
    struct sse_event e = {kind, name.n > 0 ? name : SPAN("message"), data, buf_view(s->id)};
    s->fn(s->arg, &e);
}

static void
dispatch(struct sse *s, enum sse_kind kind)
{
    if (s->has_data)
        emit(s, kind, buf_view(s->name), buf_view(s->data));
    s->has_data = false;
    buf_clear(s->data);
    buf_clear(s->name);
}

static void
add_field(struct sse *s, struct span name, struct span value)
{
    if (span_is(name, "data")) {
        if (s->has_data)
            buf_putc(s->data, '\n');
        buf_span(s->data, value);
        s->has_data = true;
    } else if (span_is(name, "event")) {
        buf_clear(s->name);
        buf_span(s->name, value);
    } else if (span_is(name, "id") && !span_has(value, '\0')) {
        buf_clear(s->id);
        buf_span(s->id, value);
    } else if (span_is(name, "error")) {
        emit(s, SSE_STRAY, name, value);
    }
}

static void
end_stray(struct sse *s)
{
    if (s->stray->n > 0)
        emit(s, SSE_STRAY, SPAN_NONE, buf_view(s->stray));
    buf_clear(s->stray);
}

/* Is the line part of a bare object of several lines? An empty line and a data line end one that never closes. */
static bool
is_stray(struct sse *s, struct span line)
{
    bool opens = s->stray->n == 0 && span_is(span_trim(line), "{");
    bool goes_on = s->stray->n > 0 && line.n > 0 && !span_starts(line, "data:");
    if (!opens && !goes_on) {
        end_stray(s);
        return false;
    }
    buf_span(s->stray, line);
    buf_putc(s->stray, '\n');
    if (goes_on && line.p[0] == '}')
        end_stray(s);
    return true;
}

static void
take_line(struct sse *s, struct span line)
{
    if (!s->begun && span_starts(line, "\xEF\xBB\xBF"))
        line = span_from(line, 3);
    s->begun = true;
    if (is_stray(s, line))
        return;
    if (line.n == 0) {
        dispatch(s, SSE_EVENT);
        return;
    }
    if (line.p[0] == '{') {
        emit(s, SSE_STRAY, SPAN_NONE, line);
        return;
    }
    const char *colon = memchr(line.p, ':', line.n);
    size_t at = colon ? (size_t)(colon - line.p) : line.n;
    struct span value = span_from(line, at + 1);
    if (span_starts(value, " "))
        value = span_from(value, 1);
    add_field(s, span_first(line, at), value); /* a comment is a field without a name */
}

static bool
in_bounds(struct sse *s)
{
    if (s->line->failed || s->data->failed || s->stray->failed)
        s->failure = "The model's server sent one event that is longer than we take.";
    return !s->failure;
}

static size_t
line_length(struct span bytes)
{
    size_t n = 0;
    while (n < bytes.n && bytes.p[n] != '\n' && bytes.p[n] != '\r')
        n++;
    return n;
}

bool
sse_feed(struct sse *s, struct span bytes)
{
    while (bytes.n > 0 && in_bounds(s)) {
        if (s->after_cr && bytes.p[0] == '\n')
            bytes = span_from(bytes, 1);
        s->after_cr = false;
        size_t n = line_length(bytes);
        buf_put(s->line, bytes.p, n);
        if (n == bytes.n || !in_bounds(s))
            break;
        s->after_cr = bytes.p[n] == '\r';
        take_line(s, buf_view(s->line));
        buf_clear(s->line);
        bytes = span_from(bytes, n + 1);
    }
    return in_bounds(s);
}

bool
sse_end(struct sse *s)
{
    if (in_bounds(s) && s->line->n > 0)
        take_line(s, buf_view(s->line));
    buf_clear(s->line);
    if (!in_bounds(s))
        return false;
    end_stray(s);
    dispatch(s, SSE_TAIL);
    return true;
}
