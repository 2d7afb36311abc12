/* change_record: listening to a running script: each row that it touches goes into the digest, the log and the diff
 * (private to change's files). */
#ifndef EFFECT_CHANGE_RECORD_H
#define EFFECT_CHANGE_RECORD_H

#include "effect/change.h"
#include "effect/change_diff.h"
#include "effect/change_rules.h"
#include "effect/change_tables.h"

#include <sodium.h>

struct record {
    struct task *t;
    struct rules *rules;
    struct change_tables tables; /* as of the statement that runs */
    crypto_generichash_state hash;
    struct diff diff;
    struct buf *event; /* the one being written */
    int log;           /* descriptor, or -1 */
    size_t logged;     /* bytes */
    bool log_short;    /* it does not hold all: too long, or rows that can't be named */
    bool too_many;     /* tables */
};

/* Begins to listen; log: a descriptor or -1. */
enum err record_begin(struct task *t, struct record *r, struct rules *rules, const struct change *c, int log);
/* After a statement that may have changed the schema. */
enum err record_refresh(struct record *r);
void record_end(struct record *r);
/* Adds bytes to the digest, with their length before them. */
void record_mix(struct record *r, struct span s);
/* Ends the digest, as hex; once. */
void record_digest(struct record *r, char hex[65]);
/* The digest of a table's whole content, and how many rows it has. */
enum err record_content(struct record *r, const struct change_table *table, int64_t *rows, char hex[65]);

#endif
