/* web: routes of gate's pages. */
#include "gate/web_priv.h"

#include "base/conf.h"
#include "gate/approve.h"
#include "http/site.h"
#include "render/nav.h"

/* An approved change is carried out within the request; what takes longer is found out afterwards. */
enum { WEB_BUDGET_MS = 55000, WEB_BODY_BYTES = 16384, NEXT_BYTES = 1000 };

struct web_route {
    const char *path; /* below /-/; '*' is one segment */
    enum http_method method;
    bool signed_in;
    web_page *run;
};
static const struct web_route main_routes[] = {
    {"signin", HTTP_GET, false, signin_form},
    {"signin", HTTP_POST, false, signin_post},
    {"signin/link/*", HTTP_GET, false, signin_link_form},
    {"signin/link/*", HTTP_POST, false, signin_link_post},
    {"signout", HTTP_POST, false, signout_post},
    {"account", HTTP_GET, true, account_show},
    {"account/password", HTTP_POST, true, account_password},
    {"account/end", HTTP_POST, true, account_end},
    {"account/idle", HTTP_POST, true, account_idle},
    {"account/phrase", HTTP_POST, true, account_phrase},
    {"approve", HTTP_GET, true, approve_list},
    {"approve/*", HTTP_GET, true, approve_old_address},
    {"approve/*", HTTP_POST, true, approve_lead},
    {"approvals", HTTP_GET, true, approve_old_address},
    {"internal/viewer", HTTP_GET, false, viewer_ask},
};
static const struct web_route approve_routes[] = {
    {"approve", HTTP_GET, false, approve_front},
    {"approve/*", HTTP_GET, false, approve_page},
    {"approve/*", HTTP_POST, false, approve_post},
    {"approve/*/enter", HTTP_POST, false, approve_enter},
};

static bool
path_fits(const struct http_request *req, const char *path)
{
    struct span rest = span_of(path), piece;
    size_t i = 1;
    if (req->n_segments == 0 || !span_is(req->segment[0], "-"))
        return false;
    while (span_cut(&rest, '/', &piece)) {
        if (i == req->n_segments || (!span_is(piece, "*") && !span_eq(piece, req->segment[i])))
            return false;
        i++;
    }
    return i == req->n_segments;
}

struct view_page
web_frame(const struct turnstile *v, const char *title)
{
    struct view_page p = {.title = span_of(title),
        .site = span_of(conf_text("deployment.name")),
        .home_url = SPAN("/"),
        .static_url = SPAN("/static"),
        .static_version = span_of(v->gate->static_version),
        .noindex = true};
    p.user_name = v->actor.public.name;
    p.nav.at = nav_make(v->t, v->actor.public.role, &p.nav.n);
    struct view_banner *b = task_new(v->t, struct view_banner);
    b->message = span_of(v->gate->weaker);
    p.banners.at = b;
    p.banners.n = b->message.n > 0;
    return p;
}

bool
web_path_ok(struct span next)
{
    if (next.n == 0 || next.n > NEXT_BYTES || next.p[0] != '/' ||
        (next.n > 1 && (next.p[1] == '/' || next.p[1] == '\\')))
        return false;
    for (size_t i = 0; i < next.n; i++)
        if ((unsigned char)next.p[i] <= ' ' || (unsigned char)next.p[i] >= 127 || next.p[i] == '\\')
            return false;
    return !span_starts(next, "/-/sign") && !span_starts(next, "/-/internal");
}

void
web_go(struct turnstile *v, struct span next, const char *fallback)
{
    http_redirect(v->out, web_path_ok(next) ? next : span_of(fallback));
}

static enum err
begin(struct task *t, struct gate *g, const struct http_request *req, struct http_response *out, struct turnstile *v)
{
    struct gate_who who = {.session = req->cookies.session, .visitor = req->cookies.visitor};
    *v = (struct turnstile){.t = t, .gate = g, .req = req, .out = out};
    v->actor.public.role = SPAN("anonymous");
    if (gate_now(t, g, &v->now_ms) != E_OK)
        return t->err;
    if (req->approve)
        return approve_who(v);
    return who_is(t, g, &who, false, v->now_ms, &v->actor);
}

enum err
web_handle(struct task *t, const struct http_request *req, struct http_response *out, void *arg)
{
    struct turnstile v;
    enum http_method method = req->method == HTTP_HEAD ? HTTP_GET : req->method;
    if (begin(t, arg, req, out, &v) != E_OK)
        return t->err;
    const struct web_route *routes = req->approve ? approve_routes : main_routes;
    size_t n = req->approve ? sizeof approve_routes / sizeof *routes : sizeof main_routes / sizeof *routes;
    for (size_t i = 0; i < n; i++) {
        if (!path_fits(req, routes[i].path) || method != routes[i].method)
            continue;
        if (routes[i].signed_in && !v.actor.public.signed_in) {
            bool account = span_starts(span_of(routes[i].path), "account");
            http_redirect(out, account ? SPAN("/-/signin?next=/-/account") : SPAN("/-/signin?next=/-/approve"));
            return E_OK;
        }
        return routes[i].run(&v);
    }
    return task_fail(t, E_NOTFOUND, "There is no page at this address.");
}

void
web_failed(struct task *t, const struct http_request *req, struct http_response *out, void *arg)
{
    struct turnstile v = {.t = t, .gate = arg, .req = req, .out = out};
    int status = err_http(t->err);
    if (req->internal || http_request_wants_json(req)) {
        http_failure(out, t->err, t->cause, true);
        return;
    }
    out->status = status;
    if (req->approve) {
        approve_say(&v, http_status_words(status), t->cause);
        return;
    }
    struct view_layout_error e = {.page = web_frame(&v, http_status_words(status)),
        .status = status,
        .heading = span_of(http_status_words(status)),
        .sentence = span_of(t->cause),
        .request_id = span_of(t->id),
        .action_label = SPAN("To the start"),
        .action_url = SPAN("/")};
    render_layout_error(out->body, &e);
}

static enum err
start(struct task *worker, void *arg)
{
    return gate_open(worker, arg);
}

int
web_serve(struct gate *g, int listener)
{
    struct task t; /* as long as the workers */
    task_begin(&t, 0);
    struct http_service s = {.listener = listener,
        .workers = (int)conf_int("gate.workers"),
        .budget_ms = WEB_BUDGET_MS,
        .body_bytes = WEB_BODY_BYTES,
        .origin = conf_text("http.origin"),
        .approve_origin = task_z(&t, http_approve_origin(&t)),
        .approves = true,
        .start = start,
        .handle = web_handle,
        .failed = web_failed,
        .arg = g};
    int status = http_serve(&s);
    task_end(&t);
    return status;
}
