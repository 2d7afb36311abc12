/* guide_match: which words of a question mean a table, a column or a stored value. */
#ifndef AGENT_GUIDE_MATCH_H
#define AGENT_GUIDE_MATCH_H

#include "agent/guide_words.h"

enum { GUIDE_COLUMNS = 120, GUIDE_MENTIONS = 24 };

enum guide_kind { GUIDE_NUMBER, GUIDE_TEXT, GUIDE_DATE, GUIDE_YEAR };

struct guide_column {
    struct span name, unit;
    enum guide_kind kind;
    bool key; /* primary key */
    const json_t *samples;
    char stems[GUIDE_NAME_WORDS][GUIDE_STEM_BYTES];
    size_t n_stems;
};
struct guide_table {
    struct span name;
    struct guide_column column[GUIDE_COLUMNS];
    size_t n;
    size_t label; /* the column that names a row; n when there is none */
    char stems[GUIDE_NAME_WORDS][GUIDE_STEM_BYTES];
    size_t n_stems;
};

/* Where the question speaks of a column. */
struct guide_mention {
    size_t from, to; /* words [from, to) */
    size_t column;
    int score;
};
/* Where it holds a stored value. */
struct guide_value {
    size_t from, to, column;
    struct span value; /* as stored */
    bool guessed;      /* not seen among the samples: taken for a row's name */
};
struct guide_match {
    struct guide_mention mention[GUIDE_MENTIONS];
    size_t mentions;
    struct guide_value value[GUIDE_MENTIONS];
    size_t values;
    bool names_table; /* the table's own name is in the question */
    int score;        /* how well the table fits the question */
};

/* Reads one table of `describe`'s result. Columns past GUIDE_COLUMNS are left out. */
void guide_table_read(struct task *t, const json_t *json, struct guide_table *out);
/* Matches a question against a table; marks words as used when `mark`. */
void guide_match_table(const struct guide_table *table, struct guide_words *q, bool mark, struct guide_match *out);
/* The mention that begins at or after word `from`, within `within` words; NULL if none. */
const struct guide_mention *guide_mention_after(const struct guide_match *m, size_t from, size_t within);
/* The mention that ends at or before word `to`, within `within` words; NULL if none. */
const struct guide_mention *guide_mention_before(const struct guide_match *m, size_t to, size_t within);

#endif
