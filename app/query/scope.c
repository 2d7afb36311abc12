/* scope: one pass over the tokens. */
#include "query/scope.h"

#include <ctype.h>
#include <sqlite3.h>
#include <strings.h>

enum { DEPTH = 250 };

/* Where the pass stands: one frame for each open bracket. */
struct pass {
    struct scope *s;
    struct {
        int block;
        bool from, was_from; /* between FROM and WHERE; the bracket itself stands there */
    } at[DEPTH];
    int depth;
};

bool
scope_is(const struct scope *s, size_t i, const char *word)
{
    return i < s->n && s->tokens[i].kind != SCAN_STRING && s->tokens[i].kind != SCAN_QUOTED &&
           span_is_nocase(s->tokens[i].text, word);
}

static bool
is_one_of(const struct scope *s, size_t i, const char *const *words)
{
    for (; *words; words++)
        if (scope_is(s, i, *words))
            return true;
    return false;
}

static bool
is_name(const struct scope *s, size_t i)
{
    static const char *const not_names[] = {"select", "from", "where", "group", "order", "having", "limit", "join",
        "on", "using", "left", "right", "inner", "outer", "cross", "natural", "full", "union", "intersect", "except",
        "as", "and", "or", "not", "window", "values", "indexed", "set", "offset", "fetch", "tablesample", NULL};
    if (i >= s->n)
        return false;
    if (s->tokens[i].kind == SCAN_QUOTED || s->tokens[i].kind == SCAN_STRING)
        return true;
    return s->tokens[i].kind == SCAN_WORD && !is_one_of(s, i, not_names);
}

static const struct names_table *
table_of(const struct names *names, struct span name)
{
    return names_find(names, name);
}

static void
add(struct scope *s, struct scope_source source)
{
    if (s->n_sources < SCOPE_SOURCES)
        s->sources[s->n_sources++] = source;
}

static bool
is_derived(const struct scope *s, struct span name)
{
    for (size_t i = 0; i < s->n_sources; i++)
        if (s->sources[i].derived && s->sources[i].alias.n == name.n &&
            strncasecmp(s->sources[i].alias.p, name.p, name.n) == 0)
            return true;
    return false;
}

/* "schema.table AS alias" from token i on. */
static void
take_source(struct pass *p, size_t i)
{
    struct scope *s = p->s;
    struct scope_source source = {.block = p->at[p->depth].block};
    if (!is_name(s, i))
        return;
    if (scope_is(s, i + 1, ".") && is_name(s, i + 2))
        i += 2;
    source.written = source.alias = s->tokens[i].name;
    source.table = is_derived(s, source.written) ? NULL : table_of(s->names, source.written);
    source.derived = is_derived(s, source.written);
    i++;
    if (scope_is(s, i, "("))
        return; /* a table-valued function */
    if (scope_is(s, i, "as"))
        i++;
    if (is_name(s, i))
        source.alias = s->tokens[i].name;
    add(s, source);
}

static int
new_block(struct scope *s, int parent)
{
    if (s->n_blocks == s->room_blocks)
        return parent;
    s->parents[s->n_blocks] = parent;
    return s->n_blocks++;
}

static void
open_bracket(struct pass *p, size_t i)
{
    static const char *const selects[] = {"select", "with", "values", NULL};
    int block = p->at[p->depth].block;
    bool from = p->at[p->depth].from;
    if (p->depth + 1 == DEPTH)
        return;
    p->depth++;
    bool joins = from && !is_one_of(p->s, i + 1, selects) && i > 0 &&
                 (scope_is(p->s, i - 1, "from") || scope_is(p->s, i - 1, "join") || scope_is(p->s, i - 1, ","));
    p->at[p->depth].block = joins ? block : new_block(p->s, block);
    p->at[p->depth].from = joins;
    p->at[p->depth].was_from = from;
    if (joins)
        take_source(p, i + 1);
}

static void
close_bracket(struct pass *p, size_t i)
{
    if (p->depth == 0)
        return;
    bool was_from = p->at[p->depth].was_from;
    p->depth--;
    size_t next = scope_is(p->s, i + 1, "as") ? i + 2 : i + 1;
    if (was_from && is_name(p->s, next))
        add(p->s,
            (struct scope_source){.alias = p->s->tokens[next].name, .block = p->at[p->depth].block, .derived = true});
}

static void
take_word(struct pass *p, size_t i)
{
    static const char *const ends[] = {"where", "group", "order", "having", "limit", "select", "window", NULL};
    static const char *const sets[] = {"union", "intersect", "except", NULL};
    struct scope *s = p->s;
    bool *from = &p->at[p->depth].from;
    if (is_name(s, i) && scope_is(s, i + 1, "as") && (scope_is(s, i + 2, "(") || scope_is(s, i + 3, "(")) && !*from)
        if (scope_is(s, i + 2, "(") || scope_is(s, i + 2, "materialized"))
            add(s, (struct scope_source){.alias = s->tokens[i].name, .block = p->at[p->depth].block, .derived = true});
    if (scope_is(s, i, "from") && !(i > 0 && scope_is(s, i - 1, "distinct") && i > 1 && scope_is(s, i - 2, "is"))) {
        *from = true;
        take_source(p, i + 1);
    } else if (scope_is(s, i, "join") || (*from && scope_is(s, i, ","))) {
        *from = true;
        take_source(p, i + 1);
    } else if (is_one_of(s, i, ends)) {
        *from = false;
    } else if (is_one_of(s, i, sets)) {
        *from = false;
        p->at[p->depth].block = new_block(s, s->parents[p->at[p->depth].block]);
    }
}

struct scope *
scope_read(struct task *t, struct span sql, const struct names *names)
{
    struct scope *s = task_new(t, struct scope);
    struct span rest = sql, token;
    enum scan_kind k;
    size_t room = sql.n < SCOPE_TOKENS ? sql.n + 1 : SCOPE_TOKENS;
    s->names = names;
    s->tokens = task_array(t, room, sizeof *s->tokens);
    s->parents = task_array(t, room < SCOPE_BLOCKS ? room + 1 : SCOPE_BLOCKS, sizeof *s->parents);
    while (s->n < room && (k = scan_next(&rest, &token)) != SCAN_END)
        s->tokens[s->n++] = (struct scope_token){k, token,
            k == SCAN_QUOTED || k == SCAN_STRING ? scan_unquote(t, token) : token, (size_t)(token.p - sql.p), 0};
    struct pass *p = task_new(t, struct pass);
    p->s = s;
    s->room_blocks = (int)(room < SCOPE_BLOCKS ? room + 1 : SCOPE_BLOCKS);
    s->parents[0] = -1;
    s->n_blocks = 1;
    for (size_t i = 0; i < s->n; i++) {
        if (scope_is(s, i, ")"))
            close_bracket(p, i);
        s->tokens[i].block = p->at[p->depth].block;
        if (scope_is(s, i, "("))
            open_bracket(p, i);
        else if (s->tokens[i].kind != SCAN_STRING)
            take_word(p, i);
    }
    return s;
}

int
scope_block(const struct scope *s, int64_t offset)
{
    int block = 0;
    for (size_t i = 0; i < s->n && offset >= 0 && (int64_t)s->tokens[i].at <= offset; i++)
        block = s->tokens[i].block;
    return block;
}

bool
scope_sees(const struct scope *s, int block, const struct scope_source *source)
{
    for (; block >= 0; block = s->parents[block])
        if (block == source->block)
            return true;
    return false;
}

const struct scope_source *
scope_find(const struct scope *s, int block, struct span alias)
{
    for (; block >= 0; block = s->parents[block])
        for (size_t i = 0; i < s->n_sources; i++)
            if (s->sources[i].block == block && s->sources[i].alias.n == alias.n &&
                strncasecmp(s->sources[i].alias.p, alias.p, alias.n) == 0)
                return &s->sources[i];
    return NULL;
}

bool
scope_column(const struct scope *s, size_t i, const struct scope_source **source, size_t *column)
{
    const struct scope_token *k = &s->tokens[i];
    *source = NULL;
    if (k->kind != SCAN_WORD && k->kind != SCAN_QUOTED)
        return false;
    if (i >= 2 && scope_is(s, i - 1, ".")) {
        *source = scope_find(s, k->block, s->tokens[i - 2].name);
        return *source && (*source)->table && names_column((*source)->table, k->name, column);
    }
    for (int block = k->block; block >= 0 && !*source; block = s->parents[block])
        for (size_t n = 0; n < s->n_sources; n++) {
            const struct scope_source *one = &s->sources[n];
            if (one->block != block || !one->table || !names_column(one->table, k->name, column))
                continue;
            if (*source)
                return false; /* two have it */
            *source = one;
        }
    return *source && names_column((*source)->table, k->name, column);
}

void
scope_put_name(struct buf *b, struct span name)
{
    bool bare = name.n > 0 && !isdigit((unsigned char)name.p[0]) && !sqlite3_keyword_check(name.p, (int)name.n);
    for (size_t i = 0; bare && i < name.n; i++)
        bare = isalnum((unsigned char)name.p[i]) || name.p[i] == '_';
    if (bare)
        buf_span(b, name);
    else
        buf_quoted(b, name, '"');
}
