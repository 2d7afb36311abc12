/* sidecar: <sha>.idx, the description of a follower that query and the agent search (SPEC, "Follower sidecar"). */
#ifndef EFFECT_SIDECAR_H
#define EFFECT_SIDECAR_H

#include "effect/import_priv.h"

/* Describes the follower that is open in db into a new file. sha: its hash as hex. */
enum err sidecar_write(struct task *t, struct import *im, sqlite3 *db, const char *path, const char *sha);

/* What one column holds (sidecar_stats.c). Texts are clean UTF-8, the task's. */
struct sidecar_stats {
    int64_t distinct, nulls; /* distinct -1: too many rows to count */
    struct span min, max;    /* SPAN_NONE: no value, or blobs */
    struct span samples;     /* JSON array of at most 8 values, the most frequent first */
    struct span words;       /* the samples that are text, for the index */
};
enum err sidecar_stats(struct task *t, sqlite3 *db, struct span table, struct span column, int64_t rows, int64_t count_rows,
    struct sidecar_stats *out);

#endif
