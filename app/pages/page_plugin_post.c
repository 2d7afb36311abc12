/* page_plugin_post: an admin's buttons on a plugin's page. What is authority becomes an approval on the trusted path.
 */
#include "base/json.h"
#include "pages/admin.h"
#include "pages/all.h"

static struct span
id_of(struct visit *v)
{
    return task_format(v->t, "%.*s/%.*s", SPAN_ARG(v->arg[0]), SPAN_ARG(v->arg[1]));
}

static json_t *
named(struct visit *v)
{
    struct span id = id_of(v);
    json_t *in = json_object();
    json_object_set_new(in, "id", json_stringn(id.p, id.n));
    return in;
}

static enum err
change(struct visit *v, const char *operation, json_t *in, const char *done)
{
    if (visit_admin(v, operation, in, NULL) != E_OK)
        return v->t->err;
    return admin_done(v, v->req->path, done);
}

static void
copy(struct visit *v, json_t *in, const char *name)
{
    struct span s = span_trim(visit_field(v, name));
    if (s.n > 0)
        json_object_set_new(in, name, json_stringn(s.p, s.n));
}

static enum err
install(struct visit *v)
{
    int64_t serial = 0;
    json_t *in = named(v);
    copy(v, in, "market");
    copy(v, in, "digest");
    copy(v, in, "group");
    if (!span_i64(visit_field(v, "serial"), &serial) || serial < 1 || !json_object_get(in, "market")) {
        json_decref(in);
        return task_fail(v->t, E_INVALID, "The form names no version of a marketplace.");
    }
    json_object_set_new(in, "serial", json_integer(serial));
    if (span_is(visit_field(v, "enable"), "1"))
        json_object_set_new(in, "enable", json_true());
    return change(v, "plugin.install", in, "plugin-installed");
}

/* "group:staff" as ["group","staff"], for each box that is ticked. */
static json_t *
scopes(struct visit *v)
{
    json_t *list = json_array();
    for (size_t i = 0; i < v->req->form.n; i++) {
        struct span rest = v->req->form.at[i].value, kind;
        if (!span_is(v->req->form.at[i].name, "scope") || !span_cut(&rest, ':', &kind))
            continue;
        json_t *one = json_array();
        json_array_append_new(one, json_stringn(kind.p, kind.n));
        json_array_append_new(one, json_stringn(rest.p ? rest.p : "", rest.n));
        json_array_append_new(list, one);
    }
    return list;
}

static enum err
enable(struct visit *v)
{
    json_t *in = named(v);
    struct span mode = visit_field(v, "mode");
    json_object_set_new(in, "scope", scopes(v));
    json_object_set_new(in, "mode", json_stringn(mode.p ? mode.p : "", mode.n));
    copy(v, in, "reads");
    copy(v, in, "public_reads");
    return change(v, "plugin.enable", in, "plugin-enabled");
}

static enum err
disable(struct visit *v)
{
    return change(v, "plugin.disable", named(v), "plugin-disabled");
}

static enum err
rollback(struct visit *v)
{
    return change(v, "plugin.rollback", named(v), "plugin-back");
}

static enum err
take_away(struct visit *v)
{
    if (visit_admin(v, "plugin.remove", named(v), NULL) != E_OK)
        return v->t->err;
    return admin_done(v, SPAN("/-/plugins"), "plugin-removed");
}

/* The version that runs: gate finds by its digest which that is. */
static enum err
revoke(struct visit *v)
{
    json_t *in = named(v);
    copy(v, in, "why");
    return change(v, "plugin.revoke", in, "plugin-revoked");
}

static enum err
consent(struct visit *v)
{
    json_t *in = named(v);
    copy(v, in, "digest");
    copy(v, in, "group");
    return change(v, "plugin.consent", in, "plugin-consented");
}

static enum err
stage(struct visit *v)
{
    bool finish = span_is(visit_field(v, "do"), "finish");
    json_t *in = named(v);
    json_object_set_new(in, "finish", json_boolean(finish));
    return change(v, "plugin.stage", in, finish ? "plugin-finished" : "plugin-unstaged");
}

static enum err
one_setting(struct visit *v, const json_t *declared, json_t *out)
{
    struct span name = json_text(declared, "name"), type = json_text(declared, "type"), text;
    char *key = task_z(v->t, name);
    int64_t n = 0;
    double real = 0;
    text = span_trim(visit_field(v, task_printf(v->t, "set.%s", key)));
    if (span_is(type, "boolean"))
        json_object_set_new(out, key, json_boolean(span_is(text, "true")));
    else if (text.n == 0)
        json_object_set_new(out, key, json_null());
    else if (span_is(type, "string"))
        json_object_set_new(out, key, json_stringn(text.p, text.n));
    else if (span_is(type, "integer") && span_i64(text, &n))
        json_object_set_new(out, key, json_integer(n));
    else if (span_is(type, "number") && span_double(text, &real))
        json_object_set_new(out, key, json_real(real));
    else
        return task_fail(v->t, E_INVALID, "The setting %s takes a number.", key);
    return E_OK;
}

/* The record of the plugin as it is installed, NULL when it is not. */
static enum err
installed(struct visit *v, const json_t **out)
{
    json_t *list = NULL, *one;
    struct span id = id_of(v);
    size_t i;
    *out = NULL;
    if (visit_admin(v, "plugin.list", NULL, &list) != E_OK)
        return v->t->err;
    json_array_foreach(json_object_get(list, "plugins"), i, one)
    {
        if (span_eq(json_text(one, "id"), id))
            *out = one;
    }
    return E_OK;
}

/* Each that the plugin declares; what the form leaves empty is taken back. */
static enum err
set(struct visit *v)
{
    const json_t *record;
    json_t *declared, *in = NULL, *settings = task_json(v->t, json_object());
    size_t i;
    if (installed(v, &record) != E_OK)
        return v->t->err;
    json_array_foreach(json_object_get(record, "declared_settings"), i, declared)
    {
        if (one_setting(v, declared, settings) != E_OK)
            return v->t->err;
    }
    in = named(v);
    json_object_set(in, "settings", settings);
    return change(v, "plugin.set", in, "plugin-set");
}

/* Where requests to each declared host really go; an empty field: there. */
static enum err
point(struct visit *v)
{
    const json_t *record;
    json_t *net, *in = NULL, *endpoints = task_json(v->t, json_object());
    size_t i;
    if (installed(v, &record) != E_OK)
        return v->t->err;
    json_array_foreach(json_object_get(record, "nets"), i, net)
    {
        char *origin = task_z(v->t, json_text(net, "origin"));
        struct span to = span_trim(visit_field(v, task_printf(v->t, "to.%s", origin)));
        json_object_set_new(endpoints, origin, to.n > 0 ? json_stringn(to.p, to.n) : json_null());
    }
    in = named(v);
    json_object_set(in, "endpoints", endpoints);
    return change(v, "plugin.set", in, "plugin-set");
}

enum err
page_plugin_post(struct visit *v)
{
    static const struct admin_act acts[] = {{"install", install}, {"enable", enable}, {"disable", disable},
        {"rollback", rollback}, {"remove", take_away}, {"revoke", revoke}, {"consent", consent}, {"finish", stage},
        {"cancel", stage}, {"set", set}, {"point", point}, {NULL, NULL}};
    return admin_act(v, acts);
}
