/* pages: the routes, and the way of a request through them. */
#include "pages/pages.h"
#include "http/statics.h"

#include "base/conf.h"
#include "base/must.h"
#include "pages/all.h"
#include "pages/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "-" is never a dataset's name: our own addresses begin with it. */
static const struct route routes[] = {
    {HTTP_GET, "/", NEED_NOTHING, false, page_home},
    {HTTP_GET, "/-/chat", NEED_NOTHING, false, page_chat_list},
    {HTTP_POST, "/-/chat", NEED_NOTHING, false, page_chat_start},
    {HTTP_GET, "/-/chat/:conversation", NEED_NOTHING, false, page_chat},
    {HTTP_POST, "/-/chat/:conversation", NEED_NOTHING, false, page_chat_ask},
    {HTTP_POST, "/-/chat/:conversation/stop", NEED_NOTHING, false, page_chat_stop},
    {HTTP_POST, "/-/chat/:conversation/answer", NEED_NOTHING, false, page_chat_answer},
    {HTTP_POST, "/-/chat/:conversation/retry", NEED_NOTHING, false, page_chat_retry},
    {HTTP_POST, "/-/chat/:conversation/delete", NEED_NOTHING, false, page_chat_delete},
    {HTTP_POST, "/-/chat/:conversation/rename", NEED_NOTHING, false, page_chat_rename},
    {HTTP_GET, "/-/chat/:conversation/turn/:turn", NEED_NOTHING, false, page_chat_turn},
    {HTTP_GET, "/-/chat/:conversation/result/:handle", NEED_NOTHING, true, page_result},
    {HTTP_POST, "/-/chat/:conversation/share", NEED_NOTHING, false, page_chat_share},
    {HTTP_POST, "/-/chat/:conversation/unshare", NEED_NOTHING, false, page_chat_unshare},
    {HTTP_GET, "/-/h/:share", NEED_NOTHING, false, page_shared},
    {HTTP_GET, "/-/h/:share/artifact/:sha256", NEED_NOTHING, false, page_shared_artifact},
    {HTTP_GET, "/-/artifact/:sha256", NEED_NOTHING, false, page_artifact},
    {HTTP_GET, "/-/leave", NEED_NOTHING, false, page_leave},
    {HTTP_GET, "/-/review/:approval", NEED_NOTHING, false, page_review},
    {HTTP_GET, "/-/saved", NEED_NOTHING, false, page_saved},
    {HTTP_POST, "/-/saved", NEED_NOTHING, false, page_saved_post},
    {HTTP_GET, "/-/admin", NEED_ADMIN, false, page_admin},
    {HTTP_GET, "/-/admin/users", NEED_ADMIN, false, page_admin_users},
    {HTTP_POST, "/-/admin/users", NEED_ADMIN, false, page_admin_user_post},
    {HTTP_GET, "/-/admin/datasets", NEED_ADMIN, false, page_admin_datasets},
    {HTTP_GET, "/-/admin/datasets/:dataset", NEED_ADMIN, false, page_admin_dataset},
    {HTTP_POST, "/-/admin/datasets/:dataset", NEED_ADMIN, false, page_admin_dataset_post},
    {HTTP_GET, "/-/admin/models", NEED_ADMIN, false, page_admin_models},
    {HTTP_POST, "/-/admin/models", NEED_ADMIN, false, page_admin_model_post},
    {HTTP_GET, "/-/admin/health", NEED_ADMIN, false, page_admin_health},
    {HTTP_GET, "/-/admin/policy", NEED_ADMIN, false, page_admin_policy},
    {HTTP_POST, "/-/admin/policy", NEED_ADMIN, false, page_admin_policy_post},
    {HTTP_GET, "/-/admin/audit", NEED_ADMIN, true, page_admin_audit},
    {HTTP_GET, "/-/plugins", NEED_NOTHING, false, page_plugins},
    {HTTP_POST, "/-/plugins", NEED_ADMIN, false, page_plugins_post},
    {HTTP_GET, "/-/plugins/log", NEED_NOTHING, true, page_plugin_log},
    {HTTP_GET, "/-/plugins/:namespace/:plugin", NEED_NOTHING, false, page_plugin},
    {HTTP_POST, "/-/plugins/:namespace/:plugin", NEED_ADMIN, false, page_plugin_post},
    {HTTP_GET, "/-/plugins/:namespace/:plugin/vet", NEED_ADMIN, false, page_plugin_vet},
    {HTTP_GET, "/-/docs", NEED_NOTHING, false, page_docs},
    {HTTP_GET, "/-/docs/:page", NEED_NOTHING, false, page_docs},
    {HTTP_GET, "/-/demo", NEED_NOTHING, false, page_demo},
    {HTTP_GET, "/-/demo/turn/:turn", NEED_NOTHING, false, page_demo_turn},
    {HTTP_GET, "/-/demo/stream/:turn", NEED_NOTHING, false, page_demo_stream},
    {HTTP_GET, "/-/demo/result/:handle", NEED_NOTHING, true, page_demo_result},
    {HTTP_GET, "/:dataset", NEED_NOTHING, false, page_dataset},
    {HTTP_GET, "/:dataset/-/query", NEED_NOTHING, true, page_query},
    {HTTP_GET, "/:dataset/-/schema.json", NEED_NOTHING, false, page_schema},
    {HTTP_GET, "/:dataset/-/labels", NEED_NOTHING, false, page_labels},
    {HTTP_POST, "/:dataset/-/labels", NEED_NOTHING, false, page_labels_post},
    {HTTP_GET, "/:dataset/-/write", NEED_NOTHING, false, page_write},
    {HTTP_POST, "/:dataset/-/write", NEED_NOTHING, false, page_write_post},
    {HTTP_GET, "/:dataset/-/changes", NEED_NOTHING, false, page_changes},
    {HTTP_POST, "/:dataset/-/changes", NEED_NOTHING, false, page_changes_post},
    {HTTP_GET, "/:dataset/:table", NEED_NOTHING, true, page_table},
};
enum { N_ROUTES = sizeof routes / sizeof routes[0] };

const struct route *
route_table(size_t *n)
{
    *n = N_ROUTES;
    return routes;
}

struct pages *
pages_new(struct task *t)
{
    struct pages *s = task_new(t, struct pages);
    statics_version(s->version);
    return s;
}

enum err
pages_start(struct task *worker, void *arg)
{
    struct pages *s = arg;
    s->worker = worker;
    return E_OK;
}

static struct visit
visit_of(struct task *t, const struct http_request *req, struct http_response *out, struct pages *site)
{
    struct visit v = {.t = t, .site = site, .req = req, .out = out};
    v.who = (struct gate_who){req->cookies.session, req->cookies.visitor, http_request_param(req, "REMOTE_ADDR")};
    v.actor = (struct gate_actor){.principal = SPAN(""), .name = SPAN(""), .role = SPAN("anonymous")};
    return v;
}

/* "/movies/" is "/movies", so that every page has one address. */
static void
without_slash(struct visit *v)
{
    struct buf *b = task_buf(v->t, HTTP_URI_BYTES);
    for (size_t i = 0; i < v->req->n_segments; i++) {
        buf_putc(b, '/');
        http_encode(b, v->req->segment[i]);
    }
    http_redirect(v->out, b->failed ? SPAN("/") : buf_view(b));
}

static enum err
not_found(struct visit *v, unsigned allowed)
{
    if (allowed == 0)
        return task_fail(v->t, E_NOTFOUND, "There is no page at this address.");
    http_header(v->out, "Allow",
        (allowed & HTTP_POST) ? (allowed & HTTP_GET) ? SPAN("GET, HEAD, POST") : SPAN("POST") : SPAN("GET, HEAD"));
    v->out->status = 405;
    v->out->type = "text/plain; charset=utf-8";
    buf_puts(v->out->body, "This address can't be used by this method.\n");
    return E_OK;
}

enum err
pages_handle(struct task *t, const struct http_request *req, struct http_response *out, void *arg)
{
    struct visit v = visit_of(t, req, out, arg);
    struct route_match m = {0};
    if (!route_find(routes, N_ROUTES, req, &m))
        return not_found(&v, m.allowed);
    if (req->final_slash && req->n_segments > 0) {
        without_slash(&v);
        return E_OK;
    }
    memcpy(v.arg, m.arg, sizeof v.arg);
    v.format = m.format;
    if (m.route->need == NEED_ADMIN) {
        struct gate_answer ignored = {0};
        if (visit_authorize(&v, "administer", "deployment", SPAN_NONE, &ignored) != E_OK)
            return t->err;
    }
    return m.route->page(&v);
}

static const struct {
    enum err e;
    const char *heading, *action, *url;
} failures[] = {
    {E_INVALID, "That request could not be read", "Back to the front page", "/"},
    {E_DENIED, "That is not allowed", "Back to the front page", "/"},
    {E_UNAUTHENTICATED, "Sign in first", "Sign in", "/-/signin"},
    {E_NOTFOUND, "There is nothing here", "See all datasets", "/"},
    {E_BUDGET, "That is enough for now", "Sign in", "/-/signin"},
    {E_LIMIT, "That is too much", "Back to the front page", "/"},
    {E_DEADLINE, "That took too long", "Back to the front page", "/"},
    {E_CONFLICT, "Something else came first", "Back to the front page", "/"},
    {E_UNAVAILABLE, "A part of this site is not answering", "Back to the front page", "/"},
    {E_CORRUPT, "Stored data is damaged", "Back to the front page", "/"},
    {E_INTERNAL, "Something went wrong", "Back to the front page", "/"},
};

void
pages_failed(struct task *t, const struct http_request *req, struct http_response *out, void *arg)
{
    enum err e = t->err;
    if (http_request_wants_json(req) || !arg) {
        http_failure(out, e, t->cause, true);
        return;
    }
    char *sentence = task_z(t, span_of(t->cause));
    size_t i = 0;
    while (i + 1 < sizeof failures / sizeof failures[0] && failures[i].e != e)
        i++;
    struct visit v = visit_of(t, req, out, arg);
    task_clear_error(t);
    struct view_layout_error view = {.page = visit_page(&v, failures[i].heading),
        .status = err_http(e),
        .heading = span_of(failures[i].heading),
        .sentence = span_of(sentence),
        .request_id = span_of(t->id),
        .action_label = span_of(failures[i].action),
        .action_url = span_of(failures[i].url)};
    view.page.noindex = true;
    out->status = err_http(e);
    render_layout_error(out->body, &view);
}
