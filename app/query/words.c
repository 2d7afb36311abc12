/* words: splitting, plural endings, likeness. */
#include "query/words.h"

#include "base/alike.h"

#include <ctype.h>
#include <string.h>

enum { HOLDS = 72, HOLDS_WORDS = 80, SAME_STEMS = 98, SHORTEST_HELD = 3 };

struct span
words_span(const struct word *w)
{
    return (struct span){w->z, w->n};
}

static const struct {
    const char *ending, *instead;
} endings[] = {{"ies", "y"}, {"sses", "ss"}, {"ches", "ch"}, {"shes", "sh"}, {"xes", "x"}, {"s", ""}};

void
words_stem(struct word *w)
{
    for (size_t i = 0; i < w->n; i++)
        w->z[i] = (char)tolower((unsigned char)w->z[i]);
    if (w->n > 3 && w->z[w->n - 1] == 's' && w->z[w->n - 2] == 's')
        return;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t n = strlen(endings[i].ending), m = strlen(endings[i].instead);
        if (w->n > n + 1 && span_ends(words_span(w), endings[i].ending)) {
            memcpy(w->z + w->n - n, endings[i].instead, m);
            w->n += m - n;
            return;
        }
    }
}

static bool
is_letter(unsigned char c)
{
    return isalnum(c) || c >= 0x80;
}

/* A new word begins after a gap, and at a capital after a small letter or digit. */
static bool
begins(struct span s, size_t i)
{
    unsigned char c = (unsigned char)s.p[i], before = i > 0 ? (unsigned char)s.p[i - 1] : ' ';
    return !is_letter(before) || (isupper(c) && (islower(before) || isdigit(before)));
}

void
words_split(struct span s, struct words *out)
{
    struct word *w = NULL;
    out->n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (!is_letter((unsigned char)s.p[i]))
            continue;
        if (!w || begins(s, i)) {
            if (out->n == WORDS_MOST)
                break;
            w = &out->at[out->n++];
            w->n = 0;
        }
        if (w->n < WORD_BYTES)
            w->z[w->n++] = s.p[i];
    }
    for (size_t i = 0; i < out->n; i++)
        words_stem(&out->at[i]);
}

bool
words_has(const struct words *w, const char *stem)
{
    for (size_t i = 0; i < w->n; i++)
        if (span_is(words_span(&w->at[i]), stem))
            return true;
    return false;
}

bool
words_has_like(const struct words *w, struct span stem)
{
    enum { BEGINNING = 4, ENDING = 3 };
    for (size_t i = 0; i < w->n; i++) {
        struct span one = words_span(&w->at[i]);
        size_t same = 0, longer = one.n > stem.n ? one.n : stem.n;
        while (same < one.n && same < stem.n && one.p[same] == stem.p[same])
            same++;
        if (same == longer || (same >= BEGINNING && longer - same <= ENDING))
            return true;
    }
    return false;
}

/* The distinct letter triples of "  name ", as numbers. */
static size_t
triples(struct span s, unsigned *out)
{
    size_t n = 0;
    unsigned last = (unsigned)' ' << 8 | ' ';
    for (size_t i = 0; i <= s.n; i++) {
        last = (last << 8 | (i < s.n ? (unsigned char)s.p[i] : ' ')) & 0xffffff;
        size_t k = 0;
        while (k < n && out[k] != last)
            k++;
        if (k == n)
            out[n++] = last;
    }
    return n;
}

static int
dice(struct span a, struct span b)
{
    unsigned x[ALIKE_BYTES + 1] = {0}, y[ALIKE_BYTES + 1] = {0};
    size_t n = triples(a, x), m = triples(b, y), both = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < m; k++)
            both += x[i] == y[k];
    return (int)(200 * both / (n + m));
}

static size_t
shared(const struct words *a, const struct words *b)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++)
        for (size_t k = 0; k < b->n; k++)
            if (span_eq(words_span(&a->at[i]), words_span(&b->at[k]))) {
                n++;
                break;
            }
    return n;
}

static bool
same_words(const struct words *a, const struct words *b)
{
    bool same = a->n == b->n && a->n > 0;
    for (size_t i = 0; same && i < a->n; i++)
        same = span_eq(words_span(&a->at[i]), words_span(&b->at[i]));
    return same;
}

static int
larger(int a, int b)
{
    return a > b ? a : b;
}

int
words_alike(struct span a, struct span b)
{
    char x[ALIKE_BYTES], y[ALIKE_BYTES];
    struct span p = alike_fold(a, x), q = alike_fold(b, y);
    struct words u, v;
    if (p.n == 0 || q.n == 0)
        return 0;
    if (span_eq(p, q))
        return 100;
    words_split(a, &u);
    words_split(b, &v);
    if (same_words(&u, &v))
        return SAME_STEMS;
    size_t both = shared(&u, &v), all = u.n + v.n - both, longer = p.n > q.n ? p.n : q.n;
    int most = (int)longer;
    int score = larger(dice(p, q), 95 - 95 * alike_distance(p, q, most) / most);
    if (p.n >= SHORTEST_HELD && q.n >= SHORTEST_HELD && (span_find(p, q) >= 0 || span_find(q, p) >= 0))
        score = larger(score, HOLDS);
    if (both > 0 && (both == u.n || both == v.n))
        score = larger(score, HOLDS_WORDS);
    return larger(score, (int)(90 * both / all));
}
