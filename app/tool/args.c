/* args: checking the arguments of a tool against its table. */
#include "tool/args.h"

#include "base/json.h"

#include <string.h>

static const char *const TYPE_WORD[] = {
    [ARG_TEXT] = "string",
    [ARG_INTEGER] = "integer",
    [ARG_TEXTS] = "array",
    [ARG_CHOICE] = "string",
    [ARG_VALUES] = "object",
};

static void
put_text(struct buf *b, const char *key, const char *value)
{
    json_put_key(b, key);
    json_put_text(b, span_of(value));
}

static void
put_choices(struct buf *b, const char *const *choices)
{
    json_put_key(b, "enum");
    buf_putc(b, '[');
    for (size_t i = 0; choices[i]; i++) {
        buf_puts(b, i ? "," : "");
        json_put_text(b, span_of(choices[i]));
    }
    buf_putc(b, ']');
}

static void
put_param(struct buf *b, const struct tool_param *p)
{
    json_put_key(b, p->name);
    buf_putc(b, '{');
    put_text(b, "type", TYPE_WORD[p->type]);
    put_text(b, "description", p->about);
    if (p->type == ARG_CHOICE)
        put_choices(b, p->choices);
    if (p->type == ARG_TEXTS)
        buf_puts(b, ",\"items\":{\"type\":\"string\"}");
    if (p->type == ARG_VALUES)
        buf_puts(b, ",\"additionalProperties\":{\"type\":[\"string\",\"number\",\"boolean\",\"null\"]}");
    if (p->type == ARG_INTEGER)
        buf_printf(b, ",\"minimum\":%lld,\"maximum\":%lld", (long long)p->low, (long long)p->high);
    buf_putc(b, '}');
}

struct span
args_schema(struct task *t, const struct tool_param *params, size_t n)
{
    struct buf *b = task_buf(t, 16384);
    buf_puts(b, "{\"type\":\"object\",\"properties\":{");
    for (size_t i = 0; i < n; i++)
        put_param(b, &params[i]);
    buf_puts(b, "},\"required\":[");
    bool first = true;
    for (size_t i = 0; i < n; i++) {
        if (!params[i].required)
            continue;
        buf_puts(b, first ? "" : ",");
        json_put_text(b, span_of(params[i].name));
        first = false;
    }
    buf_puts(b, "],\"additionalProperties\":false}");
    return buf_view(b);
}

static enum err
wrong(struct task *t, const struct tool_param *p, const char *should)
{
    return task_fail(t, E_INVALID, "The argument \"%s\" must be %s.", p->name, should);
}

static enum err
check_text(struct task *t, const struct tool_param *p, const json_t *v)
{
    if (!json_is_string(v))
        return wrong(t, p, "a text");
    int64_t n = (int64_t)json_string_length(v);
    if (n < p->low || n > p->high)
        return wrong(t, p, task_printf(t, "a text of %lld to %lld bytes", (long long)p->low, (long long)p->high));
    return E_OK;
}

static enum err
check_integer(struct task *t, const struct tool_param *p, const json_t *v)
{
    if (!json_is_integer(v) || json_integer_value(v) < p->low || json_integer_value(v) > p->high)
        return wrong(t, p, task_printf(t, "a whole number from %lld to %lld", (long long)p->low, (long long)p->high));
    return E_OK;
}

static enum err
check_texts(struct task *t, const struct tool_param *p, const json_t *v)
{
    int64_t n = (int64_t)json_array_size(v);
    bool good = json_is_array(v) && n >= p->low && n <= p->high;
    for (size_t i = 0; good && i < json_array_size(v); i++)
        good = json_is_string(json_array_get(v, i));
    if (!good)
        return wrong(t, p, task_printf(t, "a list of %lld to %lld texts", (long long)p->low, (long long)p->high));
    return E_OK;
}

static enum err
check_choice(struct task *t, const struct tool_param *p, const json_t *v)
{
    struct buf *b = task_buf(t, 1024);
    for (size_t i = 0; p->choices[i]; i++) {
        if (json_is_string(v) && strcmp(json_string_value(v), p->choices[i]) == 0)
            return E_OK;
        buf_printf(b, "%s\"%s\"", i ? " or " : "", p->choices[i]);
    }
    return wrong(t, p, buf_z(b));
}

static enum err
check_values(struct task *t, const struct tool_param *p, json_t *v)
{
    const char *key;
    json_t *one;
    if (!json_is_object(v) || (int64_t)json_object_size(v) > p->high)
        return wrong(t, p, task_printf(t, "an object of at most %lld values", (long long)p->high));
    json_object_foreach(v, key, one)
    {
        if (json_is_object(one) || json_is_array(one))
            return wrong(t, p, "an object whose values are texts, numbers, booleans or null");
    }
    return E_OK;
}

static enum err
check(struct task *t, const struct tool_param *p, json_t *v)
{
    switch (p->type) {
    case ARG_TEXT: return check_text(t, p, v);
    case ARG_INTEGER: return check_integer(t, p, v);
    case ARG_TEXTS: return check_texts(t, p, v);
    case ARG_CHOICE: return check_choice(t, p, v);
    case ARG_VALUES: return check_values(t, p, v);
    }
    return E_INTERNAL;
}

static bool
is_param(const struct tool_param *params, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(params[i].name, name) == 0)
            return true;
    return false;
}

static enum err
check_names(struct task *t, const struct tool_param *params, size_t n, json_t *args)
{
    const char *key;
    json_t *v;
    json_object_foreach(args, key, v)
    {
        if (is_param(params, n, key))
            continue;
        struct buf *b = task_buf(t, 1024);
        for (size_t i = 0; i < n; i++)
            buf_printf(b, "%s%s", i ? ", " : "", params[i].name);
        return task_fail(t, E_INVALID, "There is no argument \"%.60s\". The arguments are: %s.", key, buf_z(b));
    }
    return E_OK;
}

enum err
args_read_object(struct task *t, struct span text, json_t **out)
{
    if (text.n > TOOL_ARGUMENT_BYTES)
        return task_fail(t, E_INVALID, "The arguments are longer than %d bytes.", TOOL_ARGUMENT_BYTES);
    if (span_trim(text).n == 0)
        text = SPAN("{}");
    if (json_read_lax(t, text, out) != E_OK) {
        task_clear_error(t);
        return task_fail(t, E_INVALID, "The arguments are not valid JSON. Send one complete JSON object.");
    }
    if (!json_is_object(*out))
        return task_fail(t, E_INVALID, "The arguments must be one JSON object.");
    return E_OK;
}

enum err
args_read(struct task *t, const struct tool_param *params, size_t n, struct span text, json_t **out)
{
    if (args_read_object(t, text, out) != E_OK)
        return t->err;
    if (check_names(t, params, n, *out) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        json_t *v = json_object_get(*out, params[i].name);
        if (json_is_null(v)) /* models write null for what they leave out */
            v = NULL;
        if (!v && params[i].required)
            return task_fail(t, E_INVALID, "The argument \"%s\" is missing: %s", params[i].name, params[i].about);
        if (v && check(t, &params[i], v) != E_OK)
            return t->err;
    }
    return E_OK;
}
