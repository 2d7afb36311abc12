/* words: one table per enum. */
#include "policy/words.h"

#include "base/must.h"

#include <stddef.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const char *const proposers[] = {"user", "model", "plugin"};
static const char *const levels[] = {"public", "org", "private", "secret"};
static const char *const effects[] = {"E0", "E1", "E2", "E3", "E4"};
static const char *const modes[] = {"public", "private", "strict"};
static const char *const approvals[] = {"none", "pending", "approved", "expired", "consumed", "mismatched"};
static const char *const integrities[] = {"0", "1", "2", "3", "4"};

static const char *
word_of(const char *const *words, size_t n, size_t i)
{
    must(i < n);
    return words[i];
}

/* The word's place, or -1. */
static int
place_of(const char *const *words, size_t n, struct span word)
{
    for (size_t i = 0; i < n; i++)
        if (span_is(word, words[i]))
            return (int)i;
    return -1;
}

const char *
policy_proposer_word(enum policy_proposer p)
{
    return word_of(proposers, COUNT(proposers), p);
}

const char *
policy_level_word(enum policy_level l)
{
    return word_of(levels, COUNT(levels), l);
}

const char *
policy_effect_word(enum policy_effect e)
{
    return word_of(effects, COUNT(effects), e);
}

const char *
policy_mode_word(enum policy_mode m)
{
    return word_of(modes, COUNT(modes), m);
}

const char *
policy_approval_word(enum policy_approval a)
{
    return word_of(approvals, COUNT(approvals), a);
}

bool
policy_proposer_read(struct span word, enum policy_proposer *out)
{
    int i = place_of(proposers, COUNT(proposers), word);
    if (i >= 0)
        *out = (enum policy_proposer)i;
    return i >= 0;
}

bool
policy_level_read(struct span word, enum policy_level *out)
{
    int i = place_of(levels, COUNT(levels), word);
    if (i >= 0)
        *out = (enum policy_level)i;
    return i >= 0;
}

bool
policy_effect_read(struct span word, enum policy_effect *out)
{
    int i = place_of(effects, COUNT(effects), word);
    if (i >= 0)
        *out = (enum policy_effect)i;
    return i >= 0;
}

bool
policy_mode_read(struct span word, enum policy_mode *out)
{
    int i = place_of(modes, COUNT(modes), word);
    if (i >= 0)
        *out = (enum policy_mode)i;
    return i >= 0;
}

bool
policy_approval_read(struct span word, enum policy_approval *out)
{
    int i = place_of(approvals, COUNT(approvals), word);
    if (i >= 0)
        *out = (enum policy_approval)i;
    return i >= 0;
}

bool
policy_integrity_read(struct span word, int *out)
{
    int i = place_of(integrities, COUNT(integrities), word);
    if (i >= 0)
        *out = i;
    return i >= 0;
}
