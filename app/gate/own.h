/* own: a person's own gestures beyond reading, by name: gate_client.h, gate_own, lists them. */
#ifndef GATE_OWN_H
#define GATE_OWN_H

#include "gate/approval.h"
#include "gate/object.h"
#include "gate/seal.h"

struct own_call {
    struct gate *gate;
    const struct actor *actor;
    json_t *in;           /* the task's; NULL: none */
    json_t *out;          /* the task's; NULL: an empty answer */
    struct span approval; /* p_... under which it is carried out now (act_own.c); empty: nobody approved it yet */
    int64_t now_ms;
};

/* E_UNAUTHENTICATED for what needs an account; E_INVALID for a name that is none. */
enum err own_run(struct task *t, struct own_call *c, struct span operation);

/* The operations, in own_*.c. Each checks with gate_may, decides with own_decide and is on record. */
typedef enum err own_op(struct task *t, struct own_call *c);
own_op own_approval_list, own_phrase_get, own_phrase_set;                               /* own_approval.c (H3) */
own_op own_label_get, own_label_set, own_conversation_badge, own_link_decide;           /* own_label.c (H2) */
own_op own_write_grant, own_write_propose;                                              /* own_write.c */
own_op own_changes_list, own_undo_propose, own_release_propose, own_receipt_record;     /* own_change.c */
own_op own_saved_list, own_saved_get, own_saved_put, own_saved_share, own_saved_remove; /* own_saved.c */
own_op own_share_make, own_share_list, own_share_end, own_share_open;                   /* own_share.c */
own_op own_market_catalogue, own_market_plugin, own_market_log;                         /* own_market.c */

/* Helpers. A required text member: E_INVALID names it. */
enum err own_text(struct task *t, const struct own_call *c, const char *key, struct span *out);
/* gate_may of the actor, with its sentence. */
enum err own_may(struct task *t, struct own_call *c, const char *verb, const char *kind, const struct may_object *o);
/* The dataset called in's "dataset", to which the actor may do that (verbs of may.c). */
enum err own_dataset(
    struct task *t, struct own_call *c, const char *verb, struct auth_dataset *d, struct may_object *o);
/* Decides one gesture. ALLOW: *approval is empty, and the caller does it. ASK: an approval was made, whose id is
 * *approval (call is filled with who asks). REFUSE: E_DENIED with a sentence. Either way the decision, with all inputs
 * of policy_decide, is on record under `action`. */
enum err own_decide(
    struct task *t, struct own_call *c, const char *action, struct approval_call *call, struct span *approval);
/* The same, and an approval even if the policy would allow it at once: what is changed is looked at on the trusted
 * path. c->out is then {"approval"}. The operator, whose credential is the machine's, is asked nothing: it is carried
 * out at once, and c->out is act.h's outcome. */
enum err own_ask(struct task *t, struct own_call *c, const char *action, struct approval_call *call);
/* out = {key: s} */
void own_answer(struct task *t, struct own_call *c, const char *key, struct span s);

#endif
