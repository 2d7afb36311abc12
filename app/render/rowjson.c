/* rowjson: no tree is built; a row is written as it is read. */
#include "render/rowjson.h"

#include "base/id.h"
#include "base/json.h"

enum { EXACT_BITS = 53 }; /* what a reader with doubles alone keeps */

static void
int_put(struct buf *out, int64_t v)
{
    const int64_t most = (int64_t)1 << EXACT_BITS;
    bool exact = v >= -most && v <= most;
    if (!exact)
        buf_putc(out, '"');
    buf_i64(out, v);
    if (!exact)
        buf_putc(out, '"');
}

void
rowjson_cell(struct buf *out, const struct cell *c)
{
    switch (c->kind) {
    case CELL_NULL: buf_puts(out, "null"); return;
    case CELL_INT: int_put(out, c->i); return;
    case CELL_REAL: json_put_double(out, c->r); return;
    case CELL_TEXT: json_put_text(out, c->s); return;
    case CELL_BLOB:
        buf_puts(out, "{\"$base64\":true,\"encoded\":\"");
        base64_put(out, c->s);
        buf_puts(out, "\"}");
        return;
    }
}

void
rowjson_array(struct buf *out, const struct cell *cells, size_t count)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_putc(out, ',');
        rowjson_cell(out, &cells[i]);
    }
    buf_putc(out, ']');
}

void
rowjson_object(struct buf *out, const struct span *names, const struct cell *cells, size_t count)
{
    buf_putc(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_putc(out, ',');
        json_put_text(out, names[i]);
        buf_putc(out, ':');
        rowjson_cell(out, &cells[i]);
    }
    buf_putc(out, '}');
}
