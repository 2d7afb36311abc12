/* trace: a conversation played against decide with a fresh state: for `lyceum policy trace` and for attackers. Pure.
 *
 * Where design 02 leaves room, the safer reading was taken:
 *   - A person's message is private in private and strict mode, public in public mode; it is in the context of all
 * calls.
 *   - A read is the model's, E0, into the conversation: a public one is cleared for public, others for secret. Data
 * above public may be attached to a public conversation, but each read of it is refused and leaves no taint.
 *   - A person's arguments are taken as typed (integrity 1) unless the line says otherwise ("integrity"); a machine's
 * are 3 or whatever worse the context holds.
 *   - A sink named like an attached dataset covers that category alone, an own one (no name, or "conversation") covers
 *     all for E0 and E1, any other from clearance private on for E0 and E1; all else covers none. What E2 and worse is
 *     made of must therefore be of the dataset that it changes.
 *   - Allowed calls bring integrity 4 into the conversation when a plugin made them, when the tool fetches (its name
 *     begins with "fetch"), or when E1 or worse went to a sink outside.
 *   - An allowed E2 or worse on an attached dataset leaves the call's integrity in that dataset, if it is worse.
 *   - An approval is of one call that was asked about (the trace's latest TRACE_ASKS): it fits only a call of the same
 *     proposer, tool, effect, sink, clearance and argument bytes under the same context label, once. */
#ifndef POLICY_TRACE_H
#define POLICY_TRACE_H

#include "policy/taint.h"

enum { TRACE_DATASETS = 64, TRACE_ASKS = 256 };

struct trace;

struct trace_call {
    enum policy_proposer proposer;
    enum policy_effect effect;
    enum policy_level clearance; /* of the sink */
    int args_integrity;          /* of a person's arguments; 1: typed */
    struct span tool, sink, args;
};

struct trace_answer {
    int64_t n; /* calls and reads are counted from 1, over all conversations of the trace */
    enum policy_decision decision;
    const char *reason;
    struct policy_case judged; /* what decide was given; of a read of nothing attached: zeroes */
    struct label label;        /* the conversation's afterwards; of a call: as it was judged */
};

typedef enum policy_decision trace_rule(const struct policy_case *c, const char **reason);

/* Before the first conversation everything else is E_INVALID. Memory is the task's. */
struct trace *trace_open(struct task *t, trace_rule *rule);
/* A fresh state. */
void trace_conversation(struct trace *tr, enum policy_mode mode);
/* Attaching again can only raise. E_LIMIT past TRACE_DATASETS. */
enum err trace_attach(struct task *t, struct trace *tr, struct span dataset, enum policy_level level, int integrity);
/* A dataset that is not attached is refused as "not-in-this-conversation". */
enum err trace_read(struct task *t, struct trace *tr, struct span dataset, struct trace_answer *out);
enum err trace_flow(struct task *t, struct trace *tr, const struct trace_call *call, struct trace_answer *out);
/* The person approves call n. E_NOTFOUND: nothing of that number waits for an approval here. */
enum err trace_approve(struct task *t, struct trace *tr, int64_t n);

/* One line of JSON (see above); the answer, if the line has one, is appended to out as a line of JSON. */
enum err trace_line(struct task *t, struct trace *tr, struct span line, struct buf *out);

#endif
