/* ledger_change: approvals that were used here, once and for ever, and the changes that can be undone. */
#ifndef EFFECT_LEDGER_CHANGE_H
#define EFFECT_LEDGER_CHANGE_H

#include "store/db.h"

enum { LEDGER_CHANGES = 200 };

enum ledger_state { APPROVAL_UNKNOWN, APPROVAL_BEGUN, APPROVAL_DONE, APPROVAL_VOID };
struct ledger_approval {
    enum ledger_state state;
    struct span dataset, detail; /* detail: the receipt's JSON */
};
struct ledger_change {
    struct span id, after_sha; /* after_sha: of the leader that it left */
    int64_t at_ms, expires_ms, inserted, updated, deleted;
    bool by_file, undone; /* by_file: undone by the file before, not row by row */
};

/* The first time ever that this approval is used: E_OK, and it has begun. Else E_CONFLICT. Durable on return. */
enum err ledger_approval_begin(struct task *t, struct db *db, struct span approval, struct span dataset);
/* In the caller's transaction: it is done, or (again) with another detail. */
enum err ledger_approval_done(struct task *t, struct db *db, struct span approval, struct span detail);
/* Those of the dataset that have begun and are not done never will be. Call it with the dataset's lock held. */
enum err ledger_approval_void(struct task *t, struct db *db, struct span dataset);
/* One that nobody knows can never be used afterwards. */
enum err ledger_approval_refuse(struct task *t, struct db *db, struct span approval);
enum err ledger_approval(struct task *t, struct db *db, struct span approval, struct ledger_approval *out);

/* In the caller's transaction. */
enum err ledger_change_add(struct task *t, struct db *db, struct span dataset, const struct ledger_change *c);
enum err ledger_change_undone(struct task *t, struct db *db, struct span id);
/* E_NOTFOUND: the dataset has no such change. */
enum err ledger_change_find(
    struct task *t, struct db *db, struct span dataset, struct span id, struct ledger_change *out);
/* The newest LEDGER_CHANGES, newest first. */
enum err ledger_change_list(struct task *t, struct db *db, struct span dataset, struct ledger_change **out, size_t *n);
/* Is the change kept for undoing at that time? */
enum err ledger_change_kept(struct task *t, struct db *db, struct span id, int64_t now_ms, bool *out);

#endif
