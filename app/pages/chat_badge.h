/* chat_badge: which of the three powers a conversation has, and why. */
#ifndef PAGES_CHAT_BADGE_H
#define PAGES_CHAT_BADGE_H

#include "pages/chat_open.h"

/* From gate's conversation.badge. datasets: of the conversation, for the offer of a fresh one. */
struct view_badge *chat_badge_view(struct task *t, const json_t *badge, struct span dataset);
/* Asks gate for it; borrowed. */
enum err chat_badge(struct visit *v, const struct chat *chat, const json_t **out);
/* What a public chat may send, and to whom; SPAN_NONE when no model that may answer is a language model. chosen: its
 * model, empty: any. */
struct span chat_leaves_note(struct task *t, const json_t *catalogue, struct span chosen);

#endif
