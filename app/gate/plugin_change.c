/* plugin_change: one change of a plugin: found, checked, written, on record. */
#include "gate/plugin_change.h"

#include "base/json.h"
#include "gate/approval.h"
#include "policy/words.h"

enum err
plugin_change_begin(struct task *t, struct admin_call *c, const char *action, struct plugin_change *x)
{
    struct auth_plugin row;
    struct span id;
    *x = (struct plugin_change){0};
    if (admin_text(t, c, "id", &id) != E_OK || admin_begin(t, c, &x->change, action, id) != E_OK)
        return t->err;
    enum err e = auth_plugin_find(t, &c->gate->db, id, &row);
    if (e == E_OK && row.id.n == 0)
        e = task_fail(t, E_NOTFOUND, "There is no plugin %.*s here.", SPAN_ARG(span_first(id, 65)));
    if (e == E_OK)
        e = plugin_read(t, c->gate, &row, row.digest, &x->plugin);
    x->ran = plugin_ran_of(&row);
    return e == E_OK ? E_OK : admin_end(t, c, &x->change, e);
}

enum err
plugin_change_end(struct task *t, struct admin_call *c, struct plugin_change *x, enum err e)
{
    struct plugin *p = &x->plugin;
    if (e == E_OK && !x->gone)
        e = auth_plugin_put(t, &c->gate->db, &p->row, c->now_ms);
    if (e == E_OK)
        e = approval_void_policy(t, c->gate, c->now_ms);
    x->change.detail = task_format(t, "{\"digest\":\"%.*s\",\"version\":\"%.*s\",\"state\":\"%.*s\",\"held\":\"%.*s\"}",
        SPAN_ARG(p->row.digest), SPAN_ARG(p->version.version), SPAN_ARG(p->row.state), SPAN_ARG(p->row.held));
    if (admin_end(t, c, &x->change, e) != E_OK)
        return t->err;
    share_epoch_bump(c->gate->share);
    if (!x->gone && auth_plugin_find(t, &c->gate->db, p->row.id, &p->row) != E_OK) /* as it stands now */
        return t->err;
    c->out = task_json(t, x->gone ? json_object() : plugin_record(t, c->gate, p));
    plugin_halt(c->gate, c->actor->public.principal, &x->ran, x->gone ? NULL : &p->row, c->now_ms);
    return t->err;
}

static enum err
check_group(struct task *t, struct admin_call *c, struct span name)
{
    struct auth_plugin_group *list = NULL;
    size_t n = 0;
    if (span_is(name, "admins") || span_is(name, "members"))
        return E_OK;
    if (auth_plugin_group_list(t, &c->gate->db, &list, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++)
        if (span_eq(list[i].name, name))
            return E_OK;
    return task_fail(t, E_NOTFOUND, "There is no group %.*s: make it first (admins and members are always there).",
        SPAN_ARG(span_first(name, 63)));
}

static enum err
check_entry(struct task *t, struct admin_call *c, const json_t *entry)
{
    struct span kind = span_of(json_string_value(json_array_get(entry, 0))),
                name = span_of(json_string_value(json_array_get(entry, 1)));
    struct auth_dataset d;
    if (span_is(kind, "deployment") && name.n == 0)
        return E_OK;
    if (span_is(kind, "group"))
        return check_group(t, c, name);
    if (!span_is(kind, "dataset"))
        return task_fail(
            t, E_INVALID, "A plugin is enabled for the deployment, for a group of people, or for a dataset.");
    if (auth_dataset_find(t, &c->gate->db, name, &d) != E_OK)
        return t->err;
    return d.name.n > 0 ? E_OK : task_fail(t, E_NOTFOUND, "There is no dataset %.*s.", SPAN_ARG(span_first(name, 63)));
}

static enum err
take_scope(struct task *t, struct admin_call *c, const json_t *scope, struct plugin *p)
{
    size_t i;
    json_t *entry;
    if (!json_is_array(scope) || json_array_size(scope) == 0 || json_array_size(scope) > PLUGIN_SCOPES)
        return task_fail(t, E_INVALID, "Say where the plugin is enabled: 1 to %d places.", PLUGIN_SCOPES);
    json_array_foreach(scope, i, entry)
    {
        if (check_entry(t, c, entry) != E_OK)
            return t->err;
    }
    p->row.scope = json_dump(t, scope);
    return E_OK;
}

static enum err
take_level(struct task *t, struct admin_call *c, const char *key, int64_t *out)
{
    enum policy_level level;
    if (!json_object_get(c->in, key))
        return E_OK;
    if (!policy_level_read(json_text(c->in, key), &level))
        return task_fail(t, E_INVALID, "\"%s\" is \"public\", \"org\", \"private\" or \"secret\".", key);
    *out = level;
    return E_OK;
}

enum err
plugin_change_limits(struct task *t, struct admin_call *c, struct plugin *p)
{
    const json_t *scope = json_object_get(c->in, "scope"), *mode = json_object_get(c->in, "mode");
    if ((scope && take_scope(t, c, scope, p) != E_OK) || take_level(t, c, "reads", &p->row.reads) != E_OK ||
        take_level(t, c, "public_reads", &p->row.public_reads) != E_OK)
        return t->err;
    struct span word = json_text(c->in, "mode");
    if (mode && word.n > 0 && !span_is(word, "public") && !span_is(word, "private"))
        return task_fail(t, E_INVALID, "A plugin works in \"public\" or \"private\" conversations, or in both (\"\").");
    if (mode && span_is(word, "private") && plugin_facts_outside(&p->facts))
        return task_fail(t, E_INVALID, "A plugin that reaches outside never works in private conversations.");
    if (mode)
        p->row.mode = word;
    return E_OK;
}

struct span
plugin_sentences(struct task *t, const json_t *sentences)
{
    struct buf *b = task_buf(t, 65536);
    size_t i;
    json_t *one;
    json_array_foreach(sentences, i, one)
    {
        buf_puts(b, i > 0 ? " " : "");
        buf_puts(b, json_string_value(one));
    }
    return buf_view(b);
}

enum err
plugin_change_joins(struct task *t, struct admin_call *c, const struct plugin *p)
{
    json_t *sentences = NULL;
    if (!span_is(p->row.state, "on"))
        return E_OK;
    if (plugin_set_joins(t, c->gate, p, &sentences) != E_OK || json_array_size(sentences) == 0)
        return t->err;
    return task_fail(t, E_DENIED, "%.*s", SPAN_ARG(plugin_sentences(t, sentences)));
}

enum err
plugin_change_version(struct task *t, struct admin_call *c, struct plugin *p, struct span digest)
{
    struct auth_plugin row = p->row;
    if (plugin_read(t, c->gate, &row, digest, p) != E_OK)
        return t->err;
    if (p->version.digest.n == 0)
        return task_fail(t, E_NOTFOUND, "There is no such version of %.*s here.", SPAN_ARG(row.id));
    if (p->version.revoked.n > 0)
        return task_fail(t, E_DENIED, "Version %.*s of %.*s was revoked: %.*s", SPAN_ARG(p->version.version),
            SPAN_ARG(row.id), SPAN_ARG(p->version.revoked));
    struct span why = plugin_set_alone(t, &p->facts);
    if (why.n > 0)
        return task_fail(t, E_DENIED, "%.*s can't be used here. %.*s", SPAN_ARG(row.id), SPAN_ARG(why));
    return plugin_change_joins(t, c, p);
}

enum err
plugin_change_consent(struct task *t, struct admin_call *c, const struct plugin *p)
{
    return auth_plugin_consent_add(t, &c->gate->db, p->row.id, p->version.digest, c->actor->public.principal,
        json_dump(t, plugin_facts_words(t, &p->facts)), c->now_ms);
}
