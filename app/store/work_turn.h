/* work_turn: the queue of turns and what people do to them: ask, stop, answer. */
#ifndef STORE_WORK_TURN_H
#define STORE_WORK_TURN_H

#include "store/work.h"

/* A row of table turn; texts live in the task. */
struct work_turn {
    struct span id; /* t_... */
    struct span conversation;
    int64_t seq;       /* 1, 2, ... within the conversation */
    struct span state; /* queued running waiting done failed stopped */
    struct span ticket;
    struct span model;
    struct span question;
    struct span outcome; /* done asked cannot_answer failed stopped limit; "" while it lives */
    struct span error_code, error_text;
    struct span
        waiting; /* JSON while it waits: {"text","options":[...]}; for an approval {"approval","kind","text",..} */
    struct span answer;
    struct span approval; /* p_... that it waits for, until the call that asked for it has its result */
    bool stop_asked;
    int64_t epoch, log_bytes, steps, ordinal, tokens_in, tokens_out, used_ms;
    int64_t created_ms, started_ms, ended_ms;
};

/* A message of a person: its turn is queued and the question is kept, in one transaction. A conversation without a
 * title gets the question's beginning. E_CONFLICT with a sentence when a turn of the conversation lives. */
struct work_question {
    struct span conversation, turn, ticket, model, question;
};
enum err work_turn_queue(struct task *t, struct work *w, const struct work_question *q);
enum err work_turn_get(struct task *t, struct work *w, struct span id, struct work_turn *out);
/* All of a conversation, oldest first. */
enum err work_turn_list(struct task *t, struct work *w, struct span conversation, struct work_turn **out, size_t *n);
/* The conversation's newest turn; E_NOTFOUND when it has none. */
enum err work_turn_last(struct task *t, struct work *w, struct span conversation, struct work_turn *out);
/* Is it queued, running or waiting? */
bool work_turn_lives(const struct work_turn *turn);

/* The person's Stop. A running turn's agent sees it within 100 ms; a queued or waiting one is claimed to be ended
 * (nudge the pool). A turn that ended already: E_OK, nothing happens. */
enum err work_turn_stop(struct task *t, struct work *w, struct span id);
/* The person's answer to a waiting turn, with a new ticket: the turn is queued again (nudge the pool).
 * E_CONFLICT with a sentence when it does not wait, or waits for an approval: gate hears those. */
enum err work_turn_answer(struct task *t, struct work *w, struct span id, struct span ticket, struct span answer);

#endif
