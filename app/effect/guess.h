/* guess: which type a column of a text file has, judged by all of its values. */
#ifndef EFFECT_GUESS_H
#define EFFECT_GUESS_H

#include "base/cell.h"
#include "base/task.h"

enum guess_type { GUESS_INTEGER, GUESS_REAL, GUESS_TEXT };

struct guess {
    int64_t values;                                   /* that are not empty */
    int64_t integers, reals, texts, booleans, nested; /* how many of each */
    int64_t dates;                                    /* texts that are an ISO date or time */
    bool wide;                                        /* an integer past 2^53 was seen: exact only as an integer */
    bool counted;                                     /* the file is being read again */
    int64_t text_line;                                /* the first value that is no number: where, what, why */
    char text[44];
    const char *text_why;
};

/* CELL_TEXT of a CSV file: what it could be. An empty one counts as NULL. */
void guess_csv(struct guess *g, struct span value, int64_t line);
/* A value that came with its type (JSON): text stays text. */
void guess_typed(struct guess *g, const struct cell *value, int64_t line);

enum guess_type guess_type(const struct guess *g);
const char *guess_word(enum guess_type type); /* "INTEGER" "REAL" "TEXT" */
/* A sentence for the publisher. */
const char *guess_why(struct task *t, const struct guess *g);

/* Is it a number that a column may hold without losing anything? Surrounding blanks are let through. */
bool guess_is_integer(struct span value, int64_t *out);
bool guess_is_real(struct span value, double *out);

#endif
