/* approval_answer: a person sees an approval and answers it: on what they saw, in the session that saw it, once. */
#include "gate/approval_priv.h"

#include "base/id.h"
#include "base/json.h"
#include "gate/evidence.h"
#include "store/auth_audit.h"

#include <string.h>

enum { DECISION_BYTES = 2048 };

static const struct {
    const char *word, *sentence;
} sentences[] = {
    {"mismatched", "What is stored of this approval was changed since it was asked for. It is void; nothing was done."},
    {"account", "The account that this was asked of is gone or disabled."},
    {"role-changed", "Your role has changed since this was asked for. It is void; ask again."},
    {"signed-out", "The session that this belongs to has ended. It is void; ask again."},
    {"deleted", "The conversation was deleted, and this with it."},
    {"stopped", "The turn was stopped, and this with it."},
    {"label-rose", "The conversation has read more since this was asked for. It is void; ask again."},
    {"revision-changed", "The dataset was changed since this was asked for. It is void; ask again."},
    {"policy-changed", "The policy was changed since this was asked for. It is void; ask again."},
    {"expired", "The time for this approval is over. Nothing was done; ask again."},
    {"declined", "This was declined already. Nothing was done."},
    {"approved", "This was approved already."},
    {"consumed", "This was approved already and is being carried out."},
    {"done", "This was approved already and has been carried out."},
    {"failed", "This was approved already; carrying it out failed."},
    {"lost", "This was approved already, but was not carried out: the service stopped in between. Ask again."},
    {"other-session", "This approval was opened in another session. Answer it there, or ask again."},
    {"not-shown", "This approval was not shown yet. Open it and read it first."},
    {"other-bytes", "The page showed something else than what is stored. Open the approval again."},
    {"refused", "The policy does not allow this, approved or not. Nothing was done."},
    {"too-soon", "The answer came sooner than anybody can read. Open the approval again."},
};

const char *
approval_sentence(struct span word)
{
    for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++)
        if (span_is(word, sentences[i].word))
            return sentences[i].sentence;
    return "This approval is void.";
}

/* The word for why nobody can answer it any more, or NULL. */
static const char *
closed(struct task *t, const struct auth_approval *a)
{
    if (span_is(a->state, "pending"))
        return NULL;
    return task_z(t, span_is(a->state, "void") ? a->why : a->state);
}

static const char *
refusal(struct task *t, const struct auth_approval *a, const struct approval_answer *answer, int64_t now_ms)
{
    const char *why = closed(t, a);
    if (why)
        return why;
    if (a->shown_ms == 0 || a->session.n == 0)
        return "not-shown";
    if (!span_eq(a->session, answer->session))
        return "other-session";
    if (answer->approve && !secret_eq(a->binding, answer->binding))
        return "other-bytes";
    return answer->approve && now_ms < a->shown_ms + APPROVAL_SHOWN_MS ? "too-soon" : NULL;
}

static enum err
find_own(struct task *t, struct gate *g, struct span id, struct span user, int64_t now_ms, struct auth_approval *a)
{
    if (auth_approval_find(t, &g->db, id, a) != E_OK)
        return t->err;
    /* Another's is not there, changed or not: the binding is judged only for its owner. */
    if (a->id.n == 0 || !span_eq(a->user, user))
        return task_fail(t, E_NOTFOUND, "There is no such approval of yours.");
    return approval_check(t, g, id, now_ms, a);
}

/* A yes is an input of the decision and not the decision: what gate carries out is decided with it first, and that goes
 * on record with all inputs. A fetch is decided again when it is proposed again. */
static enum err
decide_again(struct task *t, struct gate *g, const struct auth_approval *a, int64_t now_ms, bool *allowed)
{
    const struct policy_case c = {.proposer = (enum policy_proposer)a->proposer,
        .integrity = (int)a->integrity,
        .level = (enum policy_level)a->level,
        .dominates = a->dominates != 0,
        .effect = (enum policy_effect)a->effect,
        .clearance = (enum policy_level)a->clearance,
        .mode = (enum policy_mode)a->mode,
        .approval = APPROVAL_APPROVED};
    const struct {
        const char *key;
        struct span value;
    } texts[] = {{"kind", a->kind}, {"sink", a->sink}, {"dataset", a->dataset}, {"turn", a->turn},
        {"effect_digest", a->effect_digest}, {"policy", a->policy}, {"approval_id", a->id}};
    struct buf *b = task_buf(t, DECISION_BYTES);
    const char *reason;
    enum policy_decision d = policy_decide(&c, &reason);
    buf_putc(b, '{');
    evidence_put_case(b, &c, d, reason);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        json_put_key(b, texts[i].key);
        json_put_text(b, span_first(texts[i].value, HASH_HEX_BYTES));
    }
    buf_putc(b, '}');
    *allowed = d == DECISION_ALLOW;
    struct auth_audit row = {.at_ms = now_ms,
        .actor = a->user,
        .action = SPAN("decide"),
        .object = a->conversation.n > 0 ? a->conversation : a->id,
        .detail = buf_view(b)};
    return auth_audit_append(t, &g->db, &row);
}

/* One UPDATE decides who of many is first. */
static enum err
approve(struct task *t, struct gate *g, struct auth_approval *a, int64_t now_ms, const char **why)
{
    bool won = false, allowed = true;
    if (approval_is_ours(a) && decide_again(t, g, a, now_ms, &allowed) != E_OK)
        return t->err;
    if (!allowed) {
        *why = "refused";
        return E_OK;
    }
    if (auth_approval_approve(t, &g->db, a->id, a->binding, now_ms, &won) != E_OK)
        return t->err;
    if (won && approval_note(t, g, a, "approved", "", now_ms) == E_OK && approval_is_ours(a) &&
        auth_approval_consume(t, &g->db, a->id, a->binding, now_ms, &won) == E_OK && won)
        approval_note(t, g, a, "consumed", "", now_ms);
    if (t->err != E_OK)
        return t->err;
    if (!won)
        *why = "approved";
    else
        a->state = approval_is_ours(a) ? SPAN("consumed") : SPAN("approved");
    return E_OK;
}

static enum err
decide(struct task *t, struct gate *g, const struct approval_answer *answer, int64_t now_ms, struct auth_approval *a,
    const char **why)
{
    if (find_own(t, g, answer->id, answer->user, now_ms, a) != E_OK)
        return t->err;
    *why = refusal(t, a, answer, now_ms);
    if (!*why && !answer->approve)
        return approval_close(t, g, a, "declined", "declined", now_ms); /* propose.c counts them */
    if (!*why && approve(t, g, a, now_ms, why) != E_OK)
        return t->err;
    return *why ? approval_note(t, g, a, "refused", *why, now_ms) : E_OK;
}

enum err
approval_answer(struct task *t, struct gate *g, const struct approval_answer *answer, int64_t now_ms, const char **why)
{
    struct approval_scope s;
    struct auth_approval a = {0};
    const char *word = NULL;
    *why = NULL;
    if (approval_begin(t, g, &s) != E_OK || approval_end(t, g, &s, decide(t, g, answer, now_ms, &a, &word)) != E_OK)
        return t->err;
    if (word) {
        *why = approval_sentence(span_of(word));
        return E_OK;
    }
    if (span_is(a.state, "consumed") && approval_execute(t, g, &a, now_ms) != E_OK)
        return t->err;
    approval_nudge(&a);
    return E_OK;
}

/* In the open transaction: binds the first session that it is shown to. */
static enum err
bind_session(struct task *t, struct gate *g, struct span session, struct auth_approval *a)
{
    bool won = false;
    struct auth_approval bound = *a;
    bound.session = session;
    bound.binding = approval_binding(t, g, &bound);
    if (auth_approval_bind(t, &g->db, a->id, a->binding, session, bound.binding, &won) != E_OK)
        return t->err;
    if (won)
        *a = bound;
    return E_OK;
}

static enum err
show(struct task *t, struct gate *g, struct span session, int64_t now_ms, struct auth_approval *a, const char **why)
{
    if (find_own(t, g, a->id, a->user, now_ms, a) != E_OK)
        return t->err;
    *why = closed(t, a);
    if (*why)
        return E_OK;
    if (a->session.n == 0 && bind_session(t, g, session, a) != E_OK)
        return t->err;
    if (!span_eq(a->session, session)) {
        *why = "other-session";
        return approval_note(t, g, a, "refused", *why, now_ms);
    }
    if (a->shown_ms > 0)
        return E_OK;
    a->shown_ms = now_ms;
    return auth_approval_shown(t, &g->db, a->id, now_ms) == E_OK ? approval_note(t, g, a, "shown", "", now_ms) : t->err;
}

enum err
approval_show(
    struct task *t, struct gate *g, struct span session, int64_t now_ms, struct auth_approval *a, const char **why)
{
    struct approval_scope s;
    const char *word = NULL;
    *why = NULL;
    if (approval_begin(t, g, &s) != E_OK || approval_end(t, g, &s, show(t, g, session, now_ms, a, &word)) != E_OK ||
        approval_recover(t, g, a, now_ms) != E_OK)
        return t->err;
    *why = word ? approval_sentence(span_of(word)) : NULL;
    return E_OK;
}
