/* taint: what a conversation has been told, and the case that decide gets for a flow out of it. Pure. */
#ifndef POLICY_TAINT_H
#define POLICY_TAINT_H

#include "policy/label.h"

/* State of one conversation. Fixed mode; the label only grows. */
struct taint_state {
    enum policy_mode mode;
    struct label label; /* of the data that it was given: without the person's messages */
};

/* Some flow: whose it is, what it does, and where the bytes go. */
struct taint_flow {
    enum policy_proposer proposer;
    int args_integrity; /* of a person's arguments: 1 when typed and submitted; a machine's are 3 or worse anyway */
    enum policy_effect effect;
    const struct label *sink; /* level = clearance; categories, or all */
    enum policy_approval approval;
};

/* A person's message: public in public mode, else private; integrity 1; no category. */
void taint_message(enum policy_mode mode, struct label *out);
/* What everything that the conversation makes is labelled with: join(taint, message). */
void taint_context(const struct taint_state *s, struct label *out);

/* Sinks. */
void taint_sink_dataset(struct span name, enum policy_level clearance, struct label *out); /* dominates {itself} */
void taint_sink_own(
    enum policy_level clearance, struct label *out); /* scratch, the conversation's own: all categories */
void taint_sink_outside(enum policy_level clearance, struct label *out); /* no category */
/* A model's provider: all categories from private on, else none. */
void taint_sink_provider(enum policy_level clearance, struct label *out);
/* The conversation that reads: public in public mode, else secret; all categories. */
void taint_sink_conversation(enum policy_mode mode, struct label *out);

/* The case of data with label `data` (the context, or the taint alone for the provider) that flows as f says. */
void taint_case(enum policy_mode mode, const struct label *data, const struct taint_flow *f, struct policy_case *out);

/* What the conversation got, once the flow to it was allowed. */
void taint_read(struct taint_state *s, const struct label *data);
/* A model's reply is in the context: integrity 3 or worse. */
void taint_reply(struct taint_state *s, struct span model);
/* Bytes from outside, or a plugin's: integrity 4. */
void taint_external(struct taint_state *s, struct span source);

#endif
