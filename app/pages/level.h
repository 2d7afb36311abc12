/* level: confidentiality and integrity in words. */
#ifndef PAGES_LEVEL_H
#define PAGES_LEVEL_H

#include "base/task.h"

#include <jansson.h>

enum { LEVELS = 4, INTEGRITIES = 5 };

/* "public" "org" "private" "secret"; out of range: "secret". */
struct span level_word(int64_t level);
/* For people: "public", "for people who have signed in", ... */
struct span level_sentence(int64_t level);
/* -1: not a level. */
int64_t level_of(struct span word);
/* A member that is a number or a word. */
int64_t level_member(const json_t *j, const char *key, int64_t fallback);
/* "the site itself" ... "external data"; empty: out of range. */
struct span integrity_words(int64_t integrity);

#endif
