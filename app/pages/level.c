/* level: the words of labels. */
#include "pages/level.h"

#include "base/json.h"

static const struct {
    const char *word, *sentence;
} levels[LEVELS] = {
    {"public", "for everybody"},
    {"org", "for people who have signed in"},
    {"private", "for its owner, its named readers and admins"},
    {"secret", "for its owner and admins"},
};
static const char *const integrities[INTEGRITIES] = {"this site itself", "what a person typed",
    "a dataset that its owner alone writes", "a language model's words", "data from outside"};

struct span
level_word(int64_t level)
{
    return span_of(levels[level >= 0 && level < LEVELS ? level : LEVELS - 1].word);
}

struct span
level_sentence(int64_t level)
{
    return span_of(levels[level >= 0 && level < LEVELS ? level : LEVELS - 1].sentence);
}

int64_t
level_of(struct span word)
{
    for (int64_t i = 0; i < LEVELS; i++)
        if (span_is(word, levels[i].word))
            return i;
    return -1;
}

int64_t
level_member(const json_t *j, const char *key, int64_t fallback)
{
    int64_t named = level_of(json_text(j, key));
    return named >= 0 ? named : json_int(j, key, fallback);
}

struct span
integrity_words(int64_t integrity)
{
    return integrity >= 0 && integrity < INTEGRITIES ? span_of(integrities[integrity]) : SPAN_NONE;
}
