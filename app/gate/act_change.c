/* act_change: changes of datasets: effect does them, and gate records what its receipt says. */
#include "base/json.h"
#include "effect/effect_client.h"
#include "gate/act_effect.h"
#include "gate/act_priv.h"
#include "store/auth_label.h"
#include "store/auth_user.h"

static enum err
dataset_of(struct task *t, const struct act *a, struct auth_dataset *d)
{
    if (auth_dataset_find(t, &a->gate->db, a->approval->dataset, d) != E_OK)
        return t->err;
    return d->name.n > 0 ? E_OK : task_fail(t, E_CONFLICT, "The dataset is not there any more.");
}

/* Is it effect's word on exactly this approval? */
static enum err
check(struct task *t, const struct act *a, struct span sealed, struct receipt *r)
{
    const struct auth_approval *p = a->approval;
    bool write = span_is(p->kind, "write");
    if (receipt_open(t, sealed, a->now_ms, r) != E_OK)
        return t->err;
    bool fits = span_is(r->operation, write ? "apply" : task_z(t, p->kind)) && span_eq(r->grant.dataset, p->dataset) &&
                (span_is(p->kind, "release") || span_eq(json_text(r->detail, "approval"), p->id)) &&
                (!write || (span_eq(json_text(r->detail, "digest"), p->effect_digest) &&
                               span_eq(json_text(r->detail, "proposal"), p->proposal)));
    return fits ? E_OK : task_fail(t, E_CORRUPT, "The receipt is of something else than what was approved.");
}

/* Rows are as trustworthy as the least of what went into them. Who read the dataset before has not read these. */
static enum err
relabel(struct task *t, const struct act *a, struct auth_dataset *d, bool held)
{
    int64_t integrity = a->approval->integrity > d->integrity ? a->approval->integrity : d->integrity;
    if (integrity == d->integrity && held == d->held)
        return E_OK;
    d->integrity = integrity;
    d->held = held;
    return auth_dataset_label(t, &a->gate->db, d, a->now_ms);
}

/* Effect may be asked again for what gate has recorded. */
static enum err
write_down(struct task *t, struct act *a, const struct receipt *r, struct auth_dataset *d)
{
    bool held = json_flag(r->detail, "held", false), before = false;
    struct auth_revision v = {.by_who = a->approval->user};
    struct auth_user u;
    if (receipt_known(t, a->gate, a->approval->id, &before) != E_OK || before)
        return t->err;
    if (auth_user_by_id(t, &a->gate->db, a->approval->user, &u) == E_OK && u.name.n > 0)
        v.by_who = u.name;
    if (t->err != E_OK || dataset_of(t, a, d) != E_OK || relabel(t, a, d, held) != E_OK)
        return t->err;
    return receipt_record(t, a->gate, r, d, &v, a->now_ms);
}

static void
put_facts(struct act *a, const struct receipt *r)
{
    static const char *const facts[] = {"change", "inserted", "updated", "deleted", "rows", "held"};
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        if (json_object_get(r->detail, facts[i]))
            json_object_set(a->out, facts[i], json_object_get(r->detail, facts[i]));
}

static enum err
record(struct task *t, struct act *a, struct span sealed)
{
    struct receipt r;
    struct auth_dataset d;
    struct gate_change change = {.actor = a->approval->user, .action = SPAN("revision.record")};
    if (check(t, a, sealed, &r) != E_OK)
        return t->err;
    change.object = a->approval->dataset;
    change.detail = task_format(t, "{\"operation\":\"%.*s\",\"sha\":\"%.*s\",\"approval_id\":\"%.*s\"}",
        SPAN_ARG(r.operation), SPAN_ARG(json_text(r.detail, "sha")), SPAN_ARG(a->approval->id));
    if (gate_change_begin(t, a->gate, &change) != E_OK ||
        gate_change_end(t, a->gate, &change, a->now_ms, write_down(t, a, &r, &d)) != E_OK)
        return t->err;
    share_epoch_bump(a->gate->share);
    put_facts(a, &r);
    return E_OK;
}

static enum err
grant(struct task *t, const struct act *a, const char *capability, const struct auth_dataset *d, bool hold,
    const struct span *args, size_t n, struct span *out)
{
    const struct act_effect e = {
        .user = a->approval->user, .capability = span_of(capability), .dataset = d, .hold = hold};
    return act_effect_grant(t, a->gate, &e, args, n, out);
}

/* Readers below the change's label keep what they have until somebody publishes it to them; or its writer wished so. */
static enum err
is_held(struct task *t, const struct act *a, const struct auth_dataset *d, bool *out)
{
    json_t *facts = NULL;
    struct dataset_label label;
    if (label_of_dataset(t, a->gate, d, &label) != E_OK || json_read(t, a->approval->facts, &facts) != E_OK)
        return t->err;
    *out = json_flag(facts, "hold", false) ||
           (a->approval->conversation.n > 0 && a->approval->level > (int64_t)label.level);
    return E_OK;
}

enum err
act_write(struct task *t, struct act *a)
{
    const struct auth_approval *p = a->approval;
    const struct span args[] = {SPAN("apply"), p->dataset, p->proposal, p->effect_digest, p->id};
    struct auth_dataset d;
    struct span sealed, receipt;
    bool hold = true;
    if (dataset_of(t, a, &d) != E_OK || is_held(t, a, &d, &hold) != E_OK)
        return t->err;
    if (!d.writable)
        return task_fail(t, E_CONFLICT, "The dataset can't be changed here any more. Nothing was changed.");
    if (grant(t, a, "apply", &d, hold, args, sizeof args / sizeof args[0], &sealed) != E_OK ||
        effect_apply(t, sealed, p->dataset, p->proposal, p->effect_digest, p->id, &receipt) != E_OK)
        return t->err;
    return record(t, a, receipt);
}

enum err
act_undo(struct task *t, struct act *a)
{
    const struct auth_approval *p = a->approval;
    struct span change = json_text(a->args, "change"), sealed, receipt;
    const struct span args[] = {SPAN("undo"), p->dataset, change, p->id};
    struct auth_dataset d;
    if (dataset_of(t, a, &d) != E_OK ||
        grant(t, a, "undo", &d, d.held, args, sizeof args / sizeof args[0], &sealed) != E_OK ||
        effect_undo(t, sealed, p->dataset, change, p->id, &receipt) != E_OK)
        return t->err;
    return record(t, a, receipt);
}

enum err
act_release(struct task *t, struct act *a)
{
    const struct auth_approval *p = a->approval;
    const struct span args[] = {SPAN("release"), p->dataset};
    struct auth_dataset d;
    struct span sealed, receipt;
    if (dataset_of(t, a, &d) != E_OK ||
        grant(t, a, "release", &d, false, args, sizeof args / sizeof args[0], &sealed) != E_OK ||
        effect_release(t, sealed, p->dataset, &receipt) != E_OK)
        return t->err;
    return record(t, a, receipt);
}

enum err
act_tell_effect(struct task *t, struct act *a)
{
    const struct span args[] = {SPAN("status"), a->approval->id};
    struct span sealed, receipt;
    if (grant(t, a, "status", NULL, false, args, sizeof args / sizeof args[0], &sealed) != E_OK ||
        effect_status(t, sealed, a->approval->id, &receipt) != E_OK)
        return t->err;
    return record(t, a, receipt);
}
