/* request: plan, writer, path and headers. */
#include "llm/request_priv.h"

static const struct {
    const char *path; /* NULL: the model is in it */
    void (*put)(struct task *t, struct buf *b, const struct plan *p);
} API[LLM_APIS] = {
    [LLM_OPENAI_CHAT] = {"/chat/completions", request_chat_put},
    [LLM_ANTHROPIC] = {"/messages", request_anthropic_put},
    [LLM_OPENAI_RESPONSES] = {"/responses", request_responses_put},
    [LLM_GEMINI] = {NULL, request_gemini_put},
};

/* "tunedModels/x" is a path already. */
static const char *
gemini_path(struct task *t, const struct llm_settings *s)
{
    return task_printf(t, "%s%.*s%s", span_has(s->model, '/') ? "/" : "/models/", SPAN_ARG(s->model),
        s->no_stream ? ":generateContent" : ":streamGenerateContent?alt=sse");
}

enum err
llm_request_build(struct task *t, const struct llm_settings *s, const struct llm_chat *chat, struct llm_request *out)
{
    struct plan plan;
    if (plan_make(t, s, chat, &plan) != E_OK)
        return t->err;
    struct buf *b = task_buf(t, LLM_REQUEST_BYTES);
    *out = (struct llm_request){
        .path = API[s->api].path ? API[s->api].path : gemini_path(t, s),
        .header = {{"content-type", "application/json"},
            {"accept", s->no_stream ? "application/json" : "text/event-stream"}, {"anthropic-version", "2023-06-01"}},
        .headers = s->api == LLM_ANTHROPIC ? 3 : 2,
    };
    API[s->api].put(t, b, &plan);
    if (b->failed)
        return task_fail(t, E_LIMIT, "This conversation has become too long to send to a model. Start a new one.");
    out->body = buf_view(b);
    return E_OK;
}
