/* propose: what the agent wants to do next, judged and sealed. */
#ifndef GATE_PROPOSE_H
#define GATE_PROPOSE_H

#include "gate/object.h"
#include "wire/frame.h"

/* A call that the agent proposes under a turn's ticket. */
struct proposal {
    struct span ticket, audience, capability, dataset, model, args_hash;
    struct span pool; /* mode of the agents that propose; empty: any */
    int64_t ordinal;
};
enum { PROPOSE_CALLS = 100000 }; /* of one turn: far more than limits.turn_steps lets an honest agent come to */
struct verdict {
    enum policy_decision decision;
    const char *reason; /* fixed code: what the model may see */
    struct span grant;  /* with ALLOW, unless the call leaves no process (the guide) */
    json_t *detail;     /* for "llm" */
};
/* E_OK with a verdict, which was recorded; a failure when there was nothing to judge (a bad ticket, a full disk). */
enum err propose(struct task *t, struct gate *g, const struct proposal *p, int64_t now_ms, struct verdict *out);
/* What a turn may use: SPEC, "Turn context". */
enum err propose_context(
    struct task *t, struct gate *g, struct span ticket, struct span pool, int64_t now_ms, json_t **out);

#endif
