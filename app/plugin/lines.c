/* lines: a text walked line by line against a table of rules. */
#include "plugin/lines.h"

#include "base/id.h"
#include "base/must.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SHOWN = 60 };

void
sha256_bytes(struct span s, unsigned char out[32])
{
    must(crypto_hash_sha256(out, (const unsigned char *)(s.p ? s.p : ""), s.n) == 0);
}

struct span
hash_text(struct task *t, const unsigned char hash[32])
{
    struct buf *b = task_buf(t, HASH_HEX_BYTES);
    hex_put(b, hash, HASH_BYTES);
    return task_dup(t, buf_view(b));
}

struct span
sha256_hex(struct task *t, struct span s)
{
    unsigned char h[32];
    sha256_bytes(s, h);
    return hash_text(t, h);
}

enum err
line_bad(const struct line *l, const char *fmt, ...)
{
    char why[LINES_SENTENCE_BYTES];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    return task_fail(l->t, E_INVALID, "The %s's line %zu: %s", l->what, l->number, why);
}

/* The first byte that has no place in a signed text. */
static enum err
check_bytes(const struct line *l, struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '\r')
            return line_bad(l, "it ends in CR LF; lines end in LF alone.");
        if (c < 0x20 || c == 0x7f)
            return line_bad(l, "it holds the control character 0x%02x.", c);
        if (c > 0x7f)
            return line_bad(l, "it holds a byte that is not ASCII.");
    }
    if (s.n == 0)
        return line_bad(l, "it is empty.");
    return E_OK;
}

/* Fields are cut at single spaces: none is empty. */
static enum err
cut_fields(struct line *l, const struct line_rule *r)
{
    struct span rest = l->rest, one;
    l->n = 0;
    if (l->rest.n == 0 || l->rest.p[0] == ' ' || l->rest.p[l->rest.n - 1] == ' ')
        return line_bad(l, "there is nothing, or a space too many, behind \"%s\".", r->key);
    if (r->high == 0)
        return E_OK;
    while (span_cut(&rest, ' ', &one)) {
        if (one.n == 0)
            return line_bad(l, "two spaces follow each other.");
        if (l->n == r->high)
            return line_bad(l, "it has more than %zu fields.", r->high);
        l->field[l->n++] = one;
    }
    if (l->n < r->low)
        return line_bad(l, "it has %zu of %zu fields.", l->n, r->low);
    return E_OK;
}

struct walk {
    struct line line;
    const struct line_rule *rule;
    size_t rules, at, seen; /* at: the rule whose lines are being read; seen: how many of it */
    struct span before;     /* the last line of the same rule */
};

static enum err
missing(struct walk *w, size_t rule)
{
    return task_fail(w->line.t, E_INVALID, "The %s has %s \"%s\" line%s.", w->line.what,
        w->rule[rule].least > 1 ? "too few" : "no", w->rule[rule].key, w->rule[rule].least > 1 ? "s" : "");
}

/* Goes on to the key's rule; those that are passed over must not miss lines. */
static enum err
step_to(struct walk *w, size_t rule)
{
    const struct line *l = &w->line;
    if (rule < w->at)
        return line_bad(l, "\"%s\" must stand before \"%s\".", w->rule[rule].key, w->rule[w->at].key);
    for (; w->at < rule; w->at++, w->seen = 0)
        if (w->seen < w->rule[w->at].least)
            return line_bad(l, "a line \"%s\" must stand before it.", w->rule[w->at].key);
    return E_OK;
}

static enum err
one_line(struct walk *w, struct span line, void *into)
{
    struct line *l = &w->line;
    const char *space = memchr(line.p, ' ', line.n);
    size_t rule = 0;
    l->key = span_first(line, space ? (size_t)(space - line.p) : line.n);
    l->rest = span_from(line, l->key.n + 1);
    while (rule < w->rules && !span_is(l->key, w->rule[rule].key))
        rule++;
    if (rule == w->rules)
        return line_bad(l, "\"%.*s\" is not a line that it may have.", SPAN_ARG(span_first(l->key, SHOWN)));
    if (step_to(w, rule) != E_OK || cut_fields(l, &w->rule[rule]) != E_OK)
        return l->t->err;
    if (w->seen == w->rule[rule].most)
        return w->rule[rule].most == 1
                   ? line_bad(l, "\"%s\" stands there twice.", w->rule[rule].key)
                   : line_bad(l, "there are more than %zu \"%s\" lines.", w->rule[rule].most, w->rule[rule].key);
    if (w->seen > 0 && span_cmp(w->before, line) == 0)
        return line_bad(l, "it stands there twice.");
    if (w->seen > 0 && span_cmp(w->before, line) > 0)
        return line_bad(l, "the \"%s\" lines are not sorted.", w->rule[rule].key);
    w->before = line;
    w->seen++;
    return w->rule[rule].read(l, into);
}

enum err
lines_read(struct task *t, const char *what, struct span text, size_t cap, const char *domain,
    const struct line_rule *rules, size_t n, void *into)
{
    struct walk w = {.line = {.t = t, .what = what}, .rule = rules, .rules = n};
    struct span one;
    if (text.n > cap)
        return task_fail(t, E_LIMIT, "The %s is longer than %zu bytes.", what, cap);
    if (text.n == 0 || text.p[text.n - 1] != '\n')
        return task_fail(t, E_INVALID, "The %s does not end in a line's end.", what);
    struct span rest = {text.p, text.n - 1};
    while (span_cut(&rest, '\n', &one)) {
        w.line.number++;
        if (check_bytes(&w.line, one) != E_OK)
            return t->err;
        if (w.line.number == 1 && !span_is(one, domain))
            return line_bad(&w.line, "it must read \"%s\".", domain);
        if (w.line.number > 1 && one_line(&w, one, into) != E_OK)
            return t->err;
    }
    for (; w.at < n; w.at++, w.seen = 0)
        if (w.seen < rules[w.at].least)
            return missing(&w, w.at);
    return E_OK;
}

/* Fields ----------------------------------------------------------------------------------------------------------- */

bool
line_number(struct span s, int64_t low, int64_t high, int64_t *out)
{
    uint64_t v;
    if (s.n == 0 || s.n > 18 || (s.n > 1 && s.p[0] == '0') || !span_u64(s, &v))
        return false;
    *out = (int64_t)v;
    return *out >= low && *out <= high;
}

bool
line_sha256(struct span s, unsigned char out[32])
{
    struct span hex = span_from(s, sizeof "sha256:" - 1);
    return span_starts(s, "sha256:") && span_only(hex, "0123456789abcdef") && hex_get(hex, out, 32);
}

/* Two digits at s.p[at]. */
static int
two(struct span s, size_t at)
{
    return (s.p[at] - '0') * 10 + (s.p[at + 1] - '0');
}

bool
line_time(struct span s, int64_t *out_ms)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";
    if (s.n != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (shape[i] == 'd' ? s.p[i] < '0' || s.p[i] > '9' : s.p[i] != shape[i])
            return false;
    struct tm tm = {.tm_year = two(s, 0) * 100 + two(s, 2) - 1900,
        .tm_mon = two(s, 5) - 1,
        .tm_mday = two(s, 8),
        .tm_hour = two(s, 11),
        .tm_min = two(s, 14),
        .tm_sec = two(s, 17)};
    const struct tm asked = tm;
    time_t at = timegm(&tm); /* sets right what can't be, as 31 June: then it is refused */
    if (at < 0 || tm.tm_mon != asked.tm_mon || tm.tm_mday != asked.tm_mday || tm.tm_hour != asked.tm_hour ||
        tm.tm_min != asked.tm_min || tm.tm_sec != asked.tm_sec)
        return false;
    *out_ms = (int64_t)at * 1000;
    return true;
}

static bool
is_of(struct span s, size_t most, const char *set, bool digit_first)
{
    if (s.n == 0 || s.n > most || !span_only(s, set))
        return false;
    char c = s.p[0];
    return (c >= 'a' && c <= 'z') || (digit_first && c >= '0' && c <= '9');
}

bool
line_word(struct span s, size_t most)
{
    return is_of(s, most, "abcdefghijklmnopqrstuvwxyz0123456789-", false);
}

bool
line_name(struct span s, size_t most)
{
    return is_of(s, most, "abcdefghijklmnopqrstuvwxyz0123456789.-", true);
}

bool
line_variable(struct span s, size_t most)
{
    return is_of(s, most, "abcdefghijklmnopqrstuvwxyz0123456789_", false);
}

bool
line_plugin_id(struct span s)
{
    struct span rest = s, first;
    return span_cut(&rest, '/', &first) && line_word(first, 32) && line_word(rest, 32);
}
