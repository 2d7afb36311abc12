/* csv: fields are quoted only where they must be. */
#include "render/csv.h"

#include "base/id.h"
#include "base/json.h"

#include <math.h>

static bool
needs_quotes(struct span s)
{
    if (s.n == 0 || s.p[0] == ' ' || s.p[s.n - 1] == ' ')
        return true;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == ',' || s.p[i] == '"' || s.p[i] == '\n' || s.p[i] == '\r')
            return true;
    }
    return false;
}

static void
text_put(struct buf *out, struct span s)
{
    if (needs_quotes(s))
        buf_quoted(out, s, '"');
    else
        buf_span(out, s);
}

static void
cell_put(struct buf *out, const struct cell *c)
{
    switch (c->kind) {
    case CELL_NULL: return;
    case CELL_INT: buf_i64(out, c->i); return;
    case CELL_REAL:
        if (isfinite(c->r))
            json_put_double(out, c->r);
        else
            buf_puts(out, c->r > 0 ? "Infinity" : "-Infinity");
        return;
    case CELL_TEXT: text_put(out, c->s); return;
    case CELL_BLOB: base64_put(out, c->s); return;
    }
}

void
csv_header(struct buf *out, const struct span *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_putc(out, ',');
        text_put(out, names[i]);
    }
    buf_puts(out, "\r\n");
}

void
csv_row(struct buf *out, const struct cell *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_putc(out, ',');
        cell_put(out, &cells[i]);
    }
    if (count == 1 && cells[0].kind == CELL_NULL)
        buf_puts(out, "\"\""); /* readers skip an empty line: better an empty text than a lost row */
    buf_puts(out, "\r\n");
}
