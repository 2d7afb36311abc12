/* turn_view: a turn's rows as the chat's template shows them. */
#ifndef PAGES_TURN_VIEW_H
#define PAGES_TURN_VIEW_H

#include "pages/leave.h"
#include "pages/visit.h"
#include "store/work_turn.h"

struct turn_context {
    struct work *work;
    json_t *catalogue;    /* titles and licences; NULL: none known */
    struct span base_url; /* "/-/chat/c_..." */
    struct leave *leave;  /* NULL: links of the model's are text */
    const json_t *badge;  /* gate's label of the conversation; NULL: not known */
    bool can_share;
    bool looked_at; /* a demonstration: nothing to press, nothing runs */
    bool plays;     /* and shown as if it ran: its steps come from its log */
};
enum err turn_view(struct visit *v, const struct turn_context *c, const struct work_turn *turn, struct view_turn *out);
/* The rows of a stored result as a table of at most `most` rows from row `from`. columns: JSON array of {name,type}. */
enum err turn_view_rows(struct visit *v, struct work *w, struct span id, struct span columns, size_t from, size_t most,
    const char *label, struct view_rowset **out);
/* Names of a stored result's columns. */
enum err turn_view_names(struct task *t, struct span columns, struct span **out, size_t *n);

#endif
