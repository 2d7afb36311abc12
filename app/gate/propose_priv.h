/* propose_priv: one proposal while it is judged (within gate's folder). */
#ifndef GATE_PROPOSE_PRIV_H
#define GATE_PROPOSE_PRIV_H

#include "gate/approval.h"
#include "gate/label.h"
#include "gate/plugin_set.h"
#include "gate/propose.h"

/* The dataset that is the conversation's own scratch database. */
#define PROPOSE_SCRATCH "scratch"

struct judged {
    const struct proposal *p;
    int64_t now_ms;
    struct grant ticket;
    struct actor actor;
    struct auth_conversation conversation;
    struct policy_set policy;
    struct taint_state state; /* what the conversation was given so far */
    struct label context;     /* of all that it makes */
    /* What the judge found. */
    const char *why; /* refused before policy_decide was asked, or after: a fixed code; else NULL */
    bool has_case;
    struct policy_case c;
    struct label data;        /* what would flow: c's level and categories */
    struct span sink;         /* where to, for the record */
    struct taint_state after; /* the conversation's, once the grant is out */
    struct span opened;       /* a dataset that it would see, up to grant.level */
    bool seals;               /* a grant goes out: its level and detail */
    enum policy_level level;
    struct span detail;
    json_t *told;              /* of a model, for the agent */
    struct approval_call call; /* where a person may allow it: kind is set */
    /* Of plugins. */
    struct plugin_offer *offer;      /* of p->plugin, or of the one that is to be called */
    struct auth_plugin_call running; /* the call that asks back */
    struct auth_plugin_call granted; /* to be noted once it is allowed */
    bool fetches;                    /* running.fetches grows once it is allowed */
};

/* One for each (audience, capability), in propose_*.c: finds why, or the case and what would come of it. */
typedef enum err judge_fn(struct task *t, struct gate *g, struct judged *j);
judge_fn judge_query, judge_model, judge_authority;               /* propose_read.c */
judge_fn judge_dryrun, judge_scratch, judge_write;                /* propose_change.c */
judge_fn judge_fetch, judge_save;                                 /* propose_out.c */
judge_fn judge_plugin;                                            /* propose_plugin.c */
judge_fn judge_plugin_fetch, judge_plugin_keep, judge_plugin_ask; /* propose_back.c */

/* Sets j->why. */
enum err judged_no(struct judged *j, const char *why);
/* The case of `data` flowing to `sink`, and no change of the conversation's label yet. */
void judged_case(struct judged *j, const struct label *data, const struct label *sink, enum policy_effect effect);
/* The proposed dataset, when it is the conversation's and open to its owner; else j->why is set. */
enum err judged_dataset(struct task *t, struct gate *g, struct judged *j, struct auth_dataset *d, struct may_object *o);
/* How far this turn may see data of that owner's clearance: the least of it, the model's, and the mode's. Sets j->why
 * for a model that is none. */
enum err judged_ceiling(
    struct task *t, struct gate *g, struct judged *j, enum policy_level owner, enum policy_level *out);
/* The proposal's hash must cover these fields: E_INVALID. */
enum err judged_bound(struct task *t, const struct judged *j, const struct span *fields, size_t n);
/* What a plugin asks back for must belong to a call of it that was granted in this turn, and the plugin must still be
 * what it was then: j->offer and j->running; else j->why is set. */
enum err judged_running(struct task *t, struct gate *g, struct judged *j);
/* The offer of that plugin to this conversation, or NULL. */
enum err judged_offer(struct task *t, struct gate *g, struct judged *j, struct span id, struct plugin_offer **out);
/* The asker has an account, so that somebody can be asked; else j->why is set. */
bool judged_has_account(struct judged *j);

/* With a case whose effect a person may allow: makes the approval, finds it answered, or uses it up. Changes what
 * policy_decide said into what holds. In the decision's transaction. */
enum err propose_ask(struct task *t, struct gate *g, struct judged *j, struct verdict *out);

#endif
