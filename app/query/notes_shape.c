/* notes_shape: what a statement's form alone makes doubtful. */
#include "query/notes_priv.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { LINKED = 40 };

static bool
is_whole(struct span s)
{
    bool digits = s.n > 0;
    for (size_t i = 0; i < s.n; i++)
        digits = digits && isdigit((unsigned char)s.p[i]);
    return digits;
}

static void
add(struct noting *n, const char *code, const char *text)
{
    struct buf *b = noting_text(n);
    buf_puts(b, text);
    noting_add(n, code, b);
}

/* LIMIT of the statement itself, reached, and nothing says which rows come first. */
static void
check_limit(struct noting *n)
{
    const struct scope *s = n->scope;
    int last = s->n > 0 ? s->tokens[s->n - 1].block : 0;
    size_t limit = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (s->parents[s->tokens[i].block] < 0 && scope_is(s, i, "order"))
            return;
        if (s->tokens[i].block == last && scope_is(s, i, "limit"))
            limit = i;
    }
    int64_t most;
    if (limit > 0 && limit + 1 < s->n && span_i64(s->tokens[limit + 1].text, &most) && n->ask->n_rows > 0 &&
        (int64_t)n->ask->n_rows == most)
        add(n, "limit_without_order", "LIMIT without ORDER BY: which rows come is not determined.");
}

static bool
is_integer(const struct noting *n, const struct noted_column *c)
{
    struct span type = c->source->table->types[c->column];
    for (size_t i = 0; i + 3 <= type.n; i++)
        if (strncasecmp(type.p + i, "int", 3) == 0)
            return true;
    (void)n;
    return false;
}

/* count(...) or sum(integer): whose bracket closes or opens at the token. */
static bool
is_count(const struct noting *n, size_t open)
{
    struct noted_column c;
    if (open == 0)
        return false;
    if (scope_is(n->scope, open - 1, "count"))
        return true;
    return scope_is(n->scope, open - 1, "sum") && noting_column_from(n, open + 1, &c) && is_integer(n, &c);
}

static size_t
opening(const struct scope *s, size_t close)
{
    int depth = 0;
    for (size_t i = close + 1; i-- > 0;) {
        depth += scope_is(s, i, ")");
        depth -= scope_is(s, i, "(");
        if (depth == 0)
            return i;
    }
    return 0;
}

/* A fraction or a cast before the sign, in the same expression, makes it no whole-number division. */
static bool
is_made_real(const struct scope *s, size_t i)
{
    static const char *const real[] = {"cast", "real", "float", "."};
    for (size_t back = 0; i-- > 0 && back < 24; back++) {
        if (scope_is(s, i, "select") || scope_is(s, i, "where"))
            return false;
        for (size_t k = 0; k < 3; k++)
            if (scope_is(s, i, real[k]))
                return true;
        if (scope_is(s, i, ".") && i > 0 && is_whole(s->tokens[i - 1].text))
            return true;
    }
    return false;
}

static void
check_division(struct noting *n)
{
    const struct scope *s = n->scope;
    struct noted_column x, y;
    for (size_t i = 1; i + 1 < s->n && !noting_full(n); i++) {
        if (!scope_is(s, i, "/") || is_made_real(s, i))
            continue;
        bool left = scope_is(s, i - 1, ")") ? is_count(n, opening(s, i - 1))
                                            : noting_column_at(n, i - 1, &x) && is_integer(n, &x);
        bool right = scope_is(s, i + 2, "(")
                         ? is_count(n, i + 2)
                         : noting_column_from(n, i + 1, &y) && is_integer(n, &y) && !scope_is(s, y.last + 1, "*");
        if (left && right)
            add(n, "integer_division",
                "Both sides of / are whole numbers, so the fraction is cut off: write 1.0 * a / b.");
    }
}

/* Sources of one block, joined into groups by the conditions that speak of both. */
struct groups {
    const struct scope_source *source[LINKED];
    size_t group[LINKED], n;
};

static size_t
place_of(const struct groups *g, const struct scope_source *source)
{
    for (size_t i = 0; i < g->n; i++)
        if (g->source[i] == source)
            return i;
    return LINKED;
}

static void
link(struct groups *g, size_t a, size_t b)
{
    size_t from = g->group[a], to = g->group[b];
    for (size_t i = 0; i < g->n; i++)
        if (g->group[i] == from)
            g->group[i] = to;
}

/* Links all sources that one condition speaks of; conditions end at AND, ON, WHERE and the like. */
static void
link_conditions(const struct scope *s, struct groups *g)
{
    static const char *const ends[] = {"and", "on", "where", "join", "select", "from", "group", "order", "having"};
    size_t first = LINKED;
    for (size_t i = 0; i < s->n; i++) {
        const struct scope_source *source;
        size_t column, at = LINKED;
        for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++)
            if (scope_is(s, i, ends[k]))
                first = LINKED;
        if (scope_is(s, i + 1, ".") && i + 2 < s->n && s->tokens[i].kind != SCAN_STRING)
            at = (source = scope_find(s, s->tokens[i].block, s->tokens[i].name)) ? place_of(g, source) : LINKED;
        else if (scope_column(s, i, &source, &column))
            at = place_of(g, source);
        if (at == LINKED)
            continue;
        if (first != LINKED)
            link(g, at, first);
        first = at;
    }
}

static void
check_product(struct noting *n, int block)
{
    const struct scope *s = n->scope;
    struct groups g = {.n = 0};
    for (size_t i = 0; i < s->n_sources; i++) {
        if (s->sources[i].block != block)
            continue;
        if (!s->sources[i].table || g.n == LINKED)
            return; /* what a subquery gives is not known: it may be one row */
        g.group[g.n] = g.n;
        g.source[g.n++] = &s->sources[i];
    }
    for (size_t i = 0; i < s->n; i++)
        if (s->tokens[i].block == block &&
            (scope_is(s, i, "using") || scope_is(s, i, "natural") || scope_is(s, i, "cross")))
            return;
    if (g.n < 2)
        return;
    link_conditions(s, &g);
    for (size_t i = 1; i < g.n; i++)
        if (g.group[i] != g.group[0]) {
            struct buf *b = noting_text(n);
            buf_printf(b, "No condition joins %.*s and %.*s: each row of one is paired with every row of the other.",
                SPAN_ARG(g.source[0]->alias), SPAN_ARG(g.source[i]->alias));
            noting_add(n, "cartesian_product", b);
            return;
        }
}

/* How many rows of a joined table there are for one row of the summed one: more than one where the key points here. */
static const struct scope_source *
multiplier(const struct noting *n, const struct noted_column *c)
{
    const struct scope *s = n->scope;
    size_t table = (size_t)(c->source->table - n->names.tables);
    for (size_t i = 0; i < s->n_sources; i++) {
        if (s->sources[i].block != c->source->block || !s->sources[i].table || s->sources[i].table == c->source->table)
            continue;
        size_t other = (size_t)(s->sources[i].table - n->names.tables);
        for (size_t k = 0; k < n->names.n_keys; k++)
            if (n->names.keys[k].table == other && n->names.keys[k].to_table == table)
                return &s->sources[i];
    }
    return NULL;
}

static void
check_sums(struct noting *n)
{
    const struct scope *s = n->scope;
    struct noted_column c;
    for (size_t i = 0; i + 2 < s->n && !noting_full(n); i++) {
        if ((!scope_is(s, i, "sum") && !scope_is(s, i, "total")) || !scope_is(s, i + 1, "(") ||
            !noting_column_from(n, i + 2, &c) || !scope_is(s, c.last + 1, ")"))
            continue;
        const struct scope_source *many = multiplier(n, &c);
        if (!many)
            continue;
        struct buf *b = noting_text(n);
        buf_puts(b, "sum of ");
        noting_put(n, b, &c);
        buf_printf(b, " counts a row once for each row of %.*s that is joined to it: sum before joining.",
            SPAN_ARG(many->table->name));
        noting_add(n, "double_counting", b);
    }
}

void
notes_shape(struct noting *n)
{
    check_limit(n);
    check_division(n);
    check_sums(n);
    for (int block = 0; block < n->scope->n_blocks && !noting_full(n); block++)
        check_product(n, block);
}
