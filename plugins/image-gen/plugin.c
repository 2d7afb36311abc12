/* image-gen: the tool generate_image: one request to a service that draws, one picture kept, one block. The key is put
 * in by egress; the program never sees it. */
#include "base/json.h"
#include "base/utf8.h"
#include "image/reply.h"
#include "lyceum.h"

#include <stdio.h>

/* As the manifest declares it; an admin may have it sent elsewhere, which is none of the plugin's business. */
static const char address[] = "https://api.openai.com/v1/images/generations";

static json_t *
text_of(struct span s)
{
    return json_stringn(s.p ? s.p : "", s.n);
}

static enum err
ask(struct task *t, struct lyceum *host, const char *method, json_t *params, json_t **out)
{
    char error[LYCEUM_ERROR_BYTES] = "The host refused.";
    *out = task_json(t, lyceum_ask(host, method, params, error));
    return *out ? E_OK : task_fail(t, E_UNAVAILABLE, "%s", error);
}

static enum err
draw(struct task *t, struct lyceum *host, const struct image_order *o, struct image_reply *out)
{
    json_t *got = NULL;
    json_t *params = json_pack("{s:s, s:s, s:{s:s, s:s}, s:o}", "method", "POST", "url", address, "headers",
        "content-type", "application/json", "accept",
        o->s.partials > 0 ? "text/event-stream, application/json" : "application/json", "body",
        text_of(image_order_body(t, o)));
    lyceum_progress(host, "Waiting for the picture");
    if (ask(t, host, "host/fetch", params, &got) != E_OK)
        return t->err;
    struct span body = json_text(got, "body");
    struct span type = json_text(json_object_get(got, "headers"), "content-type");
    return image_reply_read(t, o, json_int(got, "status", 0), type, body, out);
}

/* "1.8 MB", "12 kB" */
static struct span
size_words(struct task *t, size_t bytes)
{
    enum { KILO = 1000, MEGA = 1000000 };
    if (bytes < MEGA)
        return task_format(t, "%zu kB", (bytes + KILO - 1) / KILO);
    return task_format(t, "%.1f MB", (double)bytes / MEGA);
}

/* "1024 x 1024, 1.8 MB, quality high, drawn by gpt-image-1; 4,170 tokens, about 0.167 USD." */
static struct span
note(struct task *t, const struct image_order *o, const struct image_reply *r, struct span cost)
{
    struct buf *b = task_buf(t, 2000);
    if (r->unfinished)
        buf_puts(b, "Unfinished: the reply broke off, and this was the last picture on the way. ");
    buf_printf(b, "%u x %u, %.*s", r->picture.width, r->picture.height, SPAN_ARG(size_words(t, r->bytes)));
    if (r->quality.n > 0)
        buf_printf(b, ", quality %.*s", SPAN_ARG(span_first(r->quality, 20)));
    buf_printf(b, ", drawn by %.*s", SPAN_ARG(o->s.model));
    if (cost.n > 0)
        buf_printf(b, "; %.*s", SPAN_ARG(cost));
    buf_putc(b, '.');
    return buf_view(b);
}

static json_t *
block_of(
    struct task *t, const struct image_order *o, const struct image_reply *r, struct span artifact, struct span cost)
{
    json_t *block = json_pack("{s:s, s:o, s:o, s:o}", "type", "image", "artifact", text_of(artifact), "alt",
        text_of(o->alt), "note", text_of(note(t, o, r, cost)));
    if (r->picture.width > 0 && r->picture.height > 0) {
        json_object_set_new(block, "width", json_integer(r->picture.width));
        json_object_set_new(block, "height", json_integer(r->picture.height));
    }
    return block;
}

/* What a program can read of it. */
static json_t *
structured(const struct image_order *o, const struct image_reply *r, struct span artifact, double amount)
{
    json_t *j = json_pack("{s:o, s:o, s:I, s:b}", "artifact", text_of(artifact), "model", text_of(o->s.model), "bytes",
        (json_int_t)r->bytes, "unfinished", r->unfinished);
    if (r->usage.out >= 0)
        json_object_set_new(j, "usage",
            json_pack("{s:I, s:I}", "input_tokens", (json_int_t)(r->usage.in < 0 ? 0 : r->usage.in), "output_tokens",
                (json_int_t)r->usage.out));
    if (amount > 0)
        json_object_set_new(j, "cost", json_pack("{s:f, s:o}", "amount", amount, "currency", text_of(o->s.currency)));
    return j;
}

static enum err
make(struct task *t, struct lyceum *host, const json_t *args, json_t **result)
{
    enum { REVISED_BYTES = 4000 };
    struct image_settings settings;
    struct image_order o;
    struct image_reply r;
    json_t *kept = NULL;
    double amount;
    if (image_settings_read(t, lyceum_settings(host), &settings) != E_OK ||
        image_order_read(t, args, &settings, &o) != E_OK || draw(t, host, &o, &r) != E_OK)
        return t->err;
    json_t *params =
        json_pack("{s:s, s:o, s:o}", "type", r.picture.type, "bytes_b64", text_of(r.b64), "alt", text_of(o.alt));
    if (ask(t, host, "host/artifact.put", params, &kept) != E_OK)
        return t->err;
    struct span artifact = json_text(kept, "artifact"), cost = image_cost_words(t, &settings, &r.usage, &amount);
    json_t *blocks = json_pack("[o]", block_of(t, &o, &r, artifact, cost));
    if (r.revised.n > 0)
        json_array_append_new(
            blocks, json_pack("{s:s, s:s, s:o}", "type", "code", "title", "The prompt as the service rewrote it",
                        "text", text_of(utf8_first(r.revised, REVISED_BYTES))));
    *result = lyceum_result(blocks, structured(&o, &r, artifact, amount));
    return E_OK;
}

static json_t *
generate_image(struct lyceum *host, const json_t *args, char *error)
{
    struct task t;
    json_t *result = NULL;
    task_begin(&t, 0);
    if (make(&t, host, args, &result) != E_OK) {
        struct buf *clean = task_buf(&t, 4 * TASK_CAUSE_BYTES); /* half a character is no JSON */
        utf8_clean(clean, span_of(t.cause));
        snprintf(error, LYCEUM_ERROR_BYTES, "%.*s", SPAN_ARG(utf8_first(buf_view(clean), LYCEUM_ERROR_BYTES - 1)));
    }
    task_end(&t);
    return result;
}

static const struct lyceum_tool tools[] = {{"generate_image", generate_image}, {NULL, NULL}};

int
main(void)
{
    return lyceum_run(tools);
}
