/* plugin_record: a plugin as pages and the command line are told of it. */
#include "gate/plugin_change.h"

#include "base/json.h"
#include "policy/words.h"

/* Another version than the one that runs, with its words. */
static enum err
put_version(struct task *t, struct gate *g, json_t *j, const char *key, struct span digest)
{
    struct auth_plugin_version v;
    if (digest.n == 0)
        return E_OK;
    if (auth_plugin_version_find(t, &g->db, digest, &v) != E_OK || v.digest.n == 0)
        return t->err;
    json_t *one = json_object();
    admin_put(one, "digest", v.digest);
    admin_put(one, "version", v.version);
    json_object_set_new(one, "serial", json_integer(v.serial));
    json_object_set_new(j, key, one);
    return E_OK;
}

static void
put_json(struct task *t, json_t *j, const char *key, struct span text)
{
    json_t *value = NULL;
    if (json_read(t, text, &value) == E_OK)
        json_object_set(j, key, value);
}

static void
put_outside(json_t *j, const struct plugin_facts *f)
{
    json_t *nets = json_array(), *secrets = json_array();
    for (size_t i = 0; i < f->n_nets; i++) {
        json_t *one = json_object();
        admin_put(one, "method", f->nets[i].method);
        admin_put(one, "origin", f->nets[i].origin);
        admin_put(one, "to", plugin_facts_to(f, i));
        json_array_append_new(nets, one);
    }
    for (size_t i = 0; i < f->n_secrets; i++) {
        json_t *one = json_object();
        admin_put(one, "name", f->secrets[i].name);
        admin_put(one, "host", f->secrets[i].host);
        json_array_append_new(secrets, one);
    }
    json_object_set_new(j, "nets", nets);
    json_object_set_new(j, "secrets", secrets);
}

static void
put_facts(struct task *t, json_t *j, const struct plugin_facts *f)
{
    struct closure_powers p;
    json_t *tools = json_array();
    plugin_facts_powers(f, LEVEL_SECRET, &p);
    admin_put(j, "abc",
        task_format(t, "%d%d%d", p.untrusted ? 1 : 0, p.private_data ? 1 : 0, p.effect >= EFFECT_DURABLE ? 1 : 0));
    admin_put(j, "effect", span_of(policy_effect_word(p.effect)));
    admin_put(j, "runtime", f->runtime);
    admin_put(j, "title", f->title);
    admin_put(j, "about", f->about);
    admin_put(j, "declares", f->reads < 0 ? SPAN("") : span_of(policy_level_word((enum policy_level)f->reads)));
    json_object_set(j, "words", plugin_facts_words(t, f));
    json_object_set(j, "declared_settings", f->settings);
    put_outside(j, f);
    for (size_t i = 0; i < f->n_tools; i++) {
        json_t *one = json_object();
        admin_put(one, "name", f->tools[i].name);
        admin_put(one, "description", f->tools[i].description);
        admin_put(one, "effect", span_of(policy_effect_word(f->tools[i].effect)));
        json_object_set(one, "schema", f->tools[i].schema);
        json_array_append_new(tools, one);
    }
    json_object_set_new(j, "tools", tools);
}

static enum err
put_row(struct task *t, struct gate *g, json_t *j, const struct auth_plugin *r)
{
    admin_put(j, "state", r->state);
    json_object_set_new(j, "on", json_boolean(span_is(r->state, "on")));
    if (put_version(t, g, j, "previous", r->previous) != E_OK || put_version(t, g, j, "held", r->held) != E_OK ||
        put_version(t, g, j, "staged", r->staged) != E_OK)
        return t->err;
    put_json(t, j, "held_why", r->held_why);
    put_json(t, j, "scope", r->scope);
    put_json(t, j, "settings", r->settings);
    put_json(t, j, "endpoints", r->endpoints);
    admin_put(j, "staged_group", r->staged_group);
    admin_put(j, "mode", r->mode);
    admin_put(j, "reads", span_of(policy_level_word((enum policy_level)r->reads)));
    admin_put(j, "public_reads", span_of(policy_level_word((enum policy_level)r->public_reads)));
    json_object_set_new(j, "installed_ms", json_integer(r->installed_ms));
    json_object_set_new(j, "changed_ms", json_integer(r->changed_ms));
    return t->err;
}

json_t *
plugin_record(struct task *t, struct gate *g, const struct plugin *p)
{
    const struct auth_plugin_version *v = &p->version;
    json_t *j = json_object(), *verdict = NULL;
    admin_put(j, "id", p->row.id);
    admin_put(j, "digest", v->digest);
    admin_put(j, "version", v->version);
    json_object_set_new(j, "serial", json_integer(v->serial));
    admin_put(j, "level", v->level);
    admin_put(j, "market", v->market);
    admin_put(j, "publisher", v->publisher);
    admin_put(j, "revoked", v->revoked);
    put_json(t, j, "reviewers", v->reviewers);
    json_object_set_new(j, "vet_ms", json_integer(v->vet_ms));
    json_object_set_new(j, "log_index", json_integer(v->log_index));
    if (put_row(t, g, j, &p->row) == E_OK && v->digest.n > 0)
        put_facts(t, j, &p->facts);
    if (plugin_set_joins(t, g, p, &verdict) == E_OK)
        json_object_set(j, "verdict", verdict);
    return j;
}
