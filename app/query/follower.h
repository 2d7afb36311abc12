/* follower: open connections to followers and their sidecars, kept by a worker of the pool. */
#ifndef QUERY_FOLLOWER_H
#define QUERY_FOLLOWER_H

#include "base/id.h"
#include "query/dataset.h"
#include "query/guard.h"

enum { FOLLOWERS = 64, FOLLOWER_STATEMENTS = 24 };

/* A place is one dataset's (one conversation's scratch's) for one variant: readers of different ceilings never share a
 * connection, nor do they take each other's away. */
struct follower_key {
    char dataset[DATASET_NAME_BYTES + 1];
    char conversation[ID_BYTES + 1]; /* of a scratch database, else empty */
    int variant;
    bool sidecar;
};
struct follower {
    struct follower_key key;
    char revision[DATASET_REVISION_BYTES + 1];
    struct guard guard;
    struct follower_statement {
        char *sql; /* SQLite's memory */
        sqlite3_stmt *st;
        uint64_t used;
    } statements[FOLLOWER_STATEMENTS];
    uint64_t used; /* 0: empty place */
};

/* The connection to what dataset_find finds: the kept one while the dataset's link still names it. The least used of
 * FOLLOWERS gives way. E_NOTFOUND, E_CORRUPT, ... with a sentence. */
enum err follower_get(struct task *t, const struct dataset_ask *ask, bool sidecar, struct follower **out);
/* The sidecar of exactly the file that f has open. */
enum err follower_sidecar(struct task *t, const struct follower *f, struct follower **out);
/* A prepared statement of ours, reset and without values, kept by its text. Failing is E_CORRUPT or E_DEADLINE. */
enum err follower_prepare(struct task *t, struct follower *f, const char *sql, sqlite3_stmt **out);
/* The task fails with what a step or prepare of ours returned. */
enum err follower_fail(struct task *t, struct follower *f, int rc);

#endif
