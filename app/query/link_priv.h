/* link_priv: the index of a database, between who fills it and who searches it. */
#ifndef QUERY_LINK_PRIV_H
#define QUERY_LINK_PRIV_H

#include "query/joins.h"
#include "query/lexicon.h"
#include "query/link.h"
#include "query/words.h"

enum { LINK_WORDS = 80 };
/* How much a word counts where it stands, as BM25's weights of fields: a table's name, its columns, its values. */
enum { WEIGHT_NAME = 4, WEIGHT_COLUMN = 2, WEIGHT_SAMPLE = 1 };

struct link_entry {
    struct span text;
    uint32_t table, column;
};
/* A column whose values are so few that its name in a question is enough to ask for them. */
enum { LINK_CODES = 6, LINK_CODE_BYTES = 12, LINK_CODE_COLUMNS = 2000 };
struct link_codes {
    uint32_t table, column, n, entry[LINK_CODES];
    struct words words; /* of the column's name */
};
struct link {
    struct task *t;
    struct names names;
    struct joins joins;
    struct lexicon schema, values; /* places: tables (once per weight) and entries */
    struct lexicon heads;          /* words of names alone; places: tables */
    struct link_entry *entries;
    size_t n, room;
    struct link_codes *codes; /* columns of few short texts: flags, codes, kinds */
    size_t n_codes;
    double *lengths, mean_length; /* of tables, in weighted words */
};
/* A word of the question. */
struct link_word {
    struct word stem;
    size_t at, end;                     /* bytes */
    bool quoted, capital, common, head; /* head: a word of the names themselves */
};
size_t link_words(const struct link *l, struct span question, struct link_word out[LINK_WORDS]);
/* Letters and digits alone, small. */
size_t link_fold(struct span s, char *out, size_t room);

struct link_hit {
    uint32_t entry;
    double score;
    bool whole; /* all of the value stands in the question */
};
/* The best values, in order; at most `most`. */
size_t link_hits(struct task *t, const struct link *l, struct span question, const struct link_word *words, size_t n,
    struct link_hit *out, size_t most);

#endif
