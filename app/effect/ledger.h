/* ledger: effect's own memory: consumed grants and what was published. */
#ifndef EFFECT_LEDGER_H
#define EFFECT_LEDGER_H

#include "effect/labels.h"
#include "store/db.h"

struct ledger_revision {
    struct span sha, report; /* report: JSON */
    struct span labels;      /* labels_text: under which it was made */
    int64_t n, rows, bytes, tables, at_ms;
};

/* <state>/leaders/ledger.db, made when missing. */
enum err ledger_open(struct task *t, struct db *db);
/* The first use of a sealed grant, ever: E_OK. Afterwards, also after a restart: E_DENIED. */
enum err ledger_consume(struct task *t, struct db *db, struct span sealed, int64_t now_ms);
/* Adds a revision, or, when the dataset has that one already, brings its time forward. */
enum err ledger_add(struct task *t, struct db *db, struct span dataset, const struct ledger_revision *r);
/* E_NOTFOUND when the dataset never had it. */
enum err ledger_find(struct task *t, struct db *db, struct span dataset, struct span sha, struct ledger_revision *out);
/* Revisions that may go: all but the newest `keep` and those younger than since_ms. */
enum err ledger_old(
    struct task *t, struct db *db, struct span dataset, int64_t keep, int64_t since_ms, struct span **out, size_t *n);
enum err ledger_forget(struct task *t, struct db *db, struct span dataset, struct span sha);
enum err ledger_forget_all(struct task *t, struct db *db, struct span dataset);

/* The files of a revision for clearances above its dataset's: sha[k] for k = 1..3, SPAN_NONE where there is none. */
struct ledger_variants {
    struct span sha[LABELS_LEVELS];
};
enum err ledger_variants_set(
    struct task *t, struct db *db, struct span dataset, struct span revision, const struct ledger_variants *v);
enum err ledger_variants(
    struct task *t, struct db *db, struct span dataset, struct span revision, struct ledger_variants *out);
/* Does any revision of the dataset have a file of that hash? */
enum err ledger_file_known(struct task *t, struct db *db, struct span dataset, struct span sha, bool *out);
/* All revisions but one. */
enum err ledger_others(
    struct task *t, struct db *db, struct span dataset, struct span but, struct span **out, size_t *n);

/* The full database that followers are made of. */
struct ledger_leader {
    struct span sha;       /* of leaders/<dataset>.db; empty: there is none */
    struct span revision;  /* the follower made of it; empty: it is still to be made */
    struct span detail;    /* the labels of the last grant, as gate wrote them */
    struct span meta;      /* descriptions, JSON or empty */
    struct span generated; /* JSON: struct labels */
    bool held;             /* readers have an older one until a release */
};
enum err ledger_leader_set(struct task *t, struct db *db, struct span dataset, const struct ledger_leader *l);
enum err ledger_leader(struct task *t, struct db *db, struct span dataset, struct ledger_leader *out);

#endif
