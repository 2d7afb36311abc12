/* link_values: stored values that stand in a question: found by their words, ordered by what they share with it. */
#include "query/link_priv.h"
#include "query/order.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

enum {
    QUESTION_BYTES = 2000,
    FOLD_BYTES = 96,
    CANDIDATES = 400,
    PLACES = 3000,
    PREFIX = 4,
    BY_PREFIX = 40,
    CODES = 200
};

/* The question without gaps, and where words begin and end in it. */
struct folded {
    char z[QUESTION_BYTES];
    bool begins[QUESTION_BYTES + 1], marked[QUESTION_BYTES + 1];
    size_t n;
};

static bool
is_letter(unsigned char c)
{
    return isalnum(c) || c >= 0x80;
}

static bool
is_common(struct span stem)
{
    static const char *const rows[] = {"a", "an", "the", "of", "in", "on", "at", "to", "for", "by", "and", "or", "not",
        "is", "are", "was", "were", "be", "do", "does", "did", "ha", "have", "had", "what", "which", "who", "whose",
        "how", "many", "much", "when", "where", "that", "thi", "these", "those", "with", "from", "all", "each", "any",
        "there", "their", "it", "list", "show", "find", "give", "return", "name", "number", "count", "than", "more",
        "most", "least", "les", "les", "me", "different", "distinct", "average", "total", "maximum", "minimum", "id",
        "ordered", "order", "sorted", "as", "but", "no", "one", "both", "also", "having", "i", "we", "you", "can", "s",
        "please", "tell", "between", "per", "first", "last", "after", "before", "year"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (span_is(stem, rows[i]))
            return true;
    return false;
}

/* Typographic quotes and dashes: U+2010 to U+201F. */
static bool
is_typographic(struct span q, size_t i)
{
    return i + 2 < q.n && (unsigned char)q.p[i] == 0xe2 && (unsigned char)q.p[i + 1] == 0x80 &&
           (unsigned char)q.p[i + 2] >= 0x90 && (unsigned char)q.p[i + 2] <= 0x9f;
}

size_t
link_words(const struct link *l, struct span q, struct link_word out[LINK_WORDS])
{
    size_t n = 0;
    bool quoted = false;
    for (size_t i = 0; i < q.n && n < LINK_WORDS;) {
        if (is_typographic(q, i)) {
            unsigned char last = (unsigned char)q.p[i + 2];
            quoted = last == 0x9c || last == 0x98 ? true : last == 0x9d ? false : quoted;
            i += 3;
            continue;
        }
        unsigned char c = (unsigned char)q.p[i];
        bool inside =
            i > 0 && i + 1 < q.n && is_letter((unsigned char)q.p[i - 1]) && is_letter((unsigned char)q.p[i + 1]);
        if (c == '"' || (c == '\'' && !inside))
            quoted = !quoted;
        if (!is_letter(c)) {
            i++;
            continue;
        }
        struct link_word *w = &out[n++];
        *w = (struct link_word){.at = i, .quoted = quoted, .capital = isupper(c) && n > 1};
        for (; i < q.n && is_letter((unsigned char)q.p[i]) && !is_typographic(q, i); i++)
            if (w->stem.n < WORD_BYTES)
                w->stem.z[w->stem.n++] = q.p[i];
        w->end = i;
        words_stem(&w->stem);
        w->common = is_common(words_span(&w->stem));
        w->head = lexicon_term(&l->heads, words_span(&w->stem)) >= 0;
    }
    return n;
}

static void
fold_question(struct span q, const struct link_word *words, size_t n, struct folded *f)
{
    f->n = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = words[i].at; k < words[i].end && f->n < QUESTION_BYTES; k++) {
            f->begins[f->n] = k == words[i].at;
            f->marked[f->n] = words[i].quoted || words[i].capital;
            f->z[f->n++] = (char)tolower((unsigned char)q.p[k]);
        }
    f->begins[f->n] = true;
    f->marked[f->n] = false;
}

/* The longest run of bytes that both have, and where it ends in the question. Runs that begin and end with words count
 * before others. */
static size_t
common_run(const struct folded *q, const char *v, size_t n, size_t *end)
{
    size_t row[FOLD_BYTES + 1] = {0}, best = 0, best_worth = 0;
    *end = 0;
    for (size_t i = 0; i < q->n; i++)
        for (size_t k = n; k-- > 0;) {
            row[k + 1] = q->z[i] == v[k] ? row[k] + 1 : 0;
            size_t run = row[k + 1];
            if (run * 2 <= best_worth)
                continue;
            size_t worth = run + (q->begins[i + 1] ? run / 2 : 0) + (q->begins[i + 1 - run] ? run / 2 : 0);
            if (worth > best_worth) {
                best_worth = worth;
                best = run;
                *end = i + 1;
            }
        }
    return best;
}

struct candidate {
    uint32_t entry;
    double weight;
};

static int
by_entry(const void *a, const void *b, void *arg)
{
    (void)arg;
    const struct candidate *x = a, *y = b;
    return x->entry < y->entry ? -1 : x->entry > y->entry;
}

static int
by_weight(const void *a, const void *b, void *arg)
{
    (void)arg;
    const struct candidate *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return by_entry(a, b, arg);
}

struct candidates {
    struct candidate *at;
    size_t n, room;
};

static void
add_term(const struct link *l, struct candidates *c, uint32_t term, double worth)
{
    size_t n;
    const struct lexicon_pair *p = lexicon_places(&l->values, term, &n);
    double weight = worth * log(1 + (double)l->n / (double)(n + 1));
    for (size_t i = 0; i < n && i < PLACES && c->n < c->room; i++)
        c->at[c->n++] = (struct candidate){p[i].place, weight};
}

/* "American" finds "America": terms that begin alike and differ in their ends. */
static void
add_prefixed(const struct link *l, struct candidates *c, struct span stem, double worth)
{
    size_t n = stem.n > PREFIX + 2 ? stem.n - 3 : PREFIX;
    if (stem.n < PREFIX)
        return;
    struct span prefix = span_first(stem, n);
    for (size_t i = lexicon_from(&l->values, prefix), k = 0; i < l->values.n && k < BY_PREFIX; i++, k++) {
        struct span term = l->values.terms[l->values.sorted[i]];
        if (term.n < n || memcmp(term.p, prefix.p, n) != 0)
            break;
        if (!span_eq(term, stem))
            add_term(l, c, l->values.sorted[i], worth * 0.5);
    }
}

static void
add_joined(const struct link *l, struct candidates *c, const struct link_word *words, size_t i, size_t n)
{
    char joined[WORD_BYTES * 3];
    size_t len = 0;
    for (size_t k = i; k < n && k < i + 3; k++) {
        memcpy(joined + len, words[k].stem.z, words[k].stem.n);
        len += words[k].stem.n;
        int64_t term = k > i && len <= WORD_BYTES ? lexicon_term(&l->values, (struct span){joined, len}) : LEXICON_NONE;
        if (term >= 0)
            add_term(l, c, (uint32_t)term, 2);
    }
}

static size_t
gather(struct task *t, const struct link *l, const struct link_word *words, size_t n, struct candidate **out)
{
    struct candidates c = {.room = LINK_WORDS * PLACES};
    c.at = task_array(t, c.room, sizeof *c.at);
    for (size_t i = 0; i < n; i++) {
        struct span stem = words_span(&words[i].stem);
        bool marked = words[i].quoted || words[i].capital;
        double worth = words[i].common && !marked ? 0.2 : marked ? 2 : 1;
        int64_t term = lexicon_term(&l->values, stem);
        if (term >= 0)
            add_term(l, &c, (uint32_t)term, worth);
        if (!words[i].common)
            add_prefixed(l, &c, stem, worth);
        add_joined(l, &c, words, i, n);
    }
    order_sort(c.at, c.n, sizeof *c.at, by_entry, NULL);
    size_t kept = 0;
    for (size_t i = 0; i < c.n; i++)
        if (kept > 0 && c.at[kept - 1].entry == c.at[i].entry)
            c.at[kept - 1].weight += c.at[i].weight;
        else
            c.at[kept++] = c.at[i];
    for (size_t i = 0; i < kept; i++) /* of two with the same words the shorter is nearer */
        c.at[i].weight /= 1 + (double)l->entries[c.at[i].entry].text.n / 40;
    order_sort(c.at, kept, sizeof *c.at, by_weight, NULL);
    *out = c.at;
    return kept < CANDIDATES ? kept : CANDIDATES;
}

/* How many of the question's words speak of the column or its table. */
static double
context(const struct link *l, const struct link_entry *e, const struct link_word *words, size_t n)
{
    struct words column, table;
    double sum = 0;
    words_split(l->names.tables[e->table].columns[e->column], &column);
    words_split(l->names.tables[e->table].name, &table);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < column.n; k++)
            sum += span_eq(words_span(&words[i].stem), words_span(&column.at[k])) ? 1 : 0;
        for (size_t k = 0; k < table.n; k++)
            sum += span_eq(words_span(&words[i].stem), words_span(&table.at[k])) ? 0.5 : 0;
    }
    return sum > 3 ? 3 : sum;
}

static bool
holds(const struct folded *q, size_t at, const struct word *stem)
{
    return q->n - at >= stem->n && memcmp(q->z + at, stem->z, stem->n) == 0;
}

static struct link_hit
judge(const struct link *l, const struct candidate *c, const struct folded *q, const struct link_word *words, size_t n)
{
    char fold[FOLD_BYTES];
    size_t end, len = link_fold(l->entries[c->entry].text, fold, FOLD_BYTES);
    size_t run = len > 0 ? common_run(q, fold, len, &end) : 0;
    if (run == 0)
        return (struct link_hit){c->entry, 0, false};
    double cover = (double)run / (double)len, score = (double)run * cover * cover;
    bool bounded = q->begins[end - run] && q->begins[end];
    bool common = false, head = false;
    for (size_t i = 0; i < n; i++) {
        bool all = words[i].stem.n + 1 >= run && bounded && holds(q, end - run, &words[i].stem);
        common = common || (all && words[i].common);
        head = head || (all && words[i].head);
    }
    score *= bounded ? 1 : q->begins[end - run] ? (run == len ? 0.9 : 0.7) : 0.3;
    score *= head && !q->marked[end - run] && run < len ? 0.3 : 1;
    score *= q->marked[end - run] ? 1.6 : 1;
    score *= common && !q->marked[end - run] ? 0.15 : 1;
    score += c->weight * 0.15;
    score *= 1 + 0.12 * context(l, &l->entries[c->entry], words, n);
    return (struct link_hit){c->entry, score, bounded && run == len && !common};
}

static int
by_score(const void *a, const void *b, void *arg)
{
    (void)arg;
    const struct link_hit *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->entry < y->entry ? -1 : x->entry > y->entry;
}

static bool
means_person(struct span stem, char initial)
{
    static const char *const female[] = {"female", "woman", "women", "girl", "lady", "wife", "mother"};
    static const char *const male[] = {"male", "man", "men", "boy", "husband", "father"};
    for (size_t i = 0; i < sizeof female / sizeof female[0] && initial == 'f'; i++)
        if (span_is(stem, female[i]))
            return true;
    for (size_t i = 0; i < sizeof male / sizeof male[0] && initial == 'm'; i++)
        if (span_is(stem, male[i]))
            return true;
    return false;
}

/* A code's worth: its column is spoken of, and a word near begins with it ("left" for L). */
static double
code_worth(const struct link *l, const struct link_codes *c, uint32_t entry, const struct link_word *words, size_t n)
{
    struct span value = l->entries[entry].text;
    char initial = (char)tolower((unsigned char)value.p[0]);
    bool person = words_has(&c->words, "sex") || words_has(&c->words, "gender");
    double worth = 0;
    for (size_t i = 0; i < n; i++) {
        struct span stem = words_span(&words[i].stem);
        bool spoken = !words[i].common && stem.n > 2 && words_has_like(&c->words, stem);
        worth += spoken ? 5 : 0;
        if (spoken && value.n == 1 && i > 0 && words[i - 1].stem.z[0] == initial)
            worth += 2;
        if (person && value.n == 1 && means_person(stem, initial))
            worth += 6;
    }
    return worth;
}

static size_t
add_codes(const struct link *l, const struct link_word *words, size_t n, struct link_hit *hits, size_t k, size_t room)
{
    for (size_t i = 0; i < l->n_codes; i++)
        for (uint32_t e = 0; e < l->codes[i].n && k < room; e++) {
            double worth = code_worth(l, &l->codes[i], l->codes[i].entry[e], words, n);
            if (worth > 0)
                hits[k++] = (struct link_hit){l->codes[i].entry[e], worth, false};
        }
    return k;
}

size_t
link_hits(struct task *t, const struct link *l, struct span question, const struct link_word *words, size_t n,
    struct link_hit *out, size_t most)
{
    struct candidate *found;
    struct folded *q = task_new(t, struct folded);
    size_t k = gather(t, l, words, n, &found);
    struct link_hit *hits = task_array(t, k + CODES, sizeof *hits);
    fold_question(question, words, n, q);
    for (size_t i = 0; i < k; i++)
        hits[i] = judge(l, &found[i], q, words, n);
    k = add_codes(l, words, n, hits, k, k + CODES);
    order_sort(hits, k, sizeof *hits, by_score, NULL);
    for (size_t i = 0; i < k && i < most; i++)
        out[i] = hits[i];
    return k < most ? k : most;
}
