/* leader: leaders/<dataset>.db, the full database that followers are made of, and how it is replaced. All but
 * leader_clone: with the dataset's lock held.
 * A new one is staged beside it, synced; then the ledger names its hash (in the transaction that records what it is);
 * then it is moved over the old one. A crash in between is made good by leader_recover: what the ledger names is moved,
 * anything else is removed. */
#ifndef EFFECT_LEADER_H
#define EFFECT_LEADER_H

#include "effect/ledger.h"

const char *leader_path(struct task *t, struct span dataset);
/* Takes a second name (and, with `move`, the only one) for the file. */
enum err leader_stage(struct task *t, struct span dataset, const char *file, bool move);
/* After the ledger's transaction; E_OK also when none is staged. */
enum err leader_commit(struct task *t, struct span dataset);
/* Takes a staged one away again. */
void leader_unstage(struct task *t, struct span dataset);
/* Finishes or forgets what a crash left staged; voids approvals that were begun and not done; a dataset that was
 * published before leaders were kept gets one. *out: as it is now. E_NOTFOUND: the dataset has none. */
enum err leader_recover(struct task *t, struct db *ledger, struct span dataset, struct ledger_leader *out);
/* A copy of the leader as it is at this moment (shared blocks where the file system can). *sha: its hash. */
enum err leader_clone(struct task *t, struct db *ledger, struct span dataset, const char *to, struct span *sha);
/* A copy of any file, to a name that must be free. */
enum err leader_copy(struct task *t, const char *from, const char *to);
/* SHA-256 of a file of ours, as hex. */
enum err leader_hash(struct task *t, const char *path, struct span *sha, int64_t *bytes);

#endif
