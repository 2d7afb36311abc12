/* params: decoding what browsers encode, refusing what they would not. */
#include "http/params.h"

#include "base/utf8.h"

#include <string.h>

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* Writes the byte at s.p[i], and says how many characters it took; 0: half an escape. */
static size_t
decode_one(struct span s, size_t i, bool plus, char *out)
{
    if (s.p[i] != '%') {
        *out = plus && s.p[i] == '+' ? ' ' : s.p[i];
        return 1;
    }
    int high = s.n - i > 2 ? hex_digit(s.p[i + 1]) : -1;
    int low = high >= 0 ? hex_digit(s.p[i + 2]) : -1;
    if (low < 0)
        return 0;
    *out = (char)(high * 16 + low);
    return 3;
}

enum err
http_decode(struct task *t, struct span text, bool plus, const char *what, struct span *out)
{
    char *to = task_alloc(t, text.n + 1);
    size_t n = 0, took;
    for (size_t i = 0; i < text.n; i += took) {
        took = decode_one(text, i, plus, &to[n++]);
        if (took == 0)
            return task_fail(t, E_INVALID, "The %s has a percent sign that is not followed by two hex digits.", what);
    }
    *out = (struct span){to, n};
    if (n > 0 && (!utf8_valid(*out) || memchr(to, '\0', n)))
        return task_fail(t, E_INVALID, "The %s has bytes that are not UTF-8 text.", what);
    return E_OK;
}

static size_t
count_pairs(struct span text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '&';
    return n;
}

enum err
http_params_read(struct task *t, struct span text, const char *what, struct http_params *out)
{
    *out = (struct http_params){0};
    if (text.n == 0)
        return E_OK;
    size_t most = count_pairs(text);
    if (most > HTTP_PARAMS)
        return task_fail(t, E_LIMIT, "The %s has more than %d fields.", what, HTTP_PARAMS);
    out->at = task_array(t, most, sizeof out->at[0]);
    struct span field, name;
    while (span_cut(&text, '&', &field)) {
        if (field.n == 0)
            continue;
        struct http_pair *to = &out->at[out->n++];
        struct span value = field;
        if (!span_cut(&value, '=', &name))
            name = SPAN_NONE;
        if (http_decode(t, name, true, what, &to->name) != E_OK ||
            http_decode(t, value, true, what, &to->value) != E_OK)
            return t->err;
    }
    return E_OK;
}

struct span
http_params_get(const struct http_params *p, const char *name)
{
    for (size_t i = 0; i < p->n; i++)
        if (span_is(p->at[i].name, name))
            return p->at[i].value;
    return SPAN_NONE;
}

enum err
http_params_i64(struct task *t, const struct http_params *p, const char *name, int64_t low, int64_t high,
    int64_t fallback, int64_t *out)
{
    struct span s = http_params_get(p, name);
    *out = fallback;
    if (s.n == 0)
        return E_OK;
    if (!span_i64(s, out) || *out < low || *out > high)
        return task_fail(t, E_INVALID, "The field %s must be a whole number from %lld to %lld.", name, (long long)low,
            (long long)high);
    return E_OK;
}

void
http_encode(struct buf *b, struct span s)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '.' || c == '_' || c == '~';
        if (plain) {
            buf_putc(b, (char)c);
            continue;
        }
        char three[3] = {'%', digits[c >> 4], digits[c & 15]};
        buf_put(b, three, sizeof three);
    }
}
