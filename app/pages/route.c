/* route: matching addresses against the table. */
#include "pages/route.h"

static bool
strip(struct span *s, const char *ending)
{
    if (!span_ends(*s, ending) || s->n == span_of(ending).n)
        return false;
    s->n -= span_of(ending).n;
    return true;
}

static enum route_format
cut_format(struct span *last)
{
    return strip(last, ".json") ? FORMAT_JSON : strip(last, ".csv") ? FORMAT_CSV : FORMAT_HTML;
}

/* An argument never is "-" or empty: "-" begins our own addresses. */
static bool
fits(const char *pattern, bool formats, const struct http_request *req, struct route_match *out)
{
    struct span rest = span_of(pattern + 1), piece;
    size_t i = 0;
    out->n = 0;
    out->format = FORMAT_HTML;
    for (; span_cut(&rest, '/', &piece); i++) {
        if (piece.n == 0)
            break;
        if (i >= req->n_segments)
            return false;
        struct span s = req->segment[i];
        if (formats && i + 1 == req->n_segments)
            out->format = cut_format(&s);
        bool is_arg = piece.p[0] == ':';
        if (is_arg ? s.n == 0 || span_is(s, "-") : !span_eq(s, piece))
            return false;
        if (is_arg)
            out->arg[out->n++] = s;
    }
    return i == req->n_segments;
}

bool
route_find(const struct route *table, size_t n, const struct http_request *req, struct route_match *out)
{
    unsigned allowed = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned methods = table[i].methods | ((table[i].methods & HTTP_GET) ? HTTP_HEAD : 0);
        if (!fits(table[i].pattern, table[i].formats, req, out))
            continue;
        out->route = &table[i];
        if (methods & req->method)
            return true;
        allowed |= methods;
    }
    *out = (struct route_match){.allowed = allowed};
    return false;
}
