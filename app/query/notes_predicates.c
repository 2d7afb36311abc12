/* notes_predicates: when nothing came: which condition of the statement's WHERE lets nothing through. */
#include "query/notes_priv.h"

enum { CONDITIONS = 12, SHOWN = 80 };

struct condition {
    size_t first, end; /* tokens */
};

/* The conditions of the outermost WHERE that AND joins; 0 when OR joins any, or the statement is a compound. */
static size_t
conditions(const struct scope *s, struct condition out[CONDITIONS])
{
    static const char *const ends[] = {"group", "order", "having", "limit", "window", ";"};
    size_t n = 0, i = 0;
    bool between = false;
    for (size_t k = 0; k < s->n; k++)
        if (s->tokens[k].block > 0 && s->parents[s->tokens[k].block] < 0)
            return 0;
    while (i < s->n && !(s->tokens[i].block == 0 && scope_is(s, i, "where")))
        i++;
    for (size_t first = ++i; i <= s->n; i++) {
        bool outer = i == s->n || s->tokens[i].block == 0, end = i == s->n;
        for (size_t k = 0; outer && k < sizeof ends / sizeof ends[0]; k++)
            end = end || scope_is(s, i, ends[k]);
        if (outer && (scope_is(s, i, "or") || scope_is(s, i, "case")))
            return 0;
        bool ands = outer && scope_is(s, i, "and") && !between;
        between = outer && (scope_is(s, i, "between") || (between && !scope_is(s, i, "and")));
        if (!ands && !end)
            continue;
        if (n == CONDITIONS || i <= first)
            return 0;
        out[n++] = (struct condition){first, i};
        first = i + 1;
        if (end)
            break;
    }
    return n;
}

static struct span
text_of(const struct noting *n, const struct condition *c)
{
    const struct scope_token *last = &n->scope->tokens[c->end - 1];
    size_t from = n->scope->tokens[c->first].at;
    return span_first(span_from(n->ask->sql, from), last->at + last->text.n - from);
}

/* Whether rows come when the condition is left out. */
static bool
frees(struct noting *n, const struct condition *c)
{
    struct span sql = n->ask->sql, cut = text_of(n, c);
    size_t at = (size_t)(cut.p - sql.p), end = sql.n;
    while (end > 0 && (sql.p[end - 1] == ';' || sql.p[end - 1] == ' ' || sql.p[end - 1] == '\n'))
        end--;
    if (end < at + cut.n)
        return false;
    struct buf *b = task_buf(n->t, sql.n + 64);
    buf_puts(b, "SELECT EXISTS (");
    buf_span(b, span_first(sql, at));
    buf_puts(b, "1");
    buf_span(b, span_first(span_from(sql, at + cut.n), end - at - cut.n));
    buf_puts(b, "\n)");
    sqlite3_stmt *st = noting_ask(n, buf_view(b));
    bool yes =
        st && sqlite3_bind_parameter_count(st) == 0 && sqlite3_step(st) == SQLITE_ROW && sqlite3_column_int(st, 0) == 1;
    sqlite3_finalize(st);
    return yes;
}

/* The same column must equal two things. */
static bool
contradicts(struct noting *n, const struct condition *all, size_t k)
{
    struct noted_column a, b;
    if (!noting_column_from(n, all[k].first, &a))
        return false;
    for (size_t i = 0; i < k; i++)
        if (noting_column_from(n, all[i].first, &b) && a.source == b.source && a.column == b.column)
            return true;
    return false;
}

void
notes_predicates(struct noting *n)
{
    struct condition all[CONDITIONS];
    size_t found = n->ask->empty && n->n == 0 ? conditions(n->scope, all) : 0;
    for (size_t i = 0; i < found && found > 1 && !noting_full(n); i++) {
        struct buf *b = noting_text(n);
        if (!contradicts(n, all, i) || !frees(n, &all[i]))
            continue;
        struct span text = text_of(n, &all[i]);
        buf_printf(b, "Conditions on one column exclude each other: without \"%.*s%s\" rows would come.",
            SPAN_ARG(span_first(text, SHOWN)), text.n > SHOWN ? "..." : "");
        noting_add(n, "contradiction", b);
    }
}
