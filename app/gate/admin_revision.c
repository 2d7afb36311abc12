/* admin_revision: what effect has published, on its receipt. */
#include "base/id.h"
#include "base/json.h"
#include "gate/admin.h"

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

static bool
sha_ok(struct span s)
{
    unsigned char raw[HASH_BYTES];
    return hex_get(s, raw, sizeof raw);
}

static enum err
open_receipt(struct task *t, const struct admin_call *c, struct grant *out, json_t **detail)
{
    unsigned char key[GRANT_KEY_BYTES];
    struct span text;
    struct buf *sealed = task_buf(t, GRANT_SEAL_BYTES * 2);
    if (admin_text(t, c, "receipt", &text) != E_OK || grant_key_read_public(t, "effect", key) != E_OK)
        return t->err;
    if (!base64_get(text, sealed))
        return task_fail(t, E_INVALID, "The receipt is not base64.");
    if (grant_open(t, key, buf_view(sealed), "gate", c->now_ms, out) != E_OK ||
        json_read(t, out->detail, detail) != E_OK)
        return t->err;
    if (!span_is(out->capability, "receipt") || !object_name_ok(out->dataset))
        return task_fail(t, E_DENIED, "That is not a receipt of a published revision.");
    return E_OK;
}

/* Applies the receipt to the dataset's row. */
static enum err
apply(struct task *t, struct admin_call *c, const struct grant *receipt, const json_t *detail, struct auth_dataset *d,
    struct auth_revision *r)
{
    struct span operation = json_text(detail, "operation");
    bool known = false;
    d->withdrawn = span_is(operation, "unpublish");
    if (d->withdrawn)
        return auth_dataset_put(t, &c->gate->db, d, c->now_ms);
    if (!sha_ok(receipt->revision))
        return task_fail(t, E_INVALID, "The receipt names no revision.");
    d->revision = receipt->revision;
    if (auth_dataset_put(t, &c->gate->db, d, c->now_ms) != E_OK)
        return t->err;
    if (span_is(operation, "publish"))
        return auth_revision_add(t, &c->gate->db, d->name, r);
    if (!span_is(operation, "rollback"))
        return task_fail(t, E_INVALID, "The receipt is of an operation that is not known here.");
    if (auth_revision_known(t, &c->gate->db, d->name, receipt->revision, &known) != E_OK)
        return t->err;
    return known ? E_OK : task_fail(t, E_NOTFOUND, "The dataset never had that revision.");
}

enum err
admin_revision_record(struct task *t, struct admin_call *c)
{
    struct grant receipt;
    struct auth_dataset d;
    json_t *detail = NULL;
    struct buf *nonce = task_buf(t, 64);
    if (open_receipt(t, c, &receipt, &detail) != E_OK ||
        auth_dataset_find(t, &c->gate->db, receipt.dataset, &d) != E_OK)
        return t->err;
    if (d.name.n == 0)
        d = admin_dataset_fresh(c, receipt.dataset);
    if (admin_merge_meta(t, json_object_get(c->in, "meta"), &d.meta) != E_OK ||
        admin_merge_visibility(t, c->in, &d) != E_OK)
        return t->err;
    json_t *report = json_object_get(detail, "report");
    struct auth_revision r = {.sha = receipt.revision,
        .rows = json_int(detail, "rows", 0),
        .bytes = json_int(detail, "bytes", 0),
        .tables = json_int(detail, "tables", 0),
        .at_ms = c->now_ms,
        .by_who = c->actor->public.name,
        .report = report ? json_dump(t, report) : SPAN("{}")};
    struct gate_change change = {0};
    struct span operation = json_dump(t, json_object_get(detail, "operation"));
    change.detail =
        task_format(t, "{\"operation\":%.*s,\"sha\":\"%.*s\"}", SPAN_ARG(operation), SPAN_ARG(receipt.revision));
    hex_put(nonce, receipt.nonce.p, receipt.nonce.n);
    if (admin_begin(t, c, &change, "revision.record", d.name) != E_OK)
        return t->err;
    enum err e = auth_used_once(t, &c->gate->db, buf_view(nonce), c->now_ms);
    if (e == E_OK)
        e = apply(t, c, &receipt, detail, &d, &r);
    if (admin_end(t, c, &change, e) != E_OK)
        return t->err;
    share_epoch_bump(c->gate->share);
    c->out = task_json(t, json_object());
    admin_put(c->out, "name", d.name);
    json_object_set_new(c->out, "n", json_integer(r.n));
    admin_put(c->out, "sha", d.revision);
    return E_OK;
}
