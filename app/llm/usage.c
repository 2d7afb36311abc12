/* usage: token counts under their many names. */
#include "base/json.h"
#include "llm/loose.h"
#include "llm/reply_priv.h"

/* "a.b" is member b of member a. A count that is absent or null leaves *out alone. */
struct usage_row {
    const char *outer, *key;
};

static void
take(const json_t *usage, const struct usage_row *row, size_t n, int64_t *out)
{
    for (size_t i = 0; i < n; i++) {
        const json_t *from = row[i].outer ? json_object_get(usage, row[i].outer) : usage;
        int64_t v = loose_count(json_object_get(from, row[i].key));
        if (v >= 0) {
            *out = v;
            return;
        }
    }
}
#define TAKE(usage, rows, out) take((usage), (rows), sizeof(rows) / sizeof *(rows), (out))

static const struct usage_row CHAT_INPUT[] = {{NULL, "prompt_tokens"}, {NULL, "input_tokens"}};
static const struct usage_row CHAT_OUTPUT[] = {{NULL, "completion_tokens"}, {NULL, "output_tokens"}};
static const struct usage_row CHAT_REASONING[] = {
    {"completion_tokens_details", "reasoning_tokens"}, {NULL, "reasoning_tokens"}};
static const struct usage_row CHAT_READ[] = {
    {"prompt_tokens_details", "cached_tokens"}, {NULL, "prompt_cache_hit_tokens"}, {NULL, "cached_tokens"}};
static const struct usage_row CHAT_WRITE[] = {
    {"prompt_tokens_details", "cache_write_tokens"}, {NULL, "cache_creation_input_tokens"}};
static const struct usage_row ANTHROPIC_INPUT[] = {{NULL, "input_tokens"}};
static const struct usage_row ANTHROPIC_OUTPUT[] = {{NULL, "output_tokens"}};
static const struct usage_row ANTHROPIC_REASONING[] = {{"output_tokens_details", "thinking_tokens"}};
static const struct usage_row ANTHROPIC_READ[] = {{NULL, "cache_read_input_tokens"}};
static const struct usage_row ANTHROPIC_WRITE[] = {{NULL, "cache_creation_input_tokens"}};
static const struct usage_row RESPONSES_INPUT[] = {{NULL, "input_tokens"}};
static const struct usage_row RESPONSES_OUTPUT[] = {{NULL, "output_tokens"}};
static const struct usage_row RESPONSES_REASONING[] = {{"output_tokens_details", "reasoning_tokens"}};
static const struct usage_row RESPONSES_READ[] = {{"input_tokens_details", "cached_tokens"}};
static const struct usage_row RESPONSES_WRITE[] = {{"input_tokens_details", "cache_write_tokens"}};
static const struct usage_row GEMINI_INPUT[] = {{NULL, "promptTokenCount"}};
static const struct usage_row GEMINI_OUTPUT[] = {{NULL, "candidatesTokenCount"}};
static const struct usage_row GEMINI_REASONING[] = {{NULL, "thoughtsTokenCount"}};
static const struct usage_row GEMINI_READ[] = {{NULL, "cachedContentTokenCount"}};
static const struct usage_row GEMINI_TOOL_USE[] = {{NULL, "toolUsePromptTokenCount"}};

/* A number, a number as text (Vercel), or {"total_cost":number} (Perplexity). */
static void
take_cost(const json_t *usage, double *out)
{
    const json_t *v = json_object_get(usage, "cost");
    if (json_is_object(v))
        v = json_object_get(v, "total_cost");
    double cost = -1;
    if (json_is_number(v))
        cost = json_number_value(v);
    else if (!json_is_string(v) || !span_double(loose_text(v), &cost))
        return;
    if (cost >= 0)
        *out = cost;
}

/* Counts come in several objects: the later member wins, as with the counts themselves. */
static void
keep_raw(struct llm_decoder *d, const json_t *usage)
{
    if (!d->raw_usage)
        d->raw_usage = task_json(d->t, json_object());
    json_object_update(d->raw_usage, (json_t *)(uintptr_t)usage);
}

static int64_t
sum(int64_t a, int64_t b, int64_t c)
{
    return a < 0 ? -1 : a + (b > 0 ? b : 0) + (c > 0 ? c : 0);
}

void
usage_chat(struct llm_decoder *d, const json_t *usage)
{
    if (!json_is_object(usage))
        return;
    struct llm_usage *u = &d->usage;
    TAKE(usage, CHAT_INPUT, &u->input);
    TAKE(usage, CHAT_OUTPUT, &u->output);
    TAKE(usage, CHAT_REASONING, &u->reasoning);
    TAKE(usage, CHAT_READ, &u->cache_read);
    TAKE(usage, CHAT_WRITE, &u->cache_write);
    take_cost(usage, &u->cost);
    u->prompt = u->input;
    u->generated = u->output;
    keep_raw(d, usage);
}

void
usage_anthropic(struct llm_decoder *d, const json_t *usage)
{
    if (!json_is_object(usage))
        return;
    struct llm_usage *u = &d->usage;
    TAKE(usage, ANTHROPIC_INPUT, &u->input);
    TAKE(usage, ANTHROPIC_OUTPUT, &u->output);
    TAKE(usage, ANTHROPIC_REASONING, &u->reasoning);
    TAKE(usage, ANTHROPIC_READ, &u->cache_read);
    TAKE(usage, ANTHROPIC_WRITE, &u->cache_write);
    u->prompt = sum(u->input, u->cache_read, u->cache_write);
    u->generated = u->output;
    keep_raw(d, usage);
}

void
usage_responses(struct llm_decoder *d, const json_t *usage)
{
    if (!json_is_object(usage))
        return;
    struct llm_usage *u = &d->usage;
    TAKE(usage, RESPONSES_INPUT, &u->input);
    TAKE(usage, RESPONSES_OUTPUT, &u->output);
    TAKE(usage, RESPONSES_REASONING, &u->reasoning);
    TAKE(usage, RESPONSES_READ, &u->cache_read);
    TAKE(usage, RESPONSES_WRITE, &u->cache_write);
    take_cost(usage, &u->cost);
    u->prompt = u->input;
    u->generated = u->output;
    keep_raw(d, usage);
}

void
usage_gemini(struct llm_decoder *d, const json_t *usage)
{
    if (!json_is_object(usage))
        return;
    struct llm_usage *u = &d->usage;
    int64_t tool_use = -1;
    TAKE(usage, GEMINI_INPUT, &u->input);
    TAKE(usage, GEMINI_OUTPUT, &u->output);
    TAKE(usage, GEMINI_REASONING, &u->reasoning);
    TAKE(usage, GEMINI_READ, &u->cache_read);
    TAKE(usage, GEMINI_TOOL_USE, &tool_use);
    u->prompt = sum(u->input, tool_use, 0);
    u->generated = u->output < 0 ? u->reasoning : sum(u->output, u->reasoning, 0);
    keep_raw(d, usage);
}
