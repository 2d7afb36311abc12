/* act: what a person approved is carried out by gate: once, after it was consumed. */
#ifndef GATE_ACT_H
#define GATE_ACT_H

#include "gate/gate.h"
#include "store/auth_approval.h"

/* Carries out an approval whose consumption was committed (state "consumed"; call it outside of any transaction), and
 * writes what came of it into its row: "done" or "failed" with a fixed word and public facts, which are *outcome too:
 * {"state","code","change"?,"inserted"?,...}. E_OK also when it failed: the row says how. A failure of the task: it is
 * not known what became of it (effect did not answer); the row stays "consumed" and act_settle asks later. */
enum err act_run(struct task *t, struct gate *g, const struct auth_approval *a, int64_t now_ms, json_t **outcome);

/* An approval that was consumed, but of which nothing more is known (gate died in between): asks effect what became of
 * it, never executes, and writes "done" with the receipt, or "lost". *a is read again. Anything else is left alone.
 * Approvals that another process may be carrying out right now (ACT_BUSY_MS) are left alone as well. */
enum { ACT_BUSY_MS = 30 * 1000 };
enum err act_settle(struct task *t, struct gate *g, struct auth_approval *a, int64_t now_ms);
/* At gate's start: all of them, whenever they were consumed. Never fails the start: what could not be asked stays. */
void act_sweep(struct task *t, struct gate *g);

/* The sentence for people about a state and fixed word of an ended approval. */
const char *act_sentence(struct span state, struct span code);

#endif
