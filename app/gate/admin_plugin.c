/* admin_plugin: what is installed, how it came, and what could be on together. */
#include "base/json.h"
#include "gate/plugin_change.h"

static enum err
put_groups(struct task *t, struct gate *g, json_t *out)
{
    struct auth_plugin_group *list = NULL;
    size_t n = 0;
    json_t *groups = json_array();
    json_object_set_new(out, "groups", groups);
    if (auth_plugin_group_list(t, &g->db, &list, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_object();
        admin_put(one, "name", list[i].name);
        admin_put(one, "users", list[i].users);
        json_array_append_new(groups, one);
    }
    return E_OK;
}

enum err
admin_plugin_list(struct task *t, struct admin_call *c)
{
    struct auth_plugin *rows = NULL;
    size_t n = 0;
    json_t *list = json_array();
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "plugins", list);
    if (auth_plugin_list(t, &c->gate->db, false, &rows, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        struct plugin p;
        if (plugin_read(t, c->gate, &rows[i], rows[i].digest, &p) != E_OK)
            return t->err;
        json_array_append_new(list, plugin_record(t, c->gate, &p));
    }
    return put_groups(t, c->gate, c->out) == E_OK ? admin_plugin_notices(t, c, c->out) : t->err;
}

static json_t *
version_json(struct task *t, const struct auth_plugin_version *v)
{
    struct plugin_facts f;
    json_t *one = json_object();
    admin_put(one, "digest", v->digest);
    admin_put(one, "version", v->version);
    admin_put(one, "level", v->level);
    admin_put(one, "publisher", v->publisher);
    admin_put(one, "revoked", v->revoked);
    json_object_set_new(one, "serial", json_integer(v->serial));
    json_object_set_new(one, "log_index", json_integer(v->log_index));
    json_object_set_new(one, "added_ms", json_integer(v->added_ms));
    if (plugin_facts_read(t, v->facts, &f) == E_OK)
        json_object_set(one, "words", plugin_facts_words(t, &f));
    return one;
}

enum err
admin_plugin_log(struct task *t, struct admin_call *c)
{
    struct auth_plugin_version *v = NULL;
    struct auth_plugin_consent *k = NULL;
    size_t n = 0, m = 0;
    struct span id;
    json_t *versions = json_array(), *consents = json_array();
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "versions", versions);
    json_object_set_new(c->out, "consents", consents);
    if (admin_text(t, c, "id", &id) != E_OK || auth_plugin_version_list(t, &c->gate->db, id, &v, &n) != E_OK ||
        auth_plugin_consent_list(t, &c->gate->db, id, &k, &m) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++)
        json_array_append_new(versions, version_json(t, &v[i]));
    for (size_t i = 0; i < m; i++) {
        json_t *one = json_object(), *what = NULL;
        admin_put(one, "digest", k[i].digest);
        admin_put(one, "by", k[i].by_who);
        json_object_set_new(one, "at_ms", json_integer(k[i].at_ms));
        if (json_read(t, k[i].what, &what) == E_OK)
            json_object_set(one, "words", what);
        json_array_append_new(consents, one);
    }
    return t->err;
}

/* As it would be with those named on, beside all that are. */
static enum err
gather(struct task *t, struct admin_call *c, struct plugin **out, size_t *n)
{
    struct auth_plugin *rows = NULL;
    size_t n_rows = 0;
    const json_t *ids = json_object_get(c->in, "ids");
    if (auth_plugin_list(t, &c->gate->db, false, &rows, &n_rows) != E_OK)
        return t->err;
    *out = task_array(t, n_rows, sizeof **out);
    for (size_t i = 0; i < n_rows; i++) {
        size_t k;
        json_t *id;
        bool named = false;
        json_array_foreach(ids, k, id)
        {
            named = named || span_eq(span_of(json_string_value(id)), rows[i].id);
        }
        if (!named && !span_is(rows[i].state, "on"))
            continue;
        if (span_is(rows[i].scope, "[]"))
            rows[i].scope = SPAN("[[\"deployment\",\"\"]]");
        if (plugin_read(t, c->gate, &rows[i], rows[i].digest, &(*out)[*n]) != E_OK)
            return t->err;
        ++*n;
    }
    return E_OK;
}

enum err
admin_plugin_closure(struct task *t, struct admin_call *c)
{
    struct plugin *list = NULL;
    size_t n = 0;
    json_t *sentences = NULL, *powers = json_object();
    struct closure_powers all = {0};
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "powers", powers);
    if (gather(t, c, &list, &n) != E_OK || plugin_set_together(t, c->gate, list, n, &sentences) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        struct closure_powers p;
        plugin_facts_powers(&list[i].facts, list[i].row.reads, &p);
        const struct closure_tool both[] = {{"", all, true}, {"", p, true}};
        closure_union(both, 2, &all);
    }
    json_object_set_new(powers, "A", json_boolean(all.untrusted));
    json_object_set_new(powers, "B", json_boolean(all.private_data));
    json_object_set_new(powers, "C", json_boolean(all.effect >= EFFECT_DURABLE));
    json_object_set_new(c->out, "may", json_boolean(json_array_size(sentences) == 0));
    json_object_set(c->out, "sentences", sentences);
    return t->err;
}

static bool
name_ok(struct span s)
{
    return s.n > 0 && s.n <= 32 && span_only(s, "abcdefghijklmnopqrstuvwxyz0123456789-") && !span_is(s, "admins") &&
           !span_is(s, "members");
}

/* The accounts that are named, as ids. */
static enum err
read_users(struct task *t, struct admin_call *c, struct span **out, size_t *n)
{
    const json_t *users = json_object_get(c->in, "users");
    size_t i;
    json_t *one;
    *n = 0;
    *out = task_array(t, json_array_size(users), sizeof **out);
    json_array_foreach(users, i, one)
    {
        struct auth_user u;
        struct span name = span_of(json_string_value(one));
        if (auth_user_by_name(t, &c->gate->db, name, &u) != E_OK)
            return t->err;
        if (u.id.n == 0)
            return task_fail(t, E_NOTFOUND, "There is no account called %.*s.", SPAN_ARG(span_first(name, 80)));
        (*out)[(*n)++] = u.id;
    }
    return E_OK;
}

enum err
admin_plugin_group(struct task *t, struct admin_call *c)
{
    struct gate_change change = {0};
    struct span *users = NULL, name;
    size_t n = 0;
    if (admin_text(t, c, "name", &name) != E_OK || read_users(t, c, &users, &n) != E_OK)
        return t->err;
    if (!name_ok(name))
        return task_fail(t, E_INVALID,
            "A group's name has small letters, digits and - (at most 32); admins and members "
            "are there already.");
    if (admin_begin(t, c, &change, "plugin.group", name) != E_OK)
        return t->err;
    return admin_end(t, c, &change, auth_plugin_group_put(t, &c->gate->db, name, users, n));
}
