/* propose_context: what a turn is told of its conversation: datasets, models, tools, limits. */
#include "base/conf.h"
#include "base/json.h"
#include "gate/badge.h"
#include "gate/conversation.h"
#include "gate/propose.h"

static enum err
put_datasets(struct task *t, struct gate *g, const struct actor *a, const struct auth_conversation *c, json_t *out)
{
    struct object_walk w = {.names = c->datasets};
    struct auth_dataset d;
    struct may_object o;
    while (object_next(t, g, a, &w, &d, &o))
        if (o.exists && o.published && gate_may_see(&a->public, &o))
            json_array_append_new(out, object_dataset_json(t, g, &d));
    return t->err;
}

static void
put_text(json_t *j, const char *key, struct span s)
{
    json_object_set_new(j, key, json_stringn(s.p ? s.p : "", s.n));
}

/* "plugins":[{"id","digest","version","keeps":it makes pictures,"tools":[{"name","description","schema","effect"}]}] */
static enum err
put_plugins(
    struct task *t, struct gate *g, const struct actor *a, const struct auth_conversation *c, int64_t now_ms, json_t *j)
{
    struct plugin_offer *offers = NULL;
    size_t n = 0;
    json_t *list = json_array();
    json_object_set_new(j, "plugins", list);
    if (badge_plugins(t, g, a, c, now_ms, &offers, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_object(), *tools = json_array();
        put_text(one, "id", offers[i].plugin.row.id);
        put_text(one, "digest", offers[i].plugin.version.digest);
        put_text(one, "version", offers[i].plugin.version.version);
        json_object_set_new(one, "keeps", json_boolean(offers[i].plugin.facts.artifact));
        json_object_set_new(one, "tools", tools);
        for (size_t k = 0; k < offers[i].n_tools; k++) {
            json_t *tool = json_object();
            put_text(tool, "name", offers[i].tools[k]->name);
            put_text(tool, "description", offers[i].tools[k]->description);
            json_object_set(tool, "schema", offers[i].tools[k]->schema);
            json_object_set_new(tool, "effect", json_integer(offers[i].tools[k]->effect));
            json_array_append_new(tools, tool);
        }
        json_array_append_new(list, one);
    }
    return E_OK;
}

static void
put_limits(struct task *t, json_t *j)
{
    static const char *const limits[] = {"turn_steps", "turn_ms", "turn_tokens", "query_ms", "rows", "result_bytes"};
    json_t *caps = json_object();
    json_object_set_new(j, "limits", caps);
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        json_object_set_new(caps, limits[i], json_integer(conf_int(task_printf(t, "limits.%s", limits[i]))));
}

enum err
propose_context(struct task *t, struct gate *g, struct span ticket, struct span pool, int64_t now_ms, json_t **out)
{
    struct grant grant;
    struct actor a;
    struct auth_conversation c;
    json_t *models = NULL, *j = task_json(t, json_object()), *datasets = json_array();
    json_object_set_new(j, "datasets", datasets);
    if (conversation_ticket(t, g, ticket, pool, now_ms, &grant, &a, &c) != E_OK ||
        put_datasets(t, g, &a, &c, datasets) != E_OK || object_models(t, g, true, &models) != E_OK ||
        badge_put(t, g, &a, &c, now_ms, j) != E_OK || put_plugins(t, g, &a, &c, now_ms, j) != E_OK)
        return t->err;
    put_text(j, "subject", c.owner);
    put_text(j, "conversation", c.id);
    put_text(j, "turn", grant.turn);
    json_object_set(j, "models", models);
    put_limits(t, j);
    *out = j;
    return E_OK;
}
