/* act_effect: grants of gate for gate. */
#include "gate/act_effect.h"

#include "base/json.h"
#include "effect/effect_client.h"
#include "gate/seal.h"

enum err
act_effect_grant(
    struct task *t, struct gate *g, const struct act_effect *e, const struct span *args, size_t n, struct span *out)
{
    struct dataset_label label;
    struct policy_set policy;
    struct grant grant = {.audience = SPAN("effect"),
        .capability = e->capability,
        .subject = e->user,
        .args_hash = grant_args_hash(t, args, n)};
    if (e->dataset) {
        if (policy_set_read(t, g, &policy) != E_OK || label_of_dataset(t, g, e->dataset, &label) != E_OK)
            return t->err;
        struct span more = task_format(t, ",\"change_rows\":%lld,\"undo_days\":%lld%s", (long long)policy.change_rows,
            (long long)policy.undo_days, e->hold ? ",\"hold\":true" : "");
        if (label_detail(t, &label, more, &grant.detail) != E_OK)
            return t->err;
        grant.dataset = e->dataset->name;
        grant.level = label.level;
    }
    return seal_grant(t, g, &grant, out);
}

enum err
act_effect_changes(struct task *t, struct gate *g, struct span user, const struct auth_dataset *d, json_t **out)
{
    const struct act_effect e = {.user = user, .capability = SPAN("changes"), .dataset = d};
    const struct span args[] = {SPAN("changes"), d->name};
    struct span grant;
    if (act_effect_grant(t, g, &e, args, sizeof args / sizeof args[0], &grant) != E_OK)
        return t->err;
    return effect_changes(t, grant, d->name, out);
}
