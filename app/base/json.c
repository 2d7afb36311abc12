/* json: bounded reading, direct writing. */
#include "base/json.h"

#include "base/must.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err
read_with(struct task *t, struct span text, size_t flags, json_t **out)
{
    json_error_t je;
    flags |= JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_t *j = json_loadb(text.p ? text.p : "", text.n, flags, &je);
    if (!j) /* integers beyond int64 */
        j = json_loadb(text.p ? text.p : "", text.n, flags | JSON_DECODE_INT_AS_REAL, &je);
    if (!j)
        return task_fail(t, E_INVALID, "This is not valid JSON: %s (line %d, column %d).", je.text, je.line, je.column);
    *out = task_json(t, j);
    return E_OK;
}

enum err
json_read(struct task *t, struct span text, json_t **out)
{
    return read_with(t, text, JSON_REJECT_DUPLICATES, out);
}

enum err
json_read_lax(struct task *t, struct span text, json_t **out)
{
    return read_with(t, text, 0, out);
}

struct span
json_text(const json_t *j, const char *key)
{
    const json_t *v = json_object_get(j, key);
    return json_is_string(v) ? (struct span){json_string_value(v), json_string_length(v)} : SPAN_NONE;
}

int64_t
json_int(const json_t *j, const char *key, int64_t fallback)
{
    const json_t *v = json_object_get(j, key);
    if (json_is_integer(v))
        return json_integer_value(v);
    if (json_is_real(v) && fabs(json_real_value(v)) < 9e15)
        return (int64_t)json_real_value(v);
    return fallback;
}

bool
json_flag(const json_t *j, const char *key, bool fallback)
{
    const json_t *v = json_object_get(j, key);
    return json_is_boolean(v) ? json_is_true(v) : fallback;
}

static void
put_escaped(struct buf *b, struct span s, uint32_t c, size_t n)
{
    switch (c) {
    case '"': buf_puts(b, "\\\""); return;
    case '\\': buf_puts(b, "\\\\"); return;
    case '\n': buf_puts(b, "\\n"); return;
    case '\r': buf_puts(b, "\\r"); return;
    case '\t': buf_puts(b, "\\t"); return;
    default: break;
    }
    if (c < 0x20 || c == '<' || c == '>' || c == '&' || c == 0x7F || c == 0x2028 || c == 0x2029)
        buf_printf(b, "\\u%04x", c);
    else
        buf_put(b, s.p, n);
}

static bool
plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

void
json_put_text(struct buf *b, struct span s)
{
    buf_putc(b, '"');
    while (s.n > 0) {
        size_t run = 0;
        while (run < s.n && plain((unsigned char)s.p[run]))
            run++;
        buf_put(b, s.p, run);
        s = span_from(s, run);
        if (s.n == 0)
            break;
        uint32_t c = 0;
        size_t n = utf8_next(s, &c);
        if (n == 0) {
            buf_puts(b, "\xEF\xBF\xBD");
            n = 1;
        } else {
            put_escaped(b, s, c, n);
        }
        s = span_from(s, n);
    }
    buf_putc(b, '"');
}

/* Most data has few decimals, for which printf and strtod are slow: v is m / 10^k with an exact m when that division
 * gives v again (both are exact doubles, and division rounds as reading does). False: take the long way. */
static bool
put_few_decimals(struct buf *b, double v)
{
    enum { MOST = 10 };
    double size = fabs(v);
    if (!(size < 1e9) || (size < 1e-3 && size > 0) || (size == 0 && signbit(v)))
        return false; /* %g writes those in other ways */
    int64_t power = 1;
    for (int k = 1; k <= MOST; k++) {
        power *= 10;
        double m = rint(size * (double)power);
        if (m >= 1e15)
            return false;
        if (m / (double)power != size)
            continue;
        int64_t digits = (int64_t)m;
        int64_t rest = digits % power;
        char tail[MOST + 1] = {'.'};
        for (int i = k; i > 0; i--, rest /= 10)
            tail[i] = (char)('0' + rest % 10);
        if (v < 0)
            buf_putc(b, '-');
        buf_i64(b, digits / power);
        buf_put(b, tail, (size_t)k + 1);
        return true;
    }
    return false;
}

void
json_put_double(struct buf *b, double v)
{
    if (put_few_decimals(b, v))
        return;
    char z[40];
    if (!isfinite(v)) {
        buf_puts(b, "null");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(z, sizeof z, "%.*g", digits, v);
        if (strtod(z, NULL) == v) /* NOLINT: exact on purpose */
            break;
    }
    buf_puts(b, z);
    if (!strpbrk(z, ".eE"))
        buf_puts(b, ".0"); /* a real stays a real */
}

void
json_put_key(struct buf *b, const char *key)
{
    if (b->n > 0 && b->p[b->n - 1] != '{' && b->p[b->n - 1] != '[')
        buf_putc(b, ',');
    json_put_text(b, span_of(key));
    buf_putc(b, ':');
}

static int
put_chunk(const char *p, size_t n, void *arg)
{
    buf_put(arg, p, n);
    return 0;
}

void
json_put(struct buf *b, const json_t *j)
{
    must(json_dump_callback(j, put_chunk, b, JSON_COMPACT | JSON_ENCODE_ANY) == 0);
}

struct span
json_dump(struct task *t, const json_t *j)
{
    struct buf *b = task_buf(t, (size_t)256 << 20);
    json_put(b, j);
    return buf_view(b);
}
