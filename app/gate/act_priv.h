/* act_priv: what each kind of approval does (within gate's folder). */
#ifndef GATE_ACT_PRIV_H
#define GATE_ACT_PRIV_H

#include "gate/act.h"

#include <jansson.h>

struct act {
    struct gate *gate;
    const struct auth_approval *approval;
    json_t *args; /* the approval's, of those kinds that have JSON */
    json_t *out;  /* public facts: the outcome */
    int64_t now_ms;
};
typedef enum err act_fn(struct task *t, struct act *a);

act_fn act_write, act_undo, act_release, act_tell_effect; /* act_change.c */
act_fn act_save, act_share, act_admin, act_tell_own;      /* act_own.c */

/* The followers of a dataset are made anew for its labels, when reply says so ("grant" and "labels", as
 * label_change_grant wrote them), and the receipt is recorded; both members go. By whom: for the record. */
enum err act_rebuild(
    struct task *t, struct gate *g, struct span by, struct span dataset, json_t *reply, int64_t now_ms);

/* Under this name a table of things that happen once holds that the approval was carried out: written in the same
 * transaction as what it did. E_CONFLICT the second time. */
enum err act_once(struct task *t, struct gate *g, struct span approval, int64_t now_ms);

#endif
