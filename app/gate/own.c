/* own: the table of gestures, and how one is decided and put on record. */
#include "gate/own.h"

#include "base/id.h"
#include "base/json.h"
#include "gate/act.h"
#include "gate/evidence.h"
#include "gate/policy_set.h"

static const struct {
    const char *name;
    bool visitors; /* who has not signed in may ask too; gate_may still decides */
    own_op *run;
} ops[] = {
    {"approval.list", false, own_approval_list},
    {"phrase.get", false, own_phrase_get},
    {"phrase.set", false, own_phrase_set},
    {"label.get", false, own_label_get},
    {"label.set", false, own_label_set},
    {"conversation.badge", true, own_conversation_badge},
    {"link.decide", true, own_link_decide},
    {"write.grant", false, own_write_grant},
    {"write.propose", false, own_write_propose},
    {"changes.list", false, own_changes_list},
    {"undo.propose", false, own_undo_propose},
    {"release.propose", false, own_release_propose},
    {"receipt.record", false, own_receipt_record},
    {"saved.list", false, own_saved_list},
    {"saved.get", true, own_saved_get},
    {"saved.put", false, own_saved_put},
    {"saved.share", false, own_saved_share},
    {"saved.remove", false, own_saved_remove},
    {"share.make", true, own_share_make},
    {"share.list", true, own_share_list},
    {"share.end", true, own_share_end},
    {"share.open", true, own_share_open},
    {"market.catalogue", true, own_market_catalogue},
    {"market.plugin", true, own_market_plugin},
    {"market.log", true, own_market_log},
};

enum err
own_run(struct task *t, struct own_call *c, struct span operation)
{
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (!span_is(operation, ops[i].name))
            continue;
        if (!ops[i].visitors && !c->actor->public.signed_in)
            return task_fail(t, E_UNAUTHENTICATED, "Sign in to do that.");
        return ops[i].run(t, c);
    }
    return task_fail(t, E_INVALID, "There is no operation %.*s.", SPAN_ARG(span_first(operation, 60)));
}

enum err
own_text(struct task *t, const struct own_call *c, const char *key, struct span *out)
{
    *out = json_text(c->in, key);
    return out->n > 0 ? E_OK : task_fail(t, E_INVALID, "\"%s\" is missing.", key);
}

enum err
own_may(struct task *t, struct own_call *c, const char *verb, const char *kind, const struct may_object *o)
{
    struct may_rules rules;
    const char *why = "";
    if (who_rules(t, c->gate, &rules) != E_OK)
        return t->err;
    enum err e = gate_may(&c->actor->public, verb, kind, o, &rules, &why);
    return e == E_OK ? E_OK : task_fail(t, e, "%s", why);
}

enum err
own_dataset(struct task *t, struct own_call *c, const char *verb, struct auth_dataset *d, struct may_object *o)
{
    struct span name;
    if (own_text(t, c, "dataset", &name) != E_OK || object_dataset(t, c->gate, c->actor, name, d, o) != E_OK)
        return t->err;
    return own_may(t, c, verb, "dataset", o);
}

void
own_answer(struct task *t, struct own_call *c, const char *key, struct span s)
{
    json_t *text = json_stringn(s.p ? s.p : "", s.n);
    if (!c->out)
        c->out = task_json(t, json_object());
    json_object_set_new(c->out, key, text ? text : json_string(""));
}

/* A person's gesture outside of a conversation has no mode of its own: private, or strict where the deployment is. */
static enum err
fill(struct task *t, struct own_call *c, struct approval_call *call)
{
    struct policy_set policy;
    if (policy_set_read(t, c->gate, &policy) != E_OK)
        return t->err;
    call->user = c->actor->public.principal;
    call->session = c->actor->session;
    call->c.proposer = PROPOSER_USER;
    call->c.approval = APPROVAL_NONE;
    if (policy.strict && call->c.mode == MODE_PRIVATE)
        call->c.mode = MODE_STRICT;
    return E_OK;
}

/* Decides, notes, and makes the approval when one is wanted, in one transaction. */
static enum err
decide(struct task *t, struct own_call *c, const char *action, struct approval_call *call, bool always,
    enum policy_decision *decision, struct span *approval)
{
    struct approval_asked asked = {0};
    const char *reason = "";
    struct gate_change change = {.actor = c->actor->public.principal, .action = span_of(action)};
    *approval = SPAN_NONE;
    if (fill(t, c, call) != E_OK)
        return t->err;
    *decision = policy_decide(&call->c, &reason);
    bool ask = *decision == DECISION_ASK || (always && *decision == DECISION_ALLOW);
    bool operator= span_is(call->user, "operator");
    if (gate_change_begin(t, c->gate, &change) != E_OK)
        return t->err;
    enum err e = ask && !operator? approval_ask(t, c->gate, call, c->now_ms, &asked) : E_OK;
    change.object = call->dataset.n > 0 ? call->dataset : call->conversation;
    if (e == E_OK)
        e = evidence_of_call(t, c->gate, call, *decision, reason, asked.id, &change.detail);
    if (gate_change_end(t, c->gate, &change, c->now_ms, e) != E_OK)
        return t->err;
    *approval = asked.id;
    if (*decision == DECISION_REFUSE)
        return task_fail(t, E_DENIED, "The policy does not allow that (%s).", reason);
    return E_OK;
}

enum err
own_decide(struct task *t, struct own_call *c, const char *action, struct approval_call *call, struct span *approval)
{
    enum policy_decision decision;
    return decide(t, c, action, call, false, &decision, approval);
}

/* The operator's credential is the machine's: nothing above it could be asked for. */
static enum err
at_once(struct task *t, struct own_call *c, const struct approval_call *call)
{
    struct auth_approval a = {.kind = span_of(call->kind),
        .user = call->user,
        .args = call->args,
        .dataset = call->dataset,
        .revision = call->revision,
        .level = call->c.level,
        .integrity = call->c.integrity,
        .proposal = call->proposal,
        .effect_digest = call->effect_digest,
        .facts = call->facts};
    char id[ID_BYTES + 1];
    id_new('p', id);
    a.id = task_dup(t, span_of(id));
    return act_run(t, c->gate, &a, c->now_ms, &c->out);
}

enum err
own_ask(struct task *t, struct own_call *c, const char *action, struct approval_call *call)
{
    enum policy_decision decision;
    struct span approval;
    if (decide(t, c, action, call, true, &decision, &approval) != E_OK)
        return t->err;
    if (approval.n == 0)
        return at_once(t, c, call);
    own_answer(t, c, "approval", approval);
    return E_OK;
}
