/* door: the agent's FastCGI side: takes over the request that asked, starts the turn, sends the person on. */
#include "agent/pool.h"
#include "base/conf.h"
#include "base/id.h"
#include "http/serve.h"

enum { DOOR_MS = 5000 };

/* Where to: what web said, if it is an address of ours, else the conversation. */
static struct span
next_of(struct task *t, const struct http_request *req, struct span conversation)
{
    struct span next = http_request_param(req, "LYCEUM_NEXT");
    if (next.n > 1 && next.p[0] == '/' && next.p[1] != '/')
        return next;
    return task_format(t, "/-/chat/%.*s", SPAN_ARG(conversation));
}

static enum err
handle(struct task *t, const struct http_request *req, struct http_response *out, void *arg)
{
    const struct pool *p = arg;
    struct span conversation = http_params_get(&req->query, "c"), turn = http_params_get(&req->query, "t");
    if (!id_is(conversation, 'c') || !id_is(turn, 't'))
        return task_fail(t, E_NOTFOUND, "There is no such turn of a conversation.");
    pool_nudge(p->mode);
    if (!http_request_wants_json(req)) {
        http_redirect(out, next_of(t, req, conversation));
        return E_OK;
    }
    out->status = 202;
    out->type = "application/json";
    buf_printf(out->body, "{\"ok\":true,\"conversation\":\"%.*s\",\"turn\":\"%.*s\",\"next\":\"/-/chat/%.*s\"}\n",
        SPAN_ARG(conversation), SPAN_ARG(turn), SPAN_ARG(conversation));
    return E_OK;
}

int
door_run(const struct pool *p)
{
    struct pool mine = *p;
    const struct http_service service = {
        .listener = p->web,
        .workers = 1,
        .budget_ms = DOOR_MS,
        .body_bytes = (size_t)conf_int("http.body_bytes"), /* nginx sends the question again: nobody reads it here */
        .origin = conf_text("http.origin"),
        .handle = handle,
        .arg = &mine,
    };
    return http_serve(&service);
}
