/* tool_plugin: tools of plugins: made from gate's context, run by lyceum-plugin, their answers kept as blocks. */
#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "gate/gate_client.h"
#include "plugin/plugin_client.h"
#include "tool/tool_priv.h"

#include <string.h>

enum { PLUGIN_TOOLS_MOST = 128, EXTERNAL = 4, SAID_BYTES = 300 };

static struct span
doing(struct task *t, struct tool_world *w, const json_t *args)
{
    (void)args;
    return task_format(t, "Running %s of %.*s", w->at->name, SPAN_ARG(w->at->plugin->id));
}

/* {"id","digest","tool","args"}: what gate judges, a person reads, and the plugin gets. */
static struct gate_proposal
proposal(struct task *t, const struct tool *tool, struct span args)
{
    struct buf *b = task_buf(t, (size_t)8 * TOOL_ARGUMENT_BYTES);
    buf_puts(b, "{\"id\":");
    json_put_text(b, tool->plugin->id);
    json_put_key(b, "digest");
    json_put_text(b, tool->plugin->digest);
    json_put_key(b, "tool");
    json_put_text(b, span_of(tool->name));
    json_put_key(b, "args");
    buf_span(b, args);
    buf_putc(b, '}');
    return (struct gate_proposal){.audience = "plugin",
        .capability = "call",
        .args_hash = plugin_call_hash(t, tool->plugin->digest, span_of(tool->name), args),
        .body = buf_view(b)};
}

/* How a call failed: our own word where there is one; what the plugin itself said is a stranger's text. */
static enum err
failed(struct task *t, const struct tool *tool, const char *word, enum err e, struct tool_done *out)
{
    struct span said = task_dup(t, span_first(span_of(t->cause), SAID_BYTES));
    bool quoted = strcmp(word, "schema") == 0 || strcmp(word, "tool") == 0;
    if (e == E_UNAVAILABLE && word[0] == '\0' && tool->effect < EFFECT_DURABLE)
        return e; /* the service is away: it is asked again */
    task_clear_error(t);
    if (quoted)
        tool_refuse(t, strcmp(word, "tool") == 0 ? "plugin-said" : "arguments", said, out);
    else
        tool_code(t, word[0] ? span_of(word) : SPAN("plugin-failed"), out);
    return E_OK;
}

/* Pictures that came within the answer are kept like those that were handed over before; the block names them. */
static enum err
keep_images(struct task *t, struct tool_plugin_talk *k, const json_t *blocks)
{
    size_t i;
    json_t *block;
    json_array_foreach(blocks, i, block)
    {
        struct span data = json_text(block, "data"), artifact;
        struct buf *raw = task_buf(t, WORK_ARTIFACT_BYTES);
        if (!span_is(json_text(block, "type"), "image") || data.n == 0)
            continue;
        if (!base64_get(data, raw))
            return task_fail(t, E_INVALID, "A picture of the answer is malformed or too large.");
        if (tool_plugin_keep(t, k, buf_view(raw), json_text(block, "alt"), &artifact) != E_OK)
            return t->err;
        json_object_del(block, "data");
        json_object_set_new(block, "artifact", json_stringn(artifact.p, artifact.n));
    }
    return E_OK;
}

static struct span
line_of(struct task *t, const struct tool *tool, const json_t *blocks)
{
    size_t n = json_array_size(blocks);
    struct span type = json_text(json_array_get(blocks, 0), "type");
    if (n == 1)
        return task_format(
            t, "%s %.*s from %.*s", span_is(type, "image") ? "An" : "A", SPAN_ARG(type), SPAN_ARG(tool->plugin->id));
    return task_format(t, "%zu parts from %.*s", n, SPAN_ARG(tool->plugin->id));
}

static enum err
answered(struct task *t, const struct tool *tool, struct tool_plugin_talk *k, json_t *answer)
{
    struct tool_world *w = k->w;
    struct tool_done *out = k->done;
    const json_t *blocks = json_object_get(answer, "blocks");
    struct work_result *r = task_new(t, struct work_result);
    if (keep_images(t, k, blocks) != E_OK)
        return t->err;
    *r = (struct work_result){.conversation = w->conversation,
        .turn = w->turn,
        .columns = SPAN("[]"),
        .reads = SPAN("[]"),
        .notes = SPAN("[]"),
        .shown = SPAN("both"),
        .level = k->level,
        .integrity = EXTERNAL,
        .plugin = tool->plugin->id,
        .digest = tool->plugin->digest,
        .blocks = json_dump(t, blocks)};
    out->result = r;
    if (work_result_next(t, w->work, w->conversation, &r->handle) != E_OK)
        return t->err;
    out->json = tool_plugin_told(t, r->handle, answer);
    out->line = line_of(t, tool, blocks);
    return E_OK;
}

/* Under gate's word: grant and what it told of the call. */
static enum err
call(struct task *t, struct tool_world *w, struct span args, const struct gate_verdict *v, struct tool_done *out)
{
    const struct tool *tool = w->at;
    struct tool_plugin_talk k = {
        .w = w, .done = out, .call = w->ordinal, .level = json_int(v->detail, "level", LEVEL_SECRET)};
    const struct plugin_call c = {.grant = v->grant,
        .tool = span_of(tool->name),
        .args = args,
        .on_ask = tool_plugin_ask,
        .arg = &k,
        .wake_fd = w->wake_fd};
    char word[PLUGIN_WORD_BYTES] = "";
    json_t *answer = NULL;
    enum err e = plugin_call(t, &c, word, &answer);
    if (out->ending == TOOL_ASKS) { /* whatever it made of being told to wait: the person is asked first */
        task_clear_error(t);
        out->json = SPAN("{\"asked\":true}");
        return E_OK;
    }
    if (e == E_OK)
        e = answered(t, tool, &k, answer);
    w->refused = SPAN_NONE; /* of what it asked for: told to it, not the end of the call */
    if (e == E_OK)
        return E_OK;
    *out = (struct tool_done){0};
    return failed(t, tool, word, e, out);
}

static enum err
allowed(struct task *t, struct tool_world *w, struct gate_proposal *p, struct gate_verdict *v)
{
    if (tool_propose(t, w, p, v) != E_OK)
        return t->err;
    if (span_is(v->decision, "ALLOW"))
        return E_OK;
    w->refused = SPAN("not-approved");
    return task_fail(t, E_DENIED, "This call is not allowed here.");
}

/* Nobody is asked for, and pays for, a picture that could not be kept. */
static bool
has_room(struct task *t, struct tool_world *w, struct tool_done *out)
{
    const struct tool_plugin_talk k = {.w = w, .done = out};
    if (!w->at->plugin->keeps || tool_plugin_room(t, &k, (size_t)conf_int("limits.artifact_bytes")) == E_OK)
        return true;
    if (t->err == E_LIMIT) {
        struct span sentence = task_dup(t, span_of(t->cause));
        task_clear_error(t);
        tool_refuse(t, "no-room", sentence, out);
    }
    return false;
}

static enum err
run(struct task *t, struct tool_world *w, const json_t *args, struct tool_done *out)
{
    struct gate_verdict v;
    struct span text = json_dump(t, args);
    struct gate_proposal p = proposal(t, w->at, text);
    const struct tool_plea plea = {
        "plugin", task_format(t, "What %.*s would send waits for your decision.", SPAN_ARG(w->at->plugin->id))};
    if (w->at->effect >= EFFECT_DURABLE)
        return has_room(t, w, out) ? tool_plead(t, w, &p, &plea, out) : t->err;
    return allowed(t, w, &p, &v) == E_OK ? call(t, w, text, &v, out) : t->err;
}

/* The approval is used up by this proposal, whatever comes of the call. */
static enum err
approved(struct task *t, struct tool_world *w, const json_t *args, const json_t *outcome, struct tool_done *out)
{
    struct gate_verdict v;
    struct span text = json_dump(t, args);
    struct gate_proposal p = proposal(t, w->at, text);
    (void)outcome;
    p.approval = w->approval;
    return allowed(t, w, &p, &v) == E_OK ? call(t, w, text, &v, out) : t->err;
}

static void
take(struct task *keep, const json_t *tool, const struct tool_plugin *plugin, struct tool *out)
{
    *out = (struct tool){.plugin = plugin,
        .schema = json_dump(keep, json_object_get(tool, "schema")),
        .name = task_z(keep, json_text(tool, "name")),
        .description = task_z(keep, json_text(tool, "description")),
        .effect = (enum policy_effect)json_int(tool, "effect", EFFECT_AUTHORITY),
        .doing = doing,
        .run = run};
    if (out->effect >= EFFECT_DURABLE)
        out->approved = approved;
}

void
tool_take_plugins(struct tool_world *w, const json_t *plugins)
{
    struct tool *list = task_array(w->keep, PLUGIN_TOOLS_MOST, sizeof *list);
    size_t i, k;
    json_t *one, *tool;
    w->plugins = list;
    w->n_plugins = 0;
    json_array_foreach(plugins, i, one)
    {
        struct tool_plugin *p = task_new(w->keep, struct tool_plugin);
        *p = (struct tool_plugin){task_dup(w->keep, json_text(one, "id")), task_dup(w->keep, json_text(one, "digest")),
            task_dup(w->keep, json_text(one, "version")), json_flag(one, "keeps", false)};
        json_array_foreach(json_object_get(one, "tools"), k, tool)
        {
            if (w->n_plugins < PLUGIN_TOOLS_MOST)
                take(w->keep, tool, p, &list[w->n_plugins++]);
        }
    }
}
