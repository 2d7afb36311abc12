/* act: what a person approved is carried out by gate: once, after it was consumed. */
#ifndef GATE_ACT_H
#define GATE_ACT_H

#include "gate/gate.h"
#include "store/auth_approval.h"

/* Carries out an approval whose consumption was committed; call it outside of any transaction. E_OK: it was done, and
 * *outcome has public facts of it: {"change"?,"inserted"?,"updated"?,"deleted"?,"id"?,...}. A failure: it was not done
 * (E_CONFLICT: what it was about has changed), or, where act_can_tell says so and the failure is E_UNAVAILABLE,
 * E_DEADLINE or E_INTERNAL, nobody knows yet. What gate does itself is committed together with the note that this
 * approval was used for it, so that a second call is E_CONFLICT. */
enum err act_run(struct task *t, struct gate *g, const struct auth_approval *a, int64_t now_ms, json_t **outcome);

/* Can it be told afterwards whether it was carried out? */
bool act_can_tell(const struct auth_approval *a);
/* Tells, never executes: E_OK with the outcome: it was done (and what was missing on our side is recorded now);
 * E_NOTFOUND: it was not, and never will be; another failure: it can't be told at the moment. */
enum err act_tell(struct task *t, struct gate *g, const struct auth_approval *a, int64_t now_ms, json_t **outcome);

#endif
