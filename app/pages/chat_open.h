/* chat_open: a conversation that the actor may touch, found by its id: gate is asked first, always. */
#ifndef PAGES_CHAT_OPEN_H
#define PAGES_CHAT_OPEN_H

#include "pages/visit.h"
#include "store/work_conversation.h"
#include "store/work_turn.h"

struct chat {
    struct work *work;
    struct span mode;
    struct span url; /* "/-/chat/c_..." */
    struct work_conversation row;
};
/* The conversation named by the address's first argument. E_NOTFOUND: not one, or not this actor's. */
enum err chat_open(struct visit *v, const char *verb, struct chat *out);
/* A turn of it: a turn of another conversation is E_NOTFOUND. */
enum err chat_turn(struct visit *v, const struct chat *chat, struct span id, struct work_turn *out);
/* Renders it; demo_note not empty: as a recorded demonstration. */
enum err chat_show(struct visit *v, const struct chat *chat, struct span demo_note);

#endif
