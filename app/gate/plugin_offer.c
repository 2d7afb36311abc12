/* plugin_offer: which plugins, in which version, with which tools a conversation gets. */
#include "gate/plugin_set.h"

#include "base/must.h"

/* Is the person in that group? Roles are groups of their own. */
static enum err
in_group(struct task *t, struct gate *g, const struct actor *a, struct span group, bool *out)
{
    struct span role = a->public.role;
    *out = span_is(role, "admin") && (span_is(group, "admins") || span_is(group, "members"));
    *out = *out || (span_is(role, "member") && span_is(group, "members"));
    if (*out || a->user.id.n == 0)
        return E_OK;
    return auth_plugin_group_has(t, &g->db, group, a->user.id, out);
}

static bool
is_among(const json_t *scope, struct span dataset)
{
    size_t i;
    json_t *e;
    json_array_foreach(scope, i, e)
    {
        if (span_is(span_of(json_string_value(json_array_get(e, 0))), "dataset") &&
            span_eq(span_of(json_string_value(json_array_get(e, 1))), dataset))
            return true;
    }
    return false;
}

/* Has the conversation datasets, and no other ones than the plugin is enabled for? */
static bool
in_datasets(const json_t *scope, const json_t *datasets)
{
    size_t i;
    json_t *d;
    json_array_foreach(datasets, i, d)
    {
        if (!is_among(scope, span_of(json_string_value(d))))
            return false;
    }
    return json_array_size(datasets) > 0;
}

static enum err
in_scope(struct task *t, struct gate *g, const struct actor *a, const struct auth_conversation *c,
    const struct auth_plugin *p, bool *out)
{
    json_t *scope = NULL, *datasets = NULL, *e;
    size_t i;
    if (json_read(t, p->scope, &scope) != E_OK || json_read(t, c->datasets, &datasets) != E_OK)
        return t->err;
    *out = in_datasets(scope, datasets);
    json_array_foreach(scope, i, e)
    {
        struct span kind = span_of(json_string_value(json_array_get(e, 0))),
                    name = span_of(json_string_value(json_array_get(e, 1)));
        bool in = span_is(kind, "deployment");
        if (span_is(kind, "group") && in_group(t, g, a, name, &in) != E_OK)
            return t->err;
        *out = *out || in;
    }
    return E_OK;
}

/* The version that this person gets: some have the next one already. */
static enum err
choose(struct task *t, struct gate *g, const struct actor *a, const struct auth_plugin *row, struct plugin *out)
{
    bool early = false;
    if (row->staged.n > 0 && in_group(t, g, a, row->staged_group, &early) != E_OK)
        return t->err;
    return plugin_read(t, g, row, early ? row->staged : row->digest, out);
}

/* The worst effect that its tools may have now. Past the end of its marketplace's word it makes nothing that lasts. */
static enum err
worst_effect(struct task *t, struct gate *g, const struct plugin *p, const struct closure_situation *s, int64_t now_ms,
    enum policy_effect *out)
{
    struct auth_market m = {0};
    *out = s->strict || !s->signed_in ? EFFECT_EPHEMERAL : s->mode == MODE_PUBLIC ? EFFECT_OUTSIDE : EFFECT_DURABLE;
    if (p->version.market.n > 0 && auth_market_find(t, &g->db, p->version.market, &m) != E_OK)
        return t->err;
    if ((p->version.market.n > 0 && m.name.n == 0) || (m.ends_ms > 0 && m.ends_ms <= now_ms))
        *out = EFFECT_EPHEMERAL;
    return E_OK;
}

static bool
is_open(const struct plugin *p, const struct closure_situation *s)
{
    struct span mode = s->mode == MODE_PUBLIC ? SPAN("public") : SPAN("private");
    if (p->version.digest.n == 0 || p->version.revoked.n > 0 || (p->row.mode.n > 0 && !span_eq(p->row.mode, mode)))
        return false;
    return s->mode == MODE_PUBLIC || !plugin_facts_outside(&p->facts);
}

/* Do our own tools and all that was taken stay clear of the lethal three with these too? */
static bool
joins(struct task *t, const struct closure_situation *s, const struct plugin_offer *list, size_t n)
{
    size_t room = 0, k = 0;
    const char *reason;
    for (size_t i = 0; i < n; i++)
        room += list[i].n_tools;
    struct closure_tool *set = task_array(t, room, sizeof *set);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < list[i].n_tools; j++) {
            struct closure_powers p;
            plugin_facts_powers(
                &list[i].plugin.facts, s->mode == MODE_PUBLIC ? LEVEL_PUBLIC : list[i].plugin.row.reads, &p);
            set[k++] = (struct closure_tool){task_z(t, list[i].tools[j]->name), p, true};
        }
    must(k == room);
    return policy_closure_joins(s, set, k, &reason);
}

static bool
is_taken(const struct plugin_offer *list, size_t n, struct span name)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < list[i].n_tools; k++)
            if (span_eq(list[i].tools[k]->name, name))
                return true;
    return false;
}

static enum err
take(struct task *t, struct gate *g, const struct actor *a, const struct auth_conversation *c,
    const struct closure_situation *s, int64_t now_ms, const struct auth_plugin *row, struct plugin_offer *list,
    size_t *n)
{
    struct plugin_offer *o = &list[*n];
    enum policy_effect most;
    bool in = false;
    *o = (struct plugin_offer){0};
    if (in_scope(t, g, a, c, row, &in) != E_OK || !in || choose(t, g, a, row, &o->plugin) != E_OK ||
        !is_open(&o->plugin, s) || worst_effect(t, g, &o->plugin, s, now_ms, &most) != E_OK)
        return t->err;
    for (size_t i = 0; i < o->plugin.facts.n_tools; i++) {
        const struct plugin_tool *tool = &o->plugin.facts.tools[i];
        if (tool->effect <= most && !is_taken(list, *n, tool->name))
            o->tools[o->n_tools++] = tool;
    }
    if (o->n_tools > 0 && joins(t, s, list, *n + 1))
        ++*n;
    return E_OK;
}

enum err
plugin_offers(struct task *t, struct gate *g, const struct actor *a, const struct auth_conversation *c,
    const struct closure_situation *s, int64_t now_ms, struct plugin_offer **out, size_t *n)
{
    struct auth_plugin *rows = NULL;
    size_t n_rows = 0;
    *n = 0;
    *out = NULL;
    if (auth_plugin_list(t, &g->db, true, &rows, &n_rows) != E_OK || n_rows == 0)
        return t->err;
    *out = task_array(t, n_rows, sizeof **out);
    for (size_t i = 0; i < n_rows; i++)
        if (take(t, g, a, c, s, now_ms, &rows[i], *out, n) != E_OK)
            return t->err;
    return E_OK;
}
