/* server: one request, one answer, on a connection of its own. */
#include "gate/server.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "gate/admin.h"
#include "gate/approval.h"
#include "gate/conversation.h"
#include "gate/own.h"
#include "gate/propose.h"
#include "gate/seal.h"
#include "gate/wire.h"
#include "sandbox/callers.h"

#include <string.h>

enum { GATE_TALK_MS = 5000 }; /* for a request to come, and for a reply to go */

/* One request while it is answered. */
struct call {
    struct gate *gate;
    const struct frame *in;
    struct buf *out; /* fields of the "ok" */
    struct actor actor;
    bool has_actor;
    bool as_operator; /* the peer may be it, and says that it is */
    struct span pool; /* mode of the agents that ask; empty: not one of the two pools */
    int64_t now_ms;
};

static enum err
identify(struct task *t, struct call *c)
{
    struct gate_who who = {.session = frame_get(c->in, "session"), .visitor = frame_get(c->in, "visitor")};
    c->has_actor = true;
    return who_is(t, c->gate, &who, c->as_operator, c->now_ms, &c->actor);
}

static void
put_actor(struct buf *b, const struct gate_actor *a)
{
    frame_put(b, "principal", a->principal);
    frame_put(b, "name", a->name);
    frame_put(b, "role", a->role);
    frame_put_i64(b, "signed_in", a->signed_in);
}

/* Finds the object of an authorize; *d is the dataset that a grant may be for. */
static enum err
find_object(struct task *t, struct call *c, struct span kind, struct may_object *o, struct auth_dataset *d,
    struct auth_conversation *v)
{
    struct span id = frame_get(c->in, "id");
    if (span_is(kind, "dataset"))
        return object_dataset(t, c->gate, &c->actor, id, d, o);
    if (!span_is(kind, "conversation") && !span_is(kind, "result"))
        return E_OK;
    if (span_is(frame_get(c->in, "verb"), "delete")) { /* a second time too, so that an interrupted one can be ended */
        if (auth_conversation_find(t, &c->gate->db, id, v) != E_OK)
            return t->err;
        *o = (struct may_object){.exists = v->id.n > 0, .owner = v->owner};
        return E_OK;
    }
    return object_conversation(t, c->gate, id, v, o);
}

/* A grant for the person's own read: of the dataset asked for, or of another one that is named. */
static enum err
own_grant(struct task *t, struct call *c, const struct may_rules *rules, struct auth_dataset *d)
{
    struct span capability = frame_get(c->in, "capability"), sealed;
    const char *why = "";
    struct may_object o;
    bool sql = span_is(capability, "sql");
    if (!span_is(frame_get(c->in, "audience"), "query") || (!sql && !span_is(capability, "read")))
        return task_fail(t, E_INVALID, "There is no such permission.");
    if (d->name.n == 0 && auth_dataset_find(t, &c->gate->db, frame_get(c->in, "dataset"), d) != E_OK)
        return t->err;
    if (object_judge(t, c->gate, &c->actor, d, &o) != E_OK)
        return t->err;
    enum err e = gate_may(&c->actor.public, sql ? "sql" : "read", "dataset", &o, rules, &why);
    if (e != E_OK)
        return task_fail(t, e, "%s", why);
    if (seal_own(t, c->gate, &c->actor, sql ? "sql" : "read", d, &o, frame_get(c->in, "args_hash"), &sealed) != E_OK)
        return t->err;
    frame_put(c->out, "grant", sealed);
    return E_OK;
}

/* Gate forgets it; the grant is for having its scratch tables removed. */
static enum err
end_conversation(struct task *t, struct call *c, const struct auth_conversation *v)
{
    const struct span bound[] = {SPAN("scratch.drop"), v->id};
    struct grant grant = {.audience = SPAN("effect"),
        .capability = SPAN("scratch.drop"),
        .subject = c->actor.public.principal,
        .conversation = v->id,
        .args_hash = grant_args_hash(t, bound, 2)};
    struct span sealed;
    if (conversation_delete(t, c->gate, &c->actor, v->id, c->now_ms) != E_OK ||
        seal_grant(t, c->gate, &grant, &sealed) != E_OK)
        return t->err;
    frame_put(c->out, "grant", sealed);
    return E_OK;
}

static json_t *
conversation_json(struct task *t, const struct auth_conversation *v)
{
    json_t *datasets = NULL, *j = task_json(t, json_object());
    if (json_read(t, v->datasets, &datasets) != E_OK)
        return NULL;
    json_object_set_new(j, "id", json_stringn(v->id.p, v->id.n));
    json_object_set_new(j, "mode", json_stringn(v->mode.p, v->mode.n));
    json_object_set(j, "datasets", datasets);
    json_object_set_new(j, "created_ms", json_integer(v->created_ms));
    return j;
}

static enum err
do_authorize(struct task *t, struct call *c)
{
    struct span verb = frame_get(c->in, "verb"), kind = frame_get(c->in, "kind");
    struct may_object o = {0};
    struct may_rules rules;
    struct auth_dataset d = {0};
    struct auth_conversation v = {0};
    const char *why = "";
    if (identify(t, c) != E_OK || who_rules(t, c->gate, &rules) != E_OK || find_object(t, c, kind, &o, &d, &v) != E_OK)
        return t->err;
    enum err e = gate_may(&c->actor.public, task_z(t, verb), task_z(t, kind), &o, &rules, &why);
    if (e != E_OK)
        return task_fail(t, e, "%s", why);
    if (frame_get(c->in, "audience").n > 0 && own_grant(t, c, &rules, &d) != E_OK)
        return t->err;
    if (v.id.n > 0 && span_is(verb, "stop") &&
        approval_void_conversation(t, c->gate, v.id, "stopped", c->now_ms) != E_OK)
        return t->err;
    if (v.id.n > 0 && span_is(verb, "delete") && end_conversation(t, c, &v) != E_OK)
        return t->err;
    json_t *object = v.id.n > 0                                 ? conversation_json(t, &v)
                     : d.name.n > 0 && span_is(kind, "dataset") ? task_json(t, object_dataset_json(t, c->gate, &d))
                                                                : NULL;
    frame_put(c->out, "mode", v.mode);
    frame_put(c->out, "owner", v.owner);
    if (object)
        frame_put(c->out, "object", json_dump(t, object));
    return t->err;
}

static enum err
put_started(struct task *t, struct call *c, const struct started *s)
{
    frame_put(c->out, "conversation", s->conversation);
    frame_put(c->out, "turn", s->turn);
    frame_put(c->out, "ticket", s->ticket);
    frame_put(c->out, "mode", s->mode);
    frame_put(c->out, "visitor_cookie", s->visitor_cookie);
    return t->err;
}

static enum err
do_conversation_start(struct task *t, struct call *c)
{
    struct started s = {0};
    const struct start_ask ask = {.datasets = frame_get(c->in, "datasets"),
        .address = frame_get(c->in, "address"),
        .private_chat = frame_i64(c->in, "private", 0) == 1};
    if (identify(t, c) != E_OK || conversation_start(t, c->gate, &c->actor, &ask, c->now_ms, &s) != E_OK)
        return t->err;
    return put_started(t, c, &s);
}

static enum err
do_turn_start(struct task *t, struct call *c)
{
    struct started s = {0};
    struct span verb = frame_get(c->in, "verb");
    if (!span_is(verb, "ask") && !span_is(verb, "answer"))
        return task_fail(t, E_INVALID, "A turn starts by asking or by answering.");
    if (identify(t, c) != E_OK ||
        conversation_turn(t, c->gate, &c->actor, frame_get(c->in, "conversation"), frame_get(c->in, "turn"),
            task_z(t, verb), frame_get(c->in, "address"), c->now_ms, &s) != E_OK)
        return t->err;
    return put_started(t, c, &s);
}

static enum err
do_propose(struct task *t, struct call *c)
{
    struct verdict v;
    struct proposal p = {.ticket = frame_get(c->in, "ticket"),
        .pool = c->pool,
        .audience = frame_get(c->in, "audience"),
        .capability = frame_get(c->in, "capability"),
        .dataset = frame_get(c->in, "dataset"),
        .model = frame_get(c->in, "model"),
        .args_hash = frame_get(c->in, "args_hash"),
        .body = frame_get(c->in, "body"),
        .receipt = frame_get(c->in, "receipt"),
        .approval = frame_get(c->in, "approval"),
        .ordinal = frame_i64(c->in, "ordinal", 0),
        .plugin = frame_get(c->in, "plugin"),
        .call = frame_i64(c->in, "call", 0)};
    if (propose(t, c->gate, &p, c->now_ms, &v) != E_OK)
        return t->err;
    frame_put_z(c->out, "decision", policy_decision_word(v.decision));
    frame_put_z(c->out, "reason", v.reason);
    frame_put(c->out, "grant", v.grant);
    frame_put(c->out, "approval", v.approval);
    frame_put_i64(c->out, "expires_ms", v.expires_ms);
    if (v.detail)
        frame_put(c->out, "detail", json_dump(t, v.detail));
    return E_OK;
}

static void
put_body(struct task *t, struct call *c, const json_t *body)
{
    if (body)
        frame_put(c->out, "body", json_dump(t, body));
}

static enum err
do_catalogue(struct task *t, struct call *c)
{
    json_t *body = NULL;
    if (identify(t, c) != E_OK || object_catalogue(t, c->gate, &c->actor, &body) != E_OK)
        return t->err;
    put_body(t, c, body);
    return E_OK;
}

static enum err
do_turn_context(struct task *t, struct call *c)
{
    json_t *body = NULL;
    if (propose_context(t, c->gate, frame_get(c->in, "ticket"), c->pool, c->now_ms, &body) != E_OK)
        return t->err;
    put_body(t, c, body);
    return E_OK;
}

/* What the agents' watcher asks each second: which of its turns need not wait any more. Another pool's tell nothing. */
static enum err
do_settled(struct task *t, struct call *c)
{
    struct span rest = frame_get(c->in, "ids"), id;
    struct buf *b = task_buf(t, GATE_REPLY_BYTES);
    for (size_t n = 0; span_cut(&rest, '\n', &id); n++) {
        struct auth_approval a;
        if (n == APPROVALS_ASKED)
            return task_fail(t, E_LIMIT, "At most %d approvals are asked about at once.", APPROVALS_ASKED);
        if (!id_is(id, 'p') || approval_look(t, c->gate, id, c->now_ms, &a) != E_OK)
            return t->err != E_OK ? t->err : task_fail(t, E_INVALID, "That is no approval's name.");
        if (a.id.n > 0 && (approval_is_open(&a) || !approval_in_pool(&a, c->pool)))
            continue;
        buf_puts(b, b->n > 0 ? "\n" : "");
        buf_span(b, id);
    }
    frame_put(c->out, "ids", buf_view(b));
    return t->err;
}

static enum err
do_outcome(struct task *t, struct call *c)
{
    struct grant ticket;
    struct actor actor;
    struct auth_conversation v;
    struct auth_approval a;
    if (conversation_ticket(t, c->gate, frame_get(c->in, "ticket"), c->pool, c->now_ms, &ticket, &actor, &v) != E_OK ||
        approval_look(t, c->gate, frame_get(c->in, "approval"), c->now_ms, &a) != E_OK)
        return t->err;
    if (a.id.n == 0 || !span_eq(a.turn, ticket.turn) || !span_eq(a.conversation, ticket.conversation))
        return task_fail(t, E_NOTFOUND, "There is no such approval of this turn.");
    put_body(t, c, approval_outcome(t, &a));
    return E_OK;
}

static enum err
do_own(struct task *t, struct call *c)
{
    json_t *in = NULL;
    struct span text = frame_get(c->in, "in");
    if (identify(t, c) != E_OK || (text.n > 0 && json_read(t, text, &in) != E_OK))
        return t->err;
    struct own_call o = {.gate = c->gate, .actor = &c->actor, .in = in, .now_ms = c->now_ms};
    if (own_run(t, &o, frame_get(c->in, "operation")) != E_OK)
        return t->err;
    put_body(t, c, o.out);
    return E_OK;
}

static enum err
do_admin(struct task *t, struct call *c)
{
    json_t *in = NULL;
    struct span text = frame_get(c->in, "in");
    if (identify(t, c) != E_OK || (text.n > 0 && json_read(t, text, &in) != E_OK))
        return t->err;
    struct admin_call a = {.gate = c->gate, .actor = &c->actor, .in = in, .now_ms = c->now_ms};
    if (admin_run(t, &a, frame_get(c->in, "operation")) != E_OK)
        return t->err;
    put_body(t, c, a.out);
    return E_OK;
}

/* Which programs may ask for what; the operator is the command line. */
static const struct {
    const char *kind;
    const char *roles;
    enum err (*run)(struct task *t, struct call *c);
} ops[] = {
    {"authorize", "web operator", do_authorize},
    {"catalogue", "web operator", do_catalogue},
    {"conversation.start", "web operator", do_conversation_start},
    {"turn.start", "web operator", do_turn_start},
    {"admin", "web operator", do_admin},
    {"own", "web operator", do_own},
    {"propose", "agentpub agentpriv operator", do_propose},
    {"turn.context", "agentpub agentpriv operator", do_turn_context},
    {"approvals.settled", "agentpub agentpriv operator", do_settled},
    {"approval.outcome", "agentpub agentpriv operator", do_outcome},
};

static bool
role_in(const char *roles, const char *role)
{
    struct span rest = span_of(roles), one;
    if (strcmp(role, "any") == 0)
        return true;
    while (span_cut(&rest, ' ', &one))
        if (span_is(one, role))
            return true;
    return false;
}

static enum err
run_call(struct task *t, struct call *c, const char *role)
{
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (!frame_is(c->in, ops[i].kind))
            continue;
        if (!role || !role_in(ops[i].roles, role))
            return task_fail(t, E_DENIED, "This program may not ask the authority for that.");
        bool may = strcmp(role, "operator") == 0 || strcmp(role, "any") == 0;
        c->pool = strcmp(role, "agentpub") == 0    ? SPAN("public")
                  : strcmp(role, "agentpriv") == 0 ? SPAN("private")
                                                   : SPAN_NONE;
        c->as_operator = may && frame_i64(c->in, "operator", 0) == 1;
        return gate_now(t, c->gate, &c->now_ms) == E_OK ? ops[i].run(t, c) : t->err;
    }
    return task_fail(t, E_INVALID, "The authority does not know that request.");
}

void
server_answer(struct task *t, struct gate *g, const char *role, const struct frame *request, struct buf *out)
{
    struct call c = {.gate = g, .in = request, .out = out};
    c.actor.public.role = SPAN("anonymous");
    size_t mark = frame_begin(out, "ok");
    enum err e = run_call(t, &c, role);
    if (e == E_OK && out->failed)
        e = task_fail(t, E_LIMIT, "The answer is too long.");
    if (e != E_OK) {
        buf_clear(out);
        out->failed = false;
        mark = frame_begin(out, "no");
        frame_put_z(out, "code", err_word(e));
        frame_put_z(out, "message", t->cause);
    }
    if (c.has_actor)
        put_actor(out, &c.actor.public);
    frame_end(out, mark);
}

static void
answer(struct task *t, const struct callers *c, const char *role, const struct frame *request, struct buf *out)
{
    prefork_busy(c->slot, GATE_CALL_MS + 10000);
    t->deadline_ms = clock_mono_ms() + GATE_CALL_MS;
    server_answer(t, c->arg, role, request, out);
    if (t->err == E_INTERNAL || t->err == E_CORRUPT)
        log_line(t, "%.*s: %s", SPAN_ARG(request->kind), t->cause);
    prefork_idle(c->slot);
}

int
server_work(struct gate *g, int listener, struct prefork_slot *slot)
{
    const struct callers c = {.listener = listener,
        .request_bytes = GATE_REQUEST_BYTES,
        .reply_bytes = GATE_REPLY_BYTES,
        .request_ms = GATE_TALK_MS,
        .reply_ms = GATE_TALK_MS,
        .answer = answer,
        .slot = slot,
        .arg = g};
    return callers_serve(&c);
}
