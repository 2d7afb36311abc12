/* message: our form as JSON and back. */
#include "llm/message.h"

#include "base/json.h"
#include "llm/loose.h"

enum { PARTS_MAX = 4096 };

static const char *const API_WORD[LLM_APIS] = {[LLM_OPENAI_CHAT] = "openai-chat",
    [LLM_ANTHROPIC] = "anthropic",
    [LLM_OPENAI_RESPONSES] = "openai-responses",
    [LLM_GEMINI] = "gemini"};
static const char *const ROLE_WORD[] = {[LLM_USER] = "user", [LLM_ASSISTANT] = "assistant"};
static const char *const KIND_WORD[] = {
    [LLM_TEXT] = "text", [LLM_REASONING] = "reasoning", [LLM_CALL] = "call", [LLM_RESULT] = "result"};

const char *
llm_api_word(enum llm_api api)
{
    return API_WORD[api];
}

/* Where the word stands in the table, or n. */
static size_t
word_at(const char *const *table, size_t n, struct span word)
{
    size_t i = 0;
    while (i < n && !span_is(word, table[i]))
        i++;
    return i;
}

bool
llm_api_from_word(struct span word, enum llm_api *out)
{
    size_t at = word_at(API_WORD, sizeof API_WORD / sizeof *API_WORD, word);
    if (at == sizeof API_WORD / sizeof *API_WORD)
        return false;
    *out = (enum llm_api)at;
    return true;
}

static void
put_member(struct buf *b, const char *key, struct span value)
{
    if (value.n == 0)
        return;
    json_put_key(b, key);
    json_put_text(b, value);
}

static void
put_part(struct buf *b, const struct llm_part *p)
{
    buf_puts(b, "{\"kind\":");
    json_put_text(b, span_of(KIND_WORD[p->kind]));
    put_member(b, "text", p->text);
    put_member(b, "id", p->id);
    put_member(b, "name", p->name);
    put_member(b, "arguments", p->arguments);
    if (p->failed)
        buf_puts(b, ",\"failed\":true");
    put_member(b, "opaque", p->opaque);
    put_member(b, "origin", p->origin);
    buf_putc(b, '}');
}

void
llm_message_put(struct buf *b, const struct llm_message *m)
{
    buf_puts(b, "{\"role\":");
    json_put_text(b, span_of(ROLE_WORD[m->role]));
    buf_puts(b, ",\"parts\":[");
    for (size_t i = 0; i < m->n; i++) {
        buf_puts(b, i > 0 ? "," : "");
        put_part(b, &m->part[i]);
    }
    buf_puts(b, "]}");
}

static enum err
read_part(struct task *t, const json_t *j, struct llm_part *out)
{
    const size_t kinds = sizeof KIND_WORD / sizeof *KIND_WORD;
    size_t kind = word_at(KIND_WORD, kinds, json_text(j, "kind"));
    if (kind == kinds)
        return task_fail(t, E_INVALID, "A stored message has a part of unknown kind.");
    *out = (struct llm_part){
        .kind = (enum llm_part_kind)kind,
        .text = json_text(j, "text"),
        .id = json_text(j, "id"),
        .name = json_text(j, "name"),
        .arguments = json_text(j, "arguments"),
        .failed = json_flag(j, "failed", false),
        .opaque = json_text(j, "opaque"),
        .origin = json_text(j, "origin"),
    };
    return E_OK;
}

enum err
llm_message_read(struct task *t, struct span json, struct llm_message *out)
{
    json_t *j;
    if (json_read(t, json, &j) != E_OK)
        return t->err;
    const size_t roles = sizeof ROLE_WORD / sizeof *ROLE_WORD;
    size_t role = word_at(ROLE_WORD, roles, json_text(j, "role"));
    const json_t *parts = json_object_get(j, "parts");
    if (role == roles || !json_is_array(parts) || json_array_size(parts) > PARTS_MAX)
        return task_fail(t, E_INVALID, "A stored message lacks its role or its parts.");
    size_t n = json_array_size(parts);
    *out = (struct llm_message){(enum llm_role)role, task_array(t, n, sizeof *out->part), n};
    for (size_t i = 0; i < n; i++) {
        if (read_part(t, json_array_get(parts, i), &out->part[i]) != E_OK)
            return t->err;
    }
    return E_OK;
}

void
llm_tool_put(struct buf *b, const struct llm_tool *tool)
{
    buf_putc(b, '{');
    put_member(b, "name", tool->name);
    put_member(b, "description", tool->description);
    put_member(b, "schema", tool->schema);
    buf_putc(b, '}');
}

enum err
llm_tool_read(struct task *t, struct span json, struct llm_tool *out)
{
    json_t *j;
    if (json_read(t, json, &j) != E_OK)
        return t->err;
    *out = (struct llm_tool){json_text(j, "name"), json_text(j, "description"), json_text(j, "schema")};
    if (out->name.n == 0)
        return task_fail(t, E_INVALID, "A stored tool has no name.");
    return E_OK;
}
