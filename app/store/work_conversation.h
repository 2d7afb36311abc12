/* work_conversation: conversations. Whether the actor may touch one was asked of gate before. */
#ifndef STORE_WORK_CONVERSATION_H
#define STORE_WORK_CONVERSATION_H

#include "store/work.h"

enum { WORK_TITLE_BYTES = 200, WORK_LIST_MOST = 200 };

struct work_conversation {
    struct span id;       /* c_... */
    struct span owner;    /* principal */
    struct span title;    /* what the person gave, or the first question cut short */
    struct span datasets; /* JSON array of names */
    struct span model;    /* "" : the deployment's default */
    int64_t created_ms;
    int64_t updated_ms;
    struct span state; /* of its newest turn; "" when it has none. Read alone. */
    int64_t turns;     /* read alone */
};

/* id, owner, datasets, model and title are taken; the times are now. E_CONFLICT: the id is there already. */
enum err work_conversation_create(struct task *t, struct work *w, const struct work_conversation *c);
/* E_NOTFOUND with a sentence. */
enum err work_conversation_get(struct task *t, struct work *w, struct span id, struct work_conversation *out);
/* The owner's, newest first: those updated before before_ms (0: all), at most `most`. */
enum err work_conversation_list(struct task *t, struct work *w, struct span owner, int64_t before_ms, size_t most,
    struct work_conversation **out, size_t *n);
/* E_INVALID for an empty or too long title. */
enum err work_conversation_rename(struct task *t, struct work *w, struct span id, struct span title);
/* With all its turns, events and results. E_CONFLICT while a turn of it is running: stop it first. */
enum err work_conversation_delete(struct task *t, struct work *w, struct span id);

#endif
