/* rowsout: Datasette's shape of JSON, and RFC 4180. */
#include "pages/rowsout.h"

#include "base/json.h"
#include "pages/rowset.h"
#include "render/csv.h"
#include "render/rowjson.h"

static void
put_text_or_null(struct buf *b, const char *key, struct span s)
{
    json_put_key(b, key);
    if (s.n > 0)
        json_put_text(b, s);
    else
        buf_puts(b, "null");
}

void
rowsout_json(struct http_response *out, const struct rowsout *r)
{
    struct buf *b = out->body;
    struct span *keys = rowset_distinct(out->t, r->names, r->columns);
    out->type = "application/json";
    buf_puts(b, "{\"ok\":true,\"rows\":[");
    for (size_t i = 0; i < r->rows; i++) {
        if (i > 0)
            buf_putc(b, ',');
        rowjson_object(b, keys, r->cells + i * r->columns, r->columns);
    }
    buf_printf(b, "],\"truncated\":%s", r->truncated ? "true" : "false");
    if (r->pages) {
        put_text_or_null(b, "next", r->next);
        put_text_or_null(b, "next_url", r->next_url);
    }
    json_put_key(b, "columns");
    buf_putc(b, '[');
    for (size_t i = 0; i < r->columns; i++) {
        if (i > 0)
            buf_putc(b, ',');
        json_put_text(b, keys[i]);
    }
    buf_putc(b, ']');
    put_text_or_null(b, "revision", r->revision);
    buf_printf(b, ",\"query_ms\":%lld.%03lld}\n", (long long)(r->took_us / 1000), (long long)(r->took_us % 1000));
}

void
rowsout_csv(struct http_response *out, const struct rowsout *r)
{
    http_attachment(out, "text/csv; charset=utf-8", r->file_name);
    csv_header(out->body, r->names, r->columns);
    for (size_t i = 0; i < r->rows; i++)
        csv_row(out->body, r->cells + i * r->columns, r->columns);
}
