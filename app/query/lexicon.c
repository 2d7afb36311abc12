/* lexicon: a hash table while it is filled, sorted pairs afterwards. */
#include "query/lexicon.h"

#include "query/order.h"

#include <sodium.h>
#include <string.h>

enum { FIRST_ROOM = 1024 };

void
lexicon_init(struct lexicon *x, struct task *t)
{
    *x = (struct lexicon){.t = t, .room = FIRST_ROOM, .n_slots = 4 * FIRST_ROOM, .room_pairs = FIRST_ROOM};
    x->terms = task_array(t, x->room, sizeof *x->terms);
    x->slots = task_array(t, x->n_slots, sizeof *x->slots);
    x->pairs = task_array(t, x->room_pairs, sizeof *x->pairs);
}

/* SipHash: the values are somebody else's choice. */
static size_t
slot_of(const struct lexicon *x, struct span term)
{
    static const unsigned char key[crypto_shorthash_KEYBYTES] = "lyceum/lexicon1";
    uint64_t h = 0;
    crypto_shorthash((unsigned char *)&h, (const unsigned char *)(term.p ? term.p : ""), term.n, key);
    size_t i = (size_t)h & (x->n_slots - 1);
    while (x->slots[i] && !span_eq(x->terms[x->slots[i] - 1], term))
        i = (i + 1) & (x->n_slots - 1);
    return i;
}

static void
grow_terms(struct lexicon *x)
{
    struct span *terms = task_array(x->t, x->room * 2, sizeof *terms);
    memcpy(terms, x->terms, x->n * sizeof *terms);
    x->terms = terms;
    x->room *= 2;
    x->n_slots *= 2;
    x->slots = task_array(x->t, x->n_slots, sizeof *x->slots);
    for (size_t i = 0; i < x->n; i++)
        x->slots[slot_of(x, x->terms[i])] = (uint32_t)i + 1;
}

void
lexicon_add(struct lexicon *x, struct span term, uint32_t place)
{
    if (term.n == 0)
        return;
    size_t slot = slot_of(x, term);
    if (!x->slots[slot]) {
        if (x->n == x->room) {
            grow_terms(x);
            slot = slot_of(x, term);
        }
        x->terms[x->n++] = task_dup(x->t, term);
        x->slots[slot] = (uint32_t)x->n;
    }
    if (x->n_pairs == x->room_pairs) {
        struct lexicon_pair *pairs = task_array(x->t, x->room_pairs * 2, sizeof *pairs);
        memcpy(pairs, x->pairs, x->n_pairs * sizeof *pairs);
        x->pairs = pairs;
        x->room_pairs *= 2;
    }
    x->pairs[x->n_pairs++] = (struct lexicon_pair){x->slots[slot] - 1, place};
}

static int
by_text(const void *a, const void *b, void *arg)
{
    const struct lexicon *x = arg;
    return span_cmp(x->terms[*(const uint32_t *)a], x->terms[*(const uint32_t *)b]);
}

/* Places were added in their order, so they stay in it behind each term. */
void
lexicon_seal(struct lexicon *x)
{
    struct lexicon_pair *sorted = task_array(x->t, x->n_pairs + 1, sizeof *sorted);
    uint32_t *next = task_array(x->t, x->n + 1, sizeof *next);
    x->first = task_array(x->t, x->n + 2, sizeof *x->first);
    x->sorted = task_array(x->t, x->n + 1, sizeof *x->sorted);
    for (size_t i = 0; i < x->n_pairs; i++)
        x->first[x->pairs[i].term + 1]++;
    for (size_t i = 0; i < x->n; i++) {
        x->first[i + 1] += x->first[i];
        next[i] = x->first[i];
        x->sorted[i] = (uint32_t)i;
    }
    for (size_t i = 0; i < x->n_pairs; i++)
        sorted[next[x->pairs[i].term]++] = x->pairs[i];
    x->pairs = sorted;
    order_sort(x->sorted, x->n, sizeof *x->sorted, by_text, x);
}

int64_t
lexicon_term(const struct lexicon *x, struct span term)
{
    uint32_t at = x->slots[slot_of(x, term)];
    return at ? (int64_t)at - 1 : LEXICON_NONE;
}

const struct lexicon_pair *
lexicon_places(const struct lexicon *x, uint32_t term, size_t *n)
{
    *n = x->first[term + 1] - x->first[term];
    return x->pairs + x->first[term];
}

size_t
lexicon_from(const struct lexicon *x, struct span prefix)
{
    size_t low = 0, high = x->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (span_cmp(x->terms[x->sorted[mid]], prefix) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}
