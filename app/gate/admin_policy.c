/* admin_policy: the deployment's policy settings. */
#include "base/json.h"
#include "gate/admin.h"
#include "gate/approval.h"
#include "gate/policy_set.h"
#include "store/auth_own.h"

enum err
admin_policy_get(struct task *t, struct admin_call *c)
{
    struct policy_set p;
    if (policy_set_read(t, c->gate, &p) != E_OK)
        return t->err;
    c->out = task_json(t, policy_set_json(&p));
    return E_OK;
}

/* What was asked for under the policy of before is void. */
enum err
admin_policy_set(struct task *t, struct admin_call *c)
{
    struct policy_set p;
    struct gate_change change = {.detail = c->in ? json_dump(t, c->in) : SPAN("{}")};
    if (admin_begin(t, c, &change, "policy.set", SPAN("policy")) != E_OK)
        return t->err;
    enum err e = policy_set_write(t, c->gate, c->in, c->now_ms);
    if (e == E_OK)
        e = approval_void_policy(t, c->gate, c->now_ms);
    if (admin_end(t, c, &change, e) != E_OK)
        return t->err;
    share_epoch_bump(c->gate->share);
    if (policy_set_read(t, c->gate, &p) != E_OK)
        return t->err;
    c->out = task_json(t, policy_set_json(&p));
    return E_OK;
}

enum err
admin_approval_list(struct task *t, struct admin_call *c)
{
    struct auth_asked *a = NULL;
    size_t n = 0;
    json_t *list = json_array();
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "approvals", list);
    if (approval_settle(t, c->gate, SPAN_NONE, c->now_ms) != E_OK ||
        auth_asked_list(t, &c->gate->db, json_flag(c->in, "open", true), c->now_ms, &a, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_object();
        admin_put(one, "id", a[i].id);
        admin_put(one, "kind", a[i].kind);
        admin_put(one, "state", a[i].state);
        admin_put(one, "why", a[i].why);
        admin_put(one, "user", a[i].user);
        admin_put(one, "dataset", a[i].dataset);
        json_object_set_new(one, "created_ms", json_integer(a[i].created_ms));
        json_object_set_new(one, "expires_ms", json_integer(a[i].expires_ms));
        json_array_append_new(list, one);
    }
    return E_OK;
}
