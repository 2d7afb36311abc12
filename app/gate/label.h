/* label: labels of datasets and conversations as gate knows them, and the case that policy_decide gets of them. */
#ifndef GATE_LABEL_H
#define GATE_LABEL_H

#include "gate/object.h"
#include "gate/policy_set.h"
#include "policy/taint.h"
#include "policy/words.h"
#include "store/auth_label.h"

enum { LABEL_DETAIL_BYTES = 6000 }; /* of a grant's JSON about labels */

/* A dataset's labels, as they are now. */
struct dataset_label {
    struct span name;
    enum policy_level level;    /* of the whole: its visibility's, or its own raise when that is higher */
    int integrity;              /* of the whole */
    struct auth_label *entries; /* tables and columns, as they are stored: they count where they are worse */
    size_t n;
};
enum err label_of_dataset(struct task *t, struct gate *g, const struct auth_dataset *d, struct dataset_label *out);
/* Joined: all that the follower for that clearance may hold. */
void label_under(const struct dataset_label *l, enum policy_level ceiling, struct label *out);
/* A grant's detail: {"level","integrity","labels":[["table","column",level,integrity?]...]}: the whole's label, and
 * what is worse than it (an integrity that is left out is the whole's). more: further members as text
 * (",\"hold\":true"), or empty. E_LIMIT when it is too long for a grant: so labels are checked with it before they are
 * stored. */
enum err label_detail(struct task *t, const struct dataset_label *l, struct span more, struct span *out);

/* How far the actor may read a dataset: visitor public, signed in org, named reader private, owner and admins secret.
 * Whether they may read it at all is gate_may's. */
enum policy_level label_clearance(const struct actor *a, const struct auth_dataset *d, const struct may_object *o);

/* What a conversation was given so far; JSON arrays of names, and of {"name","integrity"}. */
struct taint {
    enum policy_level level;
    int integrity;
    struct span categories, sources;
};
enum err label_taint(struct task *t, struct gate *g, struct span conversation, struct taint *out);
/* The same of a row that was read, as policy/taint.h works with it. */
enum err label_state(struct task *t, const struct auth_conversation *c, struct taint_state *out);
/* Writes the state's label, which only grows, into the row c (as it was read in the same transaction). *rose: did it?
 * dry: only tells. */
enum err label_raise(
    struct task *t, struct gate *g, struct auth_conversation *c, const struct taint_state *s, bool dry, bool *rose);
/* join(taint, what the person wrote): the label of all that the conversation makes. */
void label_context(const struct auth_conversation *c, const struct taint_state *s, struct label *out);

/* The mode of decisions in a conversation: the deployment's strictness counts wherever it does not let through what
 * public mode stops. */
enum policy_mode label_mode(struct span mode, bool strict, enum policy_level level);
/* The names of categories as JSON text, the task's. */
struct span label_categories(struct task *t, const struct label *l);

#endif
