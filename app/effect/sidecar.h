/* sidecar: <sha>.idx, the description of a follower that query and the agent search (CONTRACTS, "Follower sidecar"). */
#ifndef EFFECT_SIDECAR_H
#define EFFECT_SIDECAR_H

#include "effect/import_priv.h"

/* Describes the follower that is open in db into a new file. sha: its hash as hex. */
enum err sidecar_write(struct task *t, struct import *im, sqlite3 *db, const char *path, const char *sha);

/* What one column holds (sidecar_stats.c). Texts are clean UTF-8, the task's. */
struct sidecar_stats {
    int64_t distinct, nulls; /* distinct -1: too many to be told apart (2,000,000 in a table's columns together) */
    struct span min, max;    /* SPAN_NONE: no value, or blobs; texts are cut */
    struct span samples;     /* JSON array of at most 8 values, the most frequent first; the first seen of equals */
    struct span words;       /* the samples that are text, for the index */
};
/* out: one for each of the table's n columns, in order. */
enum err sidecar_stats(struct task *t, sqlite3 *db, struct span table, size_t n, struct sidecar_stats *out);

#endif
