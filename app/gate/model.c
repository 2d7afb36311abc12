/* model: language models as sinks: which there are, and how far each is cleared. */
#include "gate/object.h"

#include "base/json.h"

#include <string.h>

static const char guide[] =
    "{\"name\":\"guide\",\"api\":\"guide\",\"label\":\"Guide (no language model)\",\"clearance\":\"secret\","
    "\"url\":\"\",\"model\":\"guide\",\"secret\":\"\",\"properties\":{},\"enabled\":true,\"default\":false}";

enum policy_level
object_clearance(const json_t *model)
{
    static const struct {
        const char *word;
        enum policy_level level;
    } rows[] = {
        {"org", LEVEL_ORG},
        {"private", LEVEL_PRIVATE},
        {"secret", LEVEL_SECRET},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (span_is(json_text(model, "clearance"), rows[i].word))
            return rows[i].level;
    return LEVEL_PUBLIC;
}

enum err
object_model(struct task *t, struct gate *g, struct span name, json_t **out)
{
    struct auth_model m;
    *out = NULL;
    if (span_is(name, "guide"))
        return json_read(t, span_of(guide), out);
    if (auth_model_find(t, &g->db, name, &m) != E_OK || m.name.n == 0)
        return t->err;
    if (json_read(t, m.body, out) != E_OK)
        return t->err;
    if (!json_flag(*out, "enabled", false))
        *out = NULL;
    return E_OK;
}

/* The members of a model that pages, or the agent, are told. Never which secret. */
static json_t *
told(const json_t *model, bool whole)
{
    static const char *const page[] = {"name", "api", "label", "clearance", "default"};
    static const char *const agent[] = {"url", "model", "properties"};
    json_t *j = json_object();
    for (size_t i = 0; i < sizeof page / sizeof page[0]; i++)
        json_object_set(j, page[i], json_object_get(model, page[i]));
    for (size_t i = 0; whole && i < sizeof agent / sizeof agent[0]; i++)
        json_object_set(j, agent[i], json_object_get(model, agent[i]));
    return j;
}

enum err
object_models(struct task *t, struct gate *g, bool whole, json_t **out)
{
    struct auth_model *m = NULL;
    size_t n = 0;
    json_t *list = task_json(t, json_array()), *one = NULL;
    bool chosen = false;
    if (auth_model_list(t, &g->db, &m, &n) != E_OK || object_model(t, g, SPAN("guide"), &one) != E_OK)
        return t->err;
    json_array_append_new(list, told(one, whole));
    for (size_t i = 0; i < n; i++) {
        if (json_read(t, m[i].body, &one) != E_OK)
            return t->err;
        if (!json_flag(one, "enabled", false))
            continue;
        chosen = chosen || json_flag(one, "default", false);
        json_array_append_new(list, told(one, whole));
    }
    /* Without an admin's choice: the first real model, else the guide. */
    if (!chosen)
        json_object_set_new(json_array_get(list, json_array_size(list) > 1 ? 1 : 0), "default", json_true());
    *out = list;
    return E_OK;
}
