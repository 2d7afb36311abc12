/* work_lease: which runner works on a turn: a lease in the database, so that a dead runner's turn is taken up again. */
#ifndef STORE_WORK_LEASE_H
#define STORE_WORK_LEASE_H

#include "store/work_turn.h"

enum { WORK_LEASE_MS = 10000, WORK_OWNER_BYTES = 64 };

/* Turns that a runner could claim now: queued ones, running ones with an expired lease, and waiting ones that were
 * stopped. Ids, oldest first, at most `most`. */
enum err work_lease_ready(struct task *t, struct work *w, size_t most, struct span **out, size_t *n);
/* Claims one of them: running, epoch + 1, lease for WORK_LEASE_MS. E_CONFLICT when somebody was faster. */
enum err work_lease_claim(struct task *t, struct work *w, struct span turn, struct span owner, struct work_turn *out);
/* Holds the lease for another WORK_LEASE_MS. E_CONFLICT when it is no longer ours: stop at once, write nothing. */
enum err work_lease_renew(struct task *t, struct work *w, struct span turn, struct span owner);
/* Inside a transaction: E_CONFLICT unless the lease is ours. Every write of a step begins with it. */
enum err work_lease_hold(struct task *t, struct work *w, struct span turn, struct span owner);
/* The person's wish to stop, read without a lock. */
enum err work_lease_stop_asked(struct task *t, struct work *w, struct span turn, bool *out);
/* The runner with that process id is known to be dead: its lease on the turn ends now. */
enum err work_lease_expire(struct task *t, struct work *w, struct span turn, int64_t pid);
/* "<pid>:<random>": who holds a lease. */
struct span work_lease_owner(struct task *t);
/* Gives the turn back to the queue at once (a clean shutdown). */
enum err work_lease_release(struct task *t, struct work *w, struct span turn, struct span owner);

#endif
