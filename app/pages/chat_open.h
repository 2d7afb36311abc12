/* chat_open: a conversation that the actor may touch, found by its id: gate is asked first, always. */
#ifndef PAGES_CHAT_OPEN_H
#define PAGES_CHAT_OPEN_H

#include "pages/visit.h"
#include "store/work_conversation.h"
#include "store/work_turn.h"

struct chat {
    struct work *work;
    struct span mode;
    struct span url;   /* "/-/chat/c_..." */
    struct span grant; /* of the verb "delete": for effect_scratch_drop */
    struct work_conversation row;
};
/* The conversation named by the address's first argument. E_NOTFOUND: not one, or not this actor's. */
enum err chat_open(struct visit *v, const char *verb, struct chat *out);
/* A turn of it: a turn of another conversation is E_NOTFOUND. */
enum err chat_turn(struct visit *v, const struct chat *chat, struct span id, struct work_turn *out);
/* How a recorded demonstration differs: it is looked at, by everybody. */
struct chat_demo {
    struct span note;
    bool plays;
};
/* Renders the page; demo NULL: a conversation of the actor's. */
enum err chat_show(struct visit *v, const struct chat *chat, const struct chat_demo *demo);
/* Renders one turn alone, for scripts. */
enum err chat_show_turn(struct visit *v, const struct chat *chat, struct span id, bool demo);
/* Renders a stored result in the visit's format. */
enum err chat_show_result(struct visit *v, const struct chat *chat, struct span handle);

#endif
