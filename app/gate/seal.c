/* seal: what the grants of each kind hold. */
#include "gate/seal.h"

#include "base/clock.h"
#include "base/json.h"
#include "gate/label.h"

#include <string.h>

static enum err
seal_for(struct task *t, struct gate *g, struct grant *grant, int64_t life_ms, struct span *out)
{
    grant->expires_ms = clock_unix_ms() + life_ms;
    *out = grant_seal(t, g->secret, grant);
    return out->n > 0 ? E_OK : t->err;
}

enum err
seal_grant(struct task *t, struct gate *g, struct grant *grant, struct span *out)
{
    return seal_for(t, g, grant, GRANT_LIFE_MS, out);
}

enum err
seal_own(struct task *t, struct gate *g, const struct actor *a, const char *capability, const struct auth_dataset *d,
    const struct may_object *o, struct span args_hash, struct span *out)
{
    struct dataset_label l;
    struct grant grant = {.audience = SPAN("query"),
        .capability = span_of(capability),
        .subject = a->public.principal,
        .dataset = d->name,
        .level = label_clearance(a, d, o),
        .args_hash = args_hash,
        .reusable = args_hash.n == 0};
    if (args_hash.n != 0 && args_hash.n != 32)
        return task_fail(t, E_INVALID, "The hash of the call's arguments has a wrong length.");
    if (label_of_dataset(t, g, d, &l) != E_OK || label_detail(t, &l, SPAN_NONE, &grant.detail) != E_OK)
        return t->err;
    return seal_for(t, g, &grant, GRANT_LIFE_MS, out);
}

enum err
seal_ticket(struct task *t, struct gate *g, const struct auth_conversation *c, struct span turn, struct span *out)
{
    struct grant grant = {.audience = SPAN("gate"),
        .capability = SPAN("turn"),
        .subject = c->owner,
        .conversation = c->id,
        .turn = turn,
        .mode = c->mode,
        .level = c->level,
        .reusable = true};
    return seal_for(t, g, &grant, TICKET_LIFE_MS, out);
}

enum err
seal_view(struct task *t, struct gate *g, const struct actor *a, const struct auth_conversation *c, struct span turn,
    struct span *out)
{
    struct span session = a->session.n > 0 ? a->session : a->public.principal;
    struct grant grant = {.audience = SPAN("stream"),
        .capability = SPAN("view"),
        .subject = a->public.principal,
        .conversation = c->id,
        .turn = turn,
        .mode = c->mode,
        .level = c->level,
        .reusable = true};
    grant.detail = task_format(t, "{\"session\":\"%.*s\"}", SPAN_ARG(session));
    return seal_for(t, g, &grant, GRANT_LIFE_MS, out);
}

static const struct {
    const char *api, *path, *auth, *headers;
} apis[] = {
    {"openai-chat", "/chat/completions", "bearer", "{}"},
    {"anthropic", "/messages", "x-api-key", "{\"anthropic-version\":\"2023-06-01\"}"},
    {"openai-responses", "/responses", "bearer", "{}"},
    {"gemini", NULL, "x-goog-api-key", "{}"}, /* NULL: the model is in the path */
};

/* As llm/request.c has it: the body is for that address. */
static struct span
path_of(struct task *t, const json_t *model, const char *path)
{
    struct span name = json_text(model, "model");
    bool whole = !json_flag(json_object_get(model, "properties"), "stream", true);
    return path ? span_of(path)
                : task_format(t, "%s%.*s%s", span_has(name, '/') ? "/" : "/models/", SPAN_ARG(name),
                      whole ? ":generateContent" : ":streamGenerateContent?alt=sse");
}

bool
seal_is_loopback(struct span url)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]"};
    for (size_t s = 0; s < 2; s++) {
        const char *scheme = s ? "https://" : "http://";
        struct span rest = span_starts(url, scheme) ? span_from(url, strlen(scheme)) : SPAN_NONE;
        for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
            struct span after = span_starts(rest, hosts[i]) ? span_from(rest, strlen(hosts[i])) : SPAN_NONE;
            if (span_starts(rest, hosts[i]) && (after.n == 0 || after.p[0] == ':' || after.p[0] == '/'))
                return true;
        }
    }
    return false;
}

enum err
seal_model_detail(struct task *t, const json_t *model, struct span *out)
{
    struct span url = json_text(model, "url"), secret = json_text(model, "secret");
    for (size_t i = 0; i < sizeof apis / sizeof apis[0]; i++) {
        if (!span_is(json_text(model, "api"), apis[i].api))
            continue;
        struct buf *b = task_buf(t, GRANT_SEAL_BYTES);
        while (span_ends(url, "/"))
            url.n--;
        buf_puts(b, "{\"url\":");
        json_put_text(b, task_format(t, "%.*s%.*s", SPAN_ARG(url), SPAN_ARG(path_of(t, model, apis[i].path))));
        buf_puts(b, ",\"secret\":");
        json_put_text(b, secret);
        buf_printf(b, ",\"auth\":\"%s\",\"headers\":%s,\"loopback\":%s,\"method\":\"POST\"}",
            secret.n > 0 ? apis[i].auth : "none", apis[i].headers, seal_is_loopback(url) ? "true" : "false");
        *out = buf_view(b);
        return b->failed ? task_fail(t, E_LIMIT, "The model's address is too long.") : E_OK;
    }
    return task_fail(
        t, E_INVALID, "The model %.*s is not reached over the network.", SPAN_ARG(json_text(model, "name")));
}
