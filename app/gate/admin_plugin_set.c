/* admin_plugin_set: where a plugin is on, for whom, with which settings. */
#include "base/json.h"
#include "gate/plugin_change.h"
#include "gate/seal.h"
#include "render/visible.h"

static enum err
enable(struct task *t, struct admin_call *c, struct plugin *p)
{
    if (span_is(p->row.scope, "[]"))
        p->row.scope = SPAN("[[\"deployment\",\"\"]]");
    p->row.state = SPAN("on");
    if (plugin_change_limits(t, c, p) != E_OK || plugin_change_version(t, c, p, p->row.digest) != E_OK)
        return t->err;
    return plugin_change_consent(t, c, p);
}

enum err
admin_plugin_enable(struct task *t, struct admin_call *c)
{
    struct plugin_change x;
    if (plugin_change_begin(t, c, "plugin.enable", &x) != E_OK)
        return t->err;
    return plugin_change_end(t, c, &x, enable(t, c, &x.plugin));
}

enum err
admin_plugin_disable(struct task *t, struct admin_call *c)
{
    struct plugin_change x;
    if (plugin_change_begin(t, c, "plugin.disable", &x) != E_OK)
        return t->err;
    if (span_is(x.plugin.row.state, "on"))
        x.plugin.row.state = SPAN("off");
    return plugin_change_end(t, c, &x, E_OK);
}

static bool
fits(struct span type, const json_t *v)
{
    if (span_is(type, "integer"))
        return json_is_integer(v);
    if (span_is(type, "number"))
        return json_is_number(v);
    return span_is(type, "boolean") ? json_is_boolean(v) : json_is_string(v);
}

static const json_t *
declared(const struct plugin_facts *f, const char *name)
{
    size_t i;
    json_t *one;
    json_array_foreach(f->settings, i, one)
    {
        if (span_is(json_text(one, "name"), name))
            return one;
    }
    return NULL;
}

/* Those named change, null takes one back, the rest stays. */
static enum err
take_settings(struct task *t, struct admin_call *c, struct plugin *p)
{
    json_t *stored = NULL, *given = json_object_get(c->in, "settings"), *v;
    const char *name;
    if (!given)
        return E_OK;
    if (json_read(t, p->row.settings, &stored) != E_OK)
        return t->err;
    json_object_foreach(given, name, v)
    {
        const json_t *d = declared(&p->facts, name);
        if (!d)
            return task_fail(t, E_INVALID, "%.*s has no setting %.*s.", SPAN_ARG(p->row.id),
                SPAN_ARG(span_first(span_of(name), 60)));
        if (!json_is_null(v) && !fits(json_text(d, "type"), v))
            return task_fail(t, E_INVALID, "The setting %s of %.*s is of the type %.*s.", name, SPAN_ARG(p->row.id),
                SPAN_ARG(json_text(d, "type")));
        if (json_is_null(v))
            json_object_del(stored, name);
        else
            json_object_set(stored, name, v);
    }
    p->row.settings = json_dump(t, stored);
    return p->row.settings.n <= PLUGIN_SETTINGS_BYTES
               ? E_OK
               : task_fail(t, E_LIMIT, "The settings of a plugin have %d bytes at most.", PLUGIN_SETTINGS_BYTES);
}

/* An address that requests may be sent to: an origin, and a path before theirs where that is needed. */
static enum err
read_endpoint(struct task *t, struct span text, struct span *out)
{
    enum { ENDPOINT_BYTES = 300 };
    struct visible_url u;
    if (text.n == 0 || text.n > ENDPOINT_BYTES || !visible_url(t, text, &u) || span_has(text, '?') ||
        span_has(text, '#'))
        return task_fail(t, E_INVALID, "An address to send to reads https://host, with a port or a path behind it.");
    if (!span_starts(u.href, "https://") && !seal_is_loopback(u.href))
        return task_fail(t, E_INVALID, "An address to send to begins with https://, but on this machine.");
    *out = u.href;
    while (span_ends(*out, "/"))
        out->n--;
    return E_OK;
}

static bool
declares(const struct plugin_facts *f, struct span origin)
{
    for (size_t i = 0; i < f->n_nets; i++)
        if (span_eq(f->nets[i].origin, origin))
            return true;
    return false;
}

/* Other hosts in the place of declared ones; null takes one back. What is sent to a declared host, its key too, goes to
 * the other one then. */
static enum err
take_endpoints(struct task *t, struct admin_call *c, struct plugin *p)
{
    json_t *stored = NULL, *given = json_object_get(c->in, "endpoints"), *v;
    const char *origin;
    if (!given)
        return E_OK;
    if (json_read(t, p->row.endpoints, &stored) != E_OK)
        return t->err;
    json_object_foreach(given, origin, v)
    {
        struct span to = SPAN_NONE;
        if (!declares(&p->facts, span_of(origin)))
            return task_fail(t, E_INVALID, "%.*s does not declare the host %.*s.", SPAN_ARG(p->row.id),
                SPAN_ARG(span_first(span_of(origin), 200)));
        if (!json_is_null(v) && read_endpoint(t, span_of(json_string_value(v)), &to) != E_OK)
            return t->err;
        if (to.n > 0)
            json_object_set_new(stored, origin, json_stringn(to.p, to.n));
        else
            json_object_del(stored, origin);
    }
    p->row.endpoints = json_dump(t, stored);
    return plugin_facts_point(t, &p->facts, p->row.endpoints);
}

enum err
admin_plugin_set(struct task *t, struct admin_call *c)
{
    struct plugin_change x;
    if (plugin_change_begin(t, c, "plugin.set", &x) != E_OK)
        return t->err;
    enum err e = plugin_change_limits(t, c, &x.plugin);
    if (e == E_OK)
        e = take_settings(t, c, &x.plugin);
    if (e == E_OK)
        e = take_endpoints(t, c, &x.plugin);
    if (e == E_OK)
        e = plugin_change_joins(t, c, &x.plugin);
    return plugin_change_end(t, c, &x, e);
}

/* Settings alone widen nothing. */
enum err
admin_plugin_set_grave(struct task *t, struct admin_call *c, bool *out)
{
    (void)t;
    *out = json_object_get(c->in, "scope") || json_object_get(c->in, "mode") || json_object_get(c->in, "reads") ||
           json_object_get(c->in, "public_reads") || json_object_get(c->in, "endpoints");
    return E_OK;
}

/* Everybody gets what the group had, or nobody any more. */
enum err
admin_plugin_stage(struct task *t, struct admin_call *c)
{
    struct plugin_change x;
    bool finish = json_flag(c->in, "finish", false);
    if (plugin_change_begin(t, c, "plugin.stage", &x) != E_OK)
        return t->err;
    struct plugin *p = &x.plugin;
    struct span old = p->row.digest, staged = p->row.staged;
    enum err e = staged.n > 0 ? E_OK : task_fail(t, E_CONFLICT, "No version of it is being rolled out.");
    if (e == E_OK) {
        p->row.staged = p->row.staged_group = SPAN_NONE;
        if (finish) {
            p->row.previous = old;
            p->row.digest = staged;
            e = plugin_change_version(t, c, p, staged);
        }
    }
    return plugin_change_end(t, c, &x, e);
}
