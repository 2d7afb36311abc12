/* hint_dialect: functions and syntax of other databases, and what is wrong with a text as such. */
#include "query/hint_priv.h"
#include "query/words.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { AROUND = 4 };

/* What other databases call it, and what SQLite does instead; the first word of that is suggested. */
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
    {"concat_ws", "a || separator || b"},
    {"concat", "a || b"},
    {"string_agg", "group_concat(x, separator)"},
    {"median", "x ... ORDER BY x LIMIT 1 OFFSET (SELECT count(*) / 2 ...)"},
    {"percentile_cont", "x ... ORDER BY x LIMIT 1 OFFSET (SELECT count(*) / 2 ...)"},
    {"if", "iif(condition, a, b)"},
    {"timestampdiff", "julianday(a) - julianday(b)"},
    {"age", "julianday(a) - julianday(b)"},
    {"weekday", "strftime('%w', d)"},
    {"dayofweek", "strftime('%w', d)"},
    {"quarter", "(strftime('%m', d) + 2) / 3"},
    {"monthname", "strftime('%m', d)"},
    {"make_date", "printf('%04d-%02d-%02d', y, m, d)"},
    {"current_date", "date('now')"},
    {"sysdate", "datetime('now')"},
    {"regexp_replace", "replace(s, a, b)"},
    {"divide", "a * 1.0 / b"},
    {"multiply", "a * b"},
    {"subtract", "a - b"},
    {"add", "a + b"},
    {"countif", "sum(condition)"},
    {"count_if", "sum(condition)"},
    {"decode", "CASE x WHEN a THEN b ELSE c END"},
    {"to_number", "CAST(s AS REAL)"},
    {"convert", "CAST(x AS type)"},
    {"safe_cast", "CAST(x AS type)"},
    {"try_cast", "CAST(x AS type)"},
    {"bool_or", "max(x)"},
    {"bool_and", "min(x)"},
};

/* Words that are other databases' syntax: suggested instead, and said. */
static const struct {
    const char *word, *next; /* next: the word behind it, NULL any */
    const char *instead, *hint;
} dialect[] = {
    {"fetch", NULL, "LIMIT", "SQLite has no FETCH: put LIMIT n at the end."},
    {"ilike", NULL, "LIKE", "SQLite has no ILIKE: LIKE ignores the case of ASCII letters."},
    {"similar", "to", "LIKE", "SQLite has no SIMILAR TO: use LIKE or GLOB."},
    {"rlike", NULL, "LIKE", "SQLite has no RLIKE: use LIKE or GLOB."},
    {"interval", NULL, "date", "SQLite has no INTERVAL: write date(d, '-7 days')."},
    {"extract", "(", "strftime", "SQLite has no EXTRACT: write CAST(strftime('%Y', d) AS INTEGER)."},
    {"qualify", NULL, "SELECT", "SQLite has no QUALIFY: filter the window function in an outer SELECT."},
    {"pivot", NULL, "CASE", "SQLite has no PIVOT: use sum(CASE WHEN ... THEN ... END)."},
    {"any", "(", "EXISTS", "SQLite has no ANY: compare with (SELECT max(x) ...) or min, or use IN or EXISTS."},
    {"some", "(", "EXISTS", "SQLite has no SOME: compare with (SELECT max(x) ...) or min, or use IN or EXISTS."},
    {"lateral", NULL, "SELECT", "SQLite has no LATERAL: use a correlated subquery."},
    {"rollup", NULL, "UNION", "SQLite has no ROLLUP: add the totals with UNION ALL."},
    {"cube", "(", "UNION", "SQLite has no CUBE: add the totals with UNION ALL."},
    {"unnest", NULL, "json_each", "SQLite has no UNNEST: use json_each(x)."},
    {"separator", NULL, "group_concat", "Write group_concat(x, separator)."},
    {"within", "group", "group_concat", "SQLite has no WITHIN GROUP: write group_concat(x, separator)."},
    {"div", NULL, "/", "SQLite has no DIV: / of two whole numbers cuts the fraction off."},
    {"mod", NULL, "%", "SQLite has no MOD: write a % b."},
    {"minus", "select", "EXCEPT", "SQLite has no MINUS: write EXCEPT."},
    {"date", NULL, "date", "SQLite has no DATE '...': write '2024-01-31', or date(d, '-7 days')."},
    {"timestamp", NULL, "datetime", "SQLite has no TIMESTAMP '...': write '2024-01-31 12:00:00'."},
    {"@", NULL, NULL, "SQLite has no variables: write the value, or a parameter."},
};

/* What messages hold. */
static const struct {
    const char *holds, *instead, *hint;
} rests[] = {
    {"misuse of aliased aggregate", "HAVING",
        "The alias stands for an aggregate: compare it in HAVING, or put this SELECT into an outer one."},
    {"misuse of aggregate", "HAVING",
        "An aggregate can't stand in WHERE, ON or GROUP BY, nor in another aggregate: put the condition into HAVING "
        "behind GROUP BY, or take the aggregate in a subquery: x = (SELECT max(x) FROM ...)."},
    {"misuse of window function", "SELECT", "A window function can't stand in WHERE: filter it in an outer SELECT."},
    {"a GROUP BY clause is required", "GROUP BY", "HAVING needs GROUP BY before it; without groups use WHERE."},
    {"SELECTs to the left and right", "UNION", "Each SELECT of the compound must give the same number of columns."},
    {"sub-select returns", NULL,
        "A subquery that is compared with = or IN must give as many columns as stand on the "
        "other side: leave one in its SELECT, and sort by an expression."},
    {"row value misused", NULL, "Compare one column at a time, or with a subquery that gives as many columns."},
    {"DISTINCT aggregates must", "DISTINCT",
        "Write count(DISTINCT x) for each column, or count rows of a subquery with "
        "SELECT DISTINCT x, y."},
    {"arguments to function count", "DISTINCT",
        "Write count(DISTINCT x) for each column, or count rows of a subquery "
        "with SELECT DISTINCT x, y."},
    {"wrong number of arguments", NULL, "The function takes another number of arguments."},
    {"PRAGMA", "pragma_table_info", "Use SELECT * FROM pragma_table_info('table') for a table's columns."},
};

static void
say(struct advice *a, const char *instead, const char *hint)
{
    if (a->text->n > 0)
        buf_putc(a->text, ' ');
    buf_puts(a->text, hint);
    advice_suggest(a, span_of(instead));
}

/* The first word of what is done instead: "strftime" of "CAST(strftime('%Y', d) ...": what is looked for by name. */
static struct span
first_function(const char *use)
{
    struct span rest = span_of(use), token, last = SPAN_NONE;
    while (scan_next(&rest, &token) == SCAN_WORD || token.n > 0)
        if (isalpha((unsigned char)token.p[0]) && !span_is(token, "CAST"))
            return token;
        else if (span_is(token, "|"))
            last = SPAN("||");
    return last;
}

static bool
say_function(struct advice *a, struct span name)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (span_is_nocase(name, functions[i].name)) {
            say(a, NULL, task_printf(a->t, "SQLite has no %s(): use %s.", functions[i].name, functions[i].use));
            advice_suggest(a, strstr(functions[i].use, "||") ? SPAN("||") : first_function(functions[i].use));
            return true;
        }
    return false;
}

static const char *const known[] = {"abs", "avg", "coalesce", "count", "date", "datetime", "group_concat", "ifnull",
    "iif", "instr", "julianday", "length", "lower", "ltrim", "max", "min", "nullif", "printf", "replace", "round",
    "rtrim", "strftime", "substr", "sum", "total", "trim", "upper", "rank", "row_number", "dense_rank", "json_extract",
    "json_each", "unixepoch", "sqrt", "ceil", "floor", "power"};

void
hint_function(struct advice *a)
{
    if (say_function(a, a->p->token))
        return;
    int best = 0;
    const char *name = NULL;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        int score = words_alike(a->p->token, span_of(known[i]));
        name = score > best ? known[i] : name;
        best = score > best ? score : best;
    }
    if (best >= 60)
        say(a, name, task_printf(a->t, "SQLite has no such function; did you mean %s()?", name));
    else
        say(a, NULL, "SQLite has no such function: write it with operators, CASE or the functions there are.");
}

void
hint_rest(struct advice *a)
{
    const char *message = task_z(a->t, a->p->message);
    for (size_t i = 0; i < sizeof rests / sizeof rests[0]; i++)
        if (strstr(message, rests[i].holds)) {
            say(a, rests[i].instead, rests[i].hint);
            return;
        }
}

static void
say_dialect(struct advice *a)
{
    const struct scope *s = a->scope;
    for (size_t i = 0; i < s->n; i++) {
        bool dated = i + 1 < s->n && s->tokens[i + 1].kind == SCAN_STRING;
        for (size_t k = 0; k < sizeof dialect / sizeof dialect[0]; k++) {
            bool literal = strcmp(dialect[k].word, "date") == 0 || strcmp(dialect[k].word, "timestamp") == 0;
            if (!scope_is(s, i, dialect[k].word) || (dialect[k].next && !scope_is(s, i + 1, dialect[k].next)) ||
                (literal && !dated) || (i > 0 && scope_is(s, i - 1, ".")))
                continue;
            if (span_find(buf_view(a->text), span_of(dialect[k].hint)) < 0)
                say(a, dialect[k].instead, dialect[k].hint);
        }
        if (scope_is(s, i, "top") && i > 0 && (scope_is(s, i - 1, "select") || scope_is(s, i - 1, "distinct")))
            say(a, "LIMIT", "SQLite has no TOP: put LIMIT n at the end.");
        if (scope_is(s, i, ":") && scope_is(s, i + 1, ":") && !(i > 0 && scope_is(s, i - 1, ":")))
            if (span_find(buf_view(a->text), SPAN("::")) < 0)
                say(a, "CAST", "SQLite has no :: casts: write CAST(x AS type).");
    }
}

bool
hint_word(struct advice *a, struct span word)
{
    if (!span_is_nocase(word, "interval"))
        return false; /* the others are names of columns too often */
    say_dialect(a);
    return true;
}

/* Brackets that don't meet, quotes that don't close, fences of Markdown around it all. */
static void
say_text(struct advice *a)
{
    const struct scope *s = a->scope;
    size_t open = 0, closed = 0;
    bool unclosed = false;
    for (size_t i = 0; i < s->n; i++) {
        struct span text = s->tokens[i].text;
        open += span_is(text, "(");
        closed += span_is(text, ")");
        char end = text.p[0] == '[' ? ']' : text.p[0];
        if (s->tokens[i].kind == SCAN_STRING || s->tokens[i].kind == SCAN_QUOTED)
            unclosed = unclosed || text.n < 2 || text.p[text.n - 1] != end;
    }
    if (span_find(a->sql, SPAN("```")) >= 0)
        say(a, "SELECT", "Leave the Markdown code fence (```) out: send the statement alone.");
    else if (unclosed)
        say(a, "'", "A quote is not closed.");
    if (open != closed)
        say(a, open > closed ? ")" : "(",
            task_printf(a->t, "The brackets don't match: %zu \"(\" and %zu \")\".", open, closed));
}

/* Whether the tokens of a name stand in the statement as they are, unquoted: "Country Code", "data-2020". */
static bool
stands_bare(struct advice *a, struct span name)
{
    const struct scope *s = a->scope;
    for (size_t i = 0; i < s->n; i++) {
        size_t at = s->tokens[i].at, n = 0;
        if (s->tokens[i].kind != SCAN_WORD && s->tokens[i].kind != SCAN_OTHER)
            continue;
        if (a->sql.n - at < name.n || strncasecmp(a->sql.p + at, name.p, name.n) != 0)
            continue;
        for (size_t k = i; k < s->n && s->tokens[k].at < at + name.n; k++)
            n = s->tokens[k].at + s->tokens[k].text.n - at;
        if (n == name.n)
            return true;
    }
    return false;
}

static bool
is_plain(struct span name)
{
    struct span rest = name, token;
    return scan_token(&rest, &token) == SCAN_WORD && rest.n == 0 && !sqlite3_keyword_check(name.p, (int)name.n);
}

static void
say_unquoted(struct advice *a, struct span name)
{
    if (name.n < 2 || is_plain(name) || !stands_bare(a, name) || a->p->n_suggestions >= HINT_FIRST)
        return;
    buf_puts(a->text, a->text->n ? " Quote the name: " : "Quote the name: ");
    buf_quoted(a->text, name, '"');
    buf_putc(a->text, '.');
    advice_suggest(a, name);
}

static void
say_names(struct advice *a)
{
    for (size_t i = 0; i < a->names.n; i++) {
        say_unquoted(a, a->names.tables[i].name);
        for (size_t c = 0; c < a->names.tables[i].n; c++)
            say_unquoted(a, a->names.tables[i].columns[c]);
    }
}

/* The words around the failure, so that it can be found in a long statement. */
static void
say_where(struct advice *a)
{
    const struct scope *s = a->scope;
    size_t at = 0;
    if (a->p->offset < 0 || a->p->token.n == 0 || a->p->token.n > 60)
        return;
    while (at < s->n && (int64_t)s->tokens[at].at < a->p->offset)
        at++;
    buf_puts(a->text, a->text->n ? " It stands here:" : "The failure stands here:");
    for (size_t i = at > AROUND ? at - AROUND : 0; i < s->n && i < at + AROUND; i++)
        buf_printf(a->text, i == at ? " >>>%.*s<<<" : " %.*s", SPAN_ARG(span_first(s->tokens[i].text, 40)));
}

static void
say_order(struct advice *a)
{
    struct span m = a->p->message;
    if (span_find(m, SPAN("clause should come after")) >= 0)
        say(a, "ORDER BY",
            "Put ORDER BY and LIMIT behind the last SELECT of the compound, or make each SELECT a "
            "subquery: SELECT * FROM (SELECT ... LIMIT n).");
    if (span_find(m, SPAN("incomplete input")) >= 0)
        say(a, NULL, "The statement is cut off: write it to its end.");
}

void
hint_syntax(struct advice *a)
{
    const struct scope *s = a->scope;
    say_order(a);
    say_text(a);
    say_dialect(a);
    say_names(a);
    for (size_t i = 0; i + 1 < s->n && a->text->n == 0; i++)
        if (s->tokens[i].kind == SCAN_WORD && scope_is(s, i + 1, "(") && !scope_is(s, i, "replace"))
            say_function(a, s->tokens[i].text);
    say_where(a);
}
