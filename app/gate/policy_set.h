/* policy_set: the deployment's settings of the policy, and the hash under which decisions are recorded. */
#ifndef GATE_POLICY_SET_H
#define GATE_POLICY_SET_H

#include "base/id.h"
#include "gate/gate.h"

/* Which function decides: part of the hash. */
#define POLICY_FUNCTION "lyceum/decide/v1"

struct policy_set {
    bool strict; /* a machine changes nothing, approved or not */
    bool fetch;  /* pages may be fetched in public mode, with approval */
    int64_t approve_durable_ms, approve_outside_ms, approve_authority_ms; /* life of an approval: E2, E3, E4 */
    int64_t change_rows;   /* a change that deletes more rows is destructive: E4 */
    int64_t turn_calls;    /* proposals in a turn */
    int64_t turn_refusals; /* after so many refusals it is frozen */
    int64_t turn_declines; /* after so many approvals that were declined, too */
    int64_t undo_days;
    char hash[HASH_HEX_BYTES]; /* of these, the models' clearances, the plugins that are on, POLICY_FUNCTION */
};
/* As it is now: read for each request, so that a change holds at once in all processes. */
enum err policy_set_read(struct task *t, struct gate *g, struct policy_set *out);
/* Stores what `changes` names, in the caller's transaction; the rest stays. E_INVALID names the member and its bounds.
 */
enum err policy_set_write(struct task *t, struct gate *g, json_t *changes, int64_t now_ms);
/* {"strict","fetch","approve_durable_ms",...,"hash"}; a new reference. */
json_t *policy_set_json(const struct policy_set *p);

#endif
