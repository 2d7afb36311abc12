/* scratch: the databases of conversations, in files as followers have them: scratch/<c_...>/<sha>.db and .idx. */
#ifndef EFFECT_SCRATCH_H
#define EFFECT_SCRATCH_H

#include "base/task.h"

enum { SCRATCH_BYTES = 64 << 20, SCRATCH_DAYS = 30 };

/* A conversation's lock; waited for. It ends when the descriptor is closed. */
enum err scratch_lock(struct task *t, struct span conversation, int *out);
/* The file that holds the conversation's tables, or NULL: it has none yet. With the lock held. */
const char *scratch_file(struct task *t, struct span conversation);
/* folder/new.db and new.idx become the conversation's; what it had is removed. With the lock held. */
enum err scratch_install(struct task *t, struct span conversation, struct span sha, const char *folder);
/* Removes all that the conversation has; E_OK also when that is nothing. With the lock held. */
enum err scratch_drop(struct task *t, struct span conversation);
/* At start: what nobody changed in SCRATCH_DAYS goes, and what a crash left of a change. */
void scratch_clean(struct task *t);

#endif
