/* guide_words: a question cut into words that can be compared with names of tables and columns. */
#ifndef AGENT_GUIDE_WORDS_H
#define AGENT_GUIDE_WORDS_H

#include "base/task.h"

enum { GUIDE_WORDS = 96, GUIDE_NAME_WORDS = 8, GUIDE_STEM_BYTES = 40 };

struct guide_word {
    struct span text;            /* as typed */
    char stem[GUIDE_STEM_BYTES]; /* lower case, plural endings gone */
    bool capital;                /* begins with a capital letter */
    bool number;
    double value; /* of a number; "1,000", "2.5", "3 million" are read */
    bool quoted;  /* stood in quotation marks: a whole phrase in one word */
    bool used;    /* something made sense of it */
};
struct guide_words {
    struct guide_word w[GUIDE_WORDS];
    size_t n;
};

/* A question: words, numbers, quoted phrases. What is past GUIDE_WORDS is left out. */
void guide_words_read(struct task *t, struct span question, struct guide_words *out);
/* The stems of a name: "Worldwide_Gross", "worldwideGross" and "worldwide gross" give the same two. Returns how many.
 */
size_t guide_name_stems(struct span name, char stems[GUIDE_NAME_WORDS][GUIDE_STEM_BYTES]);
void guide_stem(struct span word, char out[GUIDE_STEM_BYTES]);
/* Is it a word that carries no meaning of its own here ("the", "of", "please")? */
bool guide_is_filler(const char *stem);
/* How alike two stems are: 2 the same, 1 one grown from the other ("direct", "director"), 0 not. */
int guide_stem_match(const char *a, const char *b);

#endif
