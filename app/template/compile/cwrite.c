/* cwrite: C source text. */
#include "template/compile/cwrite.h"

#include "base/must.h"

#include <stdarg.h>
#include <stdio.h>

enum { MAX_LITERAL_BYTES = 4000 }; /* C promises 4,095 */

static void
indent_put(const struct cwriter *w)
{
    for (int i = 0; i < w->indent; i++)
        buf_puts(w->out, "    ");
}

/* One C string literal, a line of C for a line of text. '?' is escaped because of trigraphs. */
static void
literal_put(const struct cwriter *w, struct span s)
{
    buf_putc(w->out, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char ch = (unsigned char)s.p[i];
        if (ch == '\n')
            buf_puts(w->out, i + 1 < s.n ? "\\n\"\n        \"" : "\\n");
        else if (ch == '"' || ch == '\\' || ch == '?')
            buf_printf(w->out, "\\%c", ch);
        else if (ch < ' ' || ch > '~')
            buf_printf(w->out, "\\%03o", (unsigned)ch);
        else
            buf_putc(w->out, (char)ch);
    }
    buf_putc(w->out, '"');
}

void
cwrite_static(struct cwriter *w, struct span text)
{
    buf_span(w->pending, text);
}

void
cwrite_flush(struct cwriter *w)
{
    must(!w->pending->failed);
    struct span rest = buf_view(w->pending);
    while (rest.n > 0) {
        struct span piece = span_first(rest, MAX_LITERAL_BYTES);
        rest = span_from(rest, piece.n);
        indent_put(w);
        buf_puts(w->out, "template_put_static(out, ");
        literal_put(w, piece);
        buf_printf(w->out, ", %zu);\n", piece.n);
    }
    buf_clear(w->pending);
}

void
cwrite_line(struct cwriter *w, const char *fmt, ...)
{
    cwrite_flush(w);
    char line[4096];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    must(n >= 0 && (size_t)n < sizeof line); /* 40 sections with names of 40 bytes fit */
    indent_put(w);
    buf_put(w->out, line, (size_t)n);
    buf_putc(w->out, '\n');
}
