/* work_step: what a runner writes of its turn. Every function belongs into a transaction that began with
 * work_lease_hold. */
#ifndef STORE_WORK_STEP_H
#define STORE_WORK_STEP_H

#include "store/work_turn.h"

/* Messages of a conversation as models see them; body is llm/message.h's JSON. */
struct work_message {
    int64_t seq;
    struct span turn;
    struct span role; /* user assistant tool */
    struct span body;
};
/* All of the conversation in order. */
enum err work_message_list(
    struct task *t, struct work *w, struct span conversation, struct work_message **out, size_t *n);
enum err work_message_put(
    struct task *t, struct work *w, struct span conversation, struct span turn, const char *role, struct span body);

/* Tool calls and how far they came. */
struct work_call {
    int64_t ordinal, step;
    struct span call_id, tool, args;
    struct span state;  /* proposed running done */
    int64_t effect;     /* 0..4 */
    struct span result; /* JSON text that the model sees, once done */
};
enum err work_call_list(struct task *t, struct work *w, struct span turn, struct work_call **out, size_t *n);
enum err work_call_put(struct task *t, struct work *w, struct span turn, const struct work_call *c);
enum err work_call_state(
    struct task *t, struct work *w, struct span turn, int64_t ordinal, const char *state, struct span result);

/* A call to a provider with its usage as it came. */
struct work_provider_call {
    struct span turn, purpose, model, api, stop, error, usage;
    int64_t status, tokens_in, tokens_out, took_ms;
};
enum err work_provider_put(struct task *t, struct work *w, const struct work_provider_call *c);

/* Counters of a turn after a step. */
enum err work_turn_count(struct task *t, struct work *w, const struct work_turn *turn);
/* The turn rests for a person: state waiting, the question's JSON, no lease, no answer. approval: p_... when it waits
 * for one, else empty. */
enum err work_turn_wait(struct task *t, struct work *w, struct span turn, struct span waiting, struct span approval);
/* Forgets the answer or the approval, once it is a result. */
enum err work_turn_answer_taken(struct task *t, struct work *w, struct span turn);
/* The turn ended: outcome and its state (done asked cannot_answer limit: done; failed: failed; stopped: stopped). */
enum err work_turn_finish(struct task *t, struct work *w, struct span turn, const char *outcome, const char *error_code,
    struct span error_text);

#endif
