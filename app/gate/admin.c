/* admin: the table of operations. */
#include "gate/admin.h"

#include "base/json.h"
#include "gate/may.h"

static const struct {
    const char *name;
    admin_op *run;
} ops[] = {
    {"user.list", admin_user_list},
    {"user.add", admin_user_add},
    {"user.passwd", admin_user_passwd},
    {"user.role", admin_user_role},
    {"user.disable", admin_user_disable},
    {"signin.link", admin_signin_link},
    {"session.list", admin_session_list},
    {"session.revoke", admin_session_revoke},
    {"dataset.list", admin_dataset_list},
    {"dataset.set", admin_dataset_set},
    {"dataset.grant", admin_dataset_grant},
    {"dataset.withdraw", admin_dataset_withdraw},
    {"dataset.reader", admin_dataset_reader},
    {"revision.list", admin_revision_list},
    {"revision.record", admin_revision_record},
    {"model.list", admin_model_list},
    {"model.set", admin_model_set},
    {"model.remove", admin_model_remove},
    {"egress.grant", admin_egress_grant},
    {"setting.set", admin_setting_set},
    {"audit.tail", admin_audit_tail},
    {"audit.verify", admin_audit_verify},
    {"health", admin_health},
};

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
            return ops[i].run(t, c);
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
