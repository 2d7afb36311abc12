/* conversation: registering conversations and starting turns. */
#ifndef GATE_CONVERSATION_H
#define GATE_CONVERSATION_H

#include "gate/object.h"

struct started {
    struct span conversation, turn, ticket, mode, visitor_cookie;
};
struct start_ask {
    struct span datasets; /* names, one a line */
    struct span address;
    bool private_chat; /* private though all of them are public */
};
/* Fixes the mode; makes a visitor of somebody without a cookie. */
enum err conversation_start(
    struct task *t, struct gate *g, struct actor *a, const struct start_ask *ask, int64_t now_ms, struct started *out);
/* verb: "ask" or "answer" (with the waiting turn's id). */
enum err conversation_turn(struct task *t, struct gate *g, const struct actor *a, struct span id, struct span turn,
    const char *verb, struct span address, int64_t now_ms, struct started *out);
/* Checks a ticket against what is true now: the subject may still ask, the conversation is there and still theirs.
 * pool: mode of the agents that bring it, which is all that they may work for; empty: any. */
enum err conversation_ticket(struct task *t, struct gate *g, struct span ticket, struct span pool, int64_t now_ms,
    struct grant *out, struct actor *a, struct auth_conversation *c);
/* The owner deletes it: tickets and streams end. */
enum err conversation_delete(struct task *t, struct gate *g, const struct actor *a, struct span id, int64_t now_ms);

#endif
