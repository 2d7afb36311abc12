/* own_change: what was changed in a dataset, taking it back, and publishing what was held. */
#include "base/id.h"
#include "base/json.h"
#include "gate/act_effect.h"
#include "gate/own.h"

enum { FACTS_BYTES = 500, ARGS_BYTES = 500 };

static enum err
changes(struct task *t, struct own_call *c, struct auth_dataset *d, json_t **out)
{
    struct may_object o;
    if (own_dataset(t, c, "change", d, &o) != E_OK)
        return t->err;
    return act_effect_changes(t, c->gate, c->actor->public.principal, d, out);
}

enum err
own_changes_list(struct task *t, struct own_call *c)
{
    struct auth_dataset d;
    json_t *list = NULL;
    if (changes(t, c, &d, &list) != E_OK)
        return t->err;
    c->out = task_json(t, json_object());
    json_object_set(c->out, "changes", list);
    json_object_set_new(c->out, "held", json_boolean(d.held));
    return E_OK;
}

static const json_t *
find(const json_t *list, struct span change)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) if (span_eq(json_text(one, "change"), change)) return one;
    return NULL;
}

static struct span
args_of(struct task *t, struct span dataset, struct span change)
{
    struct buf *b = task_buf(t, ARGS_BYTES);
    buf_puts(b, "{\"dataset\":");
    json_put_text(b, dataset);
    if (change.n > 0) {
        buf_puts(b, ",\"change\":");
        json_put_text(b, change);
    }
    buf_putc(b, '}');
    return buf_view(b);
}

/* What was inserted is deleted, and the reverse. */
static struct span
undo_facts(struct task *t, const json_t *change)
{
    return task_format(t, "{\"inserted\":%lld,\"updated\":%lld,\"deleted\":%lld}",
        (long long)json_int(change, "deleted", 0), (long long)json_int(change, "updated", 0),
        (long long)json_int(change, "inserted", 0));
}

enum err
own_undo_propose(struct task *t, struct own_call *c)
{
    struct auth_dataset d;
    json_t *list = NULL;
    struct span change;
    struct dataset_label label;
    if (own_text(t, c, "change", &change) != E_OK || changes(t, c, &d, &list) != E_OK ||
        label_of_dataset(t, c->gate, &d, &label) != E_OK)
        return t->err;
    const json_t *was = find(list, change);
    if (!was)
        return task_fail(t, E_NOTFOUND, "The dataset has no such change.");
    if (json_flag(was, "undone", false))
        return task_fail(t, E_CONFLICT, "That change was taken back already.");
    if (!json_flag(was, "undoable", false))
        return task_fail(t, E_CONFLICT, "That change can't be taken back any more.");
    struct approval_call call = {.kind = "undo",
        .c = {.integrity = INTEGRITY_USER,
            .level = label.level,
            .dominates = true,
            .effect = EFFECT_DURABLE,
            .clearance = label.level,
            .mode = MODE_PRIVATE},
        .args = args_of(t, d.name, change),
        .dataset = d.name,
        .revision = d.revision,
        .sink = d.name,
        .facts = undo_facts(t, was)};
    return own_ask(t, c, "undo.propose", &call);
}

/* The leader holds what its writer may have read elsewhere: private until a person publishes it. */
enum err
own_release_propose(struct task *t, struct own_call *c)
{
    struct auth_dataset d;
    struct may_object o;
    struct dataset_label label;
    if (own_dataset(t, c, "change", &d, &o) != E_OK || label_of_dataset(t, c->gate, &d, &label) != E_OK)
        return t->err;
    if (!d.held)
        return task_fail(t, E_CONFLICT, "No change of this dataset waits to be published.");
    struct approval_call call = {.kind = "release",
        .c = {.integrity = INTEGRITY_USER,
            .level = label.level > LEVEL_PRIVATE ? label.level : LEVEL_PRIVATE,
            .dominates = label.level >= LEVEL_PRIVATE,
            .effect = EFFECT_OUTSIDE,
            .clearance = label.level,
            .mode = MODE_PRIVATE},
        .args = args_of(t, d.name, SPAN_NONE),
        .dataset = d.name,
        .revision = d.revision,
        .sink = d.name};
    return own_ask(t, c, "release.propose", &call);
}

/* The owner had effect make the followers anew, under a grant of gate's: its receipt comes back. */
enum err
own_receipt_record(struct task *t, struct own_call *c)
{
    struct receipt r;
    struct auth_dataset d;
    struct may_object o;
    struct span text;
    struct auth_revision v = {.by_who = c->actor->public.name};
    struct gate_change change = {.actor = c->actor->public.principal, .action = SPAN("revision.record")};
    if (own_text(t, c, "receipt", &text) != E_OK || receipt_open_text(t, text, c->now_ms, &r) != E_OK ||
        object_dataset(t, c->gate, c->actor, r.grant.dataset, &d, &o) != E_OK ||
        own_may(t, c, "change", "dataset", &o) != E_OK)
        return t->err;
    if (!span_is(r.operation, "relabel"))
        return task_fail(t, E_DENIED, "Only the receipt of new labels is taken here.");
    change.object = d.name;
    change.detail = task_format(t, "{\"operation\":\"relabel\",\"sha\":\"%.*s\"}", SPAN_ARG(r.grant.revision));
    if (gate_change_begin(t, c->gate, &change) != E_OK)
        return t->err;
    enum err e = auth_dataset_find(t, &c->gate->db, r.grant.dataset, &d);
    if (e == E_OK)
        e = receipt_record(t, c->gate, &r, &d, &v, c->now_ms);
    if (gate_change_end(t, c->gate, &change, c->now_ms, e) != E_OK)
        return t->err;
    share_epoch_bump(c->gate->share);
    return E_OK;
}
