/* sqlparams: a scanner of just so much SQL as finds its parameters. */
#include "pages/sqlparams.h"

static bool
is_word(char c)
{
    char low = (char)(c | 0x20);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80;
}

/* The place after a string or quoted name that begins at `at`; doubled quotes stay inside. */
static size_t
skip_quoted(struct span s, size_t at)
{
    char end = s.p[at] == '[' ? ']' : s.p[at];
    for (at++; at < s.n; at++)
        if (s.p[at] == end) {
            if (end == ']' || at + 1 >= s.n || s.p[at + 1] != end)
                return at + 1;
            at++;
        }
    return s.n;
}

static size_t
skip_comment(struct span s, size_t at)
{
    bool line = s.p[at] == '-';
    for (at += 2; at < s.n; at++) {
        if (line && s.p[at] == '\n')
            return at + 1;
        if (!line && s.p[at] == '*' && at + 1 < s.n && s.p[at + 1] == '/')
            return at + 2;
    }
    return s.n;
}

static void
add(struct span *out, size_t *n, struct span name)
{
    for (size_t i = 0; i < *n; i++)
        if (span_eq(out[i], name))
            return;
    if (*n < SQLPARAMS_MOST)
        out[(*n)++] = name;
}

static size_t
word_end(struct span s, size_t at)
{
    while (at < s.n && is_word(s.p[at]))
        at++;
    return at;
}

size_t
sqlparams_find(struct task *t, struct span sql, struct span out[SQLPARAMS_MOST])
{
    size_t n = 0, marks = 0;
    for (size_t i = 0; i < sql.n;) {
        char c = sql.p[i];
        char after = i + 1 < sql.n ? sql.p[i + 1] : '\0';
        if (c == '\'' || c == '"' || c == '`' || c == '[') {
            i = skip_quoted(sql, i);
        } else if ((c == '-' && after == '-') || (c == '/' && after == '*')) {
            i = skip_comment(sql, i);
        } else if (c == ':' || c == '@' || c == '$' || c == '?') {
            size_t end = word_end(sql, i + 1);
            if (end > i + 1)
                add(out, &n, (struct span){sql.p + i, end - i});
            else if (c == '?')
                add(out, &n, task_format(t, "?%zu", ++marks));
            i = end;
        } else {
            i = is_word(c) ? word_end(sql, i) : i + 1;
        }
    }
    return n;
}

struct cell
sqlparams_value(struct span typed)
{
    struct cell c = {.kind = CELL_TEXT, .s = typed, .full_bytes = (int64_t)typed.n};
    if (span_i64(typed, &c.i))
        c.kind = CELL_INT;
    else if (span_double(typed, &c.r))
        c.kind = CELL_REAL;
    return c;
}
