/* propose_plugin: a model calls a plugin's tool. */
#include "base/id.h"
#include "base/json.h"
#include "gate/badge.h"
#include "gate/propose_priv.h"

enum { DETAIL_BYTES = 6000, FACTS_BYTES = 8192, SHOWN_BYTES = 16000 /* of what a person is to read */ };

enum err
judged_offer(struct task *t, struct gate *g, struct judged *j, struct span id, struct plugin_offer **out)
{
    struct plugin_offer *list = NULL;
    size_t n = 0;
    *out = NULL;
    if (badge_plugins(t, g, &j->actor, &j->conversation, j->now_ms, &list, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n && !*out; i++)
        if (span_eq(list[i].plugin.row.id, id))
            *out = &list[i];
    return E_OK;
}

static const struct plugin_tool *
offered_tool(const struct plugin_offer *o, struct span name)
{
    for (size_t i = 0; i < o->n_tools; i++)
        if (span_eq(o->tools[i]->name, name))
            return o->tools[i];
    return NULL;
}

/* What lyceum-plugin must know of the call. */
static struct span
call_detail(struct task *t, const struct judged *j, const struct plugin_tool *tool)
{
    const struct plugin *p = &j->offer->plugin;
    struct buf *b = task_buf(t, DETAIL_BYTES);
    buf_printf(b, "{\"digest\":\"%.*s\",\"id\":", SPAN_ARG(p->version.digest));
    json_put_text(b, p->row.id);
    json_put_key(b, "tool");
    json_put_text(b, tool->name);
    buf_printf(b, ",\"effect\":%d,\"level\":%d,\"settings\":", (int)tool->effect, (int)j->context.level);
    buf_span(b, p->row.settings);
    buf_putc(b, '}');
    return b->failed ? SPAN_NONE : buf_view(b);
}

/* Where the bytes may go, for the page of the approval. */
static struct span
destinations(struct task *t, const struct plugin_facts *f)
{
    struct buf *b = task_buf(t, FACTS_BYTES);
    buf_puts(b, "{\"to\":[");
    for (size_t i = 0; i < f->n_nets; i++) {
        buf_puts(b, i > 0 ? "," : "");
        json_put_text(b, plugin_facts_destination(t, f, i));
    }
    buf_puts(b, "]}");
    return b->failed ? SPAN("{\"to\":[]}") : buf_view(b);
}

/* Computing in the conversation's own jail, or bytes that leave. */
static void
call_case(struct judged *j, const struct plugin_tool *tool)
{
    struct label sink;
    if (tool->effect == EFFECT_OUTSIDE)
        taint_sink_outside(LEVEL_PUBLIC, &sink);
    else
        taint_sink_conversation(j->state.mode, &sink);
    judged_case(j, &j->context, &sink, tool->effect);
    j->sink = tool->effect == EFFECT_OUTSIDE && j->offer->plugin.facts.n_nets > 0
                  ? plugin_facts_to(&j->offer->plugin.facts, 0)
                  : SPAN("conversation");
    j->level = j->context.level;
}

/* One that is not offered is refused by the same function that decides on the others, where it says so. */
static enum err
not_offered(struct task *t, struct gate *g, struct judged *j, struct span id, struct span name)
{
    struct auth_plugin row;
    struct plugin p;
    if (auth_plugin_find(t, &g->db, id, &row) != E_OK || row.id.n == 0)
        return t->err != E_OK ? t->err : judged_no(j, "no-such-tool");
    if (plugin_read(t, g, &row, row.digest, &p) != E_OK)
        return t->err;
    const struct plugin_tool *tool = plugin_facts_tool(&p.facts, name);
    if (!span_is(row.state, "on") || p.version.revoked.n > 0)
        return judged_no(j, "plugin-stopped");
    bool outside = tool && plugin_facts_outside(&p.facts) && j->state.mode != MODE_PUBLIC;
    return judged_no(j, outside ? "outside-needs-public-mode" : "no-such-tool");
}

static enum err
judge_call(struct task *t, struct judged *j, const struct plugin_tool *tool, struct span args)
{
    const struct plugin *p = &j->offer->plugin;
    const struct span bound[] = {SPAN("plugin"), p->version.digest, tool->name, args};
    if (judged_bound(t, j, bound, 4) != E_OK)
        return t->err;
    call_case(j, tool);
    taint_external(&j->after, p->row.id);
    j->seals = true;
    j->detail = call_detail(t, j, tool);
    j->told = task_json(t, json_pack("{s:i}", "level", (int)j->context.level));
    if (j->detail.n == 0)
        return task_fail(t, E_LIMIT, "The settings of %.*s are too long.", SPAN_ARG(p->row.id));
    j->granted = (struct auth_plugin_call){.turn = j->ticket.turn,
        .ordinal = j->p->ordinal,
        .plugin = p->row.id,
        .digest = p->version.digest,
        .tool = tool->name,
        .effect = (int64_t)tool->effect,
        .at_ms = j->now_ms};
    if (tool->effect < EFFECT_DURABLE)
        return E_OK;
    if (j->p->body.n > SHOWN_BYTES)
        return judged_no(j, "too-large");
    j->call = (struct approval_call){.kind = "plugin",
        .plugin = p->row.id,
        .plugin_digest = p->version.digest,
        .tool = tool->name,
        .schema_digest = tool->digest,
        .args = j->p->body,
        .facts = destinations(t, &p->facts)};
    return E_OK;
}

enum err
judge_plugin(struct task *t, struct gate *g, struct judged *j)
{
    json_t *body = NULL;
    if (json_read(t, j->p->body, &body) != E_OK)
        return t->err;
    struct span id = json_text(body, "id"), name = json_text(body, "tool");
    json_t *args = json_object_get(body, "args");
    if (!json_is_object(args))
        return task_fail(t, E_INVALID, "A call of a plugin has an object of arguments.");
    if (judged_offer(t, g, j, id, &j->offer) != E_OK)
        return t->err;
    const struct plugin_tool *tool = j->offer ? offered_tool(j->offer, name) : NULL;
    if (!tool)
        return not_offered(t, g, j, id, name);
    if (!span_eq(json_text(body, "digest"), j->offer->plugin.version.digest))
        return judged_no(j, "plugin-changed"); /* since the turn was told of it */
    if (tool->effect >= EFFECT_DURABLE && !judged_has_account(j))
        return E_OK;
    return judge_call(t, j, tool, json_dump(t, args));
}
