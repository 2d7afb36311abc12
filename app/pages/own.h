/* own: a person's own gestures beyond reading (gate_own), and the way to an approval when one is needed. */
#ifndef PAGES_OWN_H
#define PAGES_OWN_H

#include "pages/visit.h"

/* What went wrong, as a sentence for a place of its own on the page; the visit goes on. */
struct span own_problem(struct visit *v);

struct own_field {
    const char *key;
    struct span value;
};
/* An object of texts for gate; those that are SPAN_NONE are left out. */
json_t *own_fields(const struct own_field *fields, size_t n);
/* gate_own with the visit's cookies; in is taken and may be NULL. out may be NULL. */
enum err own_call(struct visit *v, const char *operation, json_t *in, json_t **out);
/* The same for something that changes: 303 to the approval when gate answers with one, else to `done` (an address of
 * ours). */
enum err own_change(struct visit *v, const char *operation, json_t *in, struct span done);
/* 303 to the page that leads to an approval. */
enum err own_review(struct visit *v, struct span approval);

/* The person's open approvals (approval.list), asked once for a visit; NULL for those who can't have any. Borrowed. */
enum err own_approvals(struct visit *v, const json_t **out);
/* The one of that id, NULL if it is not listed. */
const json_t *own_approval(const json_t *list, struct span id);
/* Puts the number of open approvals into the header. A failure says nothing: the page is about something else. */
void own_count(struct visit *v, struct view_page *p);

enum err own_grant(struct visit *v, struct span base64, struct span *out);
struct span own_receipt(struct task *t, struct span receipt);

/* What an approval is about, as its card. state: of the list; now_ms: for what has expired. */
void own_card(struct visit *v, const json_t *approval, int64_t now_ms, struct view_approval_card *out);
/* Lets forms of this page lead to the approvals' origin: the button is posted here and redirected there. */
void own_forms(struct visit *v);
/* In words of ours: "Change rows". */
struct span own_kind(struct span kind);
/* "2 rows added, 1 changed, 3 deleted" of an object with inserted, updated, deleted; empty when it has none. */
struct span own_counts(struct task *t, const json_t *facts);
/* What a code of an approval's end means, as a sentence; SPAN_NONE: not one of those. */
struct span own_code(struct span code);

#endif
