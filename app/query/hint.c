/* hint: codes, suggestions and one sentence. */
#include "query/hint.h"

#include "base/utf8.h"
#include "query/hint_priv.h"
#include "query/scan.h"

#include <string.h>
#include <strings.h>

/* How SQLite's messages begin (or what they hold), first match wins. */
static const struct {
    const char *begins;
    const char *code;
} codes[] = {
    {"no such table: ", "no_such_table"},
    {"no such column: ", "no_such_column"},
    {"no such function: ", "no_such_function"},
    {"ambiguous column name: ", "ambiguous_column"},
    {"misuse of aggregate", "misuse_of_aggregate"},
    {"misuse of aliased aggregate", "misuse_of_aggregate"},
    {"misuse of window function", "misuse_of_aggregate"},
    {"wrong number of arguments", "wrong_arguments"},
    {"DISTINCT aggregates must", "wrong_arguments"},
    {"sub-select returns", "wrong_columns"},
    {"SELECTs to the left and right", "wrong_columns"},
    {"row value misused", "wrong_columns"},
    {"ORDER BY clause should come after", "syntax"},
    {"LIMIT clause should come after", "syntax"},
    {"a GROUP BY clause is required", "missing_group_by"},
    {"near \"", "syntax"},
    {"incomplete input", "syntax"},
    {"unrecognized token", "syntax"},
    {"not authorized", "not_allowed"},
    {"authorization denied", "not_allowed"},
    {"Recursion limit", "too_complex"},
    {"access to ", "not_allowed"},
    {"prohibited", "not_allowed"},
    {"too many ", "too_complex"},
    {"Expression tree is too large", "too_complex"},
    {"parser stack overflow", "too_complex"},
    {"LIKE or GLOB pattern too complex", "too_complex"},
    {"at most ", "too_complex"},
    {"statement too long", "too_complex"},
    {"string or blob too big", "too_big"},
    {"interrupted", "timeout"},
    {"attempt to write", "not_allowed"},
};

void
hint_plain(struct task *t, const char *code, const char *message, const char *hint, struct query_problem *p)
{
    *p = (struct query_problem){.code = span_of(code),
        .message = task_dup(t, span_of(message)),
        .offset = -1,
        .hint = task_dup(t, span_of(hint))};
}

static const char *
code_of(const char *message, int rc, const struct guard *g)
{
    if (g->late || rc == SQLITE_INTERRUPT)
        return "timeout";
    if ((rc & 0xff) == SQLITE_NOMEM) /* the limit on a statement's instructions reports "out of memory" too */
        return sqlite3_memory_highwater(0) > sqlite3_hard_heap_limit64(-1) / 2 ? "memory" : "too_complex";
    if ((rc & 0xff) == SQLITE_TOOBIG && !strstr(message, "statement"))
        return "too_big";
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (strncmp(message, codes[i].begins, strlen(codes[i].begins)) == 0)
            return codes[i].code;
    if (strstr(message, "prohibited"))
        return "not_allowed";
    return "other";
}

/* The word that a message names: what follows ": " or stands in quotes. */
static struct span
token_of(struct span message)
{
    ptrdiff_t at = span_find(message, SPAN(": "));
    if (span_starts(message, "near \"")) {
        struct span rest = span_from(message, 6);
        ptrdiff_t end = span_find(rest, SPAN("\": "));
        return end < 0 ? SPAN_NONE : span_first(rest, (size_t)end);
    }
    if (!span_starts(message, "no such") && !span_starts(message, "ambiguous") && !span_starts(message, "unrecognized"))
        return SPAN_NONE;
    return at < 0 ? SPAN_NONE : span_trim(span_from(message, (size_t)at + 2));
}

/* "t.col" and "\"col\"" give col. */
static struct span
last_part(struct task *t, struct span token)
{
    struct span part = token, rest = token;
    if (token.n > 1 && token.p[0] == '"')
        return scan_unquote(t, token);
    while (span_cut(&rest, '.', &part))
        continue;
    return part;
}

/* SQLite tells no place for an unknown table: where the word stands in the statement, or -1. */
static int64_t
find_word(struct task *t, struct span sql, struct span word)
{
    struct span rest = sql, token;
    enum scan_kind k;
    while ((k = scan_next(&rest, &token)) != SCAN_END) {
        struct span name = k == SCAN_QUOTED ? scan_unquote(t, token) : token;
        if ((k == SCAN_WORD || k == SCAN_QUOTED) && name.n == word.n && strncasecmp(name.p, word.p, word.n) == 0)
            return token.p - sql.p;
    }
    return -1;
}

/* A message of our own where SQLite's says too little. */
static struct span
message_of(struct guard *g, const char *code, const char *z)
{
    static const char advice[] = " - should this be a string literal in single-quotes?";
    if (strcmp(code, "timeout") == 0)
        return SPAN("The statement was stopped: it took longer than it may.");
    if (strcmp(code, "memory") == 0)
        return SPAN("The statement was stopped: it needs more memory than it may use.");
    if (strcmp(code, "too_big") == 0)
        return SPAN("The statement makes a text or blob that is longer than a million bytes.");
    if (strcmp(code, "too_complex") == 0 && strcmp(z, "out of memory") == 0)
        return SPAN("The statement is too complex.");
    if (strcmp(code, "not_allowed") == 0 && g->denied[0])
        return task_dup(g->t, span_of(g->denied));
    struct span m = task_dup(g->t, span_of(z));
    return span_ends(m, advice) ? span_first(m, m.n - (sizeof advice - 1)) : m;
}

/* "t.col" is t and col; "main.t.col" too. */
static void
split_token(struct task *t, struct span token, struct span *qualifier, struct span *word)
{
    struct span rest = token, part;
    bool first = true;
    *qualifier = SPAN_NONE;
    *word = token;
    if (token.n > 1 && token.p[0] == '"') {
        *word = scan_unquote(t, token);
        return;
    }
    while (span_cut(&rest, '.', &part)) {
        *qualifier = first ? SPAN_NONE : *word;
        first = false;
        *word = part;
    }
}

static void
hint_with_schema(struct guard *g, struct advice *a, const char *code)
{
    struct span qualifier, word;
    split_token(a->t, a->p->token, &qualifier, &word);
    names_load(g, a->sql, &a->names);
    joins_read(a->t, &a->names, &a->joins);
    a->scope = scope_read(a->t, a->sql, &a->names);
    a->block = scope_block(a->scope, a->p->offset);
    if (strcmp(code, "no_such_table") == 0)
        hint_table(a, word);
    else if (strcmp(code, "ambiguous_column") == 0)
        hint_ambiguous(a, word);
    else if (strcmp(code, "syntax") == 0)
        hint_syntax(a);
    else if (qualifier.n > 0 || !hint_word(a, word))
        hint_column(a, qualifier, word);
}

void
hint_fill(struct guard *g, struct span sql, int rc, int64_t offset, struct query_problem *p)
{
    static const char *const schema[] = {"no_such_table", "no_such_column", "ambiguous_column", "syntax"};
    const char *z = task_z(g->t, span_of(sqlite3_errmsg(g->db)));
    const char *code = code_of(z, rc, g);
    struct advice a = {.t = g->t, .sql = sql, .p = p, .text = task_buf(g->t, (size_t)HINT_BYTES * 8)};
    *p = (struct query_problem){.code = span_of(code), .message = message_of(g, code, z), .offset = offset};
    p->token = token_of(p->message);
    if (p->offset < 0 && p->token.n > 0)
        p->offset = find_word(g->t, sql, last_part(g->t, p->token));
    bool needs_schema = false;
    for (size_t i = 0; i < sizeof schema / sizeof schema[0]; i++)
        needs_schema = needs_schema || strcmp(code, schema[i]) == 0;
    if (needs_schema)
        hint_with_schema(g, &a, code);
    else if (strcmp(code, "no_such_function") == 0)
        hint_function(&a);
    else
        hint_rest(&a);
    p->hint = utf8_first(span_trim(buf_view(a.text)), HINT_BYTES);
}

void
hint_text(struct task *t, struct span sql, struct query_problem *p)
{
    struct advice a = {.t = t, .sql = sql, .p = p, .text = task_buf(t, (size_t)HINT_BYTES * 8)};
    struct names none = {0};
    a.scope = scope_read(t, sql, &none);
    a.names = none;
    hint_syntax(&a);
    if (a.text->n > 0)
        p->hint = utf8_first(span_trim(buf_view(a.text)), HINT_BYTES);
}
