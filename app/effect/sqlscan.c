/* sqlscan: a tokenizer that knows enough of SQL to skip what is quoted. */
#include "effect/sqlscan.h"

#include <strings.h>

static bool
in_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           (unsigned char)c >= 0x80;
}

/* Length of the quoted thing that begins s, to its end or to the end of s. A doubled quote is two quoted things side by
 * side, which is as good here. */
static size_t
quoted_length(struct span s)
{
    char end = s.p[0] == '[' ? ']' : s.p[0];
    size_t n = 1;
    while (n < s.n && s.p[n] != end)
        n++;
    return n < s.n ? n + 1 : n;
}

static size_t
comment_length(struct span s)
{
    struct span end = span_starts(s, "--") ? SPAN("\n") : SPAN("*/");
    ptrdiff_t at = span_find(span_from(s, 2), end);
    return at < 0 ? s.n : (size_t)at + 2 + end.n;
}

bool
sqlscan_next(struct span *rest, struct span *out, bool *word)
{
    size_t n = 0;
    if (rest->n == 0)
        return false;
    char c = rest->p[0];
    *word = in_word(c);
    if (*word)
        while (n < rest->n && in_word(rest->p[n]))
            n++;
    else if (c == '\'' || c == '"' || c == '`' || c == '[')
        n = quoted_length(*rest);
    else if (span_starts(*rest, "--") || span_starts(*rest, "/*"))
        n = comment_length(*rest);
    else
        n = 1;
    *out = span_first(*rest, n);
    *rest = span_from(*rest, n);
    return true;
}

size_t
sqlscan_count(struct span sql, const char *word)
{
    struct span token;
    bool is_word = false;
    size_t n = 0;
    while (sqlscan_next(&sql, &token, &is_word))
        n += is_word && span_is_nocase(token, word);
    return n;
}

struct span
sqlscan_module(struct span sql)
{
    struct span token;
    bool is_word = false, after_using = false;
    while (sqlscan_next(&sql, &token, &is_word)) {
        if (after_using && is_word)
            return token;
        if (is_word && span_is_nocase(token, "using"))
            after_using = true;
    }
    return SPAN_NONE;
}

static bool
is_plain(struct span name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!in_word(name.p[i]))
            return false;
    return name.n > 0;
}

static bool
anywhere(struct span sql, struct span name)
{
    for (size_t i = 0; i + name.n <= sql.n; i++)
        if (strncasecmp(sql.p + i, name.p, name.n) == 0)
            return true;
    return false;
}

bool
sqlscan_names(struct span sql, struct span name)
{
    struct span token;
    bool is_word = false;
    if (!is_plain(name))
        return anywhere(sql, name);
    while (sqlscan_next(&sql, &token, &is_word)) {
        bool comment = span_starts(token, "--") || span_starts(token, "/*");
        if (comment ? anywhere(token, name)
                    : (token.n == name.n && strncasecmp(token.p, name.p, name.n) == 0) ||
                          (!is_word && token.n == name.n + 2 && strncasecmp(token.p + 1, name.p, name.n) == 0))
            return true;
    }
    return false;
}
