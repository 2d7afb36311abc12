/* reply_responses: OpenAI Responses: a list of items, each by its output_index. */
#include "base/json.h"
#include "llm/loose.h"
#include "llm/reply_priv.h"

enum { ITEM_BYTES = LLM_TEXT_BYTES };

/* Items that are ours to read. The others (searches, images, code that ran at the provider) come only to those who ask
 * for such tools, and we don't. */
static const struct {
    const char *type;
    enum llm_part_kind kind;
    const char *text; /* the member that holds a call's arguments */
} ITEM[] = {
    {"message", LLM_TEXT, NULL},
    {"reasoning", LLM_REASONING, NULL},
    {"function_call", LLM_CALL, "arguments"},
    {"custom_tool_call", LLM_CALL, "input"},
};
enum { ITEMS = sizeof ITEM / sizeof *ITEM };

static size_t
item_row(const json_t *item)
{
    struct span type = json_text(item, "type");
    size_t i = 0;
    while (i < ITEMS && !span_is(type, ITEM[i].type))
        i++;
    return i;
}

/* The part of an item; a server that leaves the number away means the last one. */
static struct draft_part *
part_at(struct llm_decoder *d, enum llm_part_kind kind, int64_t index)
{
    for (size_t i = d->parts; i > 0; i--) {
        struct draft_part *p = &d->part[i - 1];
        if (p->kind == kind && !p->whole && (p->index == index || index < 0))
            return p;
    }
    return NULL;
}

static bool
is_known(const struct llm_decoder *d, int64_t index)
{
    for (size_t i = 0; i < d->parts; i++) {
        if (d->part[i].index == index)
            return true;
    }
    return false;
}

static struct draft_part *
open_item(struct llm_decoder *d, int64_t index, const json_t *item)
{
    size_t row = item_row(item);
    struct draft_part *p = row < ITEMS ? draft_add(d, ITEM[row].kind, index) : NULL;
    if (!p || p->kind != LLM_CALL)
        return p;
    struct span id = json_text(item, "call_id"); /* the item's own "id" is not what results answer to */
    p->id = task_dup(d->t, id.n > 0 ? id : json_text(item, "id"));
    draft_named(d, p, json_text(item, "name"));
    return p;
}

/* The texts of a list of {"type":T,KEY:...}; type NULL: of all. */
static struct span
texts_in(struct task *t, const json_t *list, const char *type, const char *key, const char *between)
{
    struct buf *b = task_buf(t, ITEM_BYTES);
    for (size_t i = 0; json_is_array(list) && i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        if (type && !span_is(json_text(one, "type"), type))
            continue;
        buf_puts(b, b->n > 0 ? between : "");
        buf_span(b, json_text(one, key));
    }
    return buf_view(b);
}

static void
close_message(struct llm_decoder *d, struct draft_part *p, const json_t *item)
{
    const json_t *content = json_object_get(item, "content");
    draft_settle(d, p, texts_in(d->t, content, "output_text", "text", ""));
    if (d->refusal->n == 0)
        buf_span(d->refusal, texts_in(d->t, content, "refusal", "refusal", ""));
    struct span phase = json_text(item, "phase"); /* models that say what is comment and what is answer want it back */
    if (phase.n > 0) {
        p->block = task_json(d->t, json_object());
        json_object_set_new(p->block, "phase", json_stringn_nocheck(phase.p, phase.n));
    }
}

static void
close_reasoning(struct llm_decoder *d, struct draft_part *p, json_t *item)
{
    if (p->text->n == 0)
        draft_append(d, p, texts_in(d->t, json_object_get(item, "summary"), NULL, "text", "\n\n"));
    if (p->text->n == 0)
        draft_append(d, p, texts_in(d->t, json_object_get(item, "content"), NULL, "text", ""));
    p->block = task_json(d->t, json_copy(item));
}

static void
close_item(struct llm_decoder *d, int64_t index, json_t *item)
{
    size_t row = item_row(item);
    if (row == ITEMS)
        return;
    struct draft_part *p = part_at(d, ITEM[row].kind, index);
    if (!p)
        p = open_item(d, index, item);
    if (!p)
        return;
    p->whole = true;
    if (p->kind == LLM_TEXT)
        close_message(d, p, item);
    else if (p->kind == LLM_REASONING)
        close_reasoning(d, p, item);
    else
        draft_settle(d, p, json_text(item, ITEM[row].text));
}

static void
take_model(struct llm_decoder *d, const json_t *response)
{
    if (d->model.n == 0)
        d->model = task_dup(d->t, json_text(response, "model"));
}

static void
take_status(struct llm_decoder *d, const json_t *response)
{
    struct span status = json_text(response, "status");
    struct span why = json_text(json_object_get(response, "incomplete_details"), "reason");
    if (span_is(status, "incomplete"))
        draft_stop(d, why.n > 0 ? why : SPAN("length"));
    else if (span_is(status, "failed") && !draft_error(d, response, false))
        draft_stop(d, SPAN("error"));
    else if (span_starts(status, "complete"))
        draft_stop(d, SPAN("stop"));
}

/* The whole response. Items that came before, one by one, are not taken twice. */
static void
take_response(struct llm_decoder *d, json_t *response)
{
    const json_t *output = json_object_get(response, "output");
    bool streamed = d->parts > 0;
    for (size_t i = 0; json_is_array(output) && i < json_array_size(output); i++) {
        json_t *item = json_array_get(output, i);
        size_t row = item_row(item);
        if (!streamed || (row < ITEMS && part_at(d, ITEM[row].kind, (int64_t)i)))
            close_item(d, (int64_t)i, item);
    }
    usage_responses(d, json_object_get(response, "usage"));
    take_status(d, response);
}

/* Events that add to an item. */
static const struct {
    const char *type;
    enum llm_part_kind kind;
} DELTA[] = {
    {"response.output_text.delta", LLM_TEXT},
    {"response.reasoning_summary_text.delta", LLM_REASONING},
    {"response.reasoning_text.delta", LLM_REASONING},
    {"response.function_call_arguments.delta", LLM_CALL},
    {"response.custom_tool_call_input.delta", LLM_CALL},
};

static void
take_delta(struct llm_decoder *d, struct span type, int64_t index, const json_t *j)
{
    struct span piece = json_text(j, "delta");
    for (size_t i = 0; i < sizeof DELTA / sizeof *DELTA; i++) {
        if (!span_is(type, DELTA[i].type))
            continue;
        struct draft_part *p = part_at(d, DELTA[i].kind, index);
        if (!p && DELTA[i].kind != LLM_CALL && !is_known(d, index)) /* its beginning was left out */
            p = draft_add(d, DELTA[i].kind, index);
        draft_append(d, p, piece);
        return;
    }
    if (span_is(type, "response.refusal.delta"))
        buf_span(d->refusal, piece);
    struct draft_part *p = part_at(d, LLM_REASONING, index);
    if (p && p->text->n > 0 && span_is(type, "response.reasoning_summary_part.added"))
        draft_append(d, p, SPAN("\n\n"));
}

static void
event(struct llm_decoder *d, struct span name, json_t *j)
{
    struct span type = json_text(j, "type");
    if (type.n == 0)
        type = name;
    int64_t index = json_int(j, "output_index", -1);
    json_t *item = json_object_get(j, "item"), *response = json_object_get(j, "response");
    take_model(d, response);
    if (span_is(type, "response.output_item.added")) {
        open_item(d, index, item);
    } else if (span_is(type, "response.output_item.done")) {
        close_item(d, index, item);
    } else if (span_is(type, "response.completed") || span_is(type, "response.incomplete") ||
               span_is(type, "response.failed")) {
        take_response(d, response);
        d->terminal = true;
    } else {
        take_delta(d, type, index, j);
    }
}

/* A stream whose last word was forgotten, but whose last item, text or call, came to its own end, is whole. (When the
 * connection broke, that is an error already.) */
static void
end(struct llm_decoder *d)
{
    const struct draft_part *p = draft_last(d);
    if (d->mode == MODE_STREAM && !d->has_stop && d->error.fault == LLM_FAULT_NONE && p && p->whole &&
        p->kind != LLM_REASONING)
        draft_stop(d, SPAN("stop"));
    draft_stop_calls(d);
}

static void
body(struct llm_decoder *d, json_t *j)
{
    if (!json_is_array(json_object_get(j, "output"))) {
        if (!draft_error(d, j, json_object_get(j, "message") || json_object_get(j, "detail")))
            draft_fail(d, LLM_FAULT_NONSENSE, "no_output", "The answer was JSON, but not of this API.");
        return;
    }
    take_model(d, j);
    take_response(d, j);
    if (!d->has_stop) { /* "queued", "in_progress", "cancelled": not an answer yet, or never */
        d->has_stop = true;
        d->stop = LLM_STOP_ERROR;
    }
    end(d);
}

const struct codec CODEC_RESPONSES = {event, body, end};
