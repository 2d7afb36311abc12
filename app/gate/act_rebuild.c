/* act_rebuild: a dataset's files follow its labels. */
#include "base/id.h"
#include "base/json.h"
#include "effect/effect_client.h"
#include "gate/act_priv.h"
#include "gate/receipt.h"

static enum err
record(struct task *t, struct gate *g, struct span by, struct span dataset, struct span sealed, int64_t now_ms)
{
    struct receipt r;
    struct auth_dataset d;
    struct auth_revision v = {.by_who = by};
    struct gate_change change = {.actor = by, .action = SPAN("revision.record"), .object = dataset};
    if (receipt_open(t, sealed, now_ms, &r) != E_OK)
        return t->err;
    if (!span_eq(r.grant.dataset, dataset) || !span_is(r.operation, "relabel"))
        return task_fail(t, E_CORRUPT, "The receipt is of something else than what was asked for.");
    change.detail = task_format(
        t, "{\"operation\":\"relabel\",\"sha\":\"%.*s\"}", SPAN_ARG(span_first(r.grant.revision, HASH_HEX_BYTES)));
    if (gate_change_begin(t, g, &change) != E_OK)
        return t->err;
    enum err e = auth_dataset_find(t, &g->db, dataset, &d);
    if (e == E_OK)
        e = receipt_record(t, g, &r, &d, &v, now_ms);
    return gate_change_end(t, g, &change, now_ms, e);
}

enum err
act_rebuild(struct task *t, struct gate *g, struct span by, struct span dataset, json_t *reply, int64_t now_ms)
{
    struct span text = json_text(reply, "grant"), receipt;
    struct buf *grant = task_buf(t, GRANT_SEAL_BYTES);
    if (text.n == 0)
        return E_OK;
    if (!base64_get(text, grant))
        return task_fail(t, E_INTERNAL, "The grant is malformed.");
    struct span labels = json_dump(t, json_object_get(reply, "labels"));
    if (effect_relabel(t, buf_view(grant), dataset, labels, &receipt) != E_OK ||
        record(t, g, by, dataset, receipt, now_ms) != E_OK)
        return t->err;
    json_object_del(reply, "grant");
    json_object_del(reply, "labels");
    share_epoch_bump(g->share);
    return E_OK;
}
