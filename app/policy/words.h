/* words: the policy's enums as the words of settings, JSON and the command line, and back. */
#ifndef POLICY_WORDS_H
#define POLICY_WORDS_H

#include "base/span.h"
#include "policy/decide.h"

enum { INTEGRITY_SYSTEM, INTEGRITY_USER, INTEGRITY_CURATED, INTEGRITY_MODEL, INTEGRITY_EXTERNAL };

enum policy_words {
    WORDS_PROPOSER,
    WORDS_INTEGRITY,
    WORDS_LEVEL,
    WORDS_DOMINATES, /* "yes" "no" */
    WORDS_EFFECT,
    WORDS_MODE,
    WORDS_APPROVAL
};
/* For tables over all of them: the word at a place, how many there are, and the place of a word or -1. */
const char *policy_word(enum policy_words kind, size_t place);
size_t policy_word_count(enum policy_words kind);
int policy_word_place(enum policy_words kind, struct span word);

const char *policy_proposer_word(enum policy_proposer p); /* "user" "model" "plugin" */
const char *policy_level_word(enum policy_level l);       /* "public" "org" "private" "secret" */
const char *policy_effect_word(enum policy_effect e);     /* "E0".."E4" */
const char *policy_mode_word(enum policy_mode m);         /* "public" "private" "strict" */
const char *policy_approval_word(enum policy_approval a); /* "none" "pending" "approved" ... */

/* The reverse; false (and *out as it was) for any other word. Words are exact: no other case, no blanks. */
bool policy_level_read(struct span word, enum policy_level *out);
bool policy_effect_read(struct span word, enum policy_effect *out);
/* "0".."4" */
bool policy_integrity_read(struct span word, int *out);

#endif
