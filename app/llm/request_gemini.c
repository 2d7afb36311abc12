/* request_gemini: the body for Gemini's generateContent. Its caches work by themselves for a prefix that stays. */
#include "base/json.h"
#include "llm/loose.h"
#include "llm/request_priv.h"

#include <string.h>

static void
comma(struct buf *b)
{
    buf_puts(b, b->p[b->n - 1] == '[' ? "" : ",");
}

static void
put_text(struct buf *b, struct span text)
{
    comma(b);
    buf_puts(b, "{\"text\":");
    loose_put_text(b, text);
}

static void
put_system(struct buf *b, const struct plan *p)
{
    struct span first = p->chat->system, then = p->chat->context;
    if (first.n == 0 && then.n == 0)
        return;
    buf_puts(b, ",\"systemInstruction\":{\"parts\":[");
    if (first.n > 0) {
        put_text(b, first);
        buf_putc(b, '}');
    }
    if (then.n > 0) {
        put_text(b, then);
        buf_putc(b, '}');
    }
    buf_puts(b, "]}");
}

/* parametersJsonSchema takes JSON Schema; "parameters" takes a part of OpenAPI's alone. An object without members is
 * refused by older models: a tool without arguments has no schema at all. */
static void
put_tool(struct buf *b, const struct llm_tool *tool)
{
    json_t *schema = tool->schema.n > 0 ? loose_json(tool->schema) : NULL;
    comma(b);
    buf_puts(b, "{\"name\":");
    json_put_text(b, tool->name);
    buf_puts(b, ",\"description\":");
    loose_put_text(b, tool->description);
    if (json_object_size(json_object_get(schema, "properties")) > 0) {
        buf_puts(b, ",\"parametersJsonSchema\":");
        plan_put_schema(b, tool);
    }
    buf_putc(b, '}');
    json_decref(schema);
}

static void
put_tools(struct buf *b, const struct plan *p)
{
    if (p->chat->tools == 0)
        return;
    buf_puts(b, ",\"tools\":[{\"functionDeclarations\":[");
    for (size_t i = 0; i < p->chat->tools; i++)
        put_tool(b, &p->chat->tool[i]);
    buf_puts(b, "]}]");
    if (p->s->no_tool_calls)
        buf_puts(b, ",\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"NONE\"}}");
}

/* The call's id, when the provider gave it: one that we made up is nothing to it. */
static struct span
id_of(struct task *t, const struct plan *p, const struct llm_part *call)
{
    return plan_opaque(p, call) ? json_text(loose_json_task(t, call->opaque), "id") : SPAN_NONE;
}

static void
put_id(struct buf *b, struct span id)
{
    if (id.n == 0)
        return;
    buf_puts(b, "\"id\":");
    json_put_text(b, id);
    buf_putc(b, ',');
}

/* Gemini 3 refuses a step whose first call has no signature. One that another model made has none: Google's word for
 * that stands in its place. */
static bool
lacks_signature(const struct plan *p, const struct step *s, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (s->part[i].kind == LLM_CALL)
            return false;
    }
    return !plan_opaque(p, &s->part[at]) && span_find(p->s->model, SPAN("gemini-3")) >= 0;
}

static void
put_call(struct task *t, struct buf *b, const struct plan *p, const struct step *s, size_t at)
{
    const struct llm_part *c = &s->part[at];
    comma(b);
    buf_puts(b, "{\"functionCall\":{");
    put_id(b, id_of(t, p, c));
    buf_puts(b, "\"name\":");
    json_put_text(b, c->name);
    buf_puts(b, ",\"args\":");
    buf_span(b, plan_arguments(t, c->arguments));
    buf_putc(b, '}');
    plan_put_members(b, p, c, "id");
    if (lacks_signature(p, s, at))
        buf_puts(b, ",\"thoughtSignature\":\"skip_thought_signature_validator\"");
    buf_putc(b, '}');
}

static void
put_model(struct task *t, struct buf *b, const struct plan *p, const struct step *s)
{
    comma(b);
    buf_puts(b, "{\"role\":\"model\",\"parts\":[");
    for (size_t i = 0; i < s->n; i++) {
        const struct llm_part *part = &s->part[i];
        if (part->kind == LLM_CALL) {
            put_call(t, b, p, s, i);
        } else if (part->kind == LLM_TEXT || plan_opaque(p, part)) { /* reasoning goes back for its signature alone */
            put_text(b, part->text);
            plan_put_members(b, p, part, NULL);
            buf_putc(b, '}');
        }
    }
    buf_puts(b, "]}");
}

/* The results of the calls of the step before: by their place, and by their ids where there are any. */
static void
put_results(struct task *t, struct buf *b, const struct plan *p, const struct step *asked, const struct step *s)
{
    size_t at = 0;
    comma(b);
    buf_puts(b, "{\"role\":\"user\",\"parts\":[");
    for (size_t i = 0; i < s->n; i++, at++) {
        while (asked->part[at].kind != LLM_CALL)
            at++;
        comma(b);
        buf_puts(b, "{\"functionResponse\":{");
        put_id(b, id_of(t, p, &asked->part[at]));
        buf_puts(b, "\"name\":");
        json_put_text(b, asked->part[at].name);
        buf_puts(b, s->part[i].failed ? ",\"response\":{\"error\":" : ",\"response\":{\"output\":");
        loose_put_text(b, s->part[i].text.n > 0 ? s->part[i].text : SPAN("(no output)"));
        buf_puts(b, "}}}");
    }
    buf_puts(b, "]}");
}

static void
put_contents(struct task *t, struct buf *b, const struct plan *p)
{
    buf_puts(b, "\"contents\":[");
    for (size_t i = 0; i < p->n; i++) {
        const struct step *s = &p->step[i];
        if (s->kind == STEP_ASSISTANT) {
            put_model(t, b, p, s);
        } else if (s->kind == STEP_RESULTS) {
            put_results(t, b, p, s - 1, s);
        } else {
            comma(b);
            buf_puts(b, "{\"role\":\"user\",\"parts\":[");
            for (size_t k = 0; k < s->n; k++) {
                put_text(b, s->part[k].text);
                buf_putc(b, '}');
            }
            buf_puts(b, "]}");
        }
    }
    buf_putc(b, ']');
}

/* The extra settings' generationConfig with ours: what is said there goes first. */
static void
put_config(struct buf *b, const struct plan *p)
{
    const json_t *given = json_object_get(p->extra, "generationConfig");
    json_t *config = json_is_object(given) ? json_deep_copy(given) : json_object();
    if (p->s->max_tokens > 0 && !json_object_get(config, "maxOutputTokens"))
        json_object_set_new(config, "maxOutputTokens", json_integer(p->s->max_tokens));
    if (p->s->temperature >= 0 && !p->s->no_temperature && !json_object_get(config, "temperature"))
        json_object_set_new(config, "temperature", json_real(p->s->temperature));
    if (json_object_size(config) > 0) {
        json_put_key(b, "generationConfig");
        loose_put(b, config);
    }
    json_decref(config);
}

void
request_gemini_put(struct task *t, struct buf *b, const struct plan *p)
{
    buf_putc(b, '{');
    put_contents(t, b, p);
    put_system(b, p);
    put_tools(b, p);
    put_config(b, p);
    plan_put_extra(b, p);
    buf_putc(b, '}');
}
