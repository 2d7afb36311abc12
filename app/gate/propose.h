/* propose: what the agent wants to do next, judged and sealed.
 *
 * The record of each (action "decide", object: the conversation), in this order; what is empty is left out:
 *   proposer integrity level dominates effect clearance mode approval decision reason   as evidence.h writes them; when
 *        there was no case to decide (no such dataset, a frozen turn), decision and reason alone
 *   audience capability turn ordinal dataset model sink
 *   categories   of the data that would flow; from: where the conversation's integrity came from (taint.sources)
 *   message      level of the person's own words ("public" "private")
 *   policy       hash of the policy's settings (policy_set.h)
 *   approval_id effect_digest proposal
 *   plugin digest tool   of a plugin's call, and of what a plugin asks back for
 *   args         keyed hash of the arguments' hash: guessable arguments can't be looked up in the record */
#ifndef GATE_PROPOSE_H
#define GATE_PROPOSE_H

#include "gate/object.h"
#include "wire/frame.h"

/* A call that the agent proposes under a turn's ticket. */
struct proposal {
    struct span ticket, audience, capability, dataset, model, args_hash;
    struct span body;     /* an URL, a change's SQL, a query to save: where gate must know it */
    struct span receipt;  /* effect's, of the dry run */
    struct span approval; /* p_..., that the same call was given before */
    struct span pool;     /* mode of the agents that propose; empty: any */
    int64_t ordinal;
    struct span plugin; /* namespace/name: it asks back for this in the middle of a call; empty: the model proposes */
    int64_t call;       /* with plugin: ordinal under which that call was granted in this turn */
};
enum { PROPOSE_CALLS = 100000 }; /* of one turn: far more than limits.turn_steps lets an honest agent come to */
struct verdict {
    enum policy_decision decision;
    const char *reason;   /* fixed code: what the model may see */
    struct span grant;    /* with ALLOW, unless the call leaves no process (the guide) */
    json_t *detail;       /* for "llm" */
    struct span approval; /* with ASK */
    int64_t expires_ms;
};
/* E_OK with a verdict, which was recorded; a failure when there was nothing to judge (a bad ticket, a full disk). What
 * the conversation may learn of it is in its label before the grant is out. */
enum err propose(struct task *t, struct gate *g, const struct proposal *p, int64_t now_ms, struct verdict *out);
/* What a turn may use: CONTRACTS, "Turn context". */
enum err propose_context(
    struct task *t, struct gate *g, struct span ticket, struct span pool, int64_t now_ms, json_t **out);

#endif
