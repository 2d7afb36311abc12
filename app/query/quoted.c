/* quoted: rewriting words that SQLite could not resolve. */
#include "query/quoted.h"

#include "base/alike.h"
#include "query/scan.h"

#include <ctype.h>
#include <string.h>

enum { QUOTED_EDITS = 200, NEAR_FROM = 4, NEAR_TWO_FROM = 8 };

static struct span
without_digits(struct span s)
{
    while (s.n > 0 && s.p[s.n - 1] >= '0' && s.p[s.n - 1] <= '9')
        s.n--;
    return s;
}

static bool
is_near(struct span word, struct span name)
{
    char fold[ALIKE_BYTES], other[ALIKE_BYTES];
    struct span rest = word, token, folded = alike_fold(word, fold), named = alike_fold(name, other);
    size_t n = folded.n;
    if (n == 0)
        return false;
    /* "Host2" is no slip of host: fingers slip on letters, and a number is meant. */
    if (folded.n != named.n && span_eq(without_digits(folded), without_digits(named)))
        return false;
    /* "Contractor B" is no slip of ContractorId: only what could stand bare may differ by a letter. */
    bool bare = scan_token(&rest, &token) == SCAN_WORD && rest.n == 0;
    return alike_distance(word, name, 2) <= (!bare ? 0 : n >= NEAR_TWO_FROM ? 2 : n >= NEAR_FROM ? 1 : 0);
}

/* Names that the statement itself gives: x in "AS x". */
static bool
is_near_alias(struct task *t, struct span sql, struct span word)
{
    struct span token;
    bool after_as = false;
    enum scan_kind k;
    while ((k = scan_next(&sql, &token)) != SCAN_END) {
        struct span name = k == SCAN_QUOTED ? scan_unquote(t, token) : token;
        /* "female" is no slip of n_female: a made-up name begins with what it tells of the word. */
        bool begins =
            name.n > 0 && word.n > 0 && tolower((unsigned char)name.p[0]) == tolower((unsigned char)word.p[0]);
        if (after_as && begins && (k == SCAN_WORD || k == SCAN_QUOTED) && is_near(word, name))
            return true;
        after_as = k == SCAN_WORD && span_is_nocase(token, "as");
    }
    return false;
}

static bool
is_near_column(struct guard *g, struct quoted *q, struct span word)
{
    if (q->names.n == 0)
        names_load(g, q->sql, &q->names);
    for (size_t i = 0; i < q->names.n; i++)
        for (size_t k = 0; q->names.tables[i].mentioned && k < q->names.tables[i].n; k++)
            if (is_near(word, q->names.tables[i].columns[k]))
                return true;
    return is_near_alias(g->t, q->sql, word);
}

static struct span
as_string(struct task *t, struct span word)
{
    struct buf *b = task_buf(t, word.n * 2 + 2);
    buf_putc(b, '\'');
    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] == '\'')
            buf_putc(b, '\'');
        buf_putc(b, word.p[i]);
    }
    buf_putc(b, '\'');
    return buf_view(b);
}

bool
quoted_rewrite(struct guard *g, struct quoted *q, int64_t offset)
{
    struct span token;
    if (offset < 0 || (size_t)offset >= q->sql.n || q->sql.p[offset] != '"' || q->n == QUOTED_EDITS)
        return false;
    struct span rest = span_from(q->sql, (size_t)offset);
    if (scan_token(&rest, &token) != SCAN_QUOTED || (rest.n > 0 && rest.p[0] == '.'))
        return false;
    struct span word = scan_unquote(g->t, token);
    if (is_near_column(g, q, word))
        return false;
    struct span string = as_string(g->t, word);
    if (!q->edits)
        q->edits = task_array(g->t, QUOTED_EDITS, sizeof *q->edits);
    q->edits[q->n] = (struct quoted_edit){(size_t)offset, (ptrdiff_t)string.n - (ptrdiff_t)token.n};
    if (q->n < sizeof q->words / sizeof q->words[0])
        q->words[q->n] = token;
    q->n++;
    struct buf *b = task_buf(g->t, q->sql.n + string.n);
    buf_span(b, span_first(q->sql, (size_t)offset));
    buf_span(b, string);
    buf_span(b, rest);
    q->sql = buf_view(b);
    return true;
}

int64_t
quoted_offset(const struct quoted *q, int64_t offset)
{
    for (size_t i = q->n; i-- > 0;)
        if (offset > (int64_t)q->edits[i].at)
            offset -= q->edits[i].grew;
    return offset;
}

struct span
quoted_note(struct task *t, const struct quoted *q)
{
    enum { SHOWN = 3, WORD = 60 };
    struct buf *b = task_buf(t, 2000);
    if (q->n == 0)
        return SPAN_NONE;
    for (size_t i = 0; i < q->n && i < SHOWN; i++) {
        buf_puts(b, i ? ", " : "");
        buf_span(b, span_first(q->words[i], WORD));
    }
    if (q->n > SHOWN)
        buf_printf(b, " and %zu more", q->n - SHOWN);
    buf_puts(b, q->n == 1 ? " names no column and was read as a text; write '...' for texts."
                          : " name no columns and were read as texts; write '...' for texts.");
    return buf_view(b);
}
