/* ledger: effect's own memory: consumed grants and what was published. */
#ifndef EFFECT_LEDGER_H
#define EFFECT_LEDGER_H

#include "store/db.h"

struct ledger_revision {
    struct span sha, report; /* report: JSON */
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

#endif
