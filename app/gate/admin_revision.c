/* admin_revision: what effect has published, on its receipt. */
#include "base/json.h"
#include "gate/admin.h"
#include "gate/label_set.h"
#include "gate/receipt.h"

enum err
admin_revision_list(struct task *t, struct admin_call *c)
{
    struct span name;
    struct auth_dataset d;
    struct auth_revision *r = NULL;
    size_t n = 0;
    json_t *list = json_array();
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "revisions", list);
    if (admin_text(t, c, "name", &name) != E_OK || auth_dataset_find(t, &c->gate->db, name, &d) != E_OK)
        return t->err;
    if (d.name.n == 0)
        return task_fail(t, E_NOTFOUND, "There is no dataset called %.*s.", SPAN_ARG(span_first(name, 80)));
    if (auth_revision_list(t, &c->gate->db, name, &r, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        json_t *report = NULL, *j = json_object();
        json_array_append_new(list, j);
        if (json_read(t, r[i].report, &report) != E_OK)
            return t->err;
        json_object_set_new(j, "n", json_integer(r[i].n));
        admin_put(j, "sha", r[i].sha);
        json_object_set_new(j, "rows", json_integer(r[i].rows));
        json_object_set_new(j, "bytes", json_integer(r[i].bytes));
        json_object_set_new(j, "tables", json_integer(r[i].tables));
        admin_put(j, "by", r[i].by_who);
        json_object_set_new(j, "at_ms", json_integer(r[i].at_ms));
        json_object_set(j, "report", report);
        json_object_set_new(j, "current", json_boolean(!d.withdrawn && r[i].n == d.n));
    }
    return E_OK;
}

/* A dataset that was published before is not shown to more people in passing: only the operator's word does that. */
static bool
lowered(const struct admin_call *c, const struct auth_dataset *was, const struct auth_dataset *is)
{
    return was->revision.n > 0 && !span_is(c->actor->public.principal, "operator") &&
           object_level(is) < object_level(was);
}

/* In the open transaction. When who may see it changes along, its files may have been made for those of before. */
static enum err
record(struct task *t, struct admin_call *c, const struct receipt *receipt, struct auth_revision *r,
    struct label_change *labels)
{
    struct auth_dataset d;
    if (auth_dataset_find(t, &c->gate->db, receipt->grant.dataset, &d) != E_OK)
        return t->err;
    if (d.name.n == 0)
        d = admin_dataset_fresh(c, receipt->grant.dataset);
    if (label_change_begin(t, c->gate, &d, labels) != E_OK ||
        admin_merge_meta(t, json_object_get(c->in, "meta"), &d.meta) != E_OK ||
        admin_merge_visibility(t, c->in, &d) != E_OK)
        return t->err;
    if (lowered(c, &labels->from, &d))
        return task_fail(t, E_DENIED, "Who may see the dataset is changed on its own page, with an approval.");
    if (receipt_record(t, c->gate, receipt, &d, r, c->now_ms) != E_OK)
        return t->err;
    labels->from.stale = d.stale;
    labels->from.revision = d.revision;
    labels->to = d;
    label_change_judge(labels);
    return label_change_write(t, c->gate, labels, c->now_ms);
}

enum err
admin_revision_record(struct task *t, struct admin_call *c)
{
    struct receipt receipt;
    struct label_change labels;
    struct auth_revision r = {.by_who = c->actor->public.name};
    struct gate_change change = {0};
    struct span text;
    if (admin_text(t, c, "receipt", &text) != E_OK || receipt_open_text(t, text, c->now_ms, &receipt) != E_OK)
        return t->err;
    change.detail = task_format(t, "{\"operation\":%.*s,\"sha\":\"%.*s\"}",
        SPAN_ARG(json_dump(t, json_object_get(receipt.detail, "operation"))), SPAN_ARG(receipt.grant.revision));
    if (admin_begin(t, c, &change, "revision.record", receipt.grant.dataset) != E_OK ||
        admin_end(t, c, &change, record(t, c, &receipt, &r, &labels)) != E_OK)
        return t->err;
    share_epoch_bump(c->gate->share);
    c->out = task_json(t, json_object());
    admin_put(c->out, "name", labels.to.name);
    json_object_set_new(c->out, "n", json_integer(r.n));
    admin_put(c->out, "sha", labels.to.revision);
    return admin_rebuild(t, c, &labels);
}
