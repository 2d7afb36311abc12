/* own_label: labels of one's own datasets, a conversation's badge, and links out of an answer. */
#include "base/json.h"
#include "gate/act_priv.h"
#include "gate/badge.h"
#include "gate/evidence.h"
#include "gate/label_set.h"
#include "gate/own.h"
#include "render/visible.h"

static json_t *
entries_json(const struct auth_label *e, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *row = json_array();
        json_array_append_new(row, json_stringn(e[i].table.p, e[i].table.n));
        json_array_append_new(row, json_stringn(e[i].column.n > 0 ? e[i].column.p : "", e[i].column.n));
        json_array_append_new(row, json_integer(e[i].level));
        json_array_append_new(row, json_integer(e[i].integrity));
        json_array_append_new(list, row);
    }
    return list;
}

enum err
own_label_get(struct task *t, struct own_call *c)
{
    struct auth_dataset d;
    struct may_object o;
    struct auth_label *e = NULL;
    size_t n = 0;
    if (own_dataset(t, c, "change", &d, &o) != E_OK || auth_label_list(t, &c->gate->db, d.name, &e, &n) != E_OK)
        return t->err;
    own_answer(t, c, "visibility", d.visibility);
    json_object_set_new(c->out, "level", json_integer(object_level(&d)));
    json_object_set_new(c->out, "raise", json_integer(d.level));
    json_object_set_new(c->out, "integrity", json_integer(d.integrity));
    json_object_set_new(c->out, "writable", json_boolean(d.writable));
    json_object_set_new(c->out, "held", json_boolean(d.held));
    json_object_set_new(c->out, "stale", json_boolean(d.stale));
    json_object_set_new(c->out, "labels", entries_json(e, n));
    return E_OK;
}

/* Letting more people see something is authority: with an approval, and the password again. */
static enum err
ask_lowering(struct task *t, struct own_call *c, const struct label_change *change)
{
    json_t *args = task_json(t, json_object());
    json_object_set_new(args, "operation", json_string("label.set"));
    json_object_set(args, "in", c->in);
    struct approval_call call = {.kind = "admin",
        .c = {.integrity = INTEGRITY_USER,
            .level = change->was,
            .dominates = change->was < LEVEL_PRIVATE,
            .effect = EFFECT_AUTHORITY,
            .clearance = change->becomes,
            .mode = MODE_PRIVATE},
        .tool = SPAN("label.set"),
        .args = json_dump(t, args),
        .dataset = change->from.name,
        .revision = change->from.revision,
        .sink = change->from.name};
    return own_ask(t, c, "label.ask", &call);
}

/* The change itself, on record; what the caller is to have done by effect is in c->out. */
static enum err
write_change(struct task *t, struct own_call *c, struct label_change *change)
{
    struct gate_change row = {.actor = c->actor->public.principal,
        .action = SPAN("label.set"),
        .object = change->to.name,
        .detail = task_format(t, "{\"level\":%d,\"integrity\":%d,\"writable\":%s,\"labels\":%zu,\"lowers\":%s}",
            (int)change->to.level, (int)change->to.integrity, change->to.writable ? "true" : "false", change->n,
            change->lowers ? "true" : "false")};
    if (gate_change_begin(t, c->gate, &row) != E_OK)
        return t->err;
    enum err e = label_change_write(t, c->gate, change, c->now_ms);
    if (e == E_OK && c->approval.n > 0)
        e = act_once(t, c->gate, c->approval, c->now_ms);
    if (gate_change_end(t, c->gate, &row, c->now_ms, e) != E_OK)
        return t->err;
    share_epoch_bump(c->gate->share);
    c->out = task_json(t, json_object());
    return label_change_grant(t, c->gate, c->actor, change, c->out);
}

enum err
own_label_set(struct task *t, struct own_call *c)
{
    struct auth_dataset d;
    struct may_object o;
    struct label_change change;
    bool unasked = span_is(c->actor->public.principal, "operator") || c->approval.n > 0;
    if (own_dataset(t, c, "change", &d, &o) != E_OK || label_change_begin(t, c->gate, &d, &change) != E_OK ||
        label_change_read(t, c->in, &change) != E_OK)
        return t->err;
    label_change_judge(&change);
    return change.lowers && !unasked ? ask_lowering(t, c, &change) : write_change(t, c, &change);
}

static enum err
find_conversation(struct task *t, struct own_call *c, struct auth_conversation *v)
{
    struct span id;
    struct may_object o;
    if (own_text(t, c, "conversation", &id) != E_OK || object_conversation(t, c->gate, id, v, &o) != E_OK)
        return t->err;
    return own_may(t, c, "read", "conversation", &o);
}

enum err
own_conversation_badge(struct task *t, struct own_call *c)
{
    struct auth_conversation v;
    c->out = task_json(t, json_object());
    return find_conversation(t, c, &v) == E_OK ? badge_put(t, c->gate, c->actor, &v, c->now_ms, c->out) : t->err;
}

/* A link that a model put into an answer: which, whether and when it is clicked tell the outside something. Pages ask
 * for each link that they show; what is on record is the decision to leave ("leave": true). */
enum err
own_link_decide(struct task *t, struct own_call *c)
{
    struct auth_conversation v;
    struct policy_set policy;
    struct taint_state s;
    struct label context, sink;
    struct visible_url url;
    struct span text;
    const char *reason = "no-such-address";
    if (find_conversation(t, c, &v) != E_OK || own_text(t, c, "url", &text) != E_OK ||
        policy_set_read(t, c->gate, &policy) != E_OK || label_state(t, &v, &s) != E_OK)
        return t->err;
    label_context(&v, &s, &context);
    taint_sink_outside(LEVEL_PUBLIC, &sink);
    const struct taint_flow f = {.proposer = PROPOSER_MODEL, .effect = EFFECT_OUTSIDE, .sink = &sink};
    struct approval_call call = {
        .kind = "link", .args = text, .conversation = v.id, .categories = label_categories(t, &context)};
    taint_case(label_mode(v.mode, policy.strict, context.level), &context, &f, &call.c);
    enum policy_decision d = DECISION_REFUSE;
    if (visible_url(t, text, &url)) {
        d = policy_decide(&call.c, &reason);
        call.sink = url.host;
    }
    own_answer(t, c, "decision", span_of(policy_decision_word(d)));
    own_answer(t, c, "reason", span_of(reason));
    if (!json_flag(c->in, "leave", false))
        return E_OK;
    struct gate_change row = {
        .actor = c->actor->public.principal, .action = SPAN("link"), .object = v.id, .lazy = true};
    if (gate_change_begin(t, c->gate, &row) != E_OK)
        return t->err;
    enum err e = evidence_of_call(t, c->gate, &call, d, reason, SPAN_NONE, &row.detail);
    return gate_change_end(t, c->gate, &row, c->now_ms, e);
}
