/* words: one table of all enums; the typed functions look into it. */
#include "policy/words.h"

#include "base/must.h"

#include <stddef.h>

enum { MOST_WORDS = 6 };
/* In the order of the enums, but yes before no. */
static const char *const words[][MOST_WORDS] = {
    [WORDS_PROPOSER] = {"user", "model", "plugin"},
    [WORDS_INTEGRITY] = {"0", "1", "2", "3", "4"},
    [WORDS_LEVEL] = {"public", "org", "private", "secret"},
    [WORDS_DOMINATES] = {"yes", "no"},
    [WORDS_EFFECT] = {"E0", "E1", "E2", "E3", "E4"},
    [WORDS_MODE] = {"public", "private", "strict"},
    [WORDS_APPROVAL] = {"none", "pending", "approved", "expired", "consumed", "mismatched"},
};

const char *
policy_word(enum policy_words kind, size_t place)
{
    must(kind <= WORDS_APPROVAL && place < MOST_WORDS && words[kind][place]);
    return words[kind][place];
}

size_t
policy_word_count(enum policy_words kind)
{
    size_t n = 0;
    while (n < MOST_WORDS && words[kind][n])
        n++;
    return n;
}

int
policy_word_place(enum policy_words kind, struct span word)
{
    size_t n = policy_word_count(kind);
    for (size_t i = 0; i < n; i++)
        if (span_is(word, words[kind][i]))
            return (int)i;
    return -1;
}

const char *
policy_proposer_word(enum policy_proposer p)
{
    return policy_word(WORDS_PROPOSER, p);
}

const char *
policy_level_word(enum policy_level l)
{
    return policy_word(WORDS_LEVEL, l);
}

const char *
policy_effect_word(enum policy_effect e)
{
    return policy_word(WORDS_EFFECT, e);
}

const char *
policy_mode_word(enum policy_mode m)
{
    return policy_word(WORDS_MODE, m);
}

const char *
policy_approval_word(enum policy_approval a)
{
    return policy_word(WORDS_APPROVAL, a);
}

bool
policy_level_read(struct span word, enum policy_level *out)
{
    int place = policy_word_place(WORDS_LEVEL, word);
    if (place >= 0)
        *out = (enum policy_level)place;
    return place >= 0;
}

bool
policy_effect_read(struct span word, enum policy_effect *out)
{
    int place = policy_word_place(WORDS_EFFECT, word);
    if (place >= 0)
        *out = (enum policy_effect)place;
    return place >= 0;
}

bool
policy_integrity_read(struct span word, int *out)
{
    int place = policy_word_place(WORDS_INTEGRITY, word);
    if (place >= 0)
        *out = place;
    return place >= 0;
}
