/* alike: how alike two names are: for "did you mean". */
#ifndef BASE_ALIKE_H
#define BASE_ALIKE_H

#include "base/span.h"

enum { ALIKE_BYTES = 64 };

/* 0 (nothing in common) to 100 (the same but for case, underscores and spaces). */
int alike_score(struct span a, struct span b);
/* Damerau-Levenshtein distance of the two without case and punctuation; past `most` it is most + 1. */
int alike_distance(struct span a, struct span b, int most);
/* Without case and punctuation, cut to ALIKE_BYTES. */
struct span alike_fold(struct span s, char out[ALIKE_BYTES]);

#endif
