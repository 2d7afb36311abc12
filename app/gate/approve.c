/* approve: from a button in a conversation to an answer on an origin of its own. */
#include "gate/approve.h"

#include "base/conf.h"
#include "base/id.h"
#include "base/utf8.h"
#include "http/site.h"
#include "store/auth_audit.h"

enum { TOO_MANY = 429 };

static const char not_in[] =
    "You have not come here from a session of yours. Open the approval from its conversation, or from your list.";

/* A row of the audit and what goes with it, in one transaction. */
static enum err
note(struct turnstile *v, const char *action, struct span id, enum err e)
{
    struct auth_audit a = {.at_ms = v->now_ms,
        .actor = v->actor.public.principal,
        .action = span_of(action),
        .object = id,
        .detail = SPAN("{}")};
    if (e == E_OK)
        e = auth_audit_append(v->t, &v->gate->db, &a);
    return db_end(v->t, &v->gate->db, e);
}

static enum err
begin(struct turnstile *v)
{
    return db_durable(v->t, &v->gate->db, true) == E_OK ? db_begin(v->t, &v->gate->db) : v->t->err;
}

enum err
approve_list(struct turnstile *v)
{
    struct auth_approval *a = NULL;
    struct view_approve_list view = {.page = web_frame(v, "Approvals")};
    size_t n = 0;
    if (approval_settle(v->t, v->gate, v->actor.user.id, v->now_ms) != E_OK ||
        auth_approval_list(v->t, &v->gate->db, v->actor.user.id, true, &a, &n) != E_OK ||
        auth_phrase_get(v->t, &v->gate->db, v->actor.user.id, &view.phrase) != E_OK)
        return v->t->err;
    struct view_approve_open *at = task_array(v->t, n + 1, sizeof *at);
    for (size_t i = 0; i < n; i++) {
        if (approval_look(v->t, v->gate, a[i].id, v->now_ms, &a[i]) != E_OK)
            return v->t->err;
        if (!span_is(a[i].state, "pending"))
            continue;
        at[view.open.n++] = (struct view_approve_open){.id = a[i].id,
            .what = approve_heading(v->t, &a[i]),
            .where =
                a[i].conversation.n > 0 ? task_format(v->t, "/-/chat/%.*s", SPAN_ARG(a[i].conversation)) : SPAN_NONE,
            .asked = approve_clock(v->t, a[i].created_ms),
            .until = approve_clock(v->t, a[i].expires_ms)};
    }
    view.open.at = at;
    v->out->forms_to = http_approve_origin(v->t);
    render_approve_list(v->out->body, &view);
    return E_OK;
}

enum err
approve_old_address(struct turnstile *v)
{
    http_redirect(v->out, SPAN("/-/approve"));
    return E_OK;
}

/* Theirs, or not there. */
static enum err
find(struct turnstile *v, struct span id, struct auth_approval *a)
{
    if (auth_approval_find(v->t, &v->gate->db, id, a) != E_OK)
        return v->t->err;
    if (a->id.n == 0 || !span_eq(a->user, v->actor.user.id))
        return task_fail(v->t, E_NOTFOUND, "There is no such approval of yours.");
    return E_OK;
}

enum err
approve_lead(struct turnstile *v)
{
    struct auth_approval a;
    char value[44];
    if (v->actor.session.n == 0)
        return task_fail(v->t, E_UNAUTHENTICATED, "Sign in to answer an approval.");
    if (find(v, v->req->segment[2], &a) != E_OK)
        return v->t->err;
    secret_new(value);
    struct auth_approve_code code = {.hash = who_hash(v->t, span_of(value)),
        .user = v->actor.user.id,
        .session = v->actor.session,
        .approval = a.id,
        .expires_ms = v->now_ms + APPROVE_CODE_MS};
    if (begin(v) != E_OK ||
        note(v, "approval.led", a.id, auth_approve_code_add(v->t, &v->gate->db, &code, v->now_ms)) != E_OK)
        return v->t->err;
    http_redirect_site(
        v->out, http_approve_origin(v->t), task_format(v->t, "/-/approve/%.*s?code=%s", SPAN_ARG(a.id), value));
    return E_OK;
}

enum err
account_phrase(struct turnstile *v)
{
    struct span given = span_trim(http_params_get(&v->req->form, "phrase"));
    if (given.n > PHRASE_BYTES)
        return task_fail(v->t, E_LIMIT, "A phrase has at most %d bytes.", PHRASE_BYTES);
    struct buf *clean = task_buf(v->t, PHRASE_BYTES * 4);
    utf8_clean(clean, given);
    if (begin(v) != E_OK || note(v, "user.phrase", v->actor.user.name,
                                auth_phrase_set(v->t, &v->gate->db, v->actor.user.id, buf_view(clean))) != E_OK)
        return v->t->err;
    http_redirect(v->out, SPAN("/-/account?done=phrase"));
    return E_OK;
}

enum err
approve_who(struct turnstile *v)
{
    struct span hash = who_hash(v->t, v->req->cookies.approve), session = SPAN_NONE;
    if (hash.n > 0 && auth_approve_session_find(v->t, &v->gate->db, hash, v->now_ms, &session) != E_OK)
        return v->t->err;
    return session.n > 0 ? who_session(v->t, v->gate, session, v->now_ms, &v->actor) : E_OK;
}

enum err
approve_front(struct turnstile *v)
{
    return approve_say(v, "Approvals", "Each approval opens from its conversation, or from your list.");
}

/* A page with one button: an address alone changes nothing. */
static enum err
show_entrance(struct turnstile *v, struct span code)
{
    struct auth_approve_code c;
    struct span hash = who_hash(v->t, code), id = v->req->segment[2];
    if (auth_approve_code_look(v->t, &v->gate->db, hash, v->now_ms, &c) != E_OK)
        return v->t->err;
    if (c.hash.n == 0 || !span_eq(c.approval, id))
        return task_fail(v->t, E_DENIED, "This way in was used already, or is older than a minute. %s", not_in);
    if (v->actor.public.signed_in && span_eq(v->actor.session, c.session)) {
        http_redirect(v->out, task_format(v->t, "/-/approve/%.*s", SPAN_ARG(id)));
        return E_OK;
    }
    struct view_approve_said s = {.page = web_frame(v, "Approval"),
        .heading = SPAN("One step to the approval"),
        .sentence = SPAN("You come from your session. The next page shows what you are asked to allow."),
        .action = task_format(v->t, "/-/approve/%.*s/enter", SPAN_ARG(id)),
        .code = code,
        .button = SPAN("Show the approval")};
    render_approve_said(v->out->body, &s);
    return E_OK;
}

static enum err
enter(struct turnstile *v, struct span code, struct span id, struct span *cookie)
{
    struct auth_approve_code c;
    char value[44];
    if (auth_approve_code_take(v->t, &v->gate->db, who_hash(v->t, code), id, v->now_ms, &c) != E_OK)
        return v->t->err;
    if (c.hash.n == 0)
        return task_fail(v->t, E_DENIED, "This way in was used already, or is older than a minute. %s", not_in);
    v->actor = (struct actor){0};
    if (who_session(v->t, v->gate, c.session, v->now_ms, &v->actor) != E_OK)
        return v->t->err;
    if (!v->actor.public.signed_in || !span_eq(v->actor.user.id, c.user))
        return task_fail(v->t, E_DENIED, "The session that led here has ended. Sign in again.");
    secret_new(value);
    *cookie = task_dup(v->t, span_of(value));
    return auth_approve_session_add(
        v->t, &v->gate->db, who_hash(v->t, *cookie), c.session, v->now_ms, v->now_ms + APPROVE_SESSION_MS);
}

enum err
approve_enter(struct turnstile *v)
{
    struct span id = v->req->segment[2], cookie = SPAN_NONE;
    bool https = v->req->https;
    if (begin(v) != E_OK)
        return v->t->err;
    enum err e = enter(v, http_params_get(&v->req->form, "code"), id, &cookie);
    if (note(v, "approval.entered", id, e) != E_OK)
        return v->t->err;
    http_set_cookie(
        v->out, http_cookie_line(v->t, http_cookie_approve_name(https), cookie, https, APPROVE_SESSION_MS / 1000));
    http_redirect(v->out, task_format(v->t, "/-/approve/%.*s", SPAN_ARG(id)));
    return E_OK;
}

/* As it is now, shown or told what became of it. */
static enum err
show(struct turnstile *v, const char *problem)
{
    struct auth_approval a = {.id = v->req->segment[2], .user = v->actor.user.id};
    const char *why = NULL;
    if (approval_show(v->t, v->gate, v->actor.session, v->now_ms, &a, &why) != E_OK)
        return v->t->err;
    if (why)
        return approve_ended(v, &a, problem ? problem : why);
    return approve_show(v, &a, problem);
}

enum err
approve_page(struct turnstile *v)
{
    struct span code = http_params_get(&v->req->query, "code");
    if (code.n > 0)
        return show_entrance(v, code);
    if (!v->actor.public.signed_in)
        return task_fail(v->t, E_UNAUTHENTICATED, "%s", not_in);
    return show(v, NULL);
}

static enum err
problem(struct turnstile *v, int status, const char *sentence)
{
    v->out->status = status;
    return show(v, sentence);
}

/* What is authority or destroys asks for the password again, and for the number of rows. *done: the reply was made. */
static enum err
step_up(struct turnstile *v, const struct auth_approval *a, bool *done)
{
    struct span name = v->actor.user.name;
    int64_t wait_s = 0, want = 0, given = -1;
    bool fits = false;
    *done = true;
    if (v->actor.user.password.n == 0)
        return problem(v, err_http(E_DENIED), "This asks for your password, and your account has none yet: set one.");
    if (attempt_allowed(v, name, &wait_s) != E_OK)
        return v->t->err;
    if (wait_s > 0)
        return problem(
            v, TOO_MANY, task_printf(v->t, "Too many attempts failed. Try again in %lld seconds.", (long long)wait_s));
    if (approve_count(a, &want) &&
        (!span_i64(span_trim(http_params_get(&v->req->form, "count")), &given) || given != want))
        return problem(v, err_http(E_DENIED), "The number of rows is not right. Nothing was done: read it again.");
    if (password_fits(
            v->t, v->gate->hasher, v->actor.user.password, http_params_get(&v->req->form, "password"), &fits) != E_OK)
        return v->t->err;
    if (!fits)
        return attempt_failed(v, name) == E_OK ? problem(v, err_http(E_DENIED), "The password is not right.")
                                               : v->t->err;
    *done = false;
    if (db_begin(v->t, &v->gate->db) != E_OK)
        return v->t->err;
    return db_end(v->t, &v->gate->db, attempt_succeeded(v, name));
}

/* What must be true before the answer is taken. */
static enum err
check_answer(struct turnstile *v, const struct auth_approval *a, bool approve, bool *done)
{
    *done = true;
    if (!approve && !span_is(http_params_get(&v->req->form, "answer"), "decline"))
        return task_fail(v->t, E_INVALID, "The answer is to approve or to decline.");
    if (approve && !span_is(http_params_get(&v->req->form, "read"), "yes"))
        return problem(v, err_http(E_INVALID), "Read it to the end and say so, then approve it.");
    *done = false;
    return approve && a->effect == EFFECT_AUTHORITY && span_is(a->state, "pending") ? step_up(v, a, done) : E_OK;
}

enum err
approve_post(struct turnstile *v)
{
    struct auth_approval a;
    const char *why = NULL;
    bool approve = span_is(http_params_get(&v->req->form, "answer"), "approve"), done = false;
    if (!v->actor.public.signed_in)
        return task_fail(v->t, E_UNAUTHENTICATED, "%s", not_in);
    if (find(v, v->req->segment[2], &a) != E_OK || check_answer(v, &a, approve, &done) != E_OK || done)
        return v->t->err;
    struct approval_answer answer = {.id = a.id,
        .user = v->actor.user.id,
        .session = v->actor.session,
        .binding = http_params_get(&v->req->form, "seen"),
        .approve = approve};
    if (approval_answer(v->t, v->gate, &answer, v->now_ms, &why) != E_OK)
        return v->t->err;
    if (why)
        return problem(v, err_http(E_CONFLICT), why);
    http_redirect(v->out, task_format(v->t, "/-/approve/%.*s", SPAN_ARG(a.id)));
    return E_OK;
}
