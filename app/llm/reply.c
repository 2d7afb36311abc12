/* reply: stream or body, events to the codec, and the end. */
#include "llm/reply_priv.h"

#include "base/utf8.h"
#include "llm/loose.h"

static const struct codec *
codec_of(const struct llm_decoder *d)
{
    static const struct codec *const CODEC[LLM_APIS] = {[LLM_OPENAI_CHAT] = &CODEC_CHAT,
        [LLM_ANTHROPIC] = &CODEC_ANTHROPIC,
        [LLM_OPENAI_RESPONSES] = &CODEC_RESPONSES,
        [LLM_GEMINI] = &CODEC_GEMINI};
    return CODEC[d->how.api];
}

/* A line that is no event of the API: "error: ..." or a bare JSON object. */
static void
on_stray(struct llm_decoder *d, const struct sse_event *e)
{
    json_t *j = loose_json(e->data);
    bool named = span_is(e->name, "error");
    if (json_is_object(j))
        draft_error(d, j, named);
    else if (named && span_trim(e->data).n > 0)
        draft_fail(d, LLM_FAULT_DOWN, NULL, task_z(d->t, utf8_first(e->data, 500)));
    json_decref(j);
}

static void
on_event(void *arg, const struct sse_event *e)
{
    struct llm_decoder *d = arg;
    struct span data = span_trim(e->data);
    if (d->broken || d->terminal || data.n == 0)
        return;
    if (e->kind == SSE_STRAY) {
        on_stray(d, e);
        return;
    }
    if (span_is(data, "[DONE]")) {
        d->terminal = true;
        return;
    }
    json_t *j = loose_json(data);
    d->any_event = d->any_event || j;
    bool named = span_is(e->name, "error");
    bool bad = json_is_object(j) && draft_error(d, j, named);
    if (json_is_object(j) && (!bad || json_object_get(j, "choices"))) /* an error may come beside the last usage */
        codec_of(d)->event(d, e->name, j);
    else if (named && !bad)
        draft_fail(d, LLM_FAULT_DOWN, NULL, task_z(d->t, utf8_first(data, 500)));
    json_decref(j);
}

struct llm_decoder *
llm_decoder_open(struct task *t, const struct llm_listen *how)
{
    struct llm_decoder *d = task_new(t, struct llm_decoder);
    d->t = t;
    d->how = *how;
    d->body = task_buf(t, LLM_BODY_BYTES);
    d->refusal = task_buf(t, LLM_TEXT_BYTES);
    d->held = task_buf(t, LLM_TEXT_BYTES);
    d->detail_text = task_buf(t, LLM_TEXT_BYTES);
    d->think = how->think_tags ? THINK_BEGIN : THINK_OUT;
    d->usage = (struct llm_usage){-1, -1, -1, -1, -1, -1, -1, -1, SPAN_NONE};
    d->sse.fn = on_event;
    d->sse.arg = d;
    sse_init(t, &d->sse, SSE_EVENT_BYTES);
    return d;
}

static struct span
without_mark(struct span s)
{
    return span_trim(span_starts(s, "\xEF\xBB\xBF") ? span_from(s, 3) : s);
}

/* Stream, body, or not to be told yet. */
static enum decoder_mode
mode_of(struct span s)
{
    static const char *const FIRST[] = {"data", "event:", "id:", "retry:", ":", "error:", "\xEF\xBB\xBF"};
    s = without_mark(s);
    if (s.n == 0)
        return MODE_WAIT;
    for (size_t i = 0; i < sizeof FIRST / sizeof *FIRST; i++) {
        if (span_starts(s, FIRST[i]))
            return MODE_STREAM;
        if (span_eq(span_first(span_of(FIRST[i]), s.n), s))
            return MODE_WAIT;
    }
    return MODE_BODY;
}

static void
feed_stream(struct llm_decoder *d, struct span bytes)
{
    bool fits = bytes.n <= LLM_STREAM_BYTES - d->taken;
    if (!fits || !sse_feed(&d->sse, bytes)) {
        draft_fail(d, LLM_FAULT_NONSENSE, "too_large", fits ? d->sse.failure : "The answer is longer than we take.");
        d->broken = true;
        return;
    }
    d->taken += bytes.n;
}

void
llm_decoder_feed(struct llm_decoder *d, struct span bytes)
{
    if (d->broken || d->terminal)
        return;
    if (d->mode == MODE_STREAM) {
        feed_stream(d, bytes);
        return;
    }
    buf_span(d->body, bytes);
    if (d->body->failed) {
        draft_fail(d, LLM_FAULT_NONSENSE, "too_large", "The answer is longer than we take.");
        d->broken = true;
        return;
    }
    if (d->mode == MODE_WAIT)
        d->mode = mode_of(buf_view(d->body));
    if (d->mode == MODE_STREAM) {
        feed_stream(d, buf_view(d->body));
        buf_clear(d->body);
    }
}

bool
llm_decoder_shown(const struct llm_decoder *d)
{
    return d->shown;
}

bool
llm_decoder_done(const struct llm_decoder *d)
{
    return d->broken || d->terminal;
}

void
llm_decoder_break(struct llm_decoder *d, enum llm_fault fault, const char *message)
{
    /* A connection that breaks after the last event has broken nothing. */
    if (!d->terminal && !d->has_stop)
        draft_fail(d, fault, NULL, message);
}

/* Neither JSON nor, at its beginning, a stream: a page of HTML, a line of text, or a stream behind some other text. */
static void
end_of_text(struct llm_decoder *d, struct span text)
{
    bool html = span_starts(text, "<");
    if (span_find(text, SPAN("\ndata:")) >= 0 || span_find(text, SPAN("\rdata:")) >= 0) {
        feed_stream(d, text);
        d->mode = MODE_STREAM;
    } else if (d->how.status >= 400) {
        struct span said = html ? SPAN("The answer was a page of HTML.") : utf8_first(text, 500);
        bool lost = html && d->how.status == 404; /* a web server, but not the API's */
        draft_fail(d, lost ? LLM_FAULT_NONSENSE : llm_fault_of(d->how.status, SPAN_NONE, SPAN_NONE, said), NULL,
            task_z(d->t, said));
    } else if (span_starts(text, "{") || span_starts(text, "[")) {
        draft_fail(d, LLM_FAULT_CUT, "truncated", "The answer broke off in the middle of its JSON.");
    } else {
        draft_fail(d, LLM_FAULT_NONSENSE, html ? "html" : "not_json",
            html ? "The answer was a page of HTML." : "The answer was neither JSON nor a stream of events.");
    }
}

/* Gemini's compatible API wraps errors into an array. */
static json_t *
unwrapped(json_t *j)
{
    return json_is_array(j) && json_array_size(j) == 1 ? json_array_get(j, 0) : j;
}

/* Gemini without alt=sse: a list of what the stream's events would be, perhaps with an error at its end. */
static void
end_of_list(struct llm_decoder *d, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *j = json_array_get(list, i);
        if (json_is_object(j) && !draft_error(d, j, d->how.status >= 400))
            codec_of(d)->event(d, SPAN_NONE, j);
    }
    codec_of(d)->end(d);
    if (!d->has_stop)
        draft_fail(d, LLM_FAULT_CUT, "truncated", "The answer ended before its end.");
}

static void
end_of_body(struct llm_decoder *d)
{
    struct span text = without_mark(buf_view(d->body));
    json_t *whole = loose_json(text);
    json_t *j = unwrapped(whole);
    if (json_is_array(whole) && d->how.api == LLM_GEMINI)
        end_of_list(d, whole);
    else if (text.n == 0)
        draft_fail(d,
            d->how.status >= 400 ? llm_fault_of(d->how.status, SPAN_NONE, SPAN_NONE, SPAN_NONE) : LLM_FAULT_CUT,
            d->how.status >= 400 ? NULL : "empty", "The answer had no content.");
    else if (!json_is_object(j))
        end_of_text(d, text);
    else if (!draft_error(d, j, d->how.status >= 400))
        codec_of(d)->body(d, j);
    json_decref(whole);
}

static void
end_of_stream(struct llm_decoder *d)
{
    if (!sse_end(&d->sse))
        draft_fail(d, LLM_FAULT_NONSENSE, "too_large", d->sse.failure);
    codec_of(d)->end(d);
    if (d->how.status >= 400)
        draft_fail(
            d, llm_fault_of(d->how.status, SPAN_NONE, SPAN_NONE, SPAN_NONE), NULL, "The provider reported an error.");
    else if (!d->any_event)
        draft_fail(d, LLM_FAULT_CUT, "empty", "The stream held no event.");
    else if (!d->terminal && !d->has_stop)
        draft_fail(d, LLM_FAULT_CUT, "truncated", "The stream ended before its end.");
}

void
llm_decoder_end(struct llm_decoder *d, struct llm_reply *out)
{
    if (d->mode != MODE_STREAM && !d->broken)
        end_of_body(d);
    if (d->mode == MODE_STREAM)
        end_of_stream(d);
    draft_finish(d, out);
}
