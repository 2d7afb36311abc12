/* admin: the table of operations. */
#include "gate/admin.h"

#include "base/json.h"
#include "gate/act_priv.h"
#include "gate/may.h"
#include "gate/own.h"
#include "policy/words.h"

static const struct {
    const char *name;
    admin_op *run;
    admin_grave *grave; /* NULL: never */
} ops[] = {
    {"user.list", admin_user_list, NULL},
    {"user.add", admin_user_add, admin_user_add_grave},
    {"user.passwd", admin_user_passwd, NULL},
    {"user.role", admin_user_role, admin_user_role_grave},
    {"user.disable", admin_user_disable, admin_user_disable_grave},
    {"signin.link", admin_signin_link, NULL},
    {"session.list", admin_session_list, NULL},
    {"session.revoke", admin_session_revoke, NULL},
    {"dataset.list", admin_dataset_list, NULL},
    {"dataset.set", admin_dataset_set, admin_dataset_grave},
    {"dataset.grant", admin_dataset_grant, NULL},
    {"dataset.withdraw", admin_dataset_withdraw, NULL},
    {"dataset.reader", admin_dataset_reader, NULL},
    {"revision.list", admin_revision_list, NULL},
    {"revision.record", admin_revision_record, NULL},
    {"model.list", admin_model_list, NULL},
    {"model.set", admin_model_set, admin_model_grave},
    {"model.remove", admin_model_remove, NULL},
    {"egress.grant", admin_egress_grant, NULL},
    {"setting.set", admin_setting_set, NULL},
    {"approval.list", admin_approval_list, NULL},
    {"policy.get", admin_policy_get, NULL},
    {"policy.set", admin_policy_set, admin_always_grave},
    {"plugin.list", admin_plugin_list, NULL},
    {"plugin.log", admin_plugin_log, NULL},
    {"plugin.closure", admin_plugin_closure, NULL},
    {"plugin.files", admin_plugin_files, NULL},
    {"plugin.file", admin_plugin_file, NULL},
    {"plugin.group", admin_plugin_group, NULL},
    {"plugin.install", admin_plugin_install, admin_always_grave},
    {"plugin.enable", admin_plugin_enable, admin_always_grave},
    {"plugin.disable", admin_plugin_disable, NULL},
    {"plugin.set", admin_plugin_set, admin_plugin_set_grave},
    {"plugin.stage", admin_plugin_stage, NULL},
    {"plugin.consent", admin_plugin_consent, admin_always_grave},
    {"plugin.rollback", admin_plugin_rollback, NULL},
    {"plugin.revoke", admin_plugin_revoke, NULL},
    {"plugin.remove", admin_plugin_remove, NULL},
    {"market.list", admin_market_list, NULL},
    {"market.add", admin_market_add, admin_always_grave},
    {"market.remove", admin_market_remove, NULL},
    {"market.update", admin_market_update, NULL},
    {"audit.tail", admin_audit_tail, NULL},
    {"audit.verify", admin_audit_verify, NULL},
    {"audit.search", admin_audit_search, NULL},
    {"audit.rows", admin_audit_rows, NULL},
    {"health", admin_health, NULL},
};

enum err
admin_always_grave(struct task *t, struct admin_call *c, bool *out)
{
    (void)t;
    (void)c;
    *out = true;
    return E_OK;
}

/* Nothing happens before the person has approved exactly this on the trusted path, with their password. */
static enum err
ask(struct task *t, struct admin_call *c, const char *operation)
{
    struct own_call own = {.gate = c->gate, .actor = c->actor, .now_ms = c->now_ms};
    json_t *args = task_json(t, json_pack("{s:s,s:O}", "operation", operation, "in", c->in ? c->in : json_null()));
    if (json_text(c->in, "password").p)
        return task_fail(t, E_INVALID, "What needs an approval takes no password: give a sign-in link instead.");
    struct approval_call call = {.kind = "admin",
        .c = {.integrity = INTEGRITY_USER,
            .level = LEVEL_PUBLIC,
            .dominates = true,
            .effect = EFFECT_AUTHORITY,
            .clearance = LEVEL_SECRET,
            .mode = MODE_PRIVATE},
        .tool = span_of(operation),
        .args = json_dump(t, args),
        .sink = SPAN("deployment")};
    if (own_ask(t, &own, "admin.ask", &call) != E_OK)
        return t->err;
    c->out = own.out;
    return E_OK;
}

static enum err
run(struct task *t, struct admin_call *c, size_t i)
{
    bool grave = false, operator= span_is(c->actor->public.principal, "operator");
    if (ops[i].grave && !operator&& c->approval.n == 0 && ops[i].grave(t, c, &grave) != E_OK)
        return t->err;
    return grave ? ask(t, c, ops[i].name) : ops[i].run(t, c);
}

enum err
admin_run(struct task *t, struct admin_call *c, struct span operation)
{
    struct may_rules rules;
    const char *why = "";
    if (who_rules(t, c->gate, &rules) != E_OK)
        return t->err;
    enum err e = gate_may(&c->actor->public, "administer", "deployment", &(struct may_object){0}, &rules, &why);
    if (e != E_OK)
        return task_fail(t, e, "%s", why);
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        if (span_is(operation, ops[i].name))
            return run(t, c, i);
    return task_fail(t, E_INVALID, "There is no operation %.*s.", SPAN_ARG(span_first(operation, 60)));
}

enum err
admin_text(struct task *t, const struct admin_call *c, const char *key, struct span *out)
{
    *out = json_text(c->in, key);
    return out->n > 0 ? E_OK : task_fail(t, E_INVALID, "\"%s\" is missing.", key);
}

enum err
admin_begin(struct task *t, struct admin_call *c, struct gate_change *change, const char *action, struct span object)
{
    change->actor = c->actor->public.principal;
    change->action = span_of(action);
    change->object = object;
    return gate_change_begin(t, c->gate, change);
}

enum err
admin_end(struct task *t, struct admin_call *c, const struct gate_change *change, enum err e)
{
    if (e == E_OK && c->approval.n > 0)
        e = act_once(t, c->gate, c->approval, c->now_ms);
    return gate_change_end(t, c->gate, change, c->now_ms, e);
}

void
admin_put(json_t *j, const char *key, struct span s)
{
    json_t *text = json_stringn(s.p ? s.p : "", s.n);
    json_object_set_new(j, key, text ? text : json_string(""));
}

enum err
admin_account(struct task *t, const struct admin_call *c, struct auth_user *out)
{
    struct span name;
    if (admin_text(t, c, "name", &name) != E_OK || auth_user_by_name(t, &c->gate->db, name, out) != E_OK)
        return t->err;
    return out->id.n > 0 ? E_OK
                         : task_fail(t, E_NOTFOUND, "There is no account called %.*s.", SPAN_ARG(span_first(name, 80)));
}
