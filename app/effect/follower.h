/* follower: the files that readers open: followers/<dataset>/<sha>.db and .idx, and which of them is current. */
#ifndef EFFECT_FOLLOWER_H
#define EFFECT_FOLLOWER_H

#include "effect/ledger.h"

/* The dataset's current revision (64 hex digits), or SPAN_NONE. */
struct span follower_current(struct task *t, struct span dataset);
/* The path of a revision's database. */
const char *follower_file(struct task *t, struct span dataset, struct span sha);
bool follower_has(struct task *t, struct span dataset, struct span sha);
/* Moves folder/new.db and new.idx in under their hash. They are synced already; readers see nothing yet. */
enum err follower_install(struct task *t, struct span dataset, struct span sha, const char *folder);
/* Makes that revision the current one: sidecar first, the database's link decides. */
enum err follower_point(struct task *t, struct span dataset, struct span sha);
/* The same for all clearances: current.1 to current.3 follow the ledger's list, current last; others go. */
enum err follower_point_all(
    struct task *t, struct span dataset, struct span sha, const struct ledger_variants *variants);
/* The file for readers up to that level: the highest current.k that there is, else current. "db" or "idx". E_NOTFOUND.
 */
enum err follower_at(struct task *t, struct span dataset, int level, const char *kind, const char **out);
/* Removes a revision from the ledger, and its files as far as no other revision has them. */
enum err follower_drop(struct task *t, struct db *ledger, struct span dataset, struct span sha);
/* Takes all of the dataset from readers. */
enum err follower_withdraw(struct task *t, struct span dataset);
/* Removes revisions that are neither among the newest 10, nor of the last 30 days, nor current. */
enum err follower_prune(struct task *t, struct db *ledger, struct span dataset);

/* A folder under leaders/tmp for one import, locked while it is used; *lock stays open. */
enum err follower_work_open(struct task *t, const char **folder, int *lock);
void follower_work_close(struct task *t, const char *folder, int lock);
/* A lock by name under leaders/locks; E_CONFLICT when somebody has it. Ends when the descriptor is closed or the
 * process dies. */
enum err follower_lock(struct task *t, const char *name, int *out);
/* The dataset's lock; somebody else's is waited for that long. */
enum err follower_lock_dataset(struct task *t, struct span dataset, int64_t wait_ms, int *out);
/* At start: removes what crashed imports left behind in leaders/tmp and followers. */
enum err follower_clean(struct task *t, struct db *ledger);

#endif
