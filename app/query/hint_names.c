/* hint_names: names that a statement got wrong: which were meant, and how their tables are joined. */
#include "query/hint_priv.h"
#include "query/words.h"

#include <stdlib.h>
#include <strings.h>

enum { USED = 40, GUESSES = 12, SURE = 45, IN_TARGET = 12, IN_SCOPE = 6, ADJACENT = 6, ALL_USED = 30, LISTED = 10 };

/* A name with how well it fits; of a column also its table. */
struct guess {
    int score;
    size_t table, column;
};
struct guesses {
    struct guess at[GUESSES + 1];
    size_t n;
};

static bool
same(struct span a, struct span b)
{
    return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

static void
keep(struct guesses *g, struct guess one)
{
    size_t at = g->n;
    while (at > 0 && g->at[at - 1].score < one.score)
        at--;
    for (size_t i = g->n; i > at; i--)
        g->at[i] = g->at[i - 1];
    g->at[at] = one;
    g->n += g->n < GUESSES;
}

void
advice_suggest(struct advice *a, struct span name)
{
    struct query_problem *p = a->p;
    if (!p->suggestions)
        p->suggestions = task_array(a->t, HINT_SUGGESTIONS, sizeof *p->suggestions);
    for (size_t i = 0; i < p->n_suggestions; i++)
        if (same(p->suggestions[i], name))
            return;
    if (p->n_suggestions < HINT_SUGGESTIONS && name.n > 0)
        p->suggestions[p->n_suggestions++] = name;
}

static void
put_column(struct advice *a, struct span table, struct span column)
{
    scope_put_name(a->text, table);
    buf_putc(a->text, '.');
    scope_put_name(a->text, column);
}

/* The alias under which the block sees a table, or the table's own name. */
static struct span
alias_of(const struct advice *a, size_t table)
{
    const struct scope *s = a->scope;
    for (size_t i = 0; i < s->n_sources; i++)
        if (s->sources[i].table == &a->names.tables[table] && scope_sees(s, a->block, &s->sources[i]))
            return s->sources[i].alias;
    return a->names.tables[table].name;
}

static size_t
visible_tables(const struct advice *a, size_t out[SCOPE_SOURCES])
{
    size_t n = 0;
    for (size_t i = 0; i < a->scope->n_sources; i++)
        if (a->scope->sources[i].table && scope_sees(a->scope, a->block, &a->scope->sources[i]))
            out[n++] = (size_t)(a->scope->sources[i].table - a->names.tables);
    return n;
}

static bool
is_visible(const struct advice *a, size_t table)
{
    size_t at[SCOPE_SOURCES], n = visible_tables(a, at);
    for (size_t i = 0; i < n; i++)
        if (at[i] == table)
            return true;
    return false;
}

bool
advice_join(struct advice *a, size_t table)
{
    struct joins_edge steps[JOINS_STEPS];
    size_t from[SCOPE_SOURCES], n = visible_tables(a, from);
    size_t n_steps = joins_path(a->t, &a->names, &a->joins, from, n, table, steps);
    for (size_t i = 0; i < n_steps; i++) {
        const struct names_table *to = &a->names.tables[steps[i].to_table];
        const struct names_table *by = &a->names.tables[steps[i].table];
        buf_puts(a->text, " JOIN ");
        scope_put_name(a->text, to->name);
        buf_puts(a->text, " ON ");
        put_column(a, i == 0 ? alias_of(a, steps[i].table) : by->name, by->columns[steps[i].column]);
        buf_puts(a->text, " = ");
        put_column(a, to->name, to->columns[steps[i].to_column]);
    }
    for (size_t i = 0; i < n_steps; i++)
        advice_suggest(a, a->names.tables[steps[i].to_table].name);
    return n_steps > 0;
}

/* The columns of one table, as a field of the problem. */
static void
list_columns(struct advice *a, size_t table)
{
    const struct names_table *one = &a->names.tables[table];
    struct query_problem *p = a->p;
    size_t bytes = 0;
    p->columns = task_array(a->t, HINT_COLUMNS, sizeof *p->columns);
    for (size_t i = 0; i < one->n && p->n_columns < HINT_COLUMNS && bytes < HINT_COLUMNS_BYTES; i++) {
        p->columns[p->n_columns++] = one->columns[i];
        bytes += one->columns[i].n + 3;
    }
}

static void
list_names(struct buf *b, const struct span *names, size_t n)
{
    size_t i = 0;
    for (size_t bytes = 0; i < n && bytes < HINT_COLUMNS_BYTES; i++) {
        buf_puts(b, i ? ", " : "");
        scope_put_name(b, span_first(names[i], 80));
        bytes += names[i].n;
    }
    if (i < n)
        buf_printf(b, " and %zu more", n - i);
}

/* The columns that the statement takes from a name: "x.col" everywhere, and bare words where x stands alone. */
static size_t
columns_used(const struct advice *a, struct span qualifier, struct span out[USED])
{
    const struct scope *s = a->scope;
    size_t n = 0;
    for (size_t i = 0; i + 2 < s->n && n < USED; i++)
        if (scope_is(s, i + 1, ".") && same(s->tokens[i].name, qualifier) && !scope_is(s, i + 2, "*"))
            out[n++] = s->tokens[i + 2].name;
    return n;
}

static size_t
bare_words(const struct advice *a, int block, struct span out[USED], size_t n)
{
    const struct scope *s = a->scope;
    for (size_t i = 0; i < s->n && n < USED; i++) {
        const struct scope_token *k = &s->tokens[i];
        bool name =
            k->kind == SCAN_QUOTED || (k->kind == SCAN_WORD && !sqlite3_keyword_check(k->text.p, (int)k->text.n));
        if (k->block == block && name && !scope_is(s, i + 1, "(") && !scope_is(s, i + 1, ".") &&
            !(i > 0 && (scope_is(s, i - 1, ".") || scope_is(s, i - 1, "as"))) && !scope_find(s, block, k->name))
            out[n++] = k->name;
    }
    return n;
}

/* How many hundredths of the used columns the table has. */
static int
holds_used(const struct names_table *table, const struct span *used, size_t n)
{
    int sum = 0;
    for (size_t i = 0; i < n; i++) {
        int best = 0;
        for (size_t c = 0; c < table->n && best < 100; c++) {
            int score = words_alike(used[i], table->columns[c]);
            best = score > best ? score : best;
        }
        sum += best == 100 ? 100 : best >= 72 ? best / 2 : 0;
    }
    return n > 0 ? sum / (int)n : 0;
}

/* What a missing table is used for: where it stands, and which columns are taken from it. */
static size_t
use_of(const struct advice *a, struct span word, struct span used[USED], int *block)
{
    const struct scope *s = a->scope;
    size_t n = 0;
    *block = a->block;
    for (size_t i = 0; i < s->n_sources && n == 0; i++) {
        if (s->sources[i].table || !same(s->sources[i].written, word))
            continue;
        *block = s->sources[i].block;
        n = columns_used(a, s->sources[i].alias, used);
        n = n > 0 ? n : bare_words(a, *block, used, 0);
    }
    return n;
}

static void
rank_tables(struct advice *a, struct span word, struct guesses *out)
{
    struct span used[USED];
    size_t at[SCOPE_SOURCES], n_used = use_of(a, word, used, &a->block), n = visible_tables(a, at);
    for (size_t i = 0; i < a->names.n; i++) {
        const struct names_table *table = &a->names.tables[i];
        int score = words_alike(word, table->name), by_column = 0;
        for (size_t c = 0; c < table->n; c++) {
            int one = words_alike(word, table->columns[c]) / 2;
            by_column = one > by_column ? one : by_column;
        }
        score = score > by_column ? score : by_column;
        score += holds_used(table, used, n_used) * ALL_USED / 100;
        for (size_t k = 0; k < n; k++)
            if (joins_touch(&a->joins, at[k], i)) {
                score += ADJACENT;
                break;
            }
        keep(out, (struct guess){score, i, 0});
    }
}

void
hint_table(struct advice *a, struct span word)
{
    struct guesses best = {.n = 0};
    struct span *all = task_array(a->t, a->names.n + 1, sizeof *all);
    for (size_t i = 0; i < a->names.n; i++)
        all[i] = a->names.tables[i].name;
    rank_tables(a, word, &best);
    for (size_t i = 0; i < best.n && i < HINT_FIRST; i++)
        advice_suggest(a, all[best.at[i].table]);
    if (best.n > 0 && best.at[0].score >= SURE) {
        buf_puts(a->text, "Did you mean ");
        scope_put_name(a->text, all[best.at[0].table]);
        buf_puts(a->text, "? ");
    }
    if (best.n > 0)
        list_columns(a, best.at[0].table);
    buf_puts(a->text, a->names.n > 0 ? "The tables are " : "The database has no tables");
    list_names(a->text, all, a->names.n);
    buf_putc(a->text, '.');
}

/* The columns of all tables that are alike, those in sight first. */
static void
rank_columns(const struct advice *a, size_t target, struct span word, struct guesses *out)
{
    size_t at[SCOPE_SOURCES], n = visible_tables(a, at);
    bool *seen = task_array(a->t, a->names.n + 1, sizeof *seen);
    for (size_t i = 0; i < n; i++)
        seen[at[i]] = true;
    for (size_t i = 0; i < a->names.n; i++)
        for (size_t c = 0; c < a->names.tables[i].n; c++) {
            struct span name = a->names.tables[i].columns[c];
            int score = same(name, word) ? 0 : words_alike(word, name);
            if (score > 0)
                keep(out, (struct guess){score + (i == target ? IN_TARGET : seen[i] ? IN_SCOPE : 0), i, c});
        }
}

/* Tables out of sight that have the column; those that have all that is taken from the qualifier, and are near, first.
 */
static void
rank_holders(const struct advice *a, struct span word, const struct span *used, size_t n_used, struct guesses *out)
{
    size_t at[SCOPE_SOURCES], n = visible_tables(a, at), c;
    for (size_t i = 0; i < a->names.n; i++) {
        const struct names_table *table = &a->names.tables[i];
        if (is_visible(a, i) || !names_column(table, word, &c))
            continue;
        int score = 50 + holds_used(table, used, n_used) / 4 + (table->mentioned ? ADJACENT : 0);
        for (size_t k = 0; k < n; k++)
            score += joins_touch(&a->joins, at[k], i) ? ADJACENT : 0;
        keep(out, (struct guess){score, i, c});
    }
}

/* Aliases in sight whose table has the column: the first thing to say. Returns how many. */
static size_t
tell_aliases(struct advice *a, struct span qualifier, struct span word)
{
    size_t n = 0, c;
    for (size_t i = 0; i < a->scope->n_sources; i++) {
        const struct scope_source *s = &a->scope->sources[i];
        if (!s->table || !scope_sees(a->scope, a->block, s) || !names_column(s->table, word, &c) ||
            same(s->alias, qualifier))
            continue;
        buf_puts(a->text, n++ ? " or " : "The column is ");
        put_column(a, s->alias, s->table->columns[c]);
        if (!same(s->alias, s->table->name))
            buf_printf(a->text, " (%.*s)", SPAN_ARG(s->table->name));
        advice_suggest(a, s->alias);
    }
    buf_puts(a->text, n > 0 ? ". " : "");
    return n;
}

static void
tell_holder(struct advice *a, const struct guess *g)
{
    const struct names_table *table = &a->names.tables[g->table];
    advice_suggest(a, table->name);
    put_column(a, table->name, table->columns[g->column]);
    buf_puts(a->text, " exists, but this FROM lacks ");
    scope_put_name(a->text, table->name);
    size_t mark = a->text->n;
    buf_puts(a->text, ": add");
    if (!advice_join(a, g->table))
        a->text->n = mark;
    buf_puts(a->text, ". ");
}

static void
tell_unknown_alias(struct advice *a, struct span qualifier)
{
    size_t n = 0;
    buf_span(a->text, span_first(qualifier, 60));
    buf_puts(a->text, " is no table or alias in sight here");
    for (size_t i = 0; i < a->scope->n_sources && n < LISTED; i++) {
        const struct scope_source *s = &a->scope->sources[i];
        if (!scope_sees(a->scope, a->block, s))
            continue;
        buf_puts(a->text, n++ ? ", " : ": there are ");
        scope_put_name(a->text, s->alias);
        if (s->table && !same(s->alias, s->table->name))
            buf_printf(a->text, " (%.*s)", SPAN_ARG(s->table->name));
    }
    buf_puts(a->text, ". ");
}

static void
tell_alike(struct advice *a, const struct guesses *alike)
{
    size_t n = 0;
    for (size_t i = 0; i < alike->n && n < 4; i++) {
        const struct names_table *table = &a->names.tables[alike->at[i].table];
        if (alike->at[i].score < SURE)
            break;
        buf_puts(a->text, n++ ? ", " : "Did you mean ");
        put_column(a, alias_of(a, alike->at[i].table), table->columns[alike->at[i].column]);
    }
    buf_puts(a->text, n > 0 ? "? " : "");
}

/* Alternately the columns that are alike and the tables that have the very name. */
static void
suggest_both(struct advice *a, const struct guesses *alike, const struct guesses *holders)
{
    for (size_t i = 0; i < HINT_FIRST; i++) {
        if (i < alike->n && alike->at[i].score >= SURE)
            advice_suggest(a, a->names.tables[alike->at[i].table].columns[alike->at[i].column]);
        if (i < holders->n && i < 2)
            advice_suggest(a, a->names.tables[holders->at[i].table].name);
    }
}

/* What else stands near: columns of the table that is meant, alike or not. */
static void
list_target(struct advice *a, size_t target, const struct guesses *alike)
{
    size_t at[SCOPE_SOURCES], n = visible_tables(a, at);
    size_t table = target < a->names.n ? target : n > 0 ? at[0] : alike->n > 0 ? alike->at[0].table : 0;
    if (target >= a->names.n && alike->n > 0 && is_visible(a, alike->at[0].table))
        table = alike->at[0].table;
    if (table < a->names.n) {
        list_columns(a, table);
        buf_span(a->text, a->names.tables[table].name);
        buf_puts(a->text, " has ");
        list_names(a->text, a->names.tables[table].columns, a->names.tables[table].n);
        buf_puts(a->text, ".");
    }
}

/* In this order: an alias that is none; the column of another alias; of a table out of sight, with the way there; names
 * that are alike; the columns there are. */
void
hint_column(struct advice *a, struct span qualifier, struct span word)
{
    struct guesses alike = {.n = 0}, holders = {.n = 0};
    struct span used[USED];
    const struct scope_source *source = qualifier.n > 0 ? scope_find(a->scope, a->block, qualifier) : NULL;
    size_t target = source && source->table ? (size_t)(source->table - a->names.tables) : a->names.n;
    size_t n_used = qualifier.n > 0 ? columns_used(a, qualifier, used) : 0;
    const struct names_table *meant = qualifier.n > 0 && !source ? names_find(&a->names, qualifier) : NULL;
    rank_columns(a, target, word, &alike);
    rank_holders(a, word, used, n_used, &holders);
    if (qualifier.n > 0 && !source && !meant)
        tell_unknown_alias(a, qualifier);
    bool out_of_sight = meant && !is_visible(a, (size_t)(meant - a->names.tables));
    size_t c = 0;
    if (out_of_sight && names_column(meant, word, &c))
        tell_holder(a, &(struct guess){0, (size_t)(meant - a->names.tables), c});
    else if (meant)
        advice_suggest(a, alias_of(a, (size_t)(meant - a->names.tables)));
    size_t told = tell_aliases(a, qualifier, word);
    bool strong = alike.n > 0 && alike.at[0].score >= 78 + IN_SCOPE;
    if (!out_of_sight && holders.n > 0 && (told == 0 || !source) && (qualifier.n > 0 ? !source : !strong || told == 0))
        tell_holder(a, &holders.at[0]);
    suggest_both(a, &alike, &holders);
    if (told == 0 || source)
        tell_alike(a, &alike);
    if (told == 0)
        list_target(a, target, &alike);
}

void
hint_ambiguous(struct advice *a, struct span word)
{
    size_t n = 0, c;
    buf_puts(a->text, "Write the table before it:");
    for (size_t i = 0; i < a->scope->n_sources; i++) {
        const struct scope_source *s = &a->scope->sources[i];
        if (!s->table || !scope_sees(a->scope, a->block, s) || !names_column(s->table, word, &c))
            continue;
        buf_puts(a->text, n++ ? " or " : " ");
        put_column(a, s->alias, s->table->columns[c]);
        advice_suggest(a, s->alias);
    }
    buf_puts(a->text, n > 0 ? "." : " its name or alias, and a dot.");
}
