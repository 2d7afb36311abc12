/* propose_ask: the person's part of a decision. */
#include "gate/propose_priv.h"

/* What is told of an approval that no longer helps. */
static const char *
closed_code(enum policy_approval state)
{
    if (state == APPROVAL_EXPIRED)
        return "expired";
    return state == APPROVAL_CONSUMED ? "lost" : "void";
}

static void
refuse(struct verdict *out, const char *reason)
{
    out->decision = DECISION_REFUSE;
    out->reason = reason;
}

static enum err
ask(struct task *t, struct gate *g, struct judged *j, struct verdict *out)
{
    struct approval_asked asked;
    if (!judged_has_account(j)) {
        refuse(out, j->why);
        return E_OK;
    }
    /* Named again while it is open, it is found again; once it was answered, nothing new is asked in its place. */
    if (j->p->approval.n > 0 && j->c.approval != APPROVAL_PENDING) {
        refuse(out, closed_code(j->c.approval));
        return E_OK;
    }
    enum err e = approval_ask(t, g, &j->call, j->now_ms, &asked);
    if (e == E_BUDGET) {
        task_clear_error(t);
        refuse(out, "turn-budget");
        return E_OK;
    }
    if (e != E_OK)
        return e;
    out->approval = asked.id;
    out->expires_ms = asked.expires_ms;
    return E_OK;
}

/* What gate carries out itself was carried out when the person approved; the agent carries out a fetch, or a plugin's
 * call, once. */
static enum err
use(struct task *t, struct gate *g, struct judged *j, struct verdict *out)
{
    bool won = false;
    if (!approval_is_agents(span_of(j->call.kind))) {
        refuse(out, "lost");
        return E_OK;
    }
    if (approval_consume(t, g, j->p->approval, j->now_ms, &won) != E_OK)
        return t->err;
    if (won)
        out->approval = j->p->approval;
    else
        refuse(out, "lost");
    return E_OK;
}

enum err
propose_ask(struct task *t, struct gate *g, struct judged *j, struct verdict *out)
{
    if (!j->call.kind)
        return E_OK;
    j->call.c = j->c;
    j->call.user = j->conversation.owner;
    j->call.conversation = j->conversation.id;
    j->call.turn = j->ticket.turn;
    j->call.ordinal = j->p->ordinal;
    j->call.sink = j->sink;
    j->call.categories = label_categories(t, &j->data);
    if (j->p->approval.n > 0) {
        if (approval_state(t, g, j->p->approval, &j->call, j->now_ms, &j->c.approval) != E_OK)
            return t->err;
        out->decision = policy_decide(&j->c, &out->reason);
        j->call.c = j->c;
    }
    if (out->decision == DECISION_ASK)
        return ask(t, g, j, out);
    return out->decision == DECISION_ALLOW ? use(t, g, j, out) : E_OK;
}
