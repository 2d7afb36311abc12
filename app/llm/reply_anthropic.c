/* reply_anthropic: Anthropic Messages: numbered content blocks. */
#include "base/json.h"
#include "llm/loose.h"
#include "llm/reply_priv.h"

#include <string.h>

/* What a block is to us, by llm_part_kind; a type that is not in the table (server tools, their results, what is yet to
 * come) is kept as a blob, for it must go back. */
static const struct {
    const char *type;
    const char *key;   /* the member that holds its text */
    const char *delta; /* the member of a delta that adds to it */
} BLOCK[] = {
    [LLM_TEXT] = {"text", "text", "text"},
    [LLM_REASONING] = {"thinking", "thinking", "thinking"},
    [LLM_CALL] = {"tool_use", NULL, "partial_json"},
};
enum { BLOCKS = sizeof BLOCK / sizeof *BLOCK };

static size_t
block_row(struct span type)
{
    size_t i = 0;
    while (i < BLOCKS && !span_is(type, BLOCK[i].type))
        i++;
    return i;
}

/* The last block of that number: numbers are used again when two messages run into each other. */
static struct draft_part *
block_at(struct llm_decoder *d, int64_t index)
{
    for (size_t i = d->parts; i > 0; i--) {
        if (d->part[i - 1].index == index)
            return &d->part[i - 1];
    }
    return NULL;
}

static void
open_call(struct llm_decoder *d, struct draft_part *p, json_t *block)
{
    p->id = task_dup(d->t, json_text(block, "id"));
    draft_named(d, p, json_text(block, "name"));
    const json_t *input = json_object_get(block, "input");
    if (json_is_object(input) && json_object_size(input) > 0)
        draft_append(d, p, json_dump(d->t, input));
    else if (json_is_string(input))
        draft_append(d, p, loose_text(input));
    p->whole = p->text->n > 0;
    static const char *const OURS[] = {"type", "id", "name", "input"};
    for (size_t i = 0; i < sizeof OURS / sizeof *OURS; i++)
        json_object_del(p->block, OURS[i]);
    if (json_object_size(p->block) == 0)
        p->block = NULL;
}

static void
open_block(struct llm_decoder *d, int64_t index, json_t *block)
{
    if (!json_is_object(block))
        return;
    size_t row = block_row(json_text(block, "type"));
    struct draft_part *p = draft_add(d, row < BLOCKS ? (enum llm_part_kind)row : LLM_REASONING, index);
    if (!p)
        return;
    if (row != LLM_TEXT)
        p->block = task_json(d->t, json_copy(block));
    if (row == LLM_CALL)
        open_call(d, p, block);
    else if (row < BLOCKS)
        draft_append(d, p, json_text(block, BLOCK[row].key));
}

/* A delta of a block that is not ours to understand: its texts add to the members of the same name. */
static void
add_to_blob(struct llm_decoder *d, struct draft_part *p, json_t *delta)
{
    if (json_is_string(json_object_get(delta, "partial_json"))) {
        struct span s = json_text(delta, "partial_json");
        if (s.n <= LLM_TEXT_BYTES - d->bytes) {
            d->bytes += s.n;
            buf_span(p->text, s);
        }
        return;
    }
    enum { BLOB_TEXT_BYTES = 128 << 10 }; /* each piece copies what was there */
    const char *key;
    json_t *value;
    json_object_foreach(delta, key, value)
    {
        struct span had = json_text(p->block, key);
        if (!json_is_string(value) || strcmp(key, "type") == 0 || had.n + json_string_length(value) > BLOB_TEXT_BYTES)
            continue;
        json_object_set_new(p->block, key, json_sprintf("%.*s%s", SPAN_ARG(had), json_string_value(value)));
    }
}

static void
take_delta(struct llm_decoder *d, struct draft_part *p, json_t *delta)
{
    size_t row = p ? block_row(json_text(p->block, "type")) : BLOCKS;
    if (!p)
        return;
    struct span signature = json_text(delta, "signature");
    if (p->kind == LLM_REASONING && row == BLOCKS)
        add_to_blob(d, p, delta);
    else if (p->kind == LLM_REASONING && signature.n > 0)
        json_object_set_new(p->block, "signature", json_stringn_nocheck(signature.p, signature.n));
    else if (!p->whole)
        draft_append(d, p, json_text(delta, BLOCK[p->kind].delta));
}

/* The block as it must go back. */
static void
close_block(struct draft_part *p)
{
    struct span s = buf_view(p->text);
    if (!p->block || p->kind != LLM_REASONING)
        return;
    if (span_is(json_text(p->block, "type"), "thinking")) {
        json_object_set_new(p->block, "thinking", json_stringn_nocheck(s.p ? s.p : "", s.n));
    } else if (s.n > 0) {
        json_t *input = loose_json(s);
        json_object_set_new(p->block, "input", input ? input : json_object());
        buf_clear(p->text); /* no reasoning to show */
    }
}

static void
take_message(struct llm_decoder *d, json_t *message)
{
    const json_t *content = json_object_get(message, "content");
    for (size_t i = 0; json_is_array(content) && i < json_array_size(content); i++)
        open_block(d, (int64_t)i, json_array_get(content, i));
    if (d->model.n == 0)
        d->model = task_dup(d->t, json_text(message, "model"));
    usage_anthropic(d, json_object_get(message, "usage"));
    draft_stop(d, json_text(message, "stop_reason"));
}

static void
event(struct llm_decoder *d, struct span name, json_t *j)
{
    struct span type = json_text(j, "type");
    if (type.n == 0)
        type = name;
    int64_t index = json_int(j, "index", 0);
    if (span_is(type, "message_start")) {
        take_message(d, json_object_get(j, "message"));
    } else if (span_is(type, "content_block_start")) {
        open_block(d, index, json_object_get(j, "content_block"));
    } else if (span_is(type, "content_block_delta")) {
        take_delta(d, block_at(d, index), json_object_get(j, "delta"));
    } else if (span_is(type, "message_delta")) {
        usage_anthropic(d, json_object_get(j, "usage"));
        draft_stop(d, json_text(json_object_get(j, "delta"), "stop_reason"));
    } else if (span_is(type, "message_stop")) {
        d->terminal = true;
    } else if (span_is(type, "message")) {
        take_message(d, j);
    }
}

static void
end(struct llm_decoder *d)
{
    for (size_t i = 0; i < d->parts; i++)
        close_block(&d->part[i]);
}

static void
body(struct llm_decoder *d, json_t *j)
{
    if (!json_is_array(json_object_get(j, "content"))) {
        if (!draft_error(d, j, json_object_get(j, "message") || json_object_get(j, "detail")))
            draft_fail(d, LLM_FAULT_NONSENSE, "no_content", "The answer was JSON, but not of this API.");
        return;
    }
    take_message(d, j);
    end(d);
}

const struct codec CODEC_ANTHROPIC = {event, body, end};
