/* reply: JSON in one piece, or events with pictures on the way. */
#include "image/reply.h"

#include "base/id.h"
#include "base/json.h"
#include "base/utf8.h"

#include <string.h>

enum { SAID_BYTES = 200 };

/* The service's own words within a sentence: on one line, cut. */
static struct span
said(struct task *t, struct span message)
{
    struct buf *b = task_buf(t, 8 * SAID_BYTES);
    struct span rest = utf8_first(span_trim(message), SAID_BYTES);
    for (size_t i = 0; i < rest.n; i++)
        buf_putc(b, (unsigned char)rest.p[i] < 0x20 ? ' ' : rest.p[i]);
    return buf_view(b);
}

/* What a code of the service means for the person. NULL: any. */
static const struct {
    const char *code; /* of the error, or its type */
    int64_t status;   /* 0: any */
    enum err e;
    const char *sentence;
} causes[] = {
    {"moderation_blocked", 0, E_DENIED, "The service's safety system refused this prompt, and drew nothing"},
    {"content_policy_violation", 0, E_DENIED, "The service's safety system refused this prompt, and drew nothing"},
    {"image_generation_user_error", 0, E_DENIED, "The service refused this prompt, and drew nothing"},
    {"insufficient_quota", 0, E_LIMIT, "The service's budget for this key is used up: an admin can raise it there"},
    {"billing_hard_limit_reached", 0, E_LIMIT,
        "The service's budget for this key is used up: an admin can raise it there"},
    {"unknown_parameter", 0, E_INVALID, "The service does not know one of the settings that were sent"},
    {"model_not_found", 0, E_INVALID, "The service has no such model, or not for this key"},
    {NULL, 401, E_UNAVAILABLE, "The service does not accept the key: an admin has to set it again"},
    {NULL, 403, E_UNAVAILABLE, "The service does not let this key draw pictures"},
    {NULL, 404, E_UNAVAILABLE, "The service has nothing at this address: an admin should look at where it is sent"},
    {NULL, 429, E_LIMIT, "The service takes no more requests at the moment: try again in a minute"},
    {NULL, 400, E_INVALID, "The service did not take the request"},
};

static enum err
service_failed(struct task *t, const struct image_order *o, int64_t status, const json_t *error)
{
    struct span code = json_text(error, "code"), type = json_text(error, "type"),
                words = said(t, json_text(error, "message"));
    const char *more = words.n > 0 ? ". It says: " : "";
    if (span_is(json_text(error, "param"), "size"))
        return task_fail(t, E_INVALID, "The service does not draw in the size %.*s%s%.*s", SPAN_ARG(o->size),
            words.n > 0 ? more : ".", SPAN_ARG(words));
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        bool named = causes[i].code && (span_is(code, causes[i].code) || span_is(type, causes[i].code));
        if (named || (!causes[i].code && causes[i].status == status))
            return task_fail(t, causes[i].e, "%s%s%.*s", causes[i].sentence, words.n > 0 ? more : ".", SPAN_ARG(words));
    }
    return task_fail(t, E_UNAVAILABLE, "The service failed (status %lld)%s%.*s", (long long)status,
        words.n > 0 ? more : ".", SPAN_ARG(words));
}

static enum err
take_picture(struct task *t, struct span b64, struct image_reply *out)
{
    struct buf *raw = task_buf(t, IMAGE_BYTES + 4);
    if (b64.n > (size_t)IMAGE_BYTES / 3 * 4 + 4)
        return task_fail(t, E_LIMIT, "The picture that came has more than the %d MB that are kept.", IMAGE_BYTES >> 20);
    if (!base64_get(b64, raw))
        return task_fail(t, E_UNAVAILABLE, "The picture that came is cut off or malformed. Nothing was kept.");
    if (!picture_read(buf_view(raw), &out->picture))
        return task_fail(t, E_UNAVAILABLE, "What came is no PNG, JPEG or WebP picture. Nothing was kept.");
    out->b64 = b64;
    out->bytes = raw->n;
    return E_OK;
}

static void
take_usage(const json_t *j, struct image_reply *out)
{
    const json_t *usage = json_object_get(j, "usage");
    out->usage = (struct image_usage){json_int(usage, "input_tokens", -1), json_int(usage, "output_tokens", -1)};
    out->quality = json_text(j, "quality");
}

static enum err
read_whole(struct task *t, const struct image_order *o, int64_t status, struct span body, struct image_reply *out)
{
    json_t *j = NULL;
    bool good = status >= 200 && status < 300;
    if (json_read_lax(t, body, &j) != E_OK || !json_is_object(j)) {
        task_clear_error(t);
        return good ? task_fail(t, E_UNAVAILABLE,
                          "The reply is no JSON, or broke off after %zu bytes. Nothing was kept; the service may have "
                          "charged for it.",
                          body.n)
                    : service_failed(t, o, status, NULL);
    }
    const json_t *error = json_object_get(j, "error"), *first = json_array_get(json_object_get(j, "data"), 0);
    if (!good || json_is_object(error))
        return service_failed(t, o, status, error);
    struct span b64 = json_text(first, "b64_json");
    if (b64.n == 0 && json_text(first, "url").n > 0)
        return task_fail(t, E_UNAVAILABLE,
            "The service answered with an address in the place of the picture, which is not fetched: use a model that "
            "answers with the picture itself.");
    if (b64.n == 0)
        return task_fail(t, E_UNAVAILABLE, "The service answered without a picture.");
    take_usage(j, out);
    out->revised = json_text(first, "revised_prompt");
    return take_picture(t, b64, out);
}

/* Data of the next event; its lines joined. */
static bool
next_event(struct span *rest, struct span *data)
{
    struct span line;
    *data = SPAN_NONE;
    while (span_cut(rest, '\n', &line)) {
        line = span_trim(line);
        if (line.n == 0 && data->n > 0)
            return true;
        if (span_starts(line, "data:"))
            *data = span_trim(span_from(line, strlen("data:")));
    }
    return data->n > 0;
}

/* One event; *done: it was the last that matters. */
static enum err
take_event(struct task *t, const struct image_order *o, struct span data, struct image_reply *out, bool *done)
{
    json_t *j = NULL;
    if (json_read_lax(t, data, &j) != E_OK) { /* "[DONE]", or cut off: what came before stands */
        task_clear_error(t);
        return E_OK;
    }
    struct span type = json_text(j, "type"), b64 = json_text(j, "b64_json");
    const json_t *error = json_object_get(j, "error");
    if (span_is(type, "error") || json_is_object(error))
        return service_failed(t, o, 200, json_is_object(error) ? error : j);
    if (b64.n == 0 || take_picture(t, b64, out) != E_OK)
        return t->err;
    *done = span_is(type, "image_generation.completed");
    out->unfinished = !*done;
    if (*done)
        take_usage(j, out);
    return E_OK;
}

static enum err
read_events(struct task *t, const struct image_order *o, struct span body, struct image_reply *out)
{
    struct span rest = body, data;
    bool done = false;
    while (!done && next_event(&rest, &data))
        if (take_event(t, o, data, out, &done) != E_OK)
            return t->err;
    return out->bytes > 0 ? E_OK
                          : task_fail(t, E_UNAVAILABLE,
                                "The reply broke off after %zu bytes, before a picture came. Nothing was kept; the "
                                "service may have charged for it.",
                                body.n);
}

enum err
image_reply_read(struct task *t, const struct image_order *o, int64_t status, struct span type, struct span body,
    struct image_reply *out)
{
    *out = (struct image_reply){.usage = {-1, -1}};
    if (span_starts(type, "text/event-stream") && status == 200)
        return read_events(t, o, body, out);
    return read_whole(t, o, status, body, out);
}

/* 4,160 */
static struct span
number(struct task *t, int64_t v)
{
    struct buf *b = task_buf(t, 64);
    struct span digits = task_format(t, "%lld", (long long)v);
    for (size_t i = 0; i < digits.n; i++) {
        if (i > 0 && (digits.n - i) % 3 == 0)
            buf_putc(b, ',');
        buf_putc(b, digits.p[i]);
    }
    return buf_view(b);
}

struct span
image_cost_words(struct task *t, const struct image_settings *s, const struct image_usage *u, double *amount)
{
    const double million = 1e6;
    *amount = 0;
    if (u->out < 0)
        return SPAN_NONE;
    if (s->price_out > 0)
        *amount = ((double)(u->in > 0 ? u->in : 0) * s->price_in + (double)u->out * s->price_out) / million;
    struct span tokens = number(t, u->out + (u->in > 0 ? u->in : 0));
    if (*amount <= 0)
        return task_format(t, "%.*s tokens", SPAN_ARG(tokens));
    return task_format(t, "%.*s tokens, about %.3f %.*s", SPAN_ARG(tokens), *amount, SPAN_ARG(s->currency));
}
