/* scan: a tokenizer for SQL. */
#include "query/scan.h"

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool
is_name(char c)
{
    unsigned char u = (unsigned char)c;
    return (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9') || u == '_' || u == '$' ||
           u >= 0x80;
}

static size_t
quoted(struct span s, char end)
{
    bool doubles = end != ']';
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] != end)
            continue;
        if (!doubles || i + 1 >= s.n || s.p[i + 1] != end)
            return i + 1;
        i++;
    }
    return s.n;
}

static size_t
line_comment(struct span s)
{
    size_t i = 2;
    while (i < s.n && s.p[i] != '\n')
        i++;
    return i;
}

static size_t
block_comment(struct span s)
{
    for (size_t i = 2; i + 1 < s.n; i++)
        if (s.p[i] == '*' && s.p[i + 1] == '/')
            return i + 2;
    return s.n;
}

static size_t
run_of(struct span s, bool (*is)(char))
{
    size_t i = 0;
    while (i < s.n && is(s.p[i]))
        i++;
    return i;
}

static enum scan_kind
measure(struct span s, size_t *n)
{
    char c = s.p[0], d = s.n > 1 ? s.p[1] : '\0';
    *n = 1;
    if (is_space(c))
        return *n = run_of(s, is_space), SCAN_SPACE;
    if (c == '-' && d == '-')
        return *n = line_comment(s), SCAN_SPACE;
    if (c == '/' && d == '*')
        return *n = block_comment(s), SCAN_SPACE;
    if (c == '\'')
        return *n = quoted(s, c), SCAN_STRING;
    if (c == '"' || c == '`' || c == '[')
        return *n = quoted(s, c == '[' ? ']' : c), SCAN_QUOTED;
    if (!is_name(c))
        return SCAN_OTHER;
    *n = run_of(s, is_name);
    return (c >= '0' && c <= '9') || c == '$' ? SCAN_OTHER : SCAN_WORD;
}

enum scan_kind
scan_token(struct span *rest, struct span *out)
{
    size_t n;
    *out = SPAN_NONE;
    if (rest->n == 0)
        return SCAN_END;
    enum scan_kind k = measure(*rest, &n);
    *out = span_first(*rest, n);
    *rest = span_from(*rest, n);
    return k;
}

enum scan_kind
scan_next(struct span *rest, struct span *out)
{
    enum scan_kind k;
    do
        k = scan_token(rest, out);
    while (k == SCAN_SPACE);
    return k;
}

struct span
scan_unquote(struct task *t, struct span token)
{
    if (token.n < 2)
        return token;
    char end = token.p[0] == '[' ? ']' : token.p[0];
    size_t last = token.p[token.n - 1] == end ? token.n - 1 : token.n;
    char *z = task_alloc(t, token.n);
    size_t n = 0;
    for (size_t i = 1; i < last; i++) {
        z[n++] = token.p[i];
        if (end != ']' && token.p[i] == end && i + 1 < last)
            i++;
    }
    return (struct span){z, n};
}
