/* receipt: believing effect, and what it changes in gate's books. */
#include "gate/receipt.h"

#include "base/id.h"
#include "base/json.h"
#include "store/auth_label.h"
#include "store/auth_own.h"

/* What an operation that changes something does to the dataset's row. */
static const struct {
    const char *name;
    enum { ADDS, RETURNS, WITHDRAWS } does;
} operations[] = {
    {"publish", ADDS},
    {"apply", ADDS},
    {"undo", ADDS},
    {"relabel", ADDS},
    {"release", ADDS},
    {"rollback", RETURNS},
    {"unpublish", WITHDRAWS},
};

enum err
receipt_open(struct task *t, struct span sealed, int64_t now_ms, struct receipt *out)
{
    unsigned char key[GRANT_KEY_BYTES];
    *out = (struct receipt){0};
    if (grant_key_read_public(t, "effect", key) != E_OK ||
        grant_open(t, key, sealed, "gate", now_ms, &out->grant) != E_OK ||
        json_read(t, out->grant.detail, &out->detail) != E_OK)
        return t->err;
    if (!span_is(out->grant.capability, "receipt") || !object_name_ok(out->grant.dataset))
        return task_fail(t, E_DENIED, "That is not a receipt of a published revision.");
    out->operation = json_text(out->detail, "operation");
    return E_OK;
}

enum err
receipt_open_text(struct task *t, struct span base64, int64_t now_ms, struct receipt *out)
{
    struct buf *sealed = task_buf(t, GRANT_SEAL_BYTES * 2);
    if (!base64_get(base64, sealed))
        return task_fail(t, E_INVALID, "The receipt is not base64.");
    return receipt_open(t, buf_view(sealed), now_ms, out);
}

static bool
sha_ok(struct span s)
{
    unsigned char raw[HASH_BYTES];
    return hex_get(s, raw, sizeof raw);
}

static struct span
approval_name(struct task *t, struct span approval)
{
    return task_format(t, "receipt %.*s", SPAN_ARG(span_first(approval, ID_BYTES)));
}

enum err
receipt_known(struct task *t, struct gate *g, struct span approval, bool *out)
{
    return auth_used_before(t, &g->db, approval_name(t, approval), out);
}

/* What an approval did is recorded once, however often effect is asked for its receipt. */
static enum err
once(struct task *t, struct gate *g, const struct receipt *r, int64_t now_ms)
{
    struct span approval = json_text(r->detail, "approval");
    struct buf *nonce = task_buf(t, HASH_HEX_BYTES);
    hex_put(nonce, r->grant.nonce.p, r->grant.nonce.n);
    return auth_used_once(t, &g->db, approval.n > 0 ? approval_name(t, approval) : buf_view(nonce), now_ms);
}

static enum err
add_revision(struct task *t, struct gate *g, const struct receipt *r, struct auth_dataset *d, struct auth_revision *v,
    int64_t now_ms)
{
    json_t *report = json_object_get(r->detail, "report");
    struct span by = v->by_who;
    *v = (struct auth_revision){.sha = d->revision,
        .rows = json_int(r->detail, "rows", 0),
        .bytes = json_int(r->detail, "bytes", 0),
        .tables = json_int(r->detail, "tables", 0),
        .at_ms = now_ms,
        .by_who = by,
        .report = report ? json_dump(t, report) : SPAN("{}")};
    return auth_revision_add(t, &g->db, d->name, v);
}

/* Readers keep what they have until the change is released to them. */
static bool
is_held(const struct receipt *r)
{
    return json_flag(r->detail, "held", false);
}

enum err
receipt_record(struct task *t, struct gate *g, const struct receipt *receipt, struct auth_dataset *d,
    struct auth_revision *r, int64_t now_ms)
{
    struct span sha = receipt->grant.revision.n > 0 ? receipt->grant.revision : json_text(receipt->detail, "sha");
    size_t i = 0, n = sizeof operations / sizeof operations[0];
    bool known = true;
    while (i < n && !span_is(receipt->operation, operations[i].name))
        i++;
    if (i == n)
        return task_fail(t, E_INVALID, "The receipt is of an operation that is not known here.");
    if (once(t, g, receipt, now_ms) != E_OK)
        return t->err;
    if (is_held(receipt))
        return E_OK;
    d->withdrawn = operations[i].does == WITHDRAWS;
    if (d->withdrawn)
        return auth_dataset_put(t, &g->db, d, now_ms);
    if (!sha_ok(sha))
        return task_fail(t, E_INVALID, "The receipt names no revision.");
    /* Files of a rollback were made when they were current: their labels may be of then. */
    if (operations[i].does == ADDS && d->stale) {
        d->stale = false;
        if (auth_dataset_label(t, &g->db, d, now_ms) != E_OK)
            return t->err;
    }
    bool same = span_eq(d->revision, sha);
    d->revision = sha;
    if (auth_dataset_put(t, &g->db, d, now_ms) != E_OK)
        return t->err;
    /* Another description of the same bytes is no new revision, except of what was published anew. */
    if (operations[i].does == ADDS && (!same || span_is(receipt->operation, "publish")))
        return add_revision(t, g, receipt, d, r, now_ms);
    if (auth_revision_known(t, &g->db, d->name, sha, &known) != E_OK)
        return t->err;
    return known ? E_OK : task_fail(t, E_NOTFOUND, "The dataset never had that revision.");
}
