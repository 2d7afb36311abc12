/* auth_label: labels of datasets, taint of conversations and the use of turns in authority.db. */
#ifndef STORE_AUTH_LABEL_H
#define STORE_AUTH_LABEL_H

#include "store/auth_dataset.h"
#include "store/auth_registry.h"

enum { AUTH_LABELS = 200 }; /* of one dataset */

/* Of a table, or of one column of it. */
struct auth_label {
    struct span table, column; /* column empty: the whole table */
    int64_t level, integrity;
};
/* By table and column; at most AUTH_LABELS. */
enum err auth_label_list(struct task *t, struct db *db, struct span dataset, struct auth_label **out, size_t *n);
/* Replaces all of a dataset's. In the caller's transaction. E_CONFLICT: one stands there twice. */
enum err auth_label_put(struct task *t, struct db *db, struct span dataset, const struct auth_label *labels, size_t n);
/* Writes level, integrity, writable, held and stale of a dataset; auth_dataset_put writes the rest. */
enum err auth_dataset_label(struct task *t, struct db *db, const struct auth_dataset *d, int64_t now_ms);

/* The conversation's label becomes what c says (level, categories, integrity, sources): E_CONFLICT when any part of it
 * would fall. In the caller's transaction, in which it was read. */
enum err auth_taint_put(struct task *t, struct db *db, const struct auth_conversation *c);
/* Notes that the conversation opened the dataset up to that clearance. */
enum err auth_taint_read(struct task *t, struct db *db, struct span conversation, struct span dataset, int64_t ceiling);
/* Something in the dataset that stood at `was` is of `level` and `integrity` now: raises all conversations that may
 * have read it. With `category` the dataset's name joins their categories. */
enum err auth_taint_relabel(
    struct task *t, struct db *db, struct span dataset, int64_t was, int64_t level, int64_t integrity, bool category);

/* What a turn has used. */
struct auth_turn_use {
    int64_t calls, refusals;
};
enum err auth_turn_use_read(struct task *t, struct db *db, struct span turn, struct auth_turn_use *out);
/* How many of its approvals its person declined. */
enum err auth_turn_declines(struct task *t, struct db *db, struct span conversation, struct span turn, int64_t *out);
/* Adds to it; forgets a few turns whose tickets are long out of time. In the caller's transaction. */
enum err auth_turn_use_add(
    struct task *t, struct db *db, struct span turn, const struct auth_turn_use *more, int64_t now_ms);

#endif
