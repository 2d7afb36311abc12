/* change_commit: what applying and undoing share: an approval used once, a copy of the leader that is changed, and how
 * that copy becomes the leader and reaches readers (private to serve_change.c and serve_undo.c). */
#ifndef EFFECT_CHANGE_COMMIT_H
#define EFFECT_CHANGE_COMMIT_H

#include "effect/call.h"
#include "effect/leader.h"

/* leaders/changes/<g_id>/ has one of these: the rows of the change, or the whole file as it was before. */
#define CHANGE_LOG_FILE "undo.log"
#define CHANGE_BEFORE_FILE "before.db"
/* leaders/changes/<g_id> */
const char *change_folder(struct task *t, struct span change);

/* A change under way. */
struct change_run {
    struct span approval;
    const char *folder; /* of the work: change.db, in it, is a copy of the leader */
    struct ledger_leader leader;
    struct labels labels; /* of the grant; the leader's own without any */
    int dataset, work;    /* locks */
    bool committed;
};
/* Takes the dataset's lock, recovers, uses the approval up (E_CONFLICT: it was used before), and copies the leader.
 * Whatever it returns, change_run_close follows. */
enum err change_run_open(struct task *t, struct call *c, struct span approval, struct change_run *run);
/* When nothing was committed the approval is void, and all is as before. */
void change_run_close(struct task *t, struct call *c, struct change_run *run);

/* folder/change.db becomes the leader and readers get it (not when the labels say "hold", or while an earlier change is
 * held); files for readers are made first, so that a failure changes nothing. */
struct change_commit {
    const char *operation; /* "apply", "undo" */
    json_t *detail;        /* of the receipt: {"change","inserted",...}; the operation, the approval, "sha", "rows",
                              "bytes", "tables", "report", "held" are added */
    /* Called in the transaction that makes it so: sha is the new leader's. */
    enum err (*record)(struct task *t, struct db *ledger, struct span sha, void *arg);
    void *arg;
};
/* Puts the receipt into the reply. */
enum err change_commit(struct task *t, struct call *c, struct change_run *run, const struct change_commit *commit);

#endif
