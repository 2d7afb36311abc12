/* work_approval: turns that rest until gate has an answer of the person's. */
#ifndef STORE_WORK_APPROVAL_H
#define STORE_WORK_APPROVAL_H

#include "store/work.h"

struct work_approval {
    struct span turn;     /* t_... */
    struct span approval; /* p_... */
};

/* Turns that wait for an approval and were not stopped: at most `most`, in the approvals' order, those after `after`
 * (empty: from the first on). */
enum err work_approval_list(
    struct task *t, struct work *w, struct span after, size_t most, struct work_approval **out, size_t *n);
/* The approval was decided, has run out or is void: the turn is queued again and keeps the approval's id for its call.
 * A turn that waits for it no longer: E_OK, nothing happens. */
enum err work_approval_settled(struct task *t, struct work *w, struct span approval);

#endif
