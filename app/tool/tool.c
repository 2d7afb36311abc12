/* tool: the list of tools, and the way of a call through it. */
#include "tool/tool.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "base/must.h"
#include "tool/tool_priv.h"

#include <poll.h>
#include <string.h>

/* The order is part of the prompt's prefix: new ones go last. */
static const struct tool *const TOOLS[] = {
    &tool_find_tables,
    &tool_describe,
    &tool_sql,
    &tool_rows,
    &tool_ask,
    &tool_cannot_answer,
    &tool_write_sql,
    &tool_save_query,
    &tool_scratch,
    &tool_fetch_url,
};
enum { N_TOOLS = sizeof TOOLS / sizeof *TOOLS, N_READING = 6 /* the first of them */ };

static struct llm_tool
as_told(struct task *t, const struct tool *tool, const char *name)
{
    if (tool->plugin)
        return (struct llm_tool){span_of(name), span_of(tool->description), tool->schema};
    return (struct llm_tool){span_of(name), span_of(tool->description), args_schema(t, tool->params, tool->n_params)};
}

static bool
is_named(const json_t *names, const char *name)
{
    size_t i;
    json_t *v;
    json_array_foreach(names, i, v)
    {
        if (json_is_string(v) && strcmp(json_string_value(v), name) == 0)
            return true;
    }
    return false;
}

bool
tool_offers(const struct tool_world *w, const char *name)
{
    if (w->tools)
        return is_named(w->tools, name);
    for (size_t i = 0; i < N_READING; i++)
        if (strcmp(TOOLS[i]->name, name) == 0)
            return true;
    return false;
}

struct llm_tool *
tool_list(struct task *t, const struct tool_world *w, size_t *n)
{
    bool aliases = conf_flag("test.alias_tools");
    struct llm_tool *list = task_array(t, 2 * N_TOOLS + w->n_plugins, sizeof *list);
    *n = 0;
    for (size_t i = 0; i < N_TOOLS; i++)
        if (tool_offers(w, TOOLS[i]->name))
            list[(*n)++] = as_told(t, TOOLS[i], TOOLS[i]->name);
    for (size_t i = 0; aliases && i < N_TOOLS; i++)
        if (TOOLS[i]->alias && tool_offers(w, TOOLS[i]->name))
            list[(*n)++] = as_told(t, TOOLS[i], TOOLS[i]->alias);
    for (size_t i = 0; i < w->n_plugins; i++)
        if (tool_offers(w, w->plugins[i].name))
            list[(*n)++] = as_told(t, &w->plugins[i], w->plugins[i].name);
    return list;
}

const struct tool *
tool_find(const struct tool_world *w, struct span name)
{
    bool aliases = conf_flag("test.alias_tools");
    for (size_t i = 0; i < N_TOOLS; i++)
        if (span_is(name, TOOLS[i]->name) || (aliases && TOOLS[i]->alias && span_is(name, TOOLS[i]->alias)))
            return TOOLS[i];
    for (size_t i = 0; i < w->n_plugins; i++)
        if (span_is(name, w->plugins[i].name))
            return &w->plugins[i];
    return NULL;
}

static void
put_suggestions(struct buf *b, const struct query_problem *p)
{
    enum { SUGGESTIONS_SHOWN = 8 };
    json_put_key(b, "suggestions");
    buf_putc(b, '[');
    for (size_t i = 0; i < p->n_suggestions && i < SUGGESTIONS_SHOWN; i++) {
        buf_puts(b, i ? "," : "");
        json_put_text(b, span_first(p->suggestions[i], 128));
    }
    buf_putc(b, ']');
}

static void
put_member(struct buf *b, const char *key, struct span value, size_t most)
{
    if (value.n == 0)
        return;
    json_put_key(b, key);
    json_put_text(b, span_first(value, most));
}

void
tool_problem(struct task *t, const struct query_problem *p, struct tool_done *out)
{
    enum { MESSAGE_SHOWN = 600, TOKEN_SHOWN = 100 };
    struct buf *b = task_buf(t, TOOL_RESULT_BYTES * 2);
    buf_putc(b, '{');
    put_member(b, "code", p->code, TOKEN_SHOWN);
    put_member(b, "message", p->message, MESSAGE_SHOWN);
    if (p->offset >= 0)
        buf_printf(b, ",\"offset\":%lld", (long long)p->offset);
    put_member(b, "token", p->token, TOKEN_SHOWN);
    if (p->n_suggestions > 0)
        put_suggestions(b, p);
    put_member(b, "hint", p->hint, MESSAGE_SHOWN);
    buf_putc(b, '}');
    *out = (struct tool_done){.failed = true, .kind = task_dup(t, p->code), .problem = buf_view(b)};
    out->json = task_format(t, "{\"error\":%.*s}", SPAN_ARG(out->problem));
    out->line = task_dup(t, p->message);
}

void
tool_refuse(struct task *t, const char *code, struct span message, struct tool_done *out)
{
    struct query_problem p = {.code = span_of(code), .message = message, .offset = -1};
    tool_problem(t, &p, out);
}

/* Makes the task's failure a result. */
static void
refuse_failure(struct task *t, const char *code, struct tool_done *out)
{
    struct span sentence = task_dup(t, span_of(t->cause));
    task_clear_error(t);
    tool_refuse(t, code, sentence, out);
}

static void
refuse_unknown(struct task *t, const struct tool_world *w, struct span name, struct tool_done *out)
{
    struct span *names = task_array(t, N_TOOLS + w->n_plugins, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < N_TOOLS; i++)
        if (tool_offers(w, TOOLS[i]->name))
            names[n++] = span_of(TOOLS[i]->name);
    for (size_t i = 0; i < w->n_plugins; i++)
        if (tool_offers(w, w->plugins[i].name))
            names[n++] = span_of(w->plugins[i].name);
    struct query_problem p = {
        .code = SPAN("unknown_tool"),
        .message = task_format(t, "Unknown tool \"%.*s\": there is no such tool.", SPAN_ARG(span_first(name, 64))),
        .offset = -1,
        .suggestions = names,
        .n_suggestions = n,
    };
    tool_problem(t, &p, out);
}

/* BLAKE2b's first bytes; never 0. */
static uint64_t
same_of(struct task *t, const struct tool *tool, const json_t *args)
{
    unsigned char h[HASH_BYTES];
    uint64_t v;
    struct span all = task_format(t, "%s\n%.*s", tool->name, SPAN_ARG(json_dump(t, args)));
    hash_bytes(all, h);
    memcpy(&v, h, sizeof v);
    return v ? v : 1;
}

/* A plugin's own schema is checked where the plugin runs. */
static enum err
read_args(struct task *t, const struct tool *tool, struct span text, json_t **out)
{
    return tool->plugin ? args_read_object(t, text, out) : args_read(t, tool->params, tool->n_params, text, out);
}

void
tool_read(struct task *t, struct tool_world *w, struct span name, struct span arguments, struct tool_call *out,
    struct tool_done *done)
{
    *out = (struct tool_call){.tool = tool_find(w, name)};
    if (!out->tool) {
        out->doing = task_format(t, "Calling an unknown tool");
        refuse_unknown(t, w, name, done);
        return;
    }
    out->doing = task_format(t, "Calling %s", out->tool->name);
    w->at = out->tool;
    if (read_args(t, out->tool, arguments, &out->args) != E_OK) {
        refuse_failure(t, "arguments", done);
        if (!tool_offers(w, out->tool->name))
            tool_code(t, SPAN("no-such-tool"), done);
        return;
    }
    out->checked = true;
    out->doing = out->tool->doing(t, w, out->args);
    if (out->tool == &tool_sql)
        out->same = same_of(t, out->tool, out->args);
}

/* What a failure becomes: gate's code, a longer wait for the approval, or the failure's own sentence. */
static void
end_failure(struct task *t, struct tool_world *w, enum err e, bool waited, struct tool_done *out)
{
    if (e == E_OK)
        return;
    if (w->barred && w->refused.n == 0)
        w->refused = SPAN("no-such-tool");
    if (w->refused.n > 0) {
        task_clear_error(t);
        tool_code(t, w->refused, out);
    } else if (waited && e == E_UNAVAILABLE) { /* what became of it must not be lost: it is asked again later */
        task_clear_error(t);
        if (w->stopped)
            tool_code(t, SPAN("lost"), out);
        else
            tool_wait_on(w, out);
    } else {
        refuse_failure(t, err_word(e), out);
    }
}

void
tool_run(struct task *t, struct tool_world *w, const struct tool_call *call, struct tool_done *out)
{
    must(call->checked);
    int64_t until = clock_mono_ms() + TOOL_AGAIN_MS;
    bool waited = w->approval.n > 0;
    enum err e;
    w->at = call->tool;
    w->barred = !tool_offers(w, call->tool->name);
    for (int wait_ms = 50;; wait_ms *= 2) {
        *out = (struct tool_done){0};
        w->refused = SPAN_NONE;
        e = waited ? tool_go_on(t, w, call, out) : call->tool->run(t, w, call->args, out);
        if (e != E_UNAVAILABLE || clock_mono_ms() + wait_ms > until || wait_ms >= task_left_ms(t))
            break;
        task_clear_error(t);
        poll(NULL, 0, wait_ms);
    }
    end_failure(t, w, e, waited, out);
    w->barred = false;
    must(out->json.n > 0 || out->ending == TOOL_WAITS);
}
