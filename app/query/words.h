/* words: names cut into words, and how alike two names are by their letters and by their words. */
#ifndef QUERY_WORDS_H
#define QUERY_WORDS_H

#include "base/span.h"

enum { WORDS_MOST = 16, WORD_BYTES = 32 };

struct words {
    struct word {
        char z[WORD_BYTES];
        size_t n;
    } at[WORDS_MOST];
    size_t n;
};

/* "productNames", "product_names" and "Product name" are all "product", "name": lower case, without plural endings. */
void words_split(struct span s, struct words *out);
/* The same for one word in place: lower case, its plural ending cut. */
void words_stem(struct word *w);
bool words_has(const struct words *w, const char *stem);
/* The stem itself, or a word that begins as it does and differs in its ending: "official" and "officially". */
bool words_has_like(const struct words *w, struct span stem);
struct span words_span(const struct word *w);
/* 0 to 100: the best of shared letter triples, few slips, one name within the other, shared words. */
int words_alike(struct span a, struct span b);

#endif
