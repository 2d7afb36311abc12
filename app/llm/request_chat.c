/* request_chat: the body for OpenAI Chat Completions and compatible servers. */
#include "base/json.h"
#include "llm/loose.h"
#include "llm/request_priv.h"

static void
put_system(struct buf *b, const struct plan *p)
{
    struct span first = p->chat->system, then = p->chat->context;
    if (first.n == 0 && then.n == 0)
        return;
    struct buf both;
    buf_init(&both, LLM_REQUEST_BYTES);
    buf_span(&both, first);
    buf_puts(&both, first.n > 0 && then.n > 0 ? "\n\n" : "");
    buf_span(&both, then);
    buf_printf(b, "{\"role\":\"%s\",\"content\":", p->s->developer_role ? "developer" : "system");
    loose_put_text(b, buf_view(&both));
    buf_puts(b, "},");
    b->failed = b->failed || both.failed;
    buf_reset(&both);
}

/* The texts of one kind in a step, as one JSON string; parts of a user's message are paragraphs. */
static void
put_texts(struct buf *b, const struct step *s, enum llm_part_kind kind)
{
    struct buf all;
    buf_init(&all, LLM_REQUEST_BYTES);
    for (size_t i = 0; i < s->n; i++) {
        if (s->part[i].kind != kind)
            continue;
        if (all.n > 0 && s->kind == STEP_USER)
            buf_puts(&all, "\n\n");
        buf_span(&all, s->part[i].text);
    }
    loose_put_text(b, buf_view(&all));
    b->failed = b->failed || all.failed;
    buf_reset(&all);
}

static bool
has(const struct step *s, enum llm_part_kind kind)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->part[i].kind == kind)
            return true;
    }
    return false;
}

static void
put_calls(struct task *t, struct buf *b, const struct plan *p, const struct step *s)
{
    buf_puts(b, ",\"tool_calls\":[");
    for (size_t i = 0; i < s->n; i++) {
        const struct llm_part *c = &s->part[i];
        if (c->kind != LLM_CALL)
            continue;
        buf_puts(b, b->p[b->n - 1] == '[' ? "{\"id\":" : ",{\"id\":");
        json_put_text(b, c->id);
        buf_puts(b, ",\"type\":\"function\",\"function\":{\"name\":");
        json_put_text(b, c->name);
        buf_puts(b, ",\"arguments\":");
        json_put_text(b, plan_arguments(t, c->arguments));
        buf_putc(b, '}');
        plan_put_members(b, p, c, NULL);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
}

static void
put_assistant(struct task *t, struct buf *b, const struct plan *p, const struct step *s)
{
    buf_puts(b, "{\"role\":\"assistant\",\"content\":");
    if (has(s, LLM_TEXT))
        put_texts(b, s, LLM_TEXT);
    else
        buf_puts(b, "null");
    if (p->s->reasoning_key.n > 0 && has(s, LLM_REASONING)) {
        buf_putc(b, ',');
        json_put_text(b, p->s->reasoning_key);
        buf_putc(b, ':');
        put_texts(b, s, LLM_REASONING);
    }
    for (size_t i = 0; i < s->n; i++) {
        if (s->part[i].kind != LLM_CALL)
            plan_put_members(b, p, &s->part[i], NULL);
    }
    if (has(s, LLM_CALL))
        put_calls(t, b, p, s);
    buf_putc(b, '}');
}

static void
put_results(struct buf *b, const struct step *s)
{
    for (size_t i = 0; i < s->n; i++) {
        buf_puts(b, i > 0 ? ",{\"role\":\"tool\",\"tool_call_id\":" : "{\"role\":\"tool\",\"tool_call_id\":");
        json_put_text(b, s->part[i].id);
        buf_puts(b, ",\"content\":");
        loose_put_text(b, s->part[i].text.n > 0 ? s->part[i].text : SPAN("(no output)"));
        buf_putc(b, '}');
    }
}

static void
put_messages(struct task *t, struct buf *b, const struct plan *p)
{
    buf_puts(b, ",\"messages\":[");
    put_system(b, p);
    for (size_t i = 0; i < p->n; i++) {
        const struct step *s = &p->step[i];
        buf_puts(b, i > 0 ? "," : "");
        if (s->kind == STEP_ASSISTANT) {
            put_assistant(t, b, p, s);
        } else if (s->kind == STEP_RESULTS) {
            put_results(b, s);
        } else {
            buf_puts(b, "{\"role\":\"user\",\"content\":");
            put_texts(b, s, LLM_TEXT);
            buf_putc(b, '}');
        }
    }
    buf_putc(b, ']');
}

static void
put_tools(struct buf *b, const struct plan *p)
{
    for (size_t i = 0; i < p->chat->tools; i++) {
        const struct llm_tool *tool = &p->chat->tool[i];
        buf_puts(b, i > 0 ? ",{\"type\":\"function\",\"function\":{\"name\":"
                          : ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":");
        json_put_text(b, tool->name);
        buf_puts(b, ",\"description\":");
        loose_put_text(b, tool->description);
        buf_puts(b, ",\"parameters\":");
        plan_put_schema(b, tool);
        buf_puts(b, "}}");
    }
    if (p->chat->tools == 0)
        return;
    buf_putc(b, ']');
    if (p->s->no_tool_calls && plan_key(b, p, "tool_choice"))
        buf_puts(b, "\"none\"");
}

void
request_chat_put(struct task *t, struct buf *b, const struct plan *p)
{
    const struct llm_settings *s = p->s;
    buf_puts(b, "{\"model\":");
    loose_put_text(b, s->model);
    put_messages(t, b, p);
    put_tools(b, p);
    if (s->max_tokens > 0 && plan_key(b, p, s->completion_tokens_key ? "max_completion_tokens" : "max_tokens"))
        buf_i64(b, s->max_tokens);
    if (s->temperature >= 0 && !s->no_temperature && plan_key(b, p, "temperature"))
        json_put_double(b, s->temperature);
    buf_puts(b, s->no_stream ? ",\"stream\":false" : ",\"stream\":true");
    if (!s->no_stream && !s->no_stream_usage && plan_key(b, p, "stream_options"))
        buf_puts(b, "{\"include_usage\":true}");
    plan_put_extra(b, p);
    buf_putc(b, '}');
}
