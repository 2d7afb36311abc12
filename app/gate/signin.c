/* signin: by password, by one-time link, and out again. */
#include "gate/web_priv.h"

#include "base/id.h"
#include "base/utf8.h"
#include "store/auth_session.h"

enum { AGENT_BYTES = 120, NAME_BYTES = 63, TOO_MANY = 429 };
static const int64_t FORGET_MS = (int64_t)60 * 24 * 3600 * 1000;

static enum err
show_form(struct turnstile *v, struct span name, struct span next, const char *problem)
{
    struct view_account_signin s = {.page = web_frame(v, "Sign in"), .name = name, .problem = span_of(problem)};
    s.next = web_path_ok(next) ? next : SPAN_NONE;
    render_account_signin(v->out->body, &s);
    return E_OK;
}

enum err
signin_form(struct turnstile *v)
{
    struct span next = http_params_get(&v->req->query, "next");
    if (v->actor.public.signed_in) {
        web_go(v, next, "/");
        return E_OK;
    }
    return show_form(v, SPAN_NONE, next, NULL);
}

enum err
session_begin(struct turnstile *v, const struct auth_user *u, struct span *cookie)
{
    char value[44];
    bool ended = false;
    struct buf *agent = task_buf(v->t, AGENT_BYTES * 4);
    utf8_clean(agent, span_first(http_request_param(v->req, "HTTP_USER_AGENT"), AGENT_BYTES));
    secret_new(value);
    *cookie = task_dup(v->t, span_of(value));
    struct auth_session s = {.hash = who_hash(v->t, *cookie),
        .user = u->id,
        .agent = buf_view(agent),
        .created_ms = v->now_ms,
        .used_ms = v->now_ms};
    /* The session that this browser had ends: values never live on over a sign-in. */
    if (v->actor.session.n > 0 &&
        auth_session_end(v->t, &v->gate->db, v->actor.user.id, v->actor.session, &ended) != E_OK)
        return v->t->err;
    if (auth_session_forget(v->t, &v->gate->db, v->now_ms - FORGET_MS) != E_OK)
        return v->t->err;
    return auth_session_add(v->t, &v->gate->db, &s);
}

static void
set_session_cookie(struct turnstile *v, struct span value, int64_t max_age_s)
{
    bool https = v->req->https;
    http_set_cookie(v->out, http_cookie_line(v->t, http_cookie_session_name(https), value, https, max_age_s));
}

void
session_give(struct turnstile *v, struct span cookie)
{
    if (v->actor.session.n > 0)
        share_revoke(v->gate->share, "session", v->actor.session);
    /* Gate decides when it ends; the browser may keep it as long as any choice goes. */
    set_session_cookie(v, cookie, FORGET_MS / 1000);
}

/* One transaction: the new session and its record. */
static enum err
enter(struct turnstile *v, const struct auth_user *u, struct span name, struct span next)
{
    struct gate_change change = {
        .actor = u->id, .action = SPAN("signin"), .object = u->name, .detail = SPAN("{\"by\":\"password\"}")};
    struct span cookie;
    if (gate_change_begin(v->t, v->gate, &change) != E_OK)
        return v->t->err;
    enum err e = attempt_succeeded(v, name);
    if (e == E_OK)
        e = session_begin(v, u, &cookie);
    if (gate_change_end(v->t, v->gate, &change, v->now_ms, e) != E_OK)
        return v->t->err;
    session_give(v, cookie);
    web_go(v, next, "/");
    return E_OK;
}

enum err
signin_post(struct turnstile *v)
{
    struct span name = span_first(span_trim(http_params_get(&v->req->form, "name")), NAME_BYTES + 1);
    struct span password = http_params_get(&v->req->form, "password"), next = http_params_get(&v->req->form, "next");
    struct auth_user u;
    int64_t wait_s = 0;
    bool fits = false;
    if (attempt_allowed(v, name, &wait_s) != E_OK)
        return v->t->err;
    if (wait_s > 0) {
        v->out->status = TOO_MANY;
        http_header(v->out, "Retry-After", task_format(v->t, "%lld", (long long)wait_s));
        return show_form(v, name, next,
            task_printf(
                v->t, "Too many attempts failed from your network. Try again in %lld seconds.", (long long)wait_s));
    }
    if (auth_user_by_name(v->t, &v->gate->db, name, &u) != E_OK)
        return v->t->err;
    struct span stored = u.id.n > 0 && !u.disabled ? u.password : SPAN_NONE;
    if (password_fits(v->t, v->gate->hasher, stored, password, &fits) != E_OK)
        return v->t->err;
    if (fits)
        return enter(v, &u, name, next);
    if (attempt_failed(v, name) != E_OK)
        return v->t->err;
    v->out->status = err_http(E_DENIED);
    return show_form(v, name, next, "The name or the password is not right.");
}

static const char link_gone[] = "This link was used already, or is older than a day. Ask an admin for a new one.";

enum err
signin_link_form(struct turnstile *v)
{
    struct span hash = who_hash(v->t, v->req->segment[3]), user;
    struct auth_user u = {0};
    if (auth_link_look(v->t, &v->gate->db, hash, v->now_ms, &user) != E_OK ||
        (user.n > 0 && auth_user_by_id(v->t, &v->gate->db, user, &u) != E_OK))
        return v->t->err;
    if (u.id.n == 0 || u.disabled)
        return task_fail(v->t, E_NOTFOUND, "%s", link_gone);
    struct view_account_link l = {.page = web_frame(v, "Sign in"),
        .name = u.name,
        .action = task_format(v->t, "/-/signin/link/%.*s", SPAN_ARG(v->req->segment[3]))};
    render_account_link(v->out->body, &l);
    return E_OK;
}

enum err
signin_link_post(struct turnstile *v)
{
    struct span hash = who_hash(v->t, v->req->segment[3]), user, cookie;
    struct gate_change change = {.action = SPAN("signin"), .detail = SPAN("{\"by\":\"link\"}")};
    struct auth_user u = {0};
    if (gate_change_begin(v->t, v->gate, &change) != E_OK)
        return v->t->err;
    enum err e = auth_link_take(v->t, &v->gate->db, hash, v->now_ms, &user);
    if (e == E_OK && user.n > 0)
        e = auth_user_by_id(v->t, &v->gate->db, user, &u);
    if (e == E_OK && (u.id.n == 0 || u.disabled))
        e = task_fail(v->t, E_NOTFOUND, "%s", link_gone);
    if (e == E_OK)
        e = session_begin(v, &u, &cookie);
    change.actor = u.id;
    change.object = u.name;
    if (gate_change_end(v->t, v->gate, &change, v->now_ms, e) != E_OK)
        return v->t->err;
    session_give(v, cookie);
    http_redirect(v->out, u.password.n > 0 ? SPAN("/") : SPAN("/-/account"));
    return E_OK;
}

enum err
signout_post(struct turnstile *v)
{
    struct gate_change change = {
        .actor = v->actor.public.principal, .action = SPAN("signout"), .object = v->actor.public.name};
    bool ended = false;
    if (v->actor.session.n > 0) {
        if (gate_change_begin(v->t, v->gate, &change) != E_OK)
            return v->t->err;
        enum err e = auth_session_end(v->t, &v->gate->db, v->actor.user.id, v->actor.session, &ended);
        if (gate_change_end(v->t, v->gate, &change, v->now_ms, e) != E_OK)
            return v->t->err;
        share_revoke(v->gate->share, "session", v->actor.session);
    }
    set_session_cookie(v, SPAN_NONE, -1);
    http_redirect(v->out, SPAN("/"));
    return E_OK;
}
