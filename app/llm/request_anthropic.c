/* request_anthropic: the body for Anthropic Messages. */
#include "base/json.h"
#include "llm/loose.h"
#include "llm/request_priv.h"

#include <string.h>

#define CACHE ",\"cache_control\":{\"type\":\"ephemeral\"}"

enum { DEFAULT_MAX_TOKENS = 4096 };

/* May the blob stand in a message? A thinking block whose signature never came is refused by the API. */
static bool
is_whole_block(const struct plan *p, const struct llm_part *part)
{
    if (!plan_opaque(p, part))
        return false;
    json_t *j = loose_json(part->opaque);
    struct span type = json_text(j, "type");
    bool whole = type.n > 0 && (!span_is(type, "thinking") || json_text(j, "signature").n > 0);
    json_decref(j);
    return whole;
}

static void
put_text_block(struct buf *b, struct span text)
{
    buf_puts(b, "{\"type\":\"text\",\"text\":");
    loose_put_text(b, text);
}

/* The breakpoint stands behind what never changes: it covers the tools, which come before the system text. */
static void
put_system(struct buf *b, const struct plan *p)
{
    struct span first = p->chat->system, then = p->chat->context;
    if (first.n == 0 && then.n == 0)
        return;
    buf_puts(b, ",\"system\":[");
    if (first.n > 0) {
        put_text_block(b, first);
        buf_puts(b, then.n > 0 ? CACHE "}," : CACHE "}");
    }
    if (then.n > 0) {
        put_text_block(b, then);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
}

static void
put_tools(struct buf *b, const struct plan *p)
{
    size_t n = p->chat->tools;
    for (size_t i = 0; i < n; i++) {
        const struct llm_tool *tool = &p->chat->tool[i];
        buf_puts(b, i > 0 ? ",{\"name\":" : ",\"tools\":[{\"name\":");
        json_put_text(b, tool->name);
        buf_puts(b, ",\"description\":");
        loose_put_text(b, tool->description);
        buf_puts(b, ",\"input_schema\":");
        plan_put_schema(b, tool);
        buf_puts(b, i + 1 == n && p->chat->system.n == 0 ? CACHE "}" : "}");
    }
    if (n == 0)
        return;
    buf_putc(b, ']');
    if (p->s->no_tool_calls && plan_key(b, p, "tool_choice"))
        buf_puts(b, "{\"type\":\"none\"}");
}

static void
put_call(struct task *t, struct buf *b, const struct plan *p, const struct llm_part *c)
{
    buf_puts(b, "{\"type\":\"tool_use\",\"id\":");
    json_put_text(b, c->id);
    buf_puts(b, ",\"name\":");
    json_put_text(b, c->name);
    buf_puts(b, ",\"input\":");
    buf_span(b, plan_arguments(t, c->arguments));
    if (plan_opaque(p, c) && c->opaque.n > 2) { /* its other members, as they came */
        buf_putc(b, ',');
        buf_span(b, (struct span){c->opaque.p + 1, c->opaque.n - 2});
    }
    buf_putc(b, '}');
}

static void
put_assistant(struct task *t, struct buf *b, const struct plan *p, const struct step *s)
{
    buf_puts(b, "{\"role\":\"assistant\",\"content\":[");
    for (size_t i = 0; i < s->n; i++) {
        const struct llm_part *part = &s->part[i];
        bool whole = part->kind == LLM_REASONING && is_whole_block(p, part);
        if (part->kind == LLM_REASONING && !whole)
            continue;
        buf_puts(b, b->p[b->n - 1] == '[' ? "" : ",");
        if (whole) {
            buf_span(b, part->opaque);
        } else if (part->kind == LLM_CALL) {
            put_call(t, b, p, part);
        } else {
            put_text_block(b, part->text);
            buf_putc(b, '}');
        }
    }
    buf_puts(b, "]}");
}

/* Texts and results. The last block of all carries a breakpoint, so that the next step of the turn pays for what is new
 * alone. */
static void
put_blocks(struct buf *b, const struct step *s, bool last)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct llm_part *part = &s->part[i];
        buf_puts(b, b->p[b->n - 1] == '[' ? "" : ",");
        if (part->kind == LLM_RESULT) {
            buf_puts(b, "{\"type\":\"tool_result\",\"tool_use_id\":");
            json_put_text(b, part->id);
            buf_puts(b, ",\"content\":");
            loose_put_text(b, span_trim(part->text).n > 0 ? part->text : SPAN("(no output)"));
            buf_puts(b, part->failed ? ",\"is_error\":true" : "");
        } else {
            put_text_block(b, part->text);
        }
        buf_puts(b, last && i + 1 == s->n ? CACHE "}" : "}");
    }
}

/* Results and the question that follows them are one message of the user, results first. */
static void
put_messages(struct task *t, struct buf *b, const struct plan *p)
{
    buf_puts(b, ",\"messages\":[");
    for (size_t i = 0; i < p->n; i++) {
        const struct step *s = &p->step[i];
        buf_puts(b, i > 0 ? "," : "");
        if (s->kind == STEP_ASSISTANT) {
            put_assistant(t, b, p, s);
            continue;
        }
        buf_puts(b, "{\"role\":\"user\",\"content\":[");
        put_blocks(b, s, i + 1 == p->n);
        if (s->kind == STEP_RESULTS && i + 1 < p->n && p->step[i + 1].kind == STEP_USER) {
            i++;
            put_blocks(b, &p->step[i], i + 1 == p->n);
        }
        buf_puts(b, "]}");
    }
    buf_putc(b, ']');
}

/* With thinking on, a turn that is in the middle of its calls must have begun with a thinking block: one that another
 * model began has none. */
static bool
lacks_thinking(const struct plan *p)
{
    for (size_t i = p->n; i > 0 && p->step[i - 1].kind != STEP_USER; i--) {
        const struct step *s = &p->step[i - 1];
        bool first_of_turn = i >= 2 && p->step[i - 2].kind == STEP_USER;
        if (s->kind == STEP_ASSISTANT && first_of_turn)
            return s->part[0].kind != LLM_REASONING || !is_whole_block(p, &s->part[0]);
    }
    return false;
}

/* Takes thinking out of the extra members when it can't be; makes room for it in max_tokens when it can. */
static int64_t
settle_thinking(const struct plan *p, int64_t max_tokens, bool *thinks)
{
    const json_t *thinking = json_object_get(p->extra, "thinking");
    struct span type = json_text(thinking, "type");
    *thinks = span_is(type, "enabled") || span_is(type, "adaptive");
    if (span_is(type, "enabled") && lacks_thinking(p)) {
        json_object_del(p->extra, "thinking");
        *thinks = false;
    }
    int64_t budget = *thinks ? json_int(thinking, "budget_tokens", 0) : 0;
    return budget >= max_tokens ? budget + max_tokens : max_tokens;
}

void
request_anthropic_put(struct task *t, struct buf *b, const struct plan *p)
{
    const struct llm_settings *s = p->s;
    bool thinks;
    int64_t max_tokens = settle_thinking(p, s->max_tokens > 0 ? s->max_tokens : DEFAULT_MAX_TOKENS, &thinks);
    buf_puts(b, "{\"model\":");
    loose_put_text(b, s->model);
    if (plan_key(b, p, "max_tokens"))
        buf_i64(b, max_tokens);
    put_system(b, p);
    put_tools(b, p);
    put_messages(t, b, p);
    if (s->temperature >= 0 && !s->no_temperature && !thinks && plan_key(b, p, "temperature"))
        json_put_double(b, s->temperature > 1 ? 1 : s->temperature);
    buf_puts(b, s->no_stream ? ",\"stream\":false" : ",\"stream\":true");
    plan_put_extra(b, p);
    buf_putc(b, '}');
}
