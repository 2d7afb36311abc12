/* propose: ticket, rights, policy_decide, record, seal: in that order. */
#include "gate/propose.h"

#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "gate/conversation.h"
#include "gate/seal.h"

/* What the ticket told, and the case that is being made of it. */
struct judged {
    struct grant ticket;
    struct actor actor;
    struct auth_conversation conversation;
    struct policy_case c;
    struct span detail; /* for the grant */
    bool known;         /* the capability, dataset or model exists for this turn */
    const char *why;    /* when it does not */
};

static enum policy_mode
mode_of(struct span mode)
{
    return span_is(mode, "public") ? MODE_PUBLIC : MODE_PRIVATE;
}

static enum err
no(struct judged *j, const char *why)
{
    j->known = false;
    j->why = why;
    return E_OK;
}

/* Rows of a dataset flow into the conversation, whose label was fixed when it began. */
static enum err
judge_query(struct task *t, struct gate *g, const struct proposal *p, struct judged *j)
{
    struct auth_dataset d;
    struct may_object o;
    if (!span_is(p->capability, "read") && !span_is(p->capability, "sql"))
        return no(j, "no-such-capability");
    if (!object_in_list(t, j->conversation.datasets, p->dataset))
        return t->err == E_OK ? no(j, "not-in-this-conversation") : t->err;
    if (object_dataset(t, g, &j->actor, p->dataset, &d, &o) != E_OK)
        return t->err;
    if (!o.exists || !o.published || !gate_may_see(&j->actor.public, &o))
        return no(j, "not-open-to-the-asker");
    j->c.level = object_level(&d);
    j->c.clearance = (enum policy_level)j->conversation.level;
    j->c.dominates = true; /* it is one of the conversation's own */
    return E_OK;
}

/* The highest label of what the conversation may have read, as of now: a dataset that was made private since counts. */
static enum err
context_level(struct task *t, struct gate *g, const struct judged *j, enum policy_level *out)
{
    json_t *list = NULL, *one;
    size_t i;
    *out = (enum policy_level)j->conversation.level;
    if (json_read(t, j->conversation.datasets, &list) != E_OK)
        return t->err;
    json_array_foreach(list, i, one)
    {
        struct auth_dataset d;
        if (auth_dataset_find(t, &g->db, span_of(json_string_value(one)), &d) != E_OK)
            return t->err;
        if (d.name.n > 0 && object_level(&d) > *out)
            *out = object_level(&d);
    }
    return E_OK;
}

/* The whole context flows to the model's provider. */
static enum err
judge_model(struct task *t, struct gate *g, const struct proposal *p, struct judged *j, struct verdict *out)
{
    if (!span_is(p->capability, "llm"))
        return no(j, "no-such-capability");
    if (object_model(t, g, p->model, &out->detail) != E_OK)
        return t->err;
    if (!out->detail)
        return no(j, "no-such-model");
    j->c.clearance = object_clearance(out->detail);
    if (context_level(t, g, j, &j->c.level) != E_OK)
        return t->err;
    /* A provider that an admin cleared for private data is cleared for every dataset's. */
    j->c.dominates = j->c.level < LEVEL_PRIVATE || j->c.clearance >= LEVEL_PRIVATE;
    return span_is(json_text(out->detail, "api"), "guide") ? E_OK : seal_model_detail(t, out->detail, &j->detail);
}

static enum err
judge(struct task *t, struct gate *g, const struct proposal *p, struct judged *j, struct verdict *out)
{
    j->known = true;
    j->c = (struct policy_case){.proposer = PROPOSER_MODEL,
        .integrity = 3,
        .effect = EFFECT_READ,
        .mode = mode_of(j->conversation.mode),
        .approval = APPROVAL_NONE};
    enum err e = span_is(p->audience, "query")    ? judge_query(t, g, p, j)
                 : span_is(p->audience, "egress") ? judge_model(t, g, p, j, out)
                                                  : no(j, "authority-is-for-people");
    if (e != E_OK)
        return e;
    out->decision = DECISION_REFUSE;
    out->reason = j->why;
    if (j->known)
        out->decision = policy_decide(&j->c, &out->reason);
    return E_OK;
}

/* All inputs of the decision; the arguments as their hash alone. */
static struct span
evidence(struct task *t, const struct proposal *p, const struct judged *j, const struct verdict *v)
{
    struct buf *b = task_buf(t, 4096);
    buf_printf(b, "{\"decision\":\"%s\",\"reason\":\"%s\",\"audience\":", policy_decision_word(v->decision), v->reason);
    json_put_text(b, span_first(p->audience, 16));
    json_put_key(b, "capability");
    json_put_text(b, span_first(p->capability, 32));
    json_put_key(b, "turn");
    json_put_text(b, j->ticket.turn);
    json_put_key(b, "dataset");
    json_put_text(b, span_first(p->dataset, 63));
    json_put_key(b, "model");
    json_put_text(b, span_first(p->model, 63));
    buf_printf(b, ",\"ordinal\":%lld,\"level\":%d,\"clearance\":%d,\"dominates\":%s,\"mode\":%d,\"args\":\"",
        (long long)p->ordinal, (int)j->c.level, (int)j->c.clearance, j->c.dominates ? "true" : "false", (int)j->c.mode);
    hex_put(b, p->args_hash.p, p->args_hash.n);
    buf_puts(b, "\"}");
    return buf_view(b);
}

static enum err
give_grant(struct task *t, struct gate *g, const struct proposal *p, const struct judged *j, struct verdict *out)
{
    struct grant grant = {.audience = p->audience,
        .capability = p->capability,
        .subject = j->conversation.owner,
        .conversation = j->conversation.id,
        .turn = j->ticket.turn,
        .ordinal = p->ordinal,
        .mode = j->conversation.mode,
        .level = j->c.level,
        .dataset = p->dataset,
        .args_hash = p->args_hash,
        .detail = j->detail};
    if (span_is(p->audience, "egress") && j->detail.n == 0)
        return E_OK; /* the guide runs inside the agent */
    return seal_grant(t, g, &grant, &out->grant);
}

/* What the agent is told of a model: never which secret opens it. */
static json_t *
without_secret(struct task *t, json_t *model)
{
    json_t *j = model ? task_json(t, json_copy(model)) : NULL;
    if (j)
        json_object_del(j, "secret");
    return j;
}

enum err
propose(struct task *t, struct gate *g, const struct proposal *p, int64_t now_ms, struct verdict *out)
{
    struct judged j = {0};
    *out = (struct verdict){.decision = DECISION_REFUSE, .reason = "no-decision"};
    if (p->args_hash.n != HASH_BYTES || p->ordinal < 1 || p->ordinal > PROPOSE_CALLS)
        return task_fail(t, E_INVALID, "A proposed call needs its number and the hash of its arguments.");
    if (conversation_ticket(t, g, p->ticket, p->pool, now_ms, &j.ticket, &j.actor, &j.conversation) != E_OK ||
        judge(t, g, p, &j, out) != E_OK)
        return t->err;
    struct gate_change change = {.actor = j.conversation.owner,
        .action = SPAN("decide"),
        .object = j.conversation.id,
        .detail = evidence(t, p, &j, out),
        .lazy = out->decision == DECISION_ALLOW};
    if (gate_change_begin(t, g, &change) != E_OK || gate_change_end(t, g, &change, now_ms, E_OK) != E_OK)
        return t->err;
    out->detail = without_secret(t, out->detail);
    return out->decision == DECISION_ALLOW ? give_grant(t, g, p, &j, out) : E_OK;
}

static enum err
context_datasets(struct task *t, struct gate *g, const struct actor *a, const struct auth_conversation *c, json_t *out)
{
    json_t *list = NULL, *one;
    size_t i;
    if (json_read(t, c->datasets, &list) != E_OK)
        return t->err;
    json_array_foreach(list, i, one)
    {
        struct auth_dataset d;
        struct may_object o;
        if (object_dataset(t, g, a, span_of(json_string_value(one)), &d, &o) != E_OK)
            return t->err;
        if (o.exists && o.published && gate_may_see(&a->public, &o))
            json_array_append_new(out, object_dataset_json(t, g, &d));
    }
    return t->err;
}

static void
put_text(json_t *j, const char *key, struct span s)
{
    json_object_set_new(j, key, json_stringn(s.p ? s.p : "", s.n));
}

enum err
propose_context(struct task *t, struct gate *g, struct span ticket, struct span pool, int64_t now_ms, json_t **out)
{
    static const char *const limits[] = {"turn_steps", "turn_ms", "turn_tokens", "query_ms", "rows", "result_bytes"};
    struct grant grant;
    struct actor a;
    struct auth_conversation c;
    json_t *models = NULL, *j = task_json(t, json_object()), *datasets = json_array(), *caps = json_object();
    json_object_set_new(j, "datasets", datasets);
    json_object_set_new(j, "limits", caps);
    if (conversation_ticket(t, g, ticket, pool, now_ms, &grant, &a, &c) != E_OK ||
        context_datasets(t, g, &a, &c, datasets) != E_OK || object_models(t, g, true, &models) != E_OK)
        return t->err;
    put_text(j, "subject", c.owner);
    put_text(j, "mode", c.mode);
    put_text(j, "conversation", c.id);
    put_text(j, "turn", grant.turn);
    json_object_set(j, "models", models);
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        json_object_set_new(caps, limits[i], json_integer(conf_int(task_printf(t, "limits.%s", limits[i]))));
    *out = j;
    return E_OK;
}
