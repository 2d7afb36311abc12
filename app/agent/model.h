/* model: one step of a turn's model: the request through gate and egress, or the guide; retries; the reply as it comes.
 */
#ifndef AGENT_MODEL_H
#define AGENT_MODEL_H

#include "agent/keeper.h"
#include "llm/reply.h"
#include "llm/retry.h"
#include "tool/tool.h"

struct model_call {
    struct span ticket;
    int64_t ordinal;       /* of the last proposal */
    const json_t *context; /* the turn's */
    const json_t *model;   /* the model's record in it */
    const struct llm_chat *chat;
    const struct tool_world *world; /* for the guide */
    bool last;                      /* without tools */
    struct tell *tell;              /* hears text as it comes */
    struct keeper *keeper;          /* ends it */
};

/* Never fails: what went wrong is in reply.error, with its sentence. A model whose provider is no help (down, slow, out
 * of quota ...) before anything was shown has its fallback asked, if its record names one ({"properties":{"fallback"}})
 * and gate lets that have the conversation. */
struct model_answer {
    struct llm_reply reply;
    const json_t *model;        /* who answered: the call's model or its fallback */
    struct span fault_code;     /* of reply.error: a word; gate's code when gate refused */
    struct span fault_sentence; /* for the person */
    int64_t took_ms;
    int attempts;    /* proposals made */
    bool shown;      /* somebody may have seen part of the reply */
    bool broken_off; /* the keeper said so: the reply is what came until then */
};
void model_ask(struct task *t, const struct model_call *c, struct model_answer *out);

#endif
