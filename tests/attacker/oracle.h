/* oracle: the promise, checked on a played trace without a look at decide, labels or taint.
 *
 * Two worlds: each dataset holds one fact that differs between them, and so does the person's message in a chat that is
 * not public. The oracle only keeps which facts the machine's bytes may depend on, and who can read a sink. Bytes that
 * depend on a fact and reach somebody who may not have it are a leak; a change of E2 or worse that no person allowed,
 * or allowed for other bytes, is a violation; so is a refusal of what the design says must be possible. */
#ifndef ATTACKER_ORACLE_H
#define ATTACKER_ORACLE_H

#include "policy/trace.h"

enum { ORACLE_DATASETS = 4, ORACLE_ASKS = 64 };
enum oracle_sink { SINK_DATASET, SINK_OWN, SINK_OTHER };

struct oracle_call {
    struct trace_call call;
    enum oracle_sink sink;
    int dataset; /* of SINK_DATASET: the place of an attached one */
};
struct oracle_ask {
    int64_t n;
    struct oracle_call what;
    unsigned knows;
    int worst; /* integrity of what the conversation had read */
    bool approved, used;
};
struct oracle {
    enum policy_mode mode;
    bool attached[ORACLE_DATASETS];
    enum policy_level level[ORACLE_DATASETS]; /* of the dataset's fact */
    int integrity[ORACLE_DATASETS];
    unsigned knows; /* bit d: the fact of dataset d; read and therefore in every machine's bytes */
    int worst;
    struct oracle_ask asks[ORACLE_ASKS]; /* a ring */
    size_t n_asks;
    long flows, asked, allowed, refused, approved; /* liveness, counted */
};

void oracle_conversation(struct oracle *o, enum policy_mode mode);
void oracle_attach(struct oracle *o, int dataset, enum policy_level level, int integrity);
/* Each returns what was broken, or NULL. The answer is the engine's. */
const char *oracle_read(struct oracle *o, int dataset, const struct trace_answer *a);
const char *oracle_call(struct oracle *o, const struct oracle_call *call, const struct trace_answer *a);
/* The person agreed to call n of this conversation. */
void oracle_approve(struct oracle *o, int64_t n);

#endif
