/* model: asking a provider, or the guide, for the next step. */
#include "agent/model.h"

#include "agent/cleared.h"
#include "agent/guide.h"
#include "base/clock.h"
#include "base/json.h"
#include "egress/egress_client.h"
#include "gate/gate_client.h"
#include "llm/request.h"
#include "policy/grant.h"
#include "tool/refusal.h"

#include <poll.h>
#include <sodium.h>

/* One attempt, while its bytes come. */
struct attempt {
    struct task *t;
    const struct model_call *call;
    const struct llm_settings *settings;
    struct llm_decoder *decoder; /* NULL until the head came */
    int status;
    bool granted; /* gate let it through */
    bool refused; /* by gate or egress: asking again is of no use */
    struct span headers;
    enum llm_part_kind kind; /* of what waits in `piece` */
    struct buf *piece;
};

static void
tell_piece(struct attempt *a)
{
    if (a->piece->n == 0)
        return;
    struct task s;
    task_begin(&s, 0);
    struct buf *b = task_buf(&s, LLM_TEXT_BYTES * 8);
    buf_puts(b, "{\"d\":");
    json_put_text(b, buf_view(a->piece));
    buf_putc(b, '}');
    tell_event(a->call->tell, a->kind == LLM_REASONING ? "reasoning" : "text", buf_view(b));
    task_end(&s);
    buf_clear(a->piece);
}

static void
on_delta(void *arg, const struct llm_delta *delta)
{
    struct attempt *a = arg;
    if (delta->kind != LLM_TEXT && delta->kind != LLM_REASONING)
        return;
    if (delta->kind != a->kind)
        tell_piece(a);
    a->kind = delta->kind;
    buf_span(a->piece, delta->text);
}

static void
open_decoder(struct attempt *a)
{
    const struct llm_listen how = {
        .api = a->settings->api,
        .status = a->status,
        .think_tags = true,
        .origin = a->settings->origin,
        .fn = on_delta,
        .arg = a,
    };
    a->decoder = llm_decoder_open(a->t, &how);
}

static bool
on_head(void *arg, int status, struct span headers)
{
    struct attempt *a = arg;
    a->status = status;
    a->headers = task_dup(a->t, headers);
    open_decoder(a);
    return keeper_says(a->call->keeper) == KEEPER_GO_ON;
}

static bool
on_body(void *arg, struct span bytes)
{
    struct attempt *a = arg;
    llm_decoder_feed(a->decoder, bytes);
    tell_piece(a);
    tell_show(a->call->tell);
    return !llm_decoder_done(a->decoder) && keeper_says(a->call->keeper) == KEEPER_GO_ON;
}

/* The value of a header line, whatever the case of its name. */
static struct span
header(struct span headers, const char *name)
{
    struct span line, key;
    while (span_cut(&headers, '\n', &line)) {
        struct span value = line;
        if (span_cut(&value, ':', &key) && span_is_nocase(span_trim(key), name))
            return span_trim(value);
    }
    return SPAN_NONE;
}

/* Gate's grant for exactly this body; *code when it refuses. */
static enum err
grant(struct task *t, const struct model_call *c, int number, struct span body, struct span *out, struct span *code)
{
    const struct span bound[] = {SPAN("http"), body};
    struct gate_verdict verdict = {0};
    struct gate_proposal p = {
        .ticket = c->ticket,
        .ordinal = c->ordinal + number,
        .audience = "egress",
        .capability = "llm",
        .model = json_text(c->model, "name"),
        .args_hash = grant_args_hash(t, bound, 2),
    };
    if (gate_propose(t, &p, &verdict) != E_OK)
        return t->err;
    *out = verdict.grant;
    if (span_is(verdict.decision, "ALLOW"))
        return E_OK;
    *code = refusal_code(verdict.reason);
    return task_fail(t, E_DENIED, "%.*s", SPAN_ARG(cleared_sentence(t, c->context, c->model, *code)));
}

static struct span
header_lines(struct task *t, const struct llm_request *req)
{
    struct buf *b = task_buf(t, 4096);
    for (size_t i = 0; i < req->headers; i++)
        buf_printf(b, "%s: %s\n", req->header[i].name, req->header[i].value);
    return buf_view(b);
}

/* What the transport's end means for a reply that is not whole. */
static enum llm_fault
fault_of(enum err e, bool begun)
{
    switch (e) {
    case E_OK: return LLM_FAULT_NONE;
    case E_DEADLINE: return LLM_FAULT_SLOW;
    case E_UNAVAILABLE: return begun ? LLM_FAULT_CUT : LLM_FAULT_DOWN;
    case E_LIMIT: return LLM_FAULT_CUT;
    default: return LLM_FAULT_REFUSED;
    }
}

static void
try_once(struct attempt *a, int number, const struct llm_request *req, struct model_answer *out)
{
    struct span sealed;
    struct task *t = a->t;
    enum err e = grant(t, a->call, number, req->body, &sealed, &out->fault_code);
    a->granted = e == E_OK;
    out->attempts = number;
    if (e == E_OK) {
        struct egress_call http = {
            .grant = sealed,
            .headers = header_lines(t, req),
            .body = req->body,
            .on_head = on_head,
            .on_body = on_body,
            .arg = a,
            .wake_fd = a->call->keeper->wake_fd,
        };
        e = egress_call(t, &http);
    }
    struct span cause = task_dup(t, span_of(t->cause));
    task_clear_error(t);
    bool begun = a->decoder != NULL;
    if (!begun)
        open_decoder(a);
    out->broken_off = keeper_says(a->call->keeper) != KEEPER_GO_ON;
    if (e != E_OK)
        llm_decoder_break(a->decoder, fault_of(e, begun), task_z(t, cause));
    llm_decoder_end(a->decoder, &out->reply);
    if (out->reply.stop == LLM_STOP_ERROR && out->reply.error.fault == LLM_FAULT_NONE)
        out->reply.error.fault = LLM_FAULT_CUT; /* the model stopped by itself, and not well */
    tell_piece(a);
    tell_show(a->call->tell);
    /* What gate or egress refused by itself is not the provider's fault: its own sentence says more. */
    a->refused = e == E_DENIED || e == E_INTERNAL || e == E_NOTFOUND;
    out->fault_sentence = a->refused || !a->granted ? cause : SPAN_NONE;
}

/* Waits before another attempt; false when the keeper ended it. */
static bool
wait_ms(const struct model_call *c, int64_t ms)
{
    struct task s;
    struct pollfd wake = {.fd = c->keeper->wake_fd, .events = POLLIN};
    task_begin(&s, 0);
    tell_event(c->tell, "note",
        task_format(&s, "{\"text\":\"The model's provider is busy. Trying again in %lld seconds.\",\"tone\":\"info\"}",
            (long long)(ms + 999) / 1000));
    tell_show(c->tell);
    task_end(&s);
    return poll(&wake, 1, (int)ms) == 0;
}

/* Is there another attempt? Waits for it. */
static bool
goes_again(struct attempt *a, int number, const struct model_answer *out)
{
    const struct llm_attempt tried = {
        .number = number,
        .status = a->status,
        .fault = out->reply.error.fault,
        .shown = llm_decoder_shown(a->decoder),
        .retry_after_ms = header(a->headers, "retry-after-ms"),
        .retry_after = header(a->headers, "retry-after"),
        .should_retry = header(a->headers, "x-should-retry"),
        .retry_delay = out->reply.error.retry_delay,
        .now_unix_ms = clock_unix_ms(),
        .chance = randombytes_random(),
    };
    struct llm_retry retry = llm_retry_decide(&tried);
    if (!retry.again || out->broken_off || a->refused || retry.wait_ms >= task_left_ms(a->t))
        return false;
    return wait_ms(a->call, retry.wait_ms);
}

static void
name_fault(struct task *t, const struct model_call *c, struct model_answer *out)
{
    enum llm_fault fault = out->reply.error.fault;
    if (fault == LLM_FAULT_NONE)
        return;
    struct span label = json_text(c->model, "label");
    if (out->fault_code.n == 0)
        out->fault_code = span_of(llm_fault_word(fault));
    if (out->fault_sentence.n == 0)
        out->fault_sentence =
            llm_fault_sentence(t, fault, label.n ? label : json_text(c->model, "name"), out->reply.error.message);
}

static void
cannot_build(struct task *t, struct model_answer *out)
{
    out->reply.error.fault = LLM_FAULT_REFUSED;
    out->reply.stop = LLM_STOP_ERROR;
    out->fault_sentence = task_dup(t, span_of(t->cause));
    task_clear_error(t);
}

static void
ask_provider(struct task *t, const struct model_call *c, struct model_answer *out)
{
    enum llm_api api;
    struct llm_request req;
    struct span properties = json_dump(t, json_object_get(c->model, "properties"));
    if (!llm_api_from_word(json_text(c->model, "api"), &api)) {
        task_fail(t, E_INVALID, "The model's kind of API is not known here. An admin must correct the model.");
        cannot_build(t, out);
        return;
    }
    struct llm_settings settings = llm_settings_default(api, json_text(c->model, "model"));
    if (properties.n > 2 && llm_settings_read(t, properties, &settings) != E_OK) {
        cannot_build(t, out);
        return;
    }
    settings.origin = json_text(c->model, "name");
    settings.no_tool_calls = c->last;
    if (llm_request_build(t, &settings, c->chat, &req) != E_OK) {
        cannot_build(t, out);
        return;
    }
    for (int number = 1;; number++) {
        struct attempt a = {
            .t = t, .call = c, .settings = &settings, .kind = LLM_TEXT, .piece = task_buf(t, LLM_TEXT_BYTES)};
        try_once(&a, number, &req, out);
        out->shown = llm_decoder_shown(a.decoder);
        if (!goes_again(&a, number, out))
            return;
    }
}

static void
ask_guide(struct task *t, const struct model_call *c, struct model_answer *out)
{
    struct llm_reply *r = &out->reply;
    if (guide_reply(t, c->chat, c->world, c->last, r) != E_OK) {
        cannot_build(t, out);
        return;
    }
    r->part = task_array(t, r->calls + 1, sizeof *r->part);
    r->parts = 0;
    if (r->text.n > 0)
        r->part[r->parts++] = (struct llm_part){.kind = LLM_TEXT, .text = r->text};
    for (size_t i = 0; i < r->calls; i++)
        r->part[r->parts++] = (struct llm_part){
            .kind = LLM_CALL,
            .id = task_format(t, "guide_%lld_%zu", (long long)c->ordinal, i + 1),
            .name = r->call[i].name,
            .arguments = r->call[i].arguments,
        };
    r->stop = r->calls > 0 ? LLM_STOP_CALLS : LLM_STOP;
    if (r->text.n == 0)
        return;
    struct attempt a = {.t = t, .call = c, .kind = LLM_TEXT, .piece = task_buf(t, LLM_TEXT_BYTES)};
    buf_span(a.piece, r->text);
    tell_piece(&a);
    tell_show(c->tell);
}

/* One model, by itself. */
static void
ask_one(struct task *t, const struct model_call *c, struct model_answer *out)
{
    *out = (struct model_answer){.model = c->model};
    if (span_is(json_text(c->model, "api"), "guide"))
        ask_guide(t, c, out);
    else
        ask_provider(t, c, out);
    name_fault(t, c, out);
}

/* The record of the model to ask instead; NULL: none, or it would be of no use. */
static const json_t *
fallback_of(const struct model_call *c, const struct model_answer *a)
{
    static const bool OTHERS_MAY_DO[LLM_FAULT_COUNT] = {[LLM_FAULT_DOWN] = true,
        [LLM_FAULT_SLOW] = true,
        [LLM_FAULT_RATE] = true,
        [LLM_FAULT_QUOTA] = true,
        [LLM_FAULT_KEY] = true,
        [LLM_FAULT_MODEL] = true,
        [LLM_FAULT_CONTEXT] = true,
        [LLM_FAULT_NONSENSE] = true,
        [LLM_FAULT_CUT] = true};
    size_t i;
    json_t *m;
    struct span name = json_text(json_object_get(c->model, "properties"), "fallback");
    if (a->shown || a->broken_off || name.n == 0 || !OTHERS_MAY_DO[a->reply.error.fault])
        return NULL;
    json_array_foreach(json_object_get(c->context, "models"), i, m)
    {
        if (m != c->model && span_eq(json_text(m, "name"), name))
            return m;
    }
    return NULL;
}

/* What the first model's provider said stays the reason when the other does not answer either. */
static void
ask_instead(struct task *t, const struct model_call *c, const json_t *model, struct model_answer *out)
{
    struct model_answer other;
    struct model_call again = *c;
    int attempts = out->attempts;
    again.model = model;
    again.ordinal += attempts;
    ask_one(t, &again, &other);
    attempts += other.attempts;
    if (other.reply.error.fault == LLM_FAULT_NONE || other.shown || other.broken_off)
        *out = other;
    out->attempts = attempts;
}

void
model_ask(struct task *t, const struct model_call *c, struct model_answer *out)
{
    int64_t began = clock_mono_ms();
    ask_one(t, c, out);
    const json_t *model = fallback_of(c, out);
    if (model)
        ask_instead(t, c, model, out);
    out->took_ms = clock_mono_ms() - began;
}
