/* span: comparing, cutting and reading borrowed bytes. */
#include "base/span.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct span
span_of(const char *z)
{
    return z ? (struct span){z, strlen(z)} : SPAN_NONE;
}

bool
span_eq(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
span_is(struct span a, const char *z)
{
    return span_eq(a, span_of(z));
}

static char
fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool
span_is_nocase(struct span a, const char *z)
{
    for (size_t i = 0; i < a.n; i++)
        if (z[i] == '\0' || fold(a.p[i]) != fold(z[i]))
            return false;
    return z[a.n] == '\0';
}

bool
span_starts(struct span s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.n >= n && (n == 0 || memcmp(s.p, prefix, n) == 0);
}

bool
span_ends(struct span s, const char *suffix)
{
    size_t n = strlen(suffix);
    return s.n >= n && (n == 0 || memcmp(s.p + s.n - n, suffix, n) == 0);
}

bool
span_has(struct span s, char c)
{
    return s.n > 0 && memchr(s.p, c, s.n) != NULL;
}

bool
span_only(struct span s, const char *set)
{
    struct span allowed = span_of(set);
    for (size_t i = 0; i < s.n; i++)
        if (!span_has(allowed, s.p[i]))
            return false;
    return true;
}

ptrdiff_t
span_find(struct span s, struct span needle)
{
    if (needle.n == 0)
        return 0;
    for (size_t i = 0; i + needle.n <= s.n; i++) {
        const char *at = memchr(s.p + i, needle.p[0], s.n - needle.n + 1 - i);
        if (!at)
            return -1;
        i = (size_t)(at - s.p);
        if (memcmp(at, needle.p, needle.n) == 0)
            return (ptrdiff_t)i;
    }
    return -1;
}

static bool
is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct span
span_trim(struct span s)
{
    while (s.n > 0 && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

struct span
span_from(struct span s, size_t at)
{
    if (at >= s.n)
        return (struct span){s.p ? s.p + s.n : NULL, 0};
    return (struct span){s.p + at, s.n - at};
}

struct span
span_first(struct span s, size_t n)
{
    return (struct span){s.p, s.n < n ? s.n : n};
}

bool
span_cut(struct span *rest, char sep, struct span *out)
{
    if (!rest->p)
        return false;
    const char *at = rest->n > 0 ? memchr(rest->p, sep, rest->n) : NULL;
    if (!at) {
        *out = *rest;
        *rest = SPAN_NONE;
        return true;
    }
    *out = (struct span){rest->p, (size_t)(at - rest->p)};
    *rest = (struct span){at + 1, rest->n - out->n - 1};
    return true;
}

bool
span_u64(struct span s, uint64_t *out)
{
    uint64_t v = 0;
    if (s.n == 0 || s.n > 20)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned d = (unsigned)(unsigned char)s.p[i] - '0';
        if (d > 9 || v > (UINT64_MAX - d) / 10)
            return false;
        v = v * 10 + d;
    }
    *out = v;
    return true;
}

bool
span_i64(struct span s, int64_t *out)
{
    bool neg = s.n > 0 && s.p[0] == '-';
    bool sign = neg || (s.n > 0 && s.p[0] == '+');
    uint64_t v;
    if (!span_u64(span_from(s, sign ? 1 : 0), &v))
        return false;
    if (v > (uint64_t)INT64_MAX + (neg ? 1 : 0))
        return false;
    *out = neg ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

bool
span_double(struct span s, double *out)
{
    char z[64];
    char *end = NULL;
    if (s.n == 0 || s.n >= sizeof z || is_space(s.p[0]) || memchr(s.p, '\0', s.n))
        return false;
    memcpy(z, s.p, s.n);
    z[s.n] = '\0';
    double v = strtod(z, &end);
    if (end != z + s.n || !isfinite(v))
        return false;
    *out = v;
    return true;
}

int
span_cmp(struct span a, struct span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n > 0 ? memcmp(a.p, b.p, n) : 0;
    if (c != 0)
        return c;
    return a.n < b.n ? -1 : a.n > b.n;
}
