/* model_test: asks for one word; the status tells. */
#include "pages/model_test.h"

#include "base/json.h"
#include "egress/egress_client.h"
#include "pages/admin.h"

enum { TEST_TOKENS = 16, TEST_BODY_BYTES = 8192 };

static bool
on_head(void *arg, int status, struct span headers)
{
    (void)headers;
    *(int *)arg = status;
    return false; /* the status is all that is asked for */
}

static bool
on_body(void *arg, struct span bytes)
{
    (void)arg;
    (void)bytes;
    return false;
}

/* The question in each API's words, and the member that bounds its answer. */
static const struct {
    const char *api, *question, *most;
} asks[] = {
    {"openai-chat", "\"messages\":[{\"role\":\"user\",\"content\":\"Say ok.\"}]", "max_tokens"},
    {"anthropic", "\"messages\":[{\"role\":\"user\",\"content\":\"Say ok.\"}]", "max_tokens"},
    {"openai-responses", "\"store\":false,\"input\":\"Say ok.\"", "max_output_tokens"},
    {"gemini", "\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"Say ok.\"}]}]", NULL},
};

static struct span
body_of(struct task *t, const json_t *model)
{
    size_t row = 0;
    struct span key = json_text(json_object_get(model, "properties"), "max_tokens_key");
    struct buf *b = task_buf(t, TEST_BODY_BYTES);
    while (row + 1 < sizeof asks / sizeof asks[0] && !span_is(json_text(model, "api"), asks[row].api))
        row++;
    buf_printf(b, "{%s", asks[row].question);
    if (asks[row].most) { /* the others have the model in their address */
        json_put_key(b, "model");
        json_put_text(b, json_text(model, "model"));
        json_put_key(b, row == 0 && key.n > 0 ? task_z(t, key) : asks[row].most);
        buf_printf(b, "%d", TEST_TOKENS);
    }
    buf_putc(b, '}');
    return buf_view(b);
}

static const char *
code_of(int status)
{
    if (status >= 200 && status < 300)
        return "test-ok";
    if (status == 401 || status == 403)
        return "test-key";
    if (status == 404)
        return "test-missing";
    if (status == 429 || status == 402)
        return "test-busy";
    return status >= 500 ? "test-down" : "test-refused";
}

enum err
model_test(struct visit *v, const json_t *model, const char **code)
{
    int status = 0;
    struct span name = json_text(model, "name"), body = body_of(v->t, model);
    const struct span args[] = {SPAN("http"), body};
    json_t *in = json_object();
    struct egress_call call = {.headers = SPAN("content-type: application/json\n"),
        .body = body,
        .on_head = on_head,
        .on_body = on_body,
        .arg = &status,
        .wake_fd = -1};
    json_object_set_new(in, "capability", json_string("llm"));
    json_object_set_new(in, "model", json_stringn(name.p, name.n));
    if (admin_grant(v, "egress.grant", in, args, 2, &call.grant, NULL) != E_OK || egress_call(v->t, &call) != E_OK)
        return v->t->err;
    *code = code_of(status);
    return E_OK;
}
