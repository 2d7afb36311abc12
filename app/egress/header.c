/* header: checks of header lines. */
#include "egress/header.h"

#include <string.h>

static const char *const refused[] = {"connection", "keep-alive", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade", "http2-settings", "host", "content-length", "expect", "accept-encoding", "cookie",
    "cookie2", "authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "forwarded",
    "x-forwarded-for"};

static bool
is_token(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!alnum && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return s.n > 0;
}

static bool
is_value(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' && s.p[i] != '\t')
            return false;
    return !span_has(s, '\x7f');
}

enum err
header_check(struct task *t, struct span name, struct span value)
{
    if (!is_token(name) || !is_value(value))
        return task_fail(t, E_INVALID, "A header of the request is malformed.");
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (span_is_nocase(name, refused[i]))
            return task_fail(t, E_DENIED, "The header %s can't be set by callers.", refused[i]);
    return E_OK;
}

enum err
header_each(struct task *t, struct span lines, void (*put)(void *arg, struct span name, struct span value), void *arg)
{
    struct span line;
    int n = 0;
    if (lines.n > HEADER_BYTES)
        return task_fail(t, E_LIMIT, "The request's headers are too long.");
    while (lines.n > 0 && span_cut(&lines, '\n', &line)) {
        struct span name;
        if (line.n == 0)
            continue;
        if (++n > HEADER_LINES)
            return task_fail(t, E_LIMIT, "The request has too many headers.");
        if (!span_has(line, ':') || !span_cut(&line, ':', &name))
            return task_fail(t, E_INVALID, "A header of the request is malformed.");
        struct span value = span_trim(line);
        if (header_check(t, name, value) != E_OK)
            return t->err;
        put(arg, name, value);
    }
    return E_OK;
}

void
header_put_reply(struct buf *b, struct span line)
{
    struct span name;
    line = span_trim(line);
    if (!span_has(line, ':') || !span_cut(&line, ':', &name) || !is_token(name))
        return;
    struct span value = span_trim(line);
    if (!is_value(value) || span_is_nocase(name, "set-cookie") || span_is_nocase(name, "set-cookie2"))
        return;
    for (size_t i = 0; i < name.n; i++)
        buf_putc(b, (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] + 32 : name.p[i]));
    buf_puts(b, ": ");
    buf_span(b, value);
    buf_putc(b, '\n');
}
