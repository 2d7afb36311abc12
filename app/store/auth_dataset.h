/* auth_dataset: datasets, their revisions and readers in authority.db. */
#ifndef STORE_AUTH_DATASET_H
#define STORE_AUTH_DATASET_H

#include "store/db.h"

enum { AUTH_DATASETS = 10000, AUTH_REVISIONS_LISTED = 500 };

struct auth_dataset {
    struct span name;       /* empty: there is none */
    struct span owner;      /* principal */
    struct span visibility; /* "public" "members" "private" */
    struct span meta;       /* JSON object */
    struct span revision;   /* current SHA-256 hex; empty: none is published */
    bool withdrawn;
    int64_t created_ms, changed_ms;
    int64_t level;       /* its own raise; -1: as its visibility */
    int64_t integrity;   /* of its rows */
    bool writable, held; /* changes may be proposed; one waits to be published */
    bool stale;          /* its files were made for other labels: not to be read */
    /* Of the current revision, 0 without one. */
    int64_t n, rows, bytes, tables, at_ms;
};
struct auth_revision {
    int64_t n, rows, bytes, tables, at_ms;
    struct span sha, by_who, report;
};

enum err auth_dataset_find(struct task *t, struct db *db, struct span name, struct auth_dataset *out);
enum err auth_dataset_list(struct task *t, struct db *db, struct auth_dataset **out, size_t *n);
/* Inserts, or writes owner, visibility, meta, revision and withdrawn of the one with that name. Level, integrity and
 * what may be written are auth_label.h's. */
enum err auth_dataset_put(struct task *t, struct db *db, const struct auth_dataset *d, int64_t now_ms);

/* Adds the next revision of a dataset; r->n is set. */
enum err auth_revision_add(struct task *t, struct db *db, struct span dataset, struct auth_revision *r);
/* Latest first. */
enum err auth_revision_list(struct task *t, struct db *db, struct span dataset, struct auth_revision **out, size_t *n);
/* Did the dataset ever have it? */
enum err auth_revision_known(struct task *t, struct db *db, struct span dataset, struct span sha, bool *out);

enum err auth_reader_set(struct task *t, struct db *db, struct span dataset, struct span user, bool may);
enum err auth_reader_is(struct task *t, struct db *db, struct span dataset, struct span user, bool *out);
/* Names of the accounts that may read, as a JSON array's text. */
enum err auth_reader_names(struct task *t, struct db *db, struct span dataset, struct span *out);

#endif
