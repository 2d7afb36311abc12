/* utf8: decoding by the table of Unicode 15, section 3.9. */
#include "base/utf8.h"

size_t
utf8_next(struct span s, uint32_t *out)
{
    const unsigned char *p = (const unsigned char *)s.p;
    if (s.n == 0)
        return 0;
    if (p[0] < 0x80) {
        *out = p[0];
        return 1;
    }
    size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || s.n < n)
        return 0;
    uint32_t c = p[0] & (0xFFU >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3F);
    }
    if ((n == 3 && c < 0x800) || (n == 4 && c < 0x10000) || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
        return 0;
    *out = c;
    return n;
}

bool
utf8_valid(struct span s)
{
    uint32_t c;
    while (s.n > 0) {
        size_t n = utf8_next(s, &c);
        if (n == 0)
            return false;
        s = span_from(s, n);
    }
    return true;
}

void
utf8_clean(struct buf *out, struct span s)
{
    uint32_t c;
    while (s.n > 0) {
        size_t n = utf8_next(s, &c);
        if (n == 0 || c == 0) {
            buf_puts(out, "\xEF\xBF\xBD");
            n = 1;
        } else {
            buf_put(out, s.p, n);
        }
        s = span_from(s, n);
    }
}

struct span
utf8_first(struct span s, size_t n)
{
    if (s.n <= n)
        return s;
    while (n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80)
        n--;
    return (struct span){s.p, n};
}
