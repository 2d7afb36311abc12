/* settings: what a model wants in its requests, by its name and by its record. */
#include "base/json.h"
#include "llm/loose.h"
#include "llm/message.h"

/* OpenAI's reasoning models refuse max_tokens, temperature and (the o1 kind) the system role; everybody's else take
 * them. The first row whose prefix fits decides. */
static const struct {
    const char *prefix;
    bool completion_tokens_key, developer_role, no_temperature, reasons;
} FAMILY[] = {
    {"gpt-5-chat", true, false, false, false},
    {"gpt-5", true, true, true, true},
    {"o1", true, true, true, true},
    {"o3", true, true, true, true},
    {"o4", true, true, true, true},
};

struct llm_settings
llm_settings_default(enum llm_api api, struct span model)
{
    struct llm_settings s = {.api = api, .origin = span_of(llm_api_word(api)), .model = model, .temperature = -1};
    if (api != LLM_OPENAI_CHAT && api != LLM_OPENAI_RESPONSES)
        return s;
    for (size_t i = 0; i < sizeof FAMILY / sizeof *FAMILY; i++) {
        if (!span_starts(model, FAMILY[i].prefix))
            continue;
        s.completion_tokens_key = FAMILY[i].completion_tokens_key;
        s.developer_role = FAMILY[i].developer_role;
        s.no_temperature = FAMILY[i].no_temperature;
        s.encrypted_reasoning = FAMILY[i].reasons; /* other models refuse to be asked for it */
        break;
    }
    return s;
}

/* A member that must be one of two words: true for the second. */
static enum err
read_choice(struct task *t, const json_t *j, const char *key, const char *first, const char *second, bool *out)
{
    const json_t *v = json_object_get(j, key);
    if (!v)
        return E_OK;
    struct span word = loose_text(v);
    if (!span_is(word, first) && !span_is(word, second))
        return task_fail(t, E_INVALID, "The model's property \"%s\" must be \"%s\" or \"%s\".", key, first, second);
    *out = span_is(word, second);
    return E_OK;
}

static enum err
read_temperature(struct task *t, const json_t *v, struct llm_settings *out)
{
    if (!v)
        return E_OK;
    if (json_is_boolean(v)) {
        out->no_temperature = json_is_false(v);
        return E_OK;
    }
    if (!json_is_number(v) || json_number_value(v) < 0 || json_number_value(v) > 2)
        return task_fail(
            t, E_INVALID, "The model's property \"temperature\" must be true, false or a number from 0 to 2.");
    out->temperature = json_number_value(v);
    return E_OK;
}

static enum err
read_extra(struct task *t, const json_t *v, struct llm_settings *out)
{
    if (!v)
        return E_OK;
    if (!json_is_object(v))
        return task_fail(t, E_INVALID, "The model's property \"extra\" must be a JSON object.");
    out->extra = json_object_size(v) > 0 ? json_dump(t, v) : SPAN_NONE;
    return E_OK;
}

enum err
llm_settings_read(struct task *t, struct span json, struct llm_settings *out)
{
    json_t *j;
    if (json_read(t, json, &j) != E_OK)
        return t->err;
    if (!json_is_object(j))
        return task_fail(t, E_INVALID, "A model's properties must be a JSON object.");
    int64_t most = json_int(j, "max_output", out->max_tokens);
    if (most < 0 || most > 10000000)
        return task_fail(t, E_INVALID, "The model's property \"max_output\" must be a number from 0 to 10,000,000.");
    out->max_tokens = most;
    out->no_stream_usage = !json_flag(j, "stream_usage", !out->no_stream_usage);
    out->no_stream = !json_flag(j, "stream", !out->no_stream);
    out->encrypted_reasoning = json_flag(j, "encrypted_reasoning", out->encrypted_reasoning);
    if (json_object_get(j, "reasoning_key"))
        out->reasoning_key = json_text(j, "reasoning_key");
    enum err e =
        read_choice(t, j, "max_tokens_key", "max_tokens", "max_completion_tokens", &out->completion_tokens_key);
    if (e == E_OK)
        e = read_choice(t, j, "system_role", "system", "developer", &out->developer_role);
    if (e == E_OK)
        e = read_temperature(t, json_object_get(j, "temperature"), out);
    return e == E_OK ? read_extra(t, json_object_get(j, "extra"), out) : e;
}

void
llm_settings_put(struct buf *b, const struct llm_settings *s)
{
    buf_printf(b, "{\"max_tokens_key\":\"%s\"", s->completion_tokens_key ? "max_completion_tokens" : "max_tokens");
    buf_printf(b, ",\"system_role\":\"%s\",\"temperature\":", s->developer_role ? "developer" : "system");
    if (s->no_temperature || s->temperature < 0)
        buf_puts(b, s->no_temperature ? "false" : "true");
    else
        json_put_double(b, s->temperature);
    buf_printf(b, ",\"stream_usage\":%s", s->no_stream_usage ? "false" : "true");
    buf_printf(b, ",\"stream\":%s,\"max_output\":", s->no_stream ? "false" : "true");
    buf_i64(b, s->max_tokens);
    json_put_key(b, "reasoning_key");
    json_put_text(b, s->reasoning_key);
    buf_printf(b, ",\"encrypted_reasoning\":%s,\"extra\":", s->encrypted_reasoning ? "true" : "false");
    buf_span(b, s->extra.n > 0 ? s->extra : SPAN("{}"));
    buf_putc(b, '}');
}
