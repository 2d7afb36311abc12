/* page_text: one pass over the bytes. */
#include "tool/page_text.h"

#include <ctype.h>
#include <string.h>

/* Elements whose content is no text. */
static const char *const HIDDEN[] = {"script", "style", "template", "svg", "noscript"};
/* Elements that do not end a line. */
static const char *const INLINE[] = {"a", "abbr", "b", "cite", "code", "em", "font", "i", "img", "input", "kbd",
    "label", "mark", "q", "s", "small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr"};
static const struct {
    const char *name;
    char c;
} ENTITIES[] = {
    {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}, {"&apos;", '\''}, {"&nbsp;", ' '}};

static bool
is_one_of(struct span name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (span_is_nocase(name, names[i]))
            return true;
    return false;
}

/* The name behind '<' or '</'. */
static struct span
tag_name(struct span s)
{
    size_t n = 0;
    if (s.n > 0 && s.p[0] == '/')
        s = span_from(s, 1);
    while (n < s.n && isalnum((unsigned char)s.p[n]))
        n++;
    return span_first(s, n);
}

/* Behind the next '>'; nothing when there is none. */
static struct span
past_tag(struct span s)
{
    ptrdiff_t close = span_find(s, SPAN(">"));
    return close < 0 ? SPAN_NONE : span_from(s, (size_t)close + 1);
}

/* Behind the closing tag of `name`; nothing when there is none. */
static struct span
past_element(struct span s, struct span name)
{
    for (ptrdiff_t at; (at = span_find(s, SPAN("</"))) >= 0;) {
        s = span_from(s, (size_t)at + 2);
        struct span end = tag_name(s);
        if (end.n == name.n && strncasecmp(end.p, name.p, name.n) == 0)
            return past_tag(s);
    }
    return SPAN_NONE;
}

static void
put_blank(struct buf *b)
{
    if (b->n > 0 && b->p[b->n - 1] != ' ' && b->p[b->n - 1] != '\n')
        buf_putc(b, ' ');
}

static void
put_line(struct buf *b)
{
    while (b->n > 0 && b->p[b->n - 1] == ' ')
        b->n--;
    if (b->n > 0 && b->p[b->n - 1] != '\n')
        buf_putc(b, '\n');
}

/* Takes what begins with '<'; returns the rest. */
static struct span
take_tag(struct buf *b, struct span s)
{
    if (span_starts(s, "<!--")) {
        ptrdiff_t end = span_find(s, SPAN("-->"));
        return end < 0 ? SPAN_NONE : span_from(s, (size_t)end + 3);
    }
    struct span name = tag_name(span_from(s, 1));
    bool tag = name.n > 0 || (s.n > 1 && (s.p[1] == '!' || s.p[1] == '?'));
    if (!tag) {
        buf_putc(b, '<');
        return span_from(s, 1);
    }
    if (s.p[1] != '/' && is_one_of(name, HIDDEN, sizeof HIDDEN / sizeof *HIDDEN))
        return past_element(span_from(s, 1), name);
    if (!is_one_of(name, INLINE, sizeof INLINE / sizeof *INLINE))
        put_line(b);
    return past_tag(s);
}

static struct span
take_entity(struct buf *b, struct span s)
{
    for (size_t i = 0; i < sizeof ENTITIES / sizeof *ENTITIES; i++) {
        if (!span_starts(s, ENTITIES[i].name))
            continue;
        if (ENTITIES[i].c == ' ')
            put_blank(b);
        else
            buf_putc(b, ENTITIES[i].c);
        return span_from(s, strlen(ENTITIES[i].name));
    }
    buf_putc(b, '&');
    return span_from(s, 1);
}

struct span
page_text(struct task *t, struct span html)
{
    struct buf *b = task_buf(t, html.n + 16);
    while (html.n > 0) {
        char c = html.p[0];
        if (c == '<') {
            html = take_tag(b, html);
        } else if (c == '&') {
            html = take_entity(b, html);
        } else {
            if (isspace((unsigned char)c))
                put_blank(b);
            else
                buf_putc(b, c);
            html = span_from(html, 1);
        }
    }
    return span_trim(buf_view(b));
}
