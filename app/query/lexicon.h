/* lexicon: terms, and where each stands: an inverted index in memory, filled once and then read. */
#ifndef QUERY_LEXICON_H
#define QUERY_LEXICON_H

#include "base/task.h"

enum { LEXICON_NONE = -1 };

struct lexicon_pair {
    uint32_t term, place;
};
struct lexicon {
    struct task *t;
    struct span *terms; /* by number */
    size_t n, room;
    uint32_t *slots; /* hash table of term numbers plus 1 */
    size_t n_slots;
    struct lexicon_pair *pairs;
    size_t n_pairs, room_pairs;
    uint32_t *first;  /* of a term's pairs, once sealed; n + 1 of them */
    uint32_t *sorted; /* term numbers in the order of their text */
};

void lexicon_init(struct lexicon *x, struct task *t);
/* The term stands at that place; may be said again. */
void lexicon_add(struct lexicon *x, struct span term, uint32_t place);
/* After the last add: orders everything. */
void lexicon_seal(struct lexicon *x);
/* The term's number, or LEXICON_NONE. */
int64_t lexicon_term(const struct lexicon *x, struct span term);
/* The places of a term, ascending, with repeats. */
const struct lexicon_pair *lexicon_places(const struct lexicon *x, uint32_t term, size_t *n);
/* The first of the sorted terms that is not before the prefix. */
size_t lexicon_from(const struct lexicon *x, struct span prefix);

#endif
