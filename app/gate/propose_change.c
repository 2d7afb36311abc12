/* propose_change: what a model would change: a dry run, the conversation's scratch database, and the change itself. */
#include "base/id.h"
#include "base/json.h"
#include "gate/propose_priv.h"
#include "gate/receipt.h"

/* A dataset that its owner lets be changed, proposed to that owner (or an admin). */
static enum err
changed_dataset(struct task *t, struct gate *g, struct judged *j, struct auth_dataset *d, struct dataset_label *l)
{
    struct may_object o;
    if (!judged_has_account(j) || judged_dataset(t, g, j, d, &o) != E_OK || j->why)
        return t->err;
    if (!d->writable || label_clearance(&j->actor, d, &o) != LEVEL_SECRET)
        return judged_no(j, "not-writable");
    return label_of_dataset(t, g, d, l);
}

/* All that the conversation knows may be in a change, and who reads the dataset reads the change. */
static void
change_case(struct judged *j, const struct dataset_label *l, enum policy_effect effect)
{
    struct label sink;
    taint_sink_dataset(l->name, l->level, &sink);
    judged_case(j, &j->context, &sink, effect);
    j->sink = l->name;
    j->level = l->level;
}

enum err
judge_dryrun(struct task *t, struct gate *g, struct judged *j)
{
    const struct span bound[] = {SPAN("dryrun"), j->p->dataset, j->p->body};
    struct auth_dataset d;
    struct dataset_label l;
    if (changed_dataset(t, g, j, &d, &l) != E_OK || j->why || judged_bound(t, j, bound, 3) != E_OK)
        return t->err;
    change_case(j, &l, EFFECT_EPHEMERAL);
    j->seals = true;
    return label_detail(t, &l, task_format(t, ",\"change_rows\":%lld", (long long)j->policy.change_rows), &j->detail);
}

/* SQL in a database of the conversation's own; it may read one of its datasets as far as the turn may. */
enum err
judge_scratch(struct task *t, struct gate *g, struct judged *j)
{
    const struct span bound[] = {SPAN("scratch"), j->conversation.id, j->p->dataset, j->p->body};
    struct auth_dataset d = {0};
    struct may_object o;
    struct dataset_label l;
    struct label data = j->state.label, sink, held;
    enum policy_level owner = LEVEL_SECRET;
    bool reads = j->p->dataset.n > 0;
    if (reads && (judged_dataset(t, g, j, &d, &o) != E_OK || j->why || label_of_dataset(t, g, &d, &l) != E_OK))
        return t->err;
    if (reads)
        owner = label_clearance(&j->actor, &d, &o);
    if (judged_ceiling(t, g, j, owner, &j->level) != E_OK || j->why || judged_bound(t, j, bound, 4) != E_OK)
        return t->err;
    if (reads)
        label_init_dataset(d.name, l.level, l.integrity, &data);
    taint_sink_own(j->level, &sink);
    judged_case(j, &data, &sink, EFFECT_EPHEMERAL);
    j->sink = SPAN("conversation");
    j->seals = true;
    if (!reads)
        return E_OK;
    label_under(&l, j->level, &held);
    taint_read(&j->after, &held);
    j->opened = d.name;
    return label_detail(t, &l, SPAN_NONE, &j->detail);
}

static bool
is_hash(struct span hex)
{
    unsigned char raw[HASH_BYTES];
    return hex_get(hex, raw, sizeof raw);
}

/* Is it effect's word about exactly this change, tried in this conversation? */
static bool
covers(const struct judged *j, const struct receipt *r)
{
    char hex[HASH_HEX_BYTES];
    hash_hex(j->p->body, hex);
    return span_is(r->operation, "dryrun") && span_eq(r->grant.dataset, j->p->dataset) && j->p->body.n > 0 &&
           span_eq(r->grant.conversation, j->conversation.id) && span_is(json_text(r->detail, "sql_hash"), hex) &&
           is_hash(json_text(r->detail, "digest")) && id_is(json_text(r->detail, "proposal"), 'w');
}

/* What people and the model are told of a dry run: counts. */
static struct span
facts(struct task *t, const json_t *detail)
{
    static const char *const counts[] = {"inserted", "updated", "deleted", "before", "after", "tables"};
    static const char *const flags[] = {"ddl", "destructive", "undoable"};
    struct buf *b = task_buf(t, 1024);
    buf_putc(b, '{');
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        json_put_key(b, counts[i]);
        buf_i64(b, json_int(detail, counts[i], 0));
    }
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        json_put_key(b, flags[i]);
        buf_puts(b, json_flag(detail, flags[i], false) ? "true" : "false");
    }
    buf_putc(b, '}');
    return buf_view(b);
}

enum err
judge_write(struct task *t, struct gate *g, struct judged *j)
{
    const struct span bound[] = {SPAN("write"), j->p->receipt};
    struct auth_dataset d;
    struct dataset_label l;
    struct receipt r;
    if (changed_dataset(t, g, j, &d, &l) != E_OK || j->why || judged_bound(t, j, bound, 2) != E_OK)
        return t->err;
    if (receipt_open(t, j->p->receipt, j->now_ms, &r) != E_OK || !covers(j, &r)) {
        task_clear_error(t);
        return judged_no(j, "receipt-mismatch");
    }
    /* Without the word on it, it is the worst. */
    bool destructive = json_flag(r.detail, "destructive", true);
    change_case(j, &l, destructive ? EFFECT_AUTHORITY : EFFECT_DURABLE);
    j->call = (struct approval_call){.kind = "write",
        .tool = SPAN("write_sql"),
        .args = j->p->body,
        .dataset = d.name,
        .revision = d.revision,
        .payload_hash = json_text(r.detail, "sql_hash"),
        .effect_digest = json_text(r.detail, "digest"),
        .proposal = json_text(r.detail, "proposal"),
        .facts = facts(t, r.detail)};
    return E_OK;
}
