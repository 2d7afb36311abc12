/* request: plan, writer, headers. */
#include "llm/request_priv.h"

enum err
llm_request_build(struct task *t, const struct llm_settings *s, const struct llm_chat *chat, struct llm_request *out)
{
    struct plan plan;
    if (plan_make(t, s, chat, &plan) != E_OK)
        return t->err;
    struct buf *b = task_buf(t, LLM_REQUEST_BYTES);
    *out = (struct llm_request){
        .path = s->api == LLM_ANTHROPIC ? "/messages" : "/chat/completions",
        .header = {{"content-type", "application/json"},
            {"accept", s->no_stream ? "application/json" : "text/event-stream"}, {"anthropic-version", "2023-06-01"}},
        .headers = s->api == LLM_ANTHROPIC ? 3 : 2,
    };
    if (s->api == LLM_ANTHROPIC)
        request_anthropic_put(t, b, &plan);
    else
        request_chat_put(t, b, &plan);
    if (b->failed)
        return task_fail(t, E_LIMIT, "This conversation has become too long to send to a model. Start a new one.");
    out->body = buf_view(b);
    return E_OK;
}
