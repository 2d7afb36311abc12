/* request_responses: the body for OpenAI Responses. Nothing is kept at the provider: each request holds it all. */
#include "base/id.h"
#include "base/json.h"
#include "llm/loose.h"
#include "llm/request_priv.h"

enum { LEAST_TOKENS = 16 }; /* of an answer: the API refuses less */

static void
comma(struct buf *b)
{
    buf_puts(b, b->p[b->n - 1] == '[' ? "" : ",");
}

static void
put_input_text(struct buf *b, struct span text)
{
    comma(b);
    buf_puts(b, "{\"type\":\"input_text\",\"text\":");
    loose_put_text(b, text);
    buf_putc(b, '}');
}

/* As a message, not as "instructions": not every server of this API takes those. */
static void
put_system(struct buf *b, const struct plan *p)
{
    struct span first = p->chat->system, then = p->chat->context;
    if (first.n == 0 && then.n == 0)
        return;
    buf_printf(b, "{\"role\":\"%s\",\"content\":[", p->s->developer_role ? "developer" : "system");
    if (first.n > 0)
        put_input_text(b, first);
    if (then.n > 0)
        put_input_text(b, then);
    buf_puts(b, "]}");
}

static void
put_user(struct buf *b, const struct step *s)
{
    comma(b);
    buf_puts(b, "{\"role\":\"user\",\"content\":[");
    for (size_t i = 0; i < s->n; i++)
        put_input_text(b, s->part[i].text);
    buf_puts(b, "]}");
}

/* A reasoning item goes back whole, when its reasoning is in it (nothing is stored at the provider) and something
 * follows that it led to: alone it is refused. */
static bool
goes_back(const struct plan *p, const struct step *s, size_t at)
{
    bool followed = false;
    for (size_t i = at + 1; i < s->n; i++)
        followed = followed || s->part[i].kind != LLM_REASONING;
    if (!followed || !plan_opaque(p, &s->part[at]))
        return false;
    json_t *j = loose_json(s->part[at].opaque);
    bool whole = span_is(json_text(j, "type"), "reasoning") && json_text(j, "encrypted_content").n > 0;
    json_decref(j);
    return whole;
}

static void
put_call(struct task *t, struct buf *b, const struct llm_part *c)
{
    comma(b);
    buf_puts(b, "{\"type\":\"function_call\",\"call_id\":");
    json_put_text(b, c->id);
    buf_puts(b, ",\"name\":");
    json_put_text(b, c->name);
    buf_puts(b, ",\"arguments\":");
    json_put_text(b, plan_arguments(t, c->arguments));
    buf_putc(b, '}');
}

static void
put_assistant(struct task *t, struct buf *b, const struct plan *p, const struct step *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct llm_part *part = &s->part[i];
        if (part->kind == LLM_CALL) {
            put_call(t, b, part);
        } else if (part->kind == LLM_TEXT) {
            comma(b);
            buf_puts(b, "{\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":");
            loose_put_text(b, part->text);
            buf_puts(b, "}]");
            plan_put_members(b, p, part, NULL);
            buf_putc(b, '}');
        } else if (goes_back(p, s, i)) {
            comma(b);
            buf_span(b, part->opaque);
        }
    }
}

static void
put_results(struct buf *b, const struct step *s)
{
    for (size_t i = 0; i < s->n; i++) {
        comma(b);
        buf_puts(b, "{\"type\":\"function_call_output\",\"call_id\":");
        json_put_text(b, s->part[i].id);
        buf_puts(b, ",\"output\":");
        loose_put_text(b, s->part[i].text.n > 0 ? s->part[i].text : SPAN("(no output)"));
        buf_putc(b, '}');
    }
}

static void
put_input(struct task *t, struct buf *b, const struct plan *p)
{
    buf_puts(b, ",\"input\":[");
    put_system(b, p);
    for (size_t i = 0; i < p->n; i++) {
        const struct step *s = &p->step[i];
        if (s->kind == STEP_ASSISTANT)
            put_assistant(t, b, p, s);
        else if (s->kind == STEP_RESULTS)
            put_results(b, s);
        else
            put_user(b, s);
    }
    buf_putc(b, ']');
}

/* "strict" is on where it is not said, and refuses schemas with optional members. */
static void
put_tools(struct buf *b, const struct plan *p)
{
    if (p->chat->tools == 0)
        return;
    buf_puts(b, ",\"tools\":[");
    for (size_t i = 0; i < p->chat->tools; i++) {
        const struct llm_tool *tool = &p->chat->tool[i];
        comma(b);
        buf_puts(b, "{\"type\":\"function\",\"name\":");
        json_put_text(b, tool->name);
        buf_puts(b, ",\"description\":");
        loose_put_text(b, tool->description);
        buf_puts(b, ",\"strict\":false,\"parameters\":");
        plan_put_schema(b, tool);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
    if (p->s->no_tool_calls && plan_key(b, p, "tool_choice"))
        buf_puts(b, "\"none\"");
}

/* Requests with the same beginning should meet the same cache: named by what they begin with. */
static void
put_cache_key(struct buf *b, const struct plan *p)
{
    char hex[HASH_HEX_BYTES];
    if (p->chat->system.n == 0 || !plan_key(b, p, "prompt_cache_key"))
        return;
    hash_hex(p->chat->system, hex);
    buf_printf(b, "\"%.32s\"", hex);
}

void
request_responses_put(struct task *t, struct buf *b, const struct plan *p)
{
    const struct llm_settings *s = p->s;
    buf_puts(b, "{\"model\":");
    loose_put_text(b, s->model);
    put_tools(b, p);
    put_input(t, b, p);
    if (plan_key(b, p, "store"))
        buf_puts(b, "false");
    if (s->encrypted_reasoning && plan_key(b, p, "include"))
        buf_puts(b, "[\"reasoning.encrypted_content\"]");
    put_cache_key(b, p);
    if (s->max_tokens > 0 && plan_key(b, p, "max_output_tokens"))
        buf_i64(b, s->max_tokens < LEAST_TOKENS ? LEAST_TOKENS : s->max_tokens);
    if (s->temperature >= 0 && !s->no_temperature && plan_key(b, p, "temperature"))
        json_put_double(b, s->temperature);
    buf_puts(b, s->no_stream ? ",\"stream\":false" : ",\"stream\":true");
    plan_put_extra(b, p);
    buf_putc(b, '}');
}
