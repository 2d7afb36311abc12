/* leave: links to the outside that a model wrote: each one decided by gate, none followed without a page between. */
#ifndef PAGES_LEAVE_H
#define PAGES_LEAVE_H

#include "pages/chat_open.h"
#include "render/markdown.h"

enum { LEAVE_LINKS = 32 };

/* Gate's decisions for one page; a conversation page asks about at most LEAVE_LINKS addresses, others stay text. */
struct leave {
    struct visit *v;
    struct span conversation;
    struct span urls[LEAVE_LINKS];
    bool may[LEAVE_LINKS];
    size_t n;
};
/* NULL for a private conversation: its links are text, and nobody is asked. Lives in the task. */
struct leave *leave_new(struct visit *v, const struct chat *chat);
/* Lets a text's links lead to the page between. leave may be NULL. */
void leave_put(struct leave *leave, struct markdown_options *out);
/* E_DENIED with a sentence unless gate would let a person open this address from this conversation. leaves: it is about
 * to be opened, which goes on record. */
enum err leave_decide(struct visit *v, struct span conversation, struct span url, bool leaves);

#endif
