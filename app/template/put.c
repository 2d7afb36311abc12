/* put: escaping, by one table and few copies. */
#include "template/put.h"

/* What a byte becomes; 0 stands for itself. A table of bytes stays in the cache. */
static const unsigned char WHICH[256] = {['&'] = 1, ['<'] = 2, ['>'] = 3, ['"'] = 4, ['\''] = 5};
static const struct span ESCAPES[] = {
    {"", 0},
    {"&amp;", 5},
    {"&lt;", 4},
    {"&gt;", 4},
    {"&quot;", 6},
    {"&#39;", 5},
};

void
template_put_text(struct buf *out, struct span s)
{
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned which = WHICH[(unsigned char)s.p[i]];
        if (which == 0)
            continue;
        template_put_static(out, s.p + from, i - from);
        template_put_static(out, ESCAPES[which].p, ESCAPES[which].n);
        from = i + 1;
    }
    if (from < s.n)
        template_put_static(out, s.p + from, s.n - from);
}

/* Browsers drop tabs and newlines inside a URL and take \ for /, so "/\t/evil" and "/\evil" leave our site too. */
static bool
url_is_path(struct span s)
{
    if (s.p[0] == '?' || s.p[0] == '#')
        return true;
    if (s.p[0] != '/')
        return false;
    for (size_t i = 1; i < s.n; i++) {
        if ((unsigned char)s.p[i] > ' ')
            return s.p[i] != '/' && s.p[i] != '\\';
    }
    return true;
}

void
template_put_url(struct buf *out, struct span s)
{
    if (s.n == 0)
        return;
    bool far = span_is_nocase(span_first(s, 8), "https://") || span_is_nocase(span_first(s, 7), "http://");
    if (far || url_is_path(s))
        template_put_text(out, s);
    else
        buf_putc(out, '#');
}

void
template_put_url_part(struct buf *out, struct span s)
{
    static const char HEX[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        unsigned char ch = (unsigned char)s.p[i];
        bool plain = (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '-' ||
                     ch == '_' || ch == '.' || ch == '~';
        if (plain)
            buf_putc(out, (char)ch);
        else
            buf_put(out, (char[]){'%', HEX[ch >> 4], HEX[ch & 15]}, 3);
    }
}
