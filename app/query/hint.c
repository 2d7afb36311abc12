/* hint: codes, suggestions and one sentence. */
#include "query/hint.h"

#include "base/alike.h"
#include "query/names.h"
#include "query/scan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HINT_SUGGESTIONS = 5, HINT_LIST = 12, HINT_BYTES = 1000, ALIKE = 45, ALIKE_IN_STATEMENT = 8 };

/* How SQLite's messages begin (or what they hold), first match wins. */
static const struct {
    const char *begins;
    const char *code;
} codes[] = {
    {"no such table: ", "no_such_table"},
    {"no such column: ", "no_such_column"},
    {"no such function: ", "no_such_function"},
    {"ambiguous column name: ", "ambiguous_column"},
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

static const struct {
    const char *name;
    const char *use;
} functions[] = {
    {"year", "CAST(strftime('%Y', d) AS INTEGER)"},
    {"month", "CAST(strftime('%m', d) AS INTEGER)"},
    {"day", "CAST(strftime('%d', d) AS INTEGER)"},
    {"hour", "CAST(strftime('%H', d) AS INTEGER)"},
    {"now", "datetime('now')"},
    {"curdate", "date('now')"},
    {"getdate", "datetime('now')"},
    {"date_format", "strftime(format, d)"},
    {"to_char", "strftime(format, d)"},
    {"datediff", "julianday(d1) - julianday(d2)"},
    {"date_trunc", "strftime('%Y-%m-01', d)"},
    {"dateadd", "date(d, '+1 day')"},
    {"date_add", "date(d, '+1 day')"},
    {"date_sub", "date(d, '-1 day')"},
    {"extract", "strftime('%Y', d)"},
    {"date_part", "strftime('%Y', d)"},
    {"left", "substr(s, 1, n)"},
    {"right", "substr(s, -n)"},
    {"len", "length(s)"},
    {"char_length", "length(s)"},
    {"mid", "substr(s, start, n)"},
    {"substring_index", "substr(s, 1, instr(s, x) - 1)"},
    {"split_part", "substr(s, 1, instr(s, x) - 1)"},
    {"isnull", "ifnull(x, y), or x IS NULL"},
    {"nvl", "ifnull(x, y)"},
    {"listagg", "group_concat(x, separator)"},
    {"array_agg", "json_group_array(x)"},
    {"regexp", "LIKE or GLOB"},
    {"regexp_like", "LIKE or GLOB"},
    {"stddev", "sqrt(avg(x * x) - avg(x) * avg(x))"},
    {"stdev", "sqrt(avg(x * x) - avg(x) * avg(x))"},
    {"variance", "avg(x * x) - avg(x) * avg(x)"},
    {"greatest", "max(a, b)"},
    {"least", "min(a, b)"},
    {"to_date", "date(s)"},
    {"str_to_date", "date(s)"},
    {"unix_timestamp", "unixepoch(s)"},
    {"from_unixtime", "datetime(n, 'unixepoch')"},
    {"lpad", "printf('%0*d', n, x)"},
    {"position", "instr(s, x)"},
    {"charindex", "instr(s, x)"},
    {"initcap", "upper(substr(s, 1, 1)) || substr(s, 2)"},
    {"truncate", "trunc(x)"},
    {"any_value", "max(x)"},
    {"bool_or", "max(x)"},
    {"bool_and", "min(x)"},
};

static const struct {
    const char *word;
    const char *hint;
} words[] = {
    {"fetch", "SQLite has no FETCH: put LIMIT n at the end."},
    {"ilike", "SQLite has no ILIKE: LIKE ignores the case of ASCII letters."},
    {":", "SQLite has no :: casts: write CAST(x AS type)."},
    {"interval", "SQLite has no INTERVAL: write date(d, '+1 day')."},
    {"from", "Before FROM there must be a list of columns; EXTRACT(x FROM d) is strftime('%Y', d) here."},
    {"qualify", "SQLite has no QUALIFY: filter the window function in an outer SELECT."},
    {"pivot", "SQLite has no PIVOT: use sum(CASE WHEN ... THEN ... END)."},
    {"any", "SQLite has no ANY: use IN or EXISTS."},
    {"all", "SQLite has no comparison with ALL: compare with (SELECT max(x) ...)."},
    {"lateral", "SQLite has no LATERAL: use a correlated subquery."},
    {"rollup", "SQLite has no ROLLUP: add the totals with UNION ALL."},
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

struct guess {
    int score;
    struct span name, table; /* table empty when the name is a table's */
};

static int
by_score(const void *a, const void *b)
{
    return ((const struct guess *)b)->score - ((const struct guess *)a)->score;
}

/* Keeps the best guesses in order; equal names are given once. */
static void
keep(struct guess *best, size_t *n, struct guess g)
{
    if (g.score < ALIKE)
        return;
    for (size_t i = 0; i < *n; i++)
        if (span_eq(best[i].name, g.name)) {
            if (g.score > best[i].score)
                best[i] = g;
            qsort(best, *n, sizeof *best, by_score);
            return;
        }
    best[*n] = g;
    *n += 1;
    qsort(best, *n, sizeof *best, by_score);
    if (*n > HINT_SUGGESTIONS)
        *n = HINT_SUGGESTIONS;
}

static void
suggest(struct task *t, const struct guess *best, size_t n, struct query_problem *p)
{
    p->suggestions = task_array(t, n, sizeof *p->suggestions);
    p->n_suggestions = n;
    for (size_t i = 0; i < n; i++)
        p->suggestions[i] = best[i].name;
}

static void
list_names(struct buf *b, const struct span *names, size_t n)
{
    for (size_t i = 0; i < n && i < HINT_LIST; i++) {
        buf_puts(b, i ? ", " : "");
        buf_span(b, span_first(names[i], 80));
    }
    if (n > HINT_LIST)
        buf_printf(b, " and %zu more", n - HINT_LIST);
}

static void
hint_table(struct task *t, const struct names *names, struct query_problem *p)
{
    struct guess best[HINT_SUGGESTIONS + 1];
    size_t n = 0;
    struct buf *b = task_buf(t, HINT_BYTES * 4);
    struct span *all = task_array(t, names->n, sizeof *all);
    struct span word = last_part(t, p->token);
    for (size_t i = 0; i < names->n; i++) {
        all[i] = names->tables[i].name;
        keep(best, &n, (struct guess){alike_score(word, all[i]), all[i], SPAN_NONE});
    }
    suggest(t, best, n, p);
    if (n > 0)
        buf_printf(b, "Did you mean %.*s? ", SPAN_ARG(best[0].name));
    buf_puts(b, names->n > 0 ? "The tables are " : "The database has no tables");
    list_names(b, all, names->n);
    buf_putc(b, '.');
    p->hint = buf_view(b);
}

static void
hint_column(struct task *t, const struct names *names, struct query_problem *p)
{
    struct guess best[HINT_SUGGESTIONS + 1];
    size_t n = 0;
    struct buf *b = task_buf(t, HINT_BYTES * 4);
    struct span word = last_part(t, p->token);
    const struct names_table *first = NULL;
    for (size_t i = 0; i < names->n; i++) {
        const struct names_table *table = &names->tables[i];
        first = !first && table->mentioned ? table : first;
        for (size_t k = 0; k < table->n; k++)
            keep(best, &n,
                (struct guess){alike_score(word, table->columns[k]) + (table->mentioned ? ALIKE_IN_STATEMENT : 0),
                    table->columns[k], table->name});
    }
    suggest(t, best, n, p);
    if (n > 0)
        buf_printf(b, "Did you mean %.*s of %.*s? ", SPAN_ARG(best[0].name), SPAN_ARG(best[0].table));
    if (first) {
        buf_printf(b, "%.*s has the columns ", SPAN_ARG(first->name));
        list_names(b, first->columns, first->n);
        buf_putc(b, '.');
    }
    p->hint = buf_view(b);
}

static void
hint_ambiguous(struct task *t, const struct names *names, struct query_problem *p)
{
    struct buf *b = task_buf(t, HINT_BYTES * 4);
    size_t n = 0;
    buf_puts(b, "Write the table before it:");
    for (size_t i = 0; i < names->n; i++)
        for (size_t k = 0; names->tables[i].mentioned && k < names->tables[i].n; k++)
            if (alike_score(p->token, names->tables[i].columns[k]) == 100)
                buf_printf(b, "%s %.*s.%.*s", n++ ? " or" : "", SPAN_ARG(names->tables[i].name), SPAN_ARG(p->token));
    buf_puts(b, n > 0 ? "." : " its name or alias, and a dot.");
    p->hint = buf_view(b);
}

static void
hint_function(struct task *t, struct query_problem *p)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (span_is_nocase(p->token, functions[i].name))
            p->hint = task_format(t, "SQLite has no %s(): use %s.", functions[i].name, functions[i].use);
}

/* The word before the one that SQLite stumbled over: "TOP" of "SELECT TOP 3 x". */
static struct span
word_before(struct span sql, int64_t offset)
{
    struct span rest = sql, token, last = SPAN_NONE;
    while (scan_next(&rest, &token) != SCAN_END && token.p - sql.p < offset)
        last = token;
    return last;
}

static void
hint_syntax(struct span sql, struct query_problem *p)
{
    if (p->offset > 0 && span_is_nocase(word_before(sql, p->offset), "top"))
        p->hint = SPAN("SQLite has no TOP: put LIMIT n at the end.");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (span_is_nocase(p->token, words[i].word))
            p->hint = span_of(words[i].hint);
}

static void
hint_rest(const char *message, struct query_problem *p)
{
    static const struct {
        const char *holds, *hint;
    } rows[] = {
        {"misuse of aggregate", "An aggregate can't stand in WHERE or GROUP BY: use HAVING or a subquery."},
        {"misuse of window function", "A window function can't stand in WHERE: filter it in an outer SELECT."},
        {"SELECTs to the left and right", "Both sides of UNION must have the same number of columns."},
        {"sub-select returns", "A subquery that is compared with = must give one column."},
        {"PRAGMA", "Use SELECT * FROM pragma_table_info('table') for a table's columns."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strstr(message, rows[i].holds))
            p->hint = span_of(rows[i].hint);
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

void
hint_fill(struct guard *g, struct span sql, int rc, int64_t offset, struct query_problem *p)
{
    const char *z = task_z(g->t, span_of(sqlite3_errmsg(g->db)));
    const char *code = code_of(z, rc, g);
    struct names names;
    *p = (struct query_problem){.code = span_of(code), .message = message_of(g, code, z), .offset = offset};
    p->token = token_of(p->message);
    if (p->offset < 0 && p->token.n > 0)
        p->offset = find_word(g->t, sql, last_part(g->t, p->token));
    if (strcmp(code, "no_such_function") == 0)
        hint_function(g->t, p);
    else if (strcmp(code, "syntax") == 0)
        hint_syntax(sql, p);
    else if (strcmp(code, "no_such_table") != 0 && strcmp(code, "no_such_column") != 0 &&
             strcmp(code, "ambiguous_column") != 0)
        hint_rest(task_z(g->t, p->message), p);
    else {
        names_load(g, sql, &names);
        (code[8] == 't' ? hint_table : code[0] == 'a' ? hint_ambiguous : hint_column)(g->t, &names, p);
    }
    if (p->hint.n > HINT_BYTES)
        p->hint = span_first(p->hint, HINT_BYTES);
}
