/* admin_policy: the deployment's policy settings. */
#include "base/json.h"
#include "gate/admin.h"
#include "gate/approval.h"
#include "gate/policy_set.h"

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
