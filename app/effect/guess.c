/* guess: integers, reals and the reasons why something is neither. */
#include "effect/guess.h"

#include "base/utf8.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const int64_t EXACT_REAL = (int64_t)1 << 53;

static size_t
digits(struct span s)
{
    size_t n = 0;
    while (n < s.n && isdigit((unsigned char)s.p[n]))
        n++;
    return n;
}

/* The digits before the point: a leading zero is only the zero itself. */
static bool
leads_with_zero(struct span s)
{
    return digits(s) > 1 && s.p[0] == '0';
}

bool
guess_is_integer(struct span value, int64_t *out)
{
    struct span s = span_trim(value);
    struct span body = span_starts(s, "-") ? span_from(s, 1) : s;
    return body.n > 0 && digits(body) == body.n && !leads_with_zero(body) && span_i64(s, out);
}

/* -?digits[.digits][e[+-]digits] or -?.digits, with a point or an exponent: digits alone are an integer or too long for
 * one. */
bool
guess_is_real(struct span value, double *out)
{
    struct span s = span_trim(value);
    struct span rest = span_starts(s, "-") ? span_from(s, 1) : s;
    size_t whole = digits(rest), fraction = 0;
    if (leads_with_zero(rest) || whole == rest.n)
        return false;
    rest = span_from(rest, whole);
    if (span_starts(rest, ".")) {
        fraction = digits(span_from(rest, 1));
        rest = span_from(rest, fraction + 1);
    }
    if (whole + fraction == 0)
        return false;
    if (rest.n > 0 && (rest.p[0] == 'e' || rest.p[0] == 'E')) {
        rest = span_from(rest, 1);
        rest = span_starts(rest, "-") || span_starts(rest, "+") ? span_from(rest, 1) : rest;
        if (digits(rest) == 0)
            return false;
        rest = span_from(rest, digits(rest));
    }
    return rest.n == 0 && span_double(s, out);
}

/* Does s begin like the pattern, where 9 stands for a digit? */
static bool
matches(struct span s, const char *pattern)
{
    size_t n = strlen(pattern);
    for (size_t i = 0; i < n; i++)
        if (i >= s.n || (pattern[i] == '9' ? !isdigit((unsigned char)s.p[i]) : s.p[i] != pattern[i]))
            return false;
    return true;
}

static bool
is_date(struct span s)
{
    if (!matches(s, "9999-99-99"))
        return false;
    return s.n == 10 || matches(span_from(s, 10), "T99:99") || matches(span_from(s, 10), " 99:99");
}

static bool
only_digits(struct span s)
{
    s = span_starts(s, "-") || span_starts(s, "+") ? span_from(s, 1) : s;
    return s.n > 0 && digits(s) == s.n;
}

static const char *
why_not_a_number(struct span s)
{
    if (only_digits(s))
        return leads_with_zero(span_starts(s, "-") ? span_from(s, 1) : s) ? "leading zeros would be lost"
               : s.p[0] == '+'                                            ? "a plus sign would be lost"
                               : "it has more digits than an integer can hold";
    return leads_with_zero(s) && digits(s) < s.n && s.p[digits(s)] == '.' ? "leading zeros would be lost"
                                                                          : "it is no number";
}

static void
count_text(struct guess *g, struct span s, int64_t line, const char *why)
{
    g->texts++;
    g->dates += is_date(s);
    if (g->text_line > 0)
        return;
    struct span shown = utf8_first(s, sizeof g->text - 1);
    g->text_line = line;
    g->text_why = why;
    memcpy(g->text, shown.p, shown.n);
    g->text[shown.n] = '\0';
}

static void
count_integer(struct guess *g, int64_t v)
{
    g->integers++;
    g->wide = g->wide || v > EXACT_REAL || v < -EXACT_REAL;
}

void
guess_csv(struct guess *g, struct span value, int64_t line)
{
    int64_t i;
    double r;
    if (value.n == 0)
        return;
    g->values++;
    if (guess_is_integer(value, &i))
        count_integer(g, i);
    else if (guess_is_real(value, &r))
        g->reals++;
    else
        count_text(g, span_trim(value), line, why_not_a_number(span_trim(value)));
}

void
guess_typed(struct guess *g, const struct cell *value, int64_t line)
{
    if (value->kind == CELL_NULL)
        return;
    g->values++;
    if (value->kind == CELL_INT)
        count_integer(g, value->i);
    else if (value->kind == CELL_REAL)
        g->reals++;
    else
        count_text(g, value->s, line, "it is a text in the JSON");
}

enum guess_type
guess_type(const struct guess *g)
{
    if (g->values == 0 || g->texts > 0 || (g->reals > 0 && g->wide))
        return GUESS_TEXT;
    return g->reals > 0 ? GUESS_REAL : GUESS_INTEGER;
}

const char *
guess_word(enum guess_type type)
{
    static const char *const words[] = {"INTEGER", "REAL", "TEXT"};
    return words[type];
}

const char *
guess_why(struct task *t, const struct guess *g)
{
    if (g->values == 0)
        return "It has no values.";
    if (g->texts == 0 && g->reals > 0 && g->wide)
        return "It mixes fractions with integers that a real can't hold exactly, so it stays text.";
    if (g->texts == 0 && g->booleans == g->values)
        return "true is 1, false is 0.";
    if (g->texts == 0)
        return g->reals > 0 ? "All its values are numbers." : "All its values are whole numbers.";
    if (g->nested > 0)
        return "It holds lists or objects, kept as JSON text.";
    if (g->dates == g->values)
        return "All its values are ISO dates: they stay text, which sorts right and works with SQLite's date "
               "functions.";
    if (g->texts < g->values)
        return task_printf(t, "%lld of its %lld values are numbers, but line %lld has \"%s\" (%s).",
            (long long)(g->values - g->texts), (long long)g->values, (long long)g->text_line, g->text, g->text_why);
    return task_printf(t, "Its first value is \"%s\" (%s).", g->text, g->text_why);
}
