/* approval: asking, looking, using up. Every step judges the row as it is now against what it stands on as it is now.
 */
#include "gate/approval_priv.h"

#include "base/id.h"
#include "base/json.h"
#include "gate/policy_set.h"
#include "store/auth_audit.h"
#include "store/auth_user.h"

#include <string.h>

enum { NOTE_BYTES = 8192, NOTE_VALUE_BYTES = 128 };
static const int64_t KEEP_MS = (int64_t)30 * 24 * 3600 * 1000;

enum err
approval_begin(struct task *t, struct gate *g, struct approval_scope *s)
{
    s->mine = sqlite3_get_autocommit(g->db.handle) != 0;
    if (!s->mine)
        return E_OK;
    return db_durable(t, &g->db, true) == E_OK ? db_begin(t, &g->db) : t->err;
}

enum err
approval_end(struct task *t, struct gate *g, const struct approval_scope *s, enum err e)
{
    return s->mine ? db_end(t, &g->db, e) : e;
}

enum err
approval_note(
    struct task *t, struct gate *g, const struct auth_approval *a, const char *step, const char *why, int64_t now_ms)
{
    const struct {
        const char *key;
        struct span value;
    } rows[] = {{"kind", a->kind}, {"why", span_of(why)}, {"conversation", a->conversation}, {"turn", a->turn},
        {"dataset", a->dataset}, {"effect_digest", a->effect_digest}, {"policy", a->policy}, {"binding", a->binding}};
    struct buf *detail = task_buf(t, NOTE_BYTES);
    buf_printf(detail, "{\"effect\":%lld", (long long)a->effect);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_put_key(detail, rows[i].key);
        json_put_text(detail, span_first(rows[i].value, NOTE_VALUE_BYTES));
    }
    buf_putc(detail, '}');
    struct auth_audit row = {.at_ms = now_ms,
        .actor = a->user,
        .action = task_format(t, "approval.%s", step),
        .object = a->id,
        .detail = buf_view(detail)};
    return auth_audit_append(t, &g->db, &row);
}

bool
approval_is_agents(struct span kind)
{
    return span_is(kind, "fetch") || span_is(kind, "plugin");
}

bool
approval_is_ours(const struct auth_approval *a)
{
    return !approval_is_agents(a->kind);
}

bool
approval_is_open(const struct auth_approval *a)
{
    if (span_is(a->state, "pending"))
        return true;
    return approval_is_ours(a) && (span_is(a->state, "approved") || span_is(a->state, "consumed"));
}

bool
approval_in_pool(const struct auth_approval *a, struct span pool)
{
    return pool.n == 0 || span_is(pool, a->mode == MODE_PUBLIC ? "public" : "private") || a->mode == MODE_STRICT;
}

/* It may still be used. */
static bool
is_live(const struct auth_approval *a)
{
    return span_is(a->state, "pending") || span_is(a->state, "approved");
}

enum err
approval_close(
    struct task *t, struct gate *g, struct auth_approval *a, const char *state, const char *why, int64_t now_ms)
{
    bool won = false;
    if (auth_approval_close(t, &g->db, a->id, state, why, now_ms, &won) != E_OK)
        return t->err;
    if (!won)
        return E_OK;
    a->state = span_of(state);
    a->why = span_of(why);
    a->ended_ms = now_ms;
    return approval_note(t, g, a, state, why, now_ms);
}

/* Its time or a premise is over: *state and *why; NULL when it stands. */
static enum err
judge(
    struct task *t, struct gate *g, const struct auth_approval *a, int64_t now_ms, const char **state, const char **why)
{
    struct approval_premises now;
    *state = NULL;
    if (!is_live(a))
        return E_OK;
    if (approval_premises(t, g, a, now_ms, &now) != E_OK)
        return t->err;
    *why = approval_fallen(a, &now);
    if (*why)
        *state = "void";
    if (a->expires_ms <= now_ms && (!*why || strcmp(*why, "mismatched") != 0)) {
        *state = "expired";
        *why = "expired";
    }
    return E_OK;
}

enum err
approval_check(struct task *t, struct gate *g, struct span id, int64_t now_ms, struct auth_approval *out)
{
    const char *state = NULL, *why = "";
    if (auth_approval_find(t, &g->db, id, out) != E_OK || out->id.n == 0 ||
        judge(t, g, out, now_ms, &state, &why) != E_OK)
        return t->err;
    return state ? approval_close(t, g, out, state, why, now_ms) : E_OK;
}

/* Without a transaction while nothing has to change: agents ask each second. */
enum err
approval_look(struct task *t, struct gate *g, struct span id, int64_t now_ms, struct auth_approval *out)
{
    struct approval_scope s;
    const char *state = NULL, *why = "";
    if (auth_approval_find(t, &g->db, id, out) != E_OK || judge(t, g, out, now_ms, &state, &why) != E_OK)
        return t->err;
    if (state &&
        (approval_begin(t, g, &s) != E_OK || approval_end(t, g, &s, approval_check(t, g, id, now_ms, out)) != E_OK))
        return t->err;
    return approval_recover(t, g, out, now_ms);
}

static int64_t
life_ms(const struct policy_set *p, enum policy_effect effect)
{
    return effect == EFFECT_AUTHORITY ? p->approve_authority_ms
           : effect == EFFECT_OUTSIDE ? p->approve_outside_ms
                                      : p->approve_durable_ms;
}

/* The new row, whole but for its insertion. */
static enum err
make(struct task *t, struct gate *g, const struct approval_call *call, int64_t now_ms, struct auth_approval *a)
{
    char id[ID_BYTES + 1], nonce[44];
    struct auth_user u;
    struct policy_set policy;
    if (!id_is(call->user, 'u') || auth_user_by_id(t, &g->db, call->user, &u) != E_OK || u.id.n == 0 || u.disabled)
        return t->err != E_OK ? t->err : task_fail(t, E_DENIED, "Only somebody with an account can approve: sign in.");
    if (policy_set_read(t, g, &policy) != E_OK || approval_fill(t, call, a) != E_OK ||
        approval_taint(t, g, call->conversation, &a->taint) != E_OK)
        return t->err;
    id_new('p', id);
    secret_new(nonce);
    a->id = task_dup(t, span_of(id));
    a->nonce = task_dup(t, span_of(nonce));
    a->state = SPAN("pending");
    a->outcome = SPAN("{}");
    a->role = u.role;
    a->session = call->session;
    a->ordinal = call->ordinal;
    a->policy = task_dup(t, span_of(policy.hash));
    a->created_ms = now_ms;
    a->expires_ms = now_ms + life_ms(&policy, call->c.effect);
    a->binding = approval_binding(t, g, a);
    return E_OK;
}

static enum err
insert(struct task *t, struct gate *g, const struct auth_approval *a, int64_t now_ms)
{
    int64_t open = 0;
    if (auth_approval_open_count(t, &g->db, a->user, now_ms, &open) != E_OK)
        return t->err;
    if (open >= APPROVALS_OPEN)
        return task_fail(t, E_BUDGET, "%d approvals wait for you already: answer some of them first.", APPROVALS_OPEN);
    if (auth_approval_prune(t, &g->db, now_ms - KEEP_MS) != E_OK || auth_approval_add(t, &g->db, a) != E_OK)
        return t->err;
    return approval_note(t, g, a, "asked", "", now_ms);
}

/* Does the approval cover exactly this call? Its ordinal may be another one of the same turn. */
static bool
covers(struct task *t, const struct gate *g, const struct auth_approval *a, const struct approval_call *call)
{
    struct auth_approval same = *a;
    return approval_fill(t, call, &same) == E_OK && secret_eq(approval_binding(t, g, &same), a->binding);
}

static enum err
ask(struct task *t, struct gate *g, const struct approval_call *call, int64_t now_ms, struct auth_approval *out)
{
    struct auth_approval made = {0};
    if (make(t, g, call, now_ms, &made) != E_OK || auth_approval_same(t, &g->db, &made, now_ms, out) != E_OK)
        return t->err;
    if (out->id.n > 0 && approval_check(t, g, out->id, now_ms, out) != E_OK)
        return t->err;
    if (out->id.n > 0 && is_live(out) && covers(t, g, out, call))
        return E_OK;
    *out = made;
    return insert(t, g, out, now_ms);
}

enum err
approval_ask(
    struct task *t, struct gate *g, const struct approval_call *call, int64_t now_ms, struct approval_asked *out)
{
    struct approval_scope s;
    struct auth_approval a = {0};
    *out = (struct approval_asked){0};
    if (approval_begin(t, g, &s) != E_OK || approval_end(t, g, &s, ask(t, g, call, now_ms, &a)) != E_OK)
        return t->err;
    *out = (struct approval_asked){.id = a.id, .state = a.state, .expires_ms = a.expires_ms};
    return E_OK;
}

enum err
approval_state(struct task *t, struct gate *g, struct span id, const struct approval_call *call, int64_t now_ms,
    enum policy_approval *out)
{
    static const struct {
        const char *state;
        enum policy_approval as;
    } rows[] = {{"pending", APPROVAL_PENDING}, {"approved", APPROVAL_APPROVED}, {"expired", APPROVAL_EXPIRED},
        {"void", APPROVAL_MISMATCHED}};
    struct auth_approval a;
    *out = APPROVAL_MISMATCHED;
    if (approval_look(t, g, id, now_ms, &a) != E_OK || a.id.n == 0)
        return t->err;
    if (!covers(t, g, &a, call)) {
        struct approval_scope s;
        if (t->err != E_OK || approval_begin(t, g, &s) != E_OK)
            return t->err;
        return approval_end(t, g, &s, approval_note(t, g, &a, "refused", "another-call", now_ms));
    }
    *out = APPROVAL_CONSUMED;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (span_is(a.state, rows[i].state))
            *out = rows[i].as;
    return E_OK;
}

enum err
approval_consume(struct task *t, struct gate *g, struct span id, int64_t now_ms, bool *won)
{
    struct auth_approval a;
    *won = false;
    if (approval_check(t, g, id, now_ms, &a) != E_OK || a.id.n == 0)
        return t->err;
    if (auth_approval_consume(t, &g->db, a.id, a.binding, now_ms, won) != E_OK)
        return t->err;
    return approval_note(t, g, &a, *won ? "consumed" : "refused", *won ? "" : "not-approved", now_ms);
}

static enum err
void_all(struct task *t, struct gate *g, struct auth_approval *list, size_t n, const char *why, int64_t now_ms)
{
    for (size_t i = 0; i < n; i++)
        if (approval_close(t, g, &list[i], "void", why, now_ms) != E_OK)
            return t->err;
    return E_OK;
}

enum err
approval_void_conversation(struct task *t, struct gate *g, struct span conversation, const char *why, int64_t now_ms)
{
    struct approval_scope s;
    struct auth_approval *list = NULL;
    size_t n = 0;
    if (auth_approval_of(t, &g->db, conversation, &list, &n) != E_OK)
        return t->err;
    if (n == 0)
        return E_OK;
    return approval_begin(t, g, &s) == E_OK ? approval_end(t, g, &s, void_all(t, g, list, n, why, now_ms)) : t->err;
}

enum err
approval_void_policy(struct task *t, struct gate *g, int64_t now_ms)
{
    struct policy_set policy;
    struct auth_approval *list = NULL;
    size_t n = 0;
    if (policy_set_read(t, g, &policy) != E_OK ||
        auth_approval_older_policy(t, &g->db, span_of(policy.hash), &list, &n) != E_OK)
        return t->err;
    return void_all(t, g, list, n, "policy-changed", now_ms);
}
