/* visible: escapes for what is not seen, Punycode for hosts. */
#include "render/visible.h"

#include "base/utf8.h"

#include <string.h>

enum { HOST_BYTES = 255, LABEL_CHARS = 63, LABEL_OUT_BYTES = 260 };

/* First and last of each range that is shown as its number. */
static const uint32_t hidden[][2] = {
    {0x00, 0x09},
    {0x0b, 0x1f},
    {0x7f, 0xa0},
    {0xad, 0xad},
    {0x34f, 0x34f},
    {0x61c, 0x61c},
    {0x115f, 0x1160},
    {0x1680, 0x1680},
    {0x17b4, 0x17b5},
    {0x180b, 0x180f},
    {0x2000, 0x200f},
    {0x2028, 0x202f},
    {0x205f, 0x206f},
    {0x2800, 0x2800},
    {0x3000, 0x3000},
    {0x3164, 0x3164},
    {0xe000, 0xf8ff},
    {0xfe00, 0xfe0f},
    {0xfeff, 0xfeff},
    {0xffa0, 0xffa0},
    {0xfff0, 0xfffd},
    {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a},
    {0xe0000, 0xe0fff},
    {0xf0000, 0x10ffff},
};

static bool
is_hidden(uint32_t c)
{
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (c >= hidden[i][0] && c <= hidden[i][1])
            return true;
    return false;
}

struct span
visible_text(struct task *t, struct span s)
{
    struct buf *b = task_buf(t, s.n * 10 + 16);
    while (s.n > 0) {
        uint32_t c = 0;
        size_t n = utf8_next(s, &c);
        if (n == 0)
            buf_printf(b, "[0x%02X]", (unsigned)(unsigned char)s.p[0]);
        else if (is_hidden(c))
            buf_printf(b, "[U+%04X]", (unsigned)c);
        else
            buf_span(b, span_first(s, n));
        s = span_from(s, n > 0 ? n : 1);
    }
    return buf_view(b);
}

/* RFC 3492, 6.1 and 6.3, with its own names. */
enum { BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, INITIAL_BIAS = 72, INITIAL_N = 128 };

static uint32_t
adapt(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;
    delta = first ? delta / DAMP : delta / 2;
    delta += delta / points;
    for (; delta > ((BASE - TMIN) * TMAX) / 2; k += BASE)
        delta /= BASE - TMIN;
    return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static void
put_number(struct buf *b, uint32_t q, uint32_t bias)
{
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t limit = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
        if (q < limit)
            break;
        uint32_t digit = limit + (q - limit) % (BASE - limit);
        buf_putc(b, (char)(digit < 26 ? 'a' + digit : '0' + (digit - 26)));
        q = (q - limit) / (BASE - limit);
    }
    buf_putc(b, (char)(q < 26 ? 'a' + q : '0' + (q - 26)));
}

static uint32_t
least_from(const uint32_t *c, size_t n, uint32_t from)
{
    uint32_t least = UINT32_MAX;
    for (size_t i = 0; i < n; i++)
        if (c[i] >= from && c[i] < least)
            least = c[i];
    return least;
}

/* At most 63 characters: no number here can pass 32 bits. */
static void
put_punycode(struct buf *b, const uint32_t *c, size_t n)
{
    uint32_t next = INITIAL_N, delta = 0, bias = INITIAL_BIAS, basic = 0;
    buf_puts(b, "xn--");
    for (size_t i = 0; i < n; i++)
        if (c[i] < INITIAL_N) {
            buf_putc(b, (char)c[i]);
            basic++;
        }
    if (basic > 0)
        buf_putc(b, '-');
    for (uint32_t done = basic; done < n; delta++, next++) {
        uint32_t m = least_from(c, n, next);
        delta += (m - next) * (done + 1);
        next = m;
        for (size_t i = 0; i < n; i++) {
            delta += c[i] < next;
            if (c[i] != next)
                continue;
            put_number(b, delta, bias);
            bias = adapt(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
    }
}

static bool
put_label(struct buf *b, struct span label, bool *foreign)
{
    uint32_t c[LABEL_CHARS];
    size_t n = 0;
    bool ascii = true;
    while (label.n > 0) {
        size_t bytes = n < LABEL_CHARS ? utf8_next(label, &c[n]) : 0;
        if (bytes == 0 || is_hidden(c[n]))
            return false;
        if (c[n] < 128 && !strchr("-_", (int)c[n]) && !(c[n] >= '0' && c[n] <= '9') &&
            !((c[n] | 32) >= 'a' && (c[n] | 32) <= 'z'))
            return false;
        if (c[n] >= 'A' && c[n] <= 'Z')
            c[n] |= 32;
        ascii = ascii && c[n] < 128;
        n++;
        label = span_from(label, bytes);
    }
    *foreign = *foreign || !ascii;
    if (!ascii)
        put_punycode(b, c, n);
    for (size_t i = 0; ascii && i < n; i++)
        buf_putc(b, (char)c[i]);
    return true;
}

static bool
put_host(struct buf *b, struct span host, bool *foreign)
{
    struct span rest = host, label;
    size_t n = 0;
    if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']') {
        buf_span(b, host);
        return span_only(span_first(span_from(host, 1), host.n - 2), "0123456789abcdefABCDEF:.");
    }
    while (span_cut(&rest, '.', &label)) {
        if (n++ > 0)
            buf_putc(b, '.');
        if ((label.n == 0 && rest.n > 0) || !put_label(b, label, foreign))
            return false;
    }
    return b->n > 0 && b->n <= HOST_BYTES && b->p[0] != '.';
}

/* Where the host (with its port) ends. */
static size_t
authority_bytes(struct span s)
{
    size_t n = 0;
    while (n < s.n && !strchr("/?#\\", s.p[n]) && s.p[n])
        n++;
    return n;
}

/* A port is cut off the host, with its colon. */
static bool
cut_port(struct span *host, struct span *port)
{
    size_t at = host->n;
    while (at > 0 && host->p[at - 1] >= '0' && host->p[at - 1] <= '9')
        at--;
    *port = SPAN("");
    if (at == 0 || host->p[at - 1] != ':')
        return true;
    *port = span_from(*host, at - 1);
    *host = span_first(*host, at - 1);
    return port->n > 1 && port->n <= 6;
}

static bool
has_blank(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
            return true;
    return false;
}

bool
visible_url(struct task *t, struct span url, struct visible_url *out)
{
    const char *scheme = span_is_nocase(span_first(url, 8), "https://")  ? "https://"
                         : span_is_nocase(span_first(url, 7), "http://") ? "http://"
                                                                         : NULL;
    if (!scheme || url.n > VISIBLE_URL_BYTES || has_blank(url))
        return false;
    struct span rest = span_from(url, strlen(scheme)), port;
    struct span host = span_first(rest, authority_bytes(rest));
    struct span path = span_from(rest, host.n);
    struct buf *b = task_buf(t, LABEL_OUT_BYTES * HOST_BYTES),
               *href = task_buf(t, 2 * (size_t)LABEL_OUT_BYTES * HOST_BYTES);
    *out = (struct visible_url){0};
    if ((path.n > 0 && path.p[0] == '\\') || !cut_port(&host, &port) || !put_host(b, host, &out->is_foreign))
        return false;
    buf_puts(href, scheme);
    buf_span(href, buf_view(b));
    buf_span(href, port);
    buf_span(href, path);
    out->host = buf_view(b);
    out->href = buf_view(href);
    out->shown = visible_text(t, out->href);
    return !b->failed && !href->failed;
}
