/* follower: open connections to followers and their sidecars, kept by a worker of the pool. */
#ifndef QUERY_FOLLOWER_H
#define QUERY_FOLLOWER_H

#include "query/dataset.h"
#include "query/guard.h"

enum { FOLLOWERS = 64, FOLLOWER_STATEMENTS = 24 };

struct follower {
    char dataset[DATASET_NAME_BYTES + 1];
    char revision[DATASET_REVISION_BYTES + 1];
    bool sidecar;
    struct guard guard;
    struct follower_statement {
        char *sql; /* SQLite's memory */
        sqlite3_stmt *st;
        uint64_t used;
    } statements[FOLLOWER_STATEMENTS];
    uint64_t used; /* 0: empty place */
};

/* The connection to a dataset's current or given revision: the kept one while the dataset's link still names it. The
 * least used of FOLLOWERS gives way. E_NOTFOUND, E_CORRUPT, ... with a sentence. */
enum err follower_get(struct task *t, struct span dataset, struct span revision, bool sidecar, struct follower **out);
/* A prepared statement of ours, reset and without values, kept by its text. Failing is E_CORRUPT or E_DEADLINE. */
enum err follower_prepare(struct task *t, struct follower *f, const char *sql, sqlite3_stmt **out);
/* The task fails with what a step or prepare of ours returned. */
enum err follower_fail(struct task *t, struct follower *f, int rc);

#endif
