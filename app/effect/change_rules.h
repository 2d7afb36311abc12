/* change_rules: a connection on which somebody's script may change a copy of a database: what it may not do, and for
 * how long (design 04). One per process: it is used in one-shot children. */
#ifndef EFFECT_CHANGE_RULES_H
#define EFFECT_CHANGE_RULES_H

#include "effect/labels.h"

#include <jansson.h>
#include <sqlite3.h>

enum { CHANGE_WHY_BYTES = 300, CHANGE_DROP_BYTES = 1024 };

/* Fixed words, the only ones that a model sees of a failure. */
#define WORD_RANDOM "not-deterministic"
#define WORD_DENIED "not-allowed"
#define WORD_SYNTAX "syntax"
#define WORD_CONSTRAINT "constraint"
#define WORD_LARGE "too-large"
#define WORD_TIME "timeout"
#define WORD_CONFLICT "conflict"
#define WORD_CLOSED "not-writable"

struct rules {
    sqlite3 *db;
    const struct labels *labels; /* what lies above the ceiling may be neither read nor changed */
    int ceiling;
    bool ours;                    /* a statement of our own runs */
    bool altering;                /* the statement is one that SQLite carries out by statements of its own */
    bool making;                  /* SQLite itself is writing the row of what the statement creates */
    bool data;                    /* a second database is there to be read, as "data" */
    bool dropped;                 /* something was dropped: by any statement so far */
    char drop[CHANGE_DROP_BYTES]; /* the table that the statement drops, or "" */
    bool late, random;
    int64_t due_us;
    const char *word; /* of the last refusal, or NULL */
    char why[CHANGE_WHY_BYTES];
};
struct rules_setup {
    const char *path;            /* the database, a copy of ours */
    const char *data;            /* another one, or NULL */
    const struct labels *labels; /* or NULL */
    int ceiling;
    int64_t now_ms;     /* what "now" is in the script */
    int64_t most_bytes; /* of the database; 0: no bound of its own */
    int64_t budget_ms;  /* soft: the caller kills the process */
};

/* Opens and arms. r must stay where it is. */
enum err rules_open(struct task *t, struct rules *r, const struct rules_setup *setup);
void rules_close(struct rules *r);
/* Runs a statement of ours without rows, past the rules. */
enum err rules_exec(struct task *t, struct rules *r, const char *sql);
/* Fails the task with what SQLite's code means to people, and sets r->word. n: number of the statement, from 1. */
enum err rules_fail(struct task *t, struct rules *r, int rc, size_t n);
/* Fails the task with a sentence of its own. */
enum err rules_refuse(struct task *t, struct rules *r, enum err e, const char *word, const char *sentence);
/* What a child answers: a failure that has a word becomes *out {"failed":word,"err","sentence"} and E_OK; others stay
 * the task's. Call it with whatever the run returned. */
enum err rules_tell(struct task *t, const struct rules *r, json_t **out);

#endif
