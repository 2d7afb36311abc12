/* act_effect: gate's own calls to effect, each under a grant of its own (within gate's folder). */
#ifndef GATE_ACT_EFFECT_H
#define GATE_ACT_EFFECT_H

#include "gate/label.h"
#include "gate/receipt.h"

/* One call: who caused it, the dataset as it is now, and what lies behind. */
struct act_effect {
    struct span user, capability;
    const struct auth_dataset *dataset; /* NULL: the call is of none ("status") */
    bool hold;                          /* readers keep what they have */
};
/* A sealed grant for effect over these arguments, with the dataset's labels as its detail. */
enum err act_effect_grant(
    struct task *t, struct gate *g, const struct act_effect *e, const struct span *args, size_t n, struct span *out);
/* The dataset's changes, latest first: effect's list. */
enum err act_effect_changes(
    struct task *t, struct gate *g, struct span user, const struct auth_dataset *d, json_t **out);

#endif
