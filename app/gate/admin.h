/* admin: operations of administrators, by name: gate_client.h lists them. */
#ifndef GATE_ADMIN_H
#define GATE_ADMIN_H

#include "gate/object.h"
#include "gate/seal.h"

struct admin_call {
    struct gate *gate;
    const struct actor *actor;
    json_t *in;  /* the task's; NULL: none */
    json_t *out; /* the task's; NULL: an empty answer */
    int64_t now_ms;
    struct span approval; /* p_... under which it is carried out now; empty: nobody approved it yet */
};

/* E_UNAUTHENTICATED, E_DENIED for others than admins; E_INVALID for a name that is none. */
enum err admin_run(struct task *t, struct admin_call *c, struct span operation);

/* Is it authority, so that a person on the web must approve it with their password (E4)? Checks the input as far as
 * that needs. The operator is not asked: their credential is the machine's. */
typedef enum err admin_grave(struct task *t, struct admin_call *c, bool *out);
admin_grave admin_user_role_grave, admin_user_add_grave, admin_user_disable_grave, admin_model_grave,
    admin_dataset_grave, admin_always_grave, admin_plugin_set_grave;

/* The operations, in admin_*.c. Each writes its own audit row when it changes or hands out something. */
typedef enum err admin_op(struct task *t, struct admin_call *c);
admin_op admin_user_list, admin_user_add, admin_user_passwd, admin_user_role, admin_user_disable, admin_signin_link,
    admin_session_list, admin_session_revoke;
admin_op admin_dataset_list, admin_dataset_set, admin_dataset_grant, admin_dataset_withdraw, admin_dataset_reader,
    admin_revision_list, admin_revision_record;
admin_op admin_model_list, admin_model_set, admin_model_remove, admin_egress_grant, admin_audit_tail,
    admin_audit_verify, admin_audit_search, admin_audit_rows, admin_health, admin_setting_set, admin_policy_get,
    admin_policy_set, admin_approval_list;
admin_op admin_plugin_list, admin_plugin_log, admin_plugin_closure, admin_plugin_group, admin_plugin_install,
    admin_plugin_enable, admin_plugin_disable, admin_plugin_set, admin_plugin_stage, admin_plugin_consent,
    admin_plugin_rollback, admin_plugin_revoke, admin_plugin_remove, admin_plugin_files, admin_plugin_file;
admin_op admin_market_list, admin_market_add, admin_market_remove, admin_market_update;
/* Where a grant of capability "market" leads: in's url, which must be a file of a marketplace that is trusted here. */
enum err admin_market_destination(struct task *t, struct admin_call *c, struct grant *grant);

/* Helpers of theirs: a required text member (E_INVALID names it), the change's record around one statement, texts. */
enum err admin_text(struct task *t, const struct admin_call *c, const char *key, struct span *out);
enum err admin_begin(
    struct task *t, struct admin_call *c, struct gate_change *change, const char *action, struct span object);
enum err admin_end(struct task *t, struct admin_call *c, const struct gate_change *change, enum err e);
void admin_put(json_t *j, const char *key, struct span s);
/* The account called in's "name": E_NOTFOUND with a sentence. */
enum err admin_account(struct task *t, const struct admin_call *c, struct auth_user *out);
/* A dataset that is not there yet: the actor's, private. */
struct auth_dataset admin_dataset_fresh(const struct admin_call *c, struct span name);
/* Takes over from `from` what describes a dataset, and who may see it; absent members change nothing. */
enum err admin_merge_meta(struct task *t, const json_t *from, struct span *meta);
enum err admin_merge_visibility(struct task *t, const json_t *in, struct auth_dataset *d);
/* What each audience is shown is in a file of its own: they are made anew for another label, when they must be. After
 * the commit. */
struct label_change;
enum err admin_rebuild(struct task *t, struct admin_call *c, const struct label_change *labels);

#endif
