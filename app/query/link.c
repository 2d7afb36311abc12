/* link: tables by BM25 over names and values, values by what they share with the question. */
#include "query/link_priv.h"
#include "query/order.h"

#include <math.h>
#include <string.h>

enum { HITS = 60, PREFIX = 4, BY_PREFIX = 20, HITS_FOR_TABLES = 6 };
static const double K1 = 1.2, B = 0.75;

struct ranked {
    uint32_t table;
    double score;
};

static int
by_score(const void *a, const void *b, void *arg)
{
    (void)arg;
    const struct ranked *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->table < y->table ? -1 : x->table > y->table;
}

static void
add_term(const struct link *l, uint32_t term, double worth, struct ranked *tables)
{
    size_t n, df = 0;
    const struct lexicon_pair *p = lexicon_places(&l->schema, term, &n);
    for (size_t i = 0; i < n; i++)
        df += i == 0 || p[i].place != p[i - 1].place;
    double idf = log(1 + ((double)(l->names.n - df) + 0.5) / ((double)df + 0.5));
    for (size_t i = 0, next; i < n; i = next) {
        for (next = i; next < n && p[next].place == p[i].place; next++)
            continue;
        double tf = (double)(next - i), length = l->lengths[p[i].place] / (l->mean_length + 1);
        tables[p[i].place].score += worth * idf * tf * (K1 + 1) / (tf + K1 * (1 - B + B * length));
    }
}

/* Words of names that begin alike: "enrolled" and "enrolment". */
static void
add_prefixed(const struct link *l, struct span stem, double worth, struct ranked *tables)
{
    if (stem.n < PREFIX)
        return;
    struct span prefix = span_first(stem, stem.n > 6 ? stem.n - 3 : PREFIX);
    for (size_t i = lexicon_from(&l->schema, prefix), k = 0; i < l->schema.n && k < BY_PREFIX; i++, k++) {
        struct span term = l->schema.terms[l->schema.sorted[i]];
        if (term.n < prefix.n || memcmp(term.p, prefix.p, prefix.n) != 0)
            break;
        if (!span_eq(term, stem))
            add_term(l, l->schema.sorted[i], worth, tables);
    }
}

static void
rank(const struct link *l, const struct link_word *words, size_t n, const struct link_hit *hits, size_t n_hits,
    struct ranked *tables)
{
    for (size_t i = 0; i < l->names.n; i++)
        tables[i] = (struct ranked){.table = (uint32_t)i};
    for (size_t i = 0; i < n; i++) {
        struct span stem = words_span(&words[i].stem);
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || span_eq(stem, words_span(&words[k].stem));
        int64_t term = again ? LEXICON_NONE : lexicon_term(&l->schema, stem);
        double worth = words[i].common ? 0.3 : 1;
        if (term >= 0)
            add_term(l, (uint32_t)term, worth, tables);
        if (!again && !words[i].common)
            add_prefixed(l, stem, term >= 0 ? 0.3 : 0.6, tables);
    }
    for (size_t i = 0; i < n_hits && i < HITS_FOR_TABLES; i++)
        if (hits[i].whole)
            tables[l->entries[hits[i].entry].table].score += 1.5;
    order_sort(tables, l->names.n, sizeof *tables, by_score, NULL);
}

static bool
has_text(const struct link_found *out, struct span text)
{
    for (size_t i = 0; i < out->n_values; i++)
        if (span_eq(out->values[i].value, text))
            return true;
    return false;
}

/* First each text once, then the other columns that have it. */
static void
put_values(const struct link *l, const struct link_hit *hits, size_t n, struct link_found *out)
{
    bool first[HITS] = {false};
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < n && out->n_values < LINK_VALUES; i++) {
            const struct link_entry *e = &l->entries[hits[i].entry];
            if (hits[i].score <= 0 || (i > 0 && hits[i].entry == hits[i - 1].entry) ||
                (round == 0 && has_text(out, e->text)) || (round == 1 && (first[i] || !hits[i].whole)))
                continue;
            if (round == 0 && out->n_values == LINK_VALUES - 3)
                break;
            first[i] = first[i] || round == 0;
            const struct names_table *table = &l->names.tables[e->table];
            out->values[out->n_values++] = (struct link_value){table->name, table->columns[e->column], e->text};
        }
}

void
link_find(struct task *t, const struct link *l, struct span question, struct link_found *out)
{
    struct link_word words[LINK_WORDS];
    struct link_hit hits[HITS];
    size_t n = link_words(l, question, words), n_hits = link_hits(t, l, question, words, n, hits, HITS);
    struct ranked *tables = task_array(t, l->names.n + 1, sizeof *tables);
    *out = (struct link_found){.n_tables = 0};
    rank(l, words, n, hits, n_hits, tables);
    for (size_t i = 0; i < l->names.n && i < LINK_TABLES; i++)
        out->tables[out->n_tables++] = l->names.tables[tables[i].table].name;
    put_values(l, hits, n_hits, out);
}
