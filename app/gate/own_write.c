/* own_write: a person changes rows of a dataset of theirs: a dry run first, then an approval of what it showed. */
#include "base/id.h"
#include "base/json.h"
#include "gate/act_effect.h"
#include "gate/own.h"

enum { FACTS_BYTES = 2000 };

static enum err
writable(struct task *t, struct own_call *c, struct auth_dataset *d)
{
    struct may_object o;
    if (own_dataset(t, c, "change", d, &o) != E_OK)
        return t->err;
    if (!o.published)
        return task_fail(t, E_CONFLICT, "The dataset has nothing published at the moment.");
    if (!d->writable)
        return task_fail(
            t, E_DENIED, "The dataset can't be changed here. Its owner can allow that on its page of labels.");
    return E_OK;
}

enum err
own_write_grant(struct task *t, struct own_call *c)
{
    struct auth_dataset d;
    struct span hex, approval, sealed;
    struct dataset_label label;
    struct policy_set policy;
    unsigned char *hash = task_alloc(t, HASH_BYTES);
    if (writable(t, c, &d) != E_OK || own_text(t, c, "sql_hash", &hex) != E_OK ||
        label_of_dataset(t, c->gate, &d, &label) != E_OK || policy_set_read(t, c->gate, &policy) != E_OK)
        return t->err;
    if (!hex_get(hex, hash, HASH_BYTES))
        return task_fail(t, E_INVALID, "The hash of the call's arguments is malformed.");
    struct approval_call call = {.kind = "dryrun",
        .c = {PROPOSER_USER, INTEGRITY_USER, label.level, true, EFFECT_EPHEMERAL, label.level, MODE_PRIVATE, 0},
        .dataset = d.name,
        .revision = d.revision,
        .sink = d.name,
        .args = hex};
    if (own_decide(t, c, "write.grant", &call, &approval) != E_OK)
        return t->err;
    struct span more = task_format(
        t, ",\"change_rows\":%lld,\"undo_days\":%lld", (long long)policy.change_rows, (long long)policy.undo_days);
    struct grant grant = {.audience = SPAN("effect"),
        .capability = SPAN("dryrun"),
        .subject = c->actor->public.principal,
        .dataset = d.name,
        .level = label.level,
        .args_hash = {(const char *)hash, HASH_BYTES}};
    if (label_detail(t, &label, more, &grant.detail) != E_OK || seal_grant(t, c->gate, &grant, &sealed) != E_OK)
        return t->err;
    struct buf *text = task_buf(t, GRANT_SEAL_BYTES * 2);
    base64_put(text, sealed);
    own_answer(t, c, "grant", buf_view(text));
    return E_OK;
}

/* Is it the dry run of exactly these statements on that dataset? */
static enum err
read_dryrun(
    struct task *t, const struct own_call *c, const struct auth_dataset *d, struct span sql, struct receipt *out)
{
    struct span text;
    char hex[HASH_HEX_BYTES];
    if (own_text(t, c, "receipt", &text) != E_OK || receipt_open_text(t, text, c->now_ms, out) != E_OK)
        return t->err;
    hash_hex(sql, hex);
    if (!span_is(out->operation, "dryrun") || !span_eq(out->grant.dataset, d->name) ||
        !span_is(json_text(out->detail, "sql_hash"), hex) || !id_is(json_text(out->detail, "proposal"), 'w'))
        return task_fail(t, E_DENIED, "The statements are others than those that were tried. Try them again.");
    return E_OK;
}

static struct span
facts_of(struct task *t, const json_t *detail, bool hold)
{
    static const char *const counts[] = {"inserted", "updated", "deleted", "before", "after", "tables"};
    static const char *const flags[] = {"ddl", "destructive", "undoable"};
    struct buf *b = task_buf(t, FACTS_BYTES);
    buf_putc(b, '{');
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        json_put_key(b, counts[i]);
        buf_i64(b, json_int(detail, counts[i], 0));
    }
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        json_put_key(b, flags[i]);
        buf_puts(b, json_flag(detail, flags[i], i < 2) ? "true" : "false"); /* what is not said is the worse */
    }
    if (hold)
        buf_puts(b, ",\"hold\":true");
    buf_putc(b, '}');
    return buf_view(b);
}

/* Typed and submitted, a statement is its person's own words, private until they say otherwise: here, to the readers
 * of the dataset that the page names. One that a link brought is a machine's: the dataset's own rows stay where they
 * are, so its level is the dataset's. */
enum err
own_write_propose(struct task *t, struct own_call *c)
{
    struct auth_dataset d;
    struct receipt r;
    struct span sql;
    struct dataset_label label;
    bool linked = json_flag(c->in, "linked", true);
    if (writable(t, c, &d) != E_OK || own_text(t, c, "sql", &sql) != E_OK || read_dryrun(t, c, &d, sql, &r) != E_OK ||
        label_of_dataset(t, c->gate, &d, &label) != E_OK)
        return t->err;
    bool destructive = json_flag(r.detail, "destructive", true);
    struct approval_call call = {.kind = "write",
        .c = {.integrity = linked ? INTEGRITY_MODEL : INTEGRITY_USER,
            .level = linked ? label.level : LEVEL_PRIVATE,
            .dominates = true,
            .effect = destructive ? EFFECT_AUTHORITY : EFFECT_DURABLE,
            .clearance = label.level,
            .mode = MODE_PRIVATE},
        .tool = SPAN("write_sql"),
        .args = sql,
        .dataset = d.name,
        .revision = d.revision,
        .sink = d.name,
        .payload_hash = json_text(r.detail, "sql_hash"),
        .effect_digest = json_text(r.detail, "digest"),
        .proposal = json_text(r.detail, "proposal"),
        .facts = facts_of(t, r.detail, json_flag(c->in, "hold", false))};
    return own_ask(t, c, "write.propose", &call);
}
