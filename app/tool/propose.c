/* propose: a tool's way through gate: a grant, a refusal, or a person's approval to wait for. */
#include "base/json.h"
#include "base/must.h"
#include "gate/gate_client.h"
#include "tool/refusal.h"
#include "tool/tool_priv.h"

void
tool_code(struct task *t, struct span code, struct tool_done *out)
{
    struct query_problem p = {.code = refusal_code(code), .message = refusal_sentence(code), .offset = -1};
    tool_problem(t, &p, out);
}

static enum err
refused(struct task *t, struct tool_world *w, struct span code)
{
    w->refused = refusal_code(code);
    return task_fail(t, E_DENIED, "This call is not allowed here (%.*s).", SPAN_ARG(w->refused));
}

enum err
tool_propose(struct task *t, struct tool_world *w, struct gate_proposal *p, struct gate_verdict *out)
{
    *out = (struct gate_verdict){0};
    p->ticket = w->ticket;
    p->ordinal = ++w->ordinal;
    p->model = w->model;
    if (gate_propose(t, p, out) != E_OK)
        return t->err;
    if (!span_is(out->decision, "ALLOW") && !span_is(out->decision, "ASK"))
        return refused(t, w, out->reason);
    /* Gate decides and records what is proposed with a tool that is not offered; nothing comes of it either way. */
    return w->barred ? refused(t, w, SPAN("no-such-tool")) : E_OK;
}

enum err
tool_allowed(struct task *t, struct tool_world *w, struct gate_proposal *p, struct span *out)
{
    struct gate_verdict v;
    if (tool_propose(t, w, p, &v) != E_OK)
        return t->err;
    if (!span_is(v.decision, "ALLOW"))
        return refused(t, w, v.reason);
    *out = v.grant;
    return E_OK;
}

enum err
tool_grant(struct task *t, struct tool_world *w, const char *capability, struct span dataset, struct span args_hash,
    struct span *out)
{
    struct gate_proposal p = {
        .audience = "query", .capability = capability, .dataset = dataset, .args_hash = args_hash};
    return tool_allowed(t, w, &p, out);
}

static struct span
waiting_json(struct task *t, const struct gate_verdict *v, const struct tool_plea *plea)
{
    struct buf *b = task_buf(t, 4096);
    buf_puts(b, "{\"approval\":");
    json_put_text(b, v->approval);
    json_put_key(b, "kind");
    json_put_text(b, span_of(plea->kind));
    json_put_key(b, "text");
    json_put_text(b, plea->text);
    json_put_key(b, "expires_ms");
    buf_i64(b, v->expires_ms);
    buf_putc(b, '}');
    return buf_view(b);
}

enum err
tool_plead(
    struct task *t, struct tool_world *w, struct gate_proposal *p, const struct tool_plea *plea, struct tool_done *out)
{
    struct gate_verdict v;
    if (tool_propose(t, w, p, &v) != E_OK)
        return t->err;
    /* A machine's effect without a person's approval is nothing that gate may allow. */
    if (!span_is(v.decision, "ASK") || v.approval.n == 0)
        return refused(t, w, SPAN("no-such-capability"));
    *out = (struct tool_done){
        .line = SPAN("Waiting for your decision"),
        .ending = TOOL_WAITS,
        .waiting = waiting_json(t, &v, plea),
        .approval = v.approval,
    };
    return E_OK;
}

void
tool_wait_on(struct tool_world *w, struct tool_done *out)
{
    *out = (struct tool_done){
        .line = SPAN("Waiting for your decision"),
        .ending = TOOL_WAITS,
        .waiting = w->waiting,
        .approval = w->approval,
        .again = true,
    };
}

/* What an approval's state means for the call that waits. */
enum fate { FATE_OPEN, FATE_APPROVED, FATE_OVER };

/* Gate carries out what it was asked for at the moment of approval: until that is done the turn waits on. A fetch, or a
 * plugin's call, is the agent's to carry out, and only as long as nobody did. */
static enum fate
fate_of(const struct tool *tool, struct span state)
{
    bool ours = tool->effect == EFFECT_OUTSIDE || tool->plugin;
    if (span_is(state, "pending"))
        return FATE_OPEN;
    if (span_is(state, "approved"))
        return ours ? FATE_APPROVED : FATE_OPEN;
    if (span_is(state, "consumed"))
        return ours ? FATE_OVER : FATE_OPEN;
    return span_is(state, "done") && !ours ? FATE_APPROVED : FATE_OVER;
}

/* The fixed code of one that was not carried out. */
static struct span
code_of(struct span state, struct span code)
{
    if (span_is(state, "consumed") || span_is(state, "done"))
        return SPAN("lost"); /* a fetch that was begun: what came of it died with its runner */
    bool plain = span_is(state, "declined") || span_is(state, "expired") || span_is(state, "void");
    return plain || code.n == 0 ? state : code;
}

enum err
tool_go_on(struct task *t, struct tool_world *w, const struct tool_call *call, struct tool_done *out)
{
    json_t *outcome = NULL;
    must(call->tool->approved);
    enum err e = gate_outcome(t, w->ticket, w->approval, &outcome);
    if (e == E_NOTFOUND) {
        task_clear_error(t);
        tool_code(t, SPAN("void"), out);
        return E_OK;
    }
    if (e != E_OK)
        return e;
    struct span state = json_text(outcome, "state");
    switch (fate_of(call->tool, state)) {
    case FATE_OPEN:
        if (w->stopped && !span_is(state, "pending"))
            tool_code(t, SPAN("lost"), out); /* somebody is at it: nobody waits for what comes of it */
        else
            tool_wait_on(w, out);
        return E_OK;
    case FATE_OVER:
        if (w->stopped && span_is(state, "void")) { /* by the stop, or before it: the same is told */
            tool_wait_on(w, out);
            return E_OK;
        }
        tool_code(t, code_of(state, json_text(outcome, "code")), out);
        return E_OK;
    case FATE_APPROVED: break;
    }
    if (w->stopped && (call->tool->effect == EFFECT_OUTSIDE || call->tool->plugin)) {
        tool_code(t, SPAN("not_run"), out);
        return E_OK;
    }
    return call->tool->approved(t, w, call->args, outcome, out);
}
