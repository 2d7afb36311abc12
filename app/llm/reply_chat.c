/* reply_chat: OpenAI Chat Completions and all that call themselves compatible. */
#include "base/json.h"
#include "llm/loose.h"
#include "llm/reply_priv.h"

#include <string.h>

/* reasoning_details: pieces of entries, put together again ------------------------------------------------------- */

/* The part that holds the reasoning: one for the answer, so that details stay in order. */
static struct draft_part *
reasoning_part(struct llm_decoder *d)
{
    for (size_t i = 0; i < d->parts; i++) {
        if (d->part[i].kind == LLM_REASONING)
            return &d->part[i];
    }
    return draft_add(d, LLM_REASONING, -1);
}

static json_t *
details_of(struct llm_decoder *d, struct draft_part *p)
{
    if (!p->block) {
        p->block = task_json(d->t, json_object());
        json_object_set_new(p->block, "reasoning_details", json_array());
    }
    return json_object_get(p->block, "reasoning_details");
}

/* Puts the gathered text into the open entry. */
static void
close_detail(struct llm_decoder *d, json_t *list)
{
    size_t n = json_array_size(list);
    if (d->detail_key && n > 0) {
        struct span s = buf_view(d->detail_text);
        json_object_set_new(json_array_get(list, n - 1), d->detail_key, json_stringn_nocheck(s.p ? s.p : "", s.n));
    }
    d->detail_key = NULL;
    buf_clear(d->detail_text);
}

static const char *
detail_key(const json_t *entry)
{
    return json_is_string(json_object_get(entry, "text"))      ? "text"
           : json_is_string(json_object_get(entry, "summary")) ? "summary"
                                                               : NULL;
}

/* A piece continues the last entry when it is of its type and number; a signature comes in a piece without text. */
static bool
continues(const json_t *last, const json_t *entry)
{
    return last && span_eq(json_text(last, "type"), json_text(entry, "type")) &&
           json_int(last, "index", 0) == json_int(entry, "index", 0) && !json_object_get(last, "data") &&
           !json_object_get(entry, "data");
}

static void
merge_members(json_t *last, json_t *entry)
{
    const char *key;
    json_t *value;
    json_object_foreach(entry, key, value)
    {
        if (strcmp(key, "text") != 0 && strcmp(key, "summary") != 0 && !json_is_null(value))
            json_object_set(last, key, value);
    }
}

static void
take_detail(struct llm_decoder *d, struct draft_part *p, json_t *entry)
{
    enum { DETAILS = 1024 };
    json_t *list = details_of(d, p);
    size_t n = json_array_size(list);
    json_t *last = n > 0 ? json_array_get(list, n - 1) : NULL;
    const char *key = detail_key(entry);
    bool more = continues(last, entry) && (!key || !d->detail_key || strcmp(key, d->detail_key) == 0);
    if (more) {
        merge_members(last, entry);
    } else if (n < DETAILS) {
        close_detail(d, list);
        json_array_append(list, entry);
    } else {
        return;
    }
    if (!key)
        return;
    d->detail_key = key;
    struct span text = json_text(entry, key);
    buf_span(d->detail_text, text);
    if (!d->plain_reasoning)
        draft_append(d, p, text);
}

static void
take_details(struct llm_decoder *d, json_t *list)
{
    struct draft_part *p = json_array_size(list) > 0 ? reasoning_part(d) : NULL;
    for (size_t i = 0; p && i < json_array_size(list); i++) {
        json_t *entry = json_array_get(list, i);
        if (json_is_object(entry))
            take_detail(d, p, entry);
    }
}

/* Text and reasoning ----------------------------------------------------------------------------------------------- */

/* A text, or a list of {"type":"text","text":...}. */
static void
take_reasoning(struct llm_decoder *d, const json_t *v)
{
    if (json_is_string(v) && json_string_length(v) > 0)
        draft_append(d, reasoning_part(d), loose_text(v));
    else if (json_is_object(v))
        take_reasoning(d, json_object_get(v, json_object_get(v, "text") ? "text" : "content"));
    for (size_t i = 0; json_is_array(v) && i < json_array_size(v); i++) {
        const json_t *item = json_array_get(v, i);
        take_reasoning(d, json_is_object(item) ? json_object_get(item, "text") : item);
    }
}

static void
take_content_item(struct llm_decoder *d, const json_t *item)
{
    struct span type = json_text(item, "type");
    if (span_is(type, "thinking"))
        take_reasoning(d, json_object_get(item, "thinking"));
    else if (span_is(type, "reasoning"))
        take_reasoning(d, json_object_get(item, "text"));
    else if (span_is(type, "refusal"))
        buf_span(d->refusal, json_text(item, "refusal"));
    else
        think_text(d, json_text(item, "text"));
}

static void
take_content(struct llm_decoder *d, const json_t *v)
{
    if (json_is_string(v))
        think_text(d, loose_text(v));
    else if (json_is_object(v))
        take_content_item(d, v);
    for (size_t i = 0; json_is_array(v) && i < json_array_size(v); i++)
        take_content_item(d, json_array_get(v, i));
}

/* Some servers send the same reasoning under two names: the first that is there counts. */
static void
take_reasonings(struct llm_decoder *d, json_t *message)
{
    static const char *const KEY[] = {"reasoning_content", "reasoning", "thinking"};
    for (size_t i = 0; i < sizeof KEY / sizeof *KEY; i++) {
        const json_t *v = json_object_get(message, KEY[i]);
        if (loose_is_nothing(v))
            continue;
        d->plain_reasoning = true;
        take_reasoning(d, v);
        break;
    }
    take_details(d, json_object_get(message, "reasoning_details"));
}

/* One choice ------------------------------------------------------------------------------------------------------- */

/* Gemini's compatible API wants the answer's extra_content back. */
static void
take_extra(struct llm_decoder *d, json_t *message)
{
    json_t *extra = json_object_get(message, "extra_content");
    if (!json_is_object(extra) || json_object_size(extra) == 0)
        return;
    struct draft_part *p = reasoning_part(d);
    if (!p)
        return;
    if (!p->block)
        p->block = task_json(d->t, json_object());
    json_object_set(p->block, "extra_content", extra);
}

static void
take_message(struct llm_decoder *d, json_t *message)
{
    take_reasonings(d, message);
    take_extra(d, message);
    take_content(d, json_object_get(message, "content"));
    buf_span(d->refusal, json_text(message, "refusal"));
    const json_t *calls = json_object_get(message, "tool_calls");
    for (size_t i = 0; json_is_array(calls) && i < json_array_size(calls); i++)
        chat_take_call(d, json_array_get(calls, i), false);
    json_t *legacy = json_object_get(message, "function_call");
    if (json_is_object(legacy))
        chat_take_call(d, legacy, true);
}

/* A stream's last event may repeat the whole message beside an empty delta (Perplexity), or a stream may hold a whole
 * message alone. */
static void
take_choice(struct llm_decoder *d, json_t *choice, bool stream)
{
    json_t *delta = json_object_get(choice, "delta");
    json_t *message = json_object_get(choice, "message");
    if (stream && json_is_object(delta))
        take_message(d, delta);
    else if (json_is_object(message) && (!stream || d->parts == 0))
        take_message(d, message);
    else if (json_is_string(json_object_get(choice, "text")))
        take_content(d, json_object_get(choice, "text"));
    usage_chat(d, json_object_get(choice, "usage"));
    draft_error(d, choice, false);
    draft_stop(d, json_text(choice, "finish_reason"));
}

static void
take_choices(struct llm_decoder *d, json_t *j, bool stream)
{
    const json_t *choices = json_object_get(j, "choices");
    for (size_t i = 0; json_is_array(choices) && i < json_array_size(choices); i++) {
        json_t *choice = json_array_get(choices, i);
        if (json_is_object(choice) && json_int(choice, "index", (int64_t)i) == 0)
            take_choice(d, choice, stream);
    }
    if (d->model.n == 0)
        d->model = task_dup(d->t, json_text(j, "model"));
    usage_chat(d, json_object_get(json_object_get(j, "x_groq"), "usage"));
    usage_chat(d, json_object_get(j, "usage"));
}

static void
end(struct llm_decoder *d)
{
    think_end(d);
    for (size_t i = 0; i < d->parts; i++) {
        if (d->part[i].kind == LLM_REASONING && d->part[i].block)
            close_detail(d, json_object_get(d->part[i].block, "reasoning_details"));
    }
}

static void
event(struct llm_decoder *d, struct span name, json_t *j)
{
    (void)name;
    take_choices(d, j, true);
}

static void
body(struct llm_decoder *d, json_t *j)
{
    if (json_array_size(json_object_get(j, "choices")) == 0) {
        if (!draft_error(d, j, json_object_get(j, "message") || json_object_get(j, "detail")))
            draft_fail(d, LLM_FAULT_NONSENSE, "no_choices", "The answer was JSON, but not of this API.");
        return;
    }
    take_choices(d, j, false);
    end(d);
}

const struct codec CODEC_CHAT = {event, body, end};
