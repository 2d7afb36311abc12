/* admin: what the pages of administration share: tabs, messages after a change, grants. */
#ifndef PAGES_ADMIN_H
#define PAGES_ADMIN_H

#include "pages/visit.h"

struct admin_frame {
    struct view_page page;
    struct {
        const struct view_nav_item *at;
        size_t n;
    } tabs;
};
struct admin_frame admin_frame(struct visit *v, const char *title);
/* The sentence that ?done=CODE names, from a fixed table; nothing for an unknown code. */
void admin_notes(struct visit *v, const struct view_note **at, size_t *n);
/* 303 to an address with ?done=CODE; or to the approval that gate made instead of doing what the page asked for. */
enum err admin_done(struct visit *v, struct span address, const char *code);

/* One button of a form: its value of `do`, and what it does. Looked up in a table that ends with a NULL name. */
struct admin_act {
    const char *name;
    enum err (*run)(struct visit *v);
};
enum err admin_act(struct visit *v, const struct admin_act *table);
/* A required field of the form; E_INVALID names it. */
enum err admin_field(struct visit *v, const char *name, struct span *out);
/* {"name":value,...} of form fields: those that are there. */
json_t *admin_fields(struct visit *v, const char *const *names);

/* A one-use grant for exactly these arguments: of effect ("dataset.grant") or egress ("egress.grant"). in: what the
 * operation needs besides; taken. detail may be NULL. */
enum err admin_grant(struct visit *v, const char *operation, json_t *in, const struct span *args, size_t n,
    struct span *out, json_t **detail);

#endif
