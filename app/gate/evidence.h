/* evidence: what a decision stood on, as the record keeps it and `lyceum audit replay` reads it back. */
#ifndef GATE_EVIDENCE_H
#define GATE_EVIDENCE_H

#include "gate/approval.h"

/* Appends "proposer":..,"integrity":..,"level":..,"dominates":"yes|no","effect":..,"clearance":..,"mode":..,
 * "approval":..,"decision":..,"reason":..: the inputs of policy_decide in its words, and what came out. */
void evidence_put_case(struct buf *b, const struct policy_case *c, enum policy_decision decision, const char *reason);
/* A value that could be guessed (an URL, a short text), so that the record holds no more than who knows it can check:
 * a hash keyed with gate's secret, in hex. */
struct span evidence_hash(struct task *t, const struct gate *g, struct span value);
/* The whole detail of a person's gesture: the case, the policy's hash, what it was about, and the approval. */
enum err evidence_of_call(struct task *t, struct gate *g, const struct approval_call *call,
    enum policy_decision decision, const char *reason, struct span approval, struct span *out);

#endif
