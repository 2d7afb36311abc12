/* account: a person's own password, sessions and idle time. */
#include "gate/web_priv.h"

#include "base/clock.h"
#include "base/conf.h"
#include "store/auth_approve.h"
#include "store/auth_session.h"

enum { TOO_MANY = 429 };

static const struct {
    int64_t minutes;
    const char *label;
} idle_choices[] = {
    {30, "30 minutes"},
    {480, "8 hours"},
    {1440, "a day"},
    {10080, "7 days"},
    {20160, "14 days"},
};
enum { N_IDLE = sizeof idle_choices / sizeof idle_choices[0] };

static struct span
when(struct task *t, int64_t ms)
{
    char iso[21];
    clock_iso(ms, iso);
    return task_format(t, "%.10s %.5s UTC", iso, iso + 11);
}

static enum err
put_sessions(struct turnstile *v, struct view_account_account *a)
{
    struct auth_session *s = NULL;
    size_t n = 0;
    if (auth_session_list(v->t, &v->gate->db, v->actor.user.id, &s, &n) != E_OK)
        return v->t->err;
    struct view_account_session *at = task_array(v->t, n, sizeof *at);
    for (size_t i = 0; i < n; i++)
        at[i] = (struct view_account_session){.id = s[i].hash,
            .browser = s[i].agent.n > 0 ? s[i].agent : SPAN("unknown"),
            .since = when(v->t, s[i].created_ms),
            .used = when(v->t, s[i].used_ms),
            .is_current = span_eq(s[i].hash, v->actor.session)};
    a->sessions.at = at;
    a->sessions.n = n;
    return E_OK;
}

static enum err
show(struct turnstile *v, const char *problem, const char *done)
{
    int64_t chosen = v->actor.user.idle_min > 0 ? v->actor.user.idle_min : conf_int("session.idle_minutes");
    struct view_account_account a = {.page = web_frame(v, "Your account"),
        .name = v->actor.public.name,
        .role = v->actor.public.role,
        .problem = span_of(problem),
        .done = span_of(done),
        .has_password = v->actor.user.password.n > 0};
    struct view_account_idle *idle = task_array(v->t, N_IDLE, sizeof *idle);
    for (size_t i = 0; i < N_IDLE; i++)
        idle[i] = (struct view_account_idle){
            idle_choices[i].minutes, span_of(idle_choices[i].label), idle_choices[i].minutes == chosen};
    if (auth_phrase_get(v->t, &v->gate->db, v->actor.user.id, &a.phrase) != E_OK)
        return v->t->err;
    a.idle.at = idle;
    a.idle.n = N_IDLE;
    if (put_sessions(v, &a) != E_OK)
        return v->t->err;
    render_account_account(v->out->body, &a);
    return E_OK;
}

enum err
account_show(struct turnstile *v)
{
    static const struct {
        const char *word, *sentence;
    } rows[] = {{"password", "The password was changed. All other sessions have ended."},
        {"ended", "The session has ended."}, {"idle", "Saved."},
        {"phrase", "The phrase was saved. Approval pages show it from now on."}};
    struct span done = http_params_get(&v->req->query, "done");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (span_is(done, rows[i].word))
            return show(v, NULL, rows[i].sentence);
    return show(v, NULL, NULL);
}

static enum err
problem(struct turnstile *v, int status, const char *sentence)
{
    v->out->status = status;
    return show(v, sentence, NULL);
}

/* Is it really them? Guessing is slowed down like a sign-in. True when the reply was written already. */
static bool
refused(struct turnstile *v, enum err *e)
{
    struct span name = v->actor.user.name;
    int64_t wait_s = 0;
    bool fits = false;
    *e = E_OK;
    if (v->actor.user.password.n == 0)
        return false;
    if ((*e = attempt_allowed(v, name, &wait_s)) != E_OK)
        return true;
    if (wait_s > 0) {
        *e = problem(
            v, TOO_MANY, task_printf(v->t, "Too many attempts failed. Try again in %lld seconds.", (long long)wait_s));
        return true;
    }
    *e = password_fits(v->t, v->gate->hasher, v->actor.user.password, http_params_get(&v->req->form, "current"), &fits);
    if (*e != E_OK || fits)
        return *e != E_OK;
    *e = attempt_failed(v, name);
    if (*e == E_OK)
        *e = problem(v, err_http(E_DENIED), "The present password is not right.");
    return true;
}

enum err
account_password(struct turnstile *v)
{
    struct gate_change change = {
        .actor = v->actor.user.id, .action = SPAN("user.passwd"), .object = v->actor.user.name};
    struct auth_user u = v->actor.user;
    struct span cookie;
    enum err e = E_OK;
    if (refused(v, &e))
        return e;
    e = password_hash(v->t, v->gate->hasher, http_params_get(&v->req->form, "password"), &u.password);
    if (e == E_INVALID) {
        const char *sentence = task_z(v->t, span_of(v->t->cause));
        task_clear_error(v->t);
        return problem(v, err_http(e), sentence);
    }
    if (e != E_OK || gate_change_begin(v->t, v->gate, &change) != E_OK)
        return v->t->err;
    e = auth_user_change(v->t, &v->gate->db, &u, v->now_ms);
    if (e == E_OK)
        e = auth_session_end_all(v->t, &v->gate->db, u.id, SPAN_NONE);
    if (e == E_OK)
        e = session_begin(v, &u, &cookie);
    if (gate_change_end(v->t, v->gate, &change, v->now_ms, e) != E_OK)
        return v->t->err;
    share_revoke(v->gate->share, "principal", u.id);
    session_give(v, cookie);
    http_redirect(v->out, SPAN("/-/account?done=password"));
    return E_OK;
}

enum err
account_end(struct turnstile *v)
{
    struct gate_change change = {
        .actor = v->actor.user.id, .action = SPAN("session.revoke"), .object = v->actor.user.name};
    struct span id = http_params_get(&v->req->form, "id");
    bool ended = false;
    if (gate_change_begin(v->t, v->gate, &change) != E_OK)
        return v->t->err;
    enum err e = auth_session_end(v->t, &v->gate->db, v->actor.user.id, id, &ended);
    if (e == E_OK && !ended)
        e = task_fail(v->t, E_NOTFOUND, "There is no such session of yours.");
    if (gate_change_end(v->t, v->gate, &change, v->now_ms, e) != E_OK)
        return v->t->err;
    share_revoke(v->gate->share, "session", id);
    http_redirect(v->out, SPAN("/-/account?done=ended"));
    return E_OK;
}

enum err
account_idle(struct turnstile *v)
{
    struct gate_change change = {.actor = v->actor.user.id, .action = SPAN("user.idle"), .object = v->actor.user.name};
    struct auth_user u = v->actor.user;
    bool offered = false;
    if (http_params_i64(v->t, &v->req->form, "minutes", 1, 1000000, 0, &u.idle_min) != E_OK)
        return v->t->err;
    for (size_t i = 0; i < N_IDLE; i++)
        offered = offered || idle_choices[i].minutes == u.idle_min;
    if (!offered)
        return task_fail(v->t, E_INVALID, "A session may last without use for 30 minutes to 14 days.");
    if (gate_change_begin(v->t, v->gate, &change) != E_OK ||
        gate_change_end(v->t, v->gate, &change, v->now_ms, auth_user_change(v->t, &v->gate->db, &u, v->now_ms)) != E_OK)
        return v->t->err;
    http_redirect(v->out, SPAN("/-/account?done=idle"));
    return E_OK;
}
