/* sqltext: a tokenizer that takes anything; what it doesn't know stays as it is. */
#include "render/sqltext.h"

#include "base/utf8.h"
#include "render/sqlwords.h"
#include "template/put.h"

#include <ctype.h>

enum { OUT_LIMIT_BYTES = 16 << 20 };

enum tok { TOK_PLAIN, TOK_WORD, TOK_NAME, TOK_CALL, TOK_TEXT, TOK_NUM, TOK_PARAM, TOK_NOTE };

static const char *const CLASSES[] = {
    [TOK_WORD] = "sql-word",
    [TOK_NAME] = "sql-name",
    [TOK_CALL] = "sql-call",
    [TOK_TEXT] = "sql-text",
    [TOK_NUM] = "sql-num",
    [TOK_PARAM] = "sql-param",
    [TOK_NOTE] = "sql-note",
};

static char
at(struct span s, size_t i)
{
    if (i >= s.n)
        return 0;
    return s.p[i];
}

static bool
is_word_char(char ch)
{
    return isalnum((unsigned char)ch) || ch == '_' || ch == '$' || (unsigned char)ch >= 0x80;
}

static size_t
word_bytes(struct span s, size_t from)
{
    size_t n = from;
    while (n < s.n && is_word_char(s.p[n]))
        n++;
    return n;
}

/* A quoted piece, the quote doubled inside; an open one runs to the end. */
static size_t
quoted_bytes(struct span s, size_t from, char close)
{
    size_t n = from + 1;
    while (n < s.n) {
        if (s.p[n++] != close)
            continue;
        if (close == ']' || at(s, n) != close)
            return n;
        n++;
    }
    return n;
}

static size_t
number_bytes(struct span s)
{
    size_t n = 0;
    if (at(s, 0) == '0' && (at(s, 1) == 'x' || at(s, 1) == 'X'))
        return word_bytes(s, 2);
    while (isdigit((unsigned char)at(s, n)) || at(s, n) == '.' || at(s, n) == '_')
        n++;
    if (at(s, n) == 'e' || at(s, n) == 'E') {
        size_t sign = at(s, n + 1) == '+' || at(s, n + 1) == '-';
        if (isdigit((unsigned char)at(s, n + 1 + sign)))
            n = word_bytes(s, n + 1 + sign);
    }
    return n;
}

static size_t
note_bytes(struct span s)
{
    bool block = s.p[0] == '/';
    ptrdiff_t end = span_find(span_from(s, 2), block ? SPAN("*/") : SPAN("\n"));
    if (end < 0)
        return s.n;
    return 2 + (size_t)end + (block ? 2 : 0);
}

/* A bare word: a keyword, a call or a name. */
static enum tok
word_kind(struct span s, size_t n)
{
    if (sqlwords_hold(span_first(s, n)))
        return TOK_WORD;
    size_t next = n;
    while (isspace((unsigned char)at(s, next)))
        next++;
    return at(s, next) == '(' ? TOK_CALL : TOK_NAME;
}

/* The token that s (not empty) begins with. */
static enum tok
token_next(struct span s, size_t *n)
{
    char ch = s.p[0];
    char second = at(s, 1);
    enum tok kind = TOK_PLAIN;
    *n = 1;
    if ((ch == '-' && second == '-') || (ch == '/' && second == '*')) {
        *n = note_bytes(s);
        kind = TOK_NOTE;
    } else if (ch == '\'' || ((ch == 'x' || ch == 'X') && second == '\'')) {
        *n = quoted_bytes(s, ch != '\'', '\'');
        kind = TOK_TEXT;
    } else if (ch == '"' || ch == '`' || ch == '[') {
        *n = quoted_bytes(s, 0, ch == '[' ? ']' : ch);
        kind = TOK_NAME;
    } else if (isdigit((unsigned char)ch) || (ch == '.' && isdigit((unsigned char)second))) {
        *n = number_bytes(s);
        kind = TOK_NUM;
    } else if (ch == '?' || ((ch == ':' || ch == '@' || ch == '$') && is_word_char(second))) {
        *n = word_bytes(s, 1);
        kind = TOK_PARAM;
    } else if (is_word_char(ch)) {
        *n = word_bytes(s, 0);
        kind = word_kind(s, *n);
    }
    return kind;
}

struct safe_html
sqltext_html(struct task *t, struct span sql)
{
    struct buf *out = task_buf(t, OUT_LIMIT_BYTES);
    struct buf *clean = task_buf(t, 3 * sql.n + 1);
    utf8_clean(clean, sql);
    struct span rest = buf_view(clean);
    while (rest.n > 0 && sql.n <= SQLTEXT_LIMIT_BYTES) {
        size_t n;
        enum tok kind = token_next(rest, &n);
        if (kind != TOK_PLAIN)
            buf_printf(out, "<span class=\"%s\">", CLASSES[kind]);
        template_put_text(out, span_first(rest, n));
        if (kind != TOK_PLAIN)
            buf_puts(out, "</span>");
        rest = span_from(rest, n);
    }
    template_put_text(out, rest);
    return (struct safe_html){.made_by_render = buf_view(out)};
}
