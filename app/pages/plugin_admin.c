/* plugin_admin: what an admin can decide about a plugin, with what the closure says to it. */
#include "pages/plugin_admin.h"

#include "base/json.h"
#include "pages/facts.h"
#include "pages/level.h"
#include "pages/plugin_view.h"

enum { SCOPES = 400, WHERE_BYTES = 8192 };

static bool
is_in_scope(const json_t *plugin, const char *kind, struct span name)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(plugin, "scope"), i, one)
    {
        if (span_is(span_of(json_string_value(json_array_get(one, 0))), kind) &&
            span_eq(span_of(json_string_value(json_array_get(one, 1))), name))
            return true;
    }
    return false;
}

struct scopes {
    struct visit *v;
    const json_t *plugin;
    struct view_plugin_scope *at;
    size_t n;
};

static void
add_scope(struct scopes *s, const char *kind, struct span name, struct span label)
{
    if (s->n == SCOPES)
        return;
    s->at[s->n] = (struct view_plugin_scope){.id = task_format(s->v->t, "scope-%zu", s->n),
        .value = task_format(s->v->t, "%s:%.*s", kind, SPAN_ARG(name)),
        .label = label,
        .is_chosen = is_in_scope(s->plugin, kind, name)};
    s->n++;
}

static enum err
put_scopes(
    struct visit *v, const json_t *plugin, const json_t *groups, const json_t *datasets, struct view_plugin_admin *a)
{
    struct scopes s = {.v = v, .plugin = plugin, .at = task_array(v->t, SCOPES, sizeof *s.at)};
    size_t i;
    json_t *one;
    add_scope(&s, "deployment", SPAN(""), SPAN("everybody, with every dataset"));
    if (json_array_size(json_object_get(plugin, "scope")) == 0)
        s.at[0].is_chosen = true;
    add_scope(&s, "group", SPAN("admins"), SPAN("admins"));
    add_scope(&s, "group", SPAN("members"), SPAN("all who have an account"));
    json_array_foreach(groups, i, one)
    {
        struct span name = json_text(one, "name");
        add_scope(&s, "group", name, task_format(v->t, "the group %.*s", SPAN_ARG(name)));
    }
    json_array_foreach(datasets, i, one)
    {
        struct span name = json_text(one, "name");
        add_scope(&s, "dataset", name, task_format(v->t, "the dataset %.*s", SPAN_ARG(name)));
    }
    a->scopes.at = s.at;
    a->scopes.n = s.n;
    return E_OK;
}

static void
put_groups(struct visit *v, const json_t *groups, struct view_plugin_admin *a)
{
    struct view_choice *c = task_array(v->t, json_array_size(groups) + 3, sizeof *c);
    size_t i, n = 0;
    json_t *one;
    c[n++] = (struct view_choice){SPAN(""), SPAN("everybody who has it"), true};
    c[n++] = (struct view_choice){SPAN("admins"), SPAN("admins first"), false};
    c[n++] = (struct view_choice){SPAN("members"), SPAN("all who have an account first"), false};
    json_array_foreach(groups, i, one)
    {
        struct span name = json_text(one, "name");
        c[n++] = (struct view_choice){name, task_format(v->t, "the group %.*s first", SPAN_ARG(name)), false};
    }
    a->groups.at = c;
    a->groups.n = n;
}

/* Up to what it declares. */
static void
put_levels(struct visit *v, const json_t *plugin, const char *key, const struct view_choice **at, size_t *n)
{
    struct view_choice *c = task_array(v->t, LEVELS, sizeof *c);
    int64_t most = level_of(json_text(plugin, "declares")), is = level_of(json_text(plugin, key));
    *n = 0;
    for (int64_t i = 0; i <= most && i < LEVELS; i++) {
        struct span word = level_word(i);
        c[(*n)++] = (struct view_choice){word,
            i == 0 ? SPAN("public data alone") : task_format(v->t, "up to %.*s data", SPAN_ARG(word)),
            i == is || (i == most && is > most)};
    }
    *at = c;
}

static void
put_limits(struct visit *v, const json_t *plugin, struct view_plugin_admin *a)
{
    static const char *const modes[][2] = {
        {"", "public and private ones"}, {"public", "public ones alone"}, {"private", "private ones alone"}};
    struct view_choice *m = task_array(v->t, 3, sizeof *m);
    struct span mode = json_text(plugin, "mode");
    a->is_outside = json_array_size(json_object_get(plugin, "nets")) > 0;
    a->modes.at = m;
    a->modes.n = a->is_outside ? 1 : 3;
    for (size_t i = 0; i < 3; i++)
        m[i] = (struct view_choice){span_of(modes[i][0]), span_of(modes[i][1]), span_is(mode, modes[i][0])};
    if (a->is_outside)
        m[0] = m[1];
    a->has_reads = level_of(json_text(plugin, "declares")) > 0;
    put_levels(v, plugin, "reads", &a->reads.at, &a->reads.n);
    put_levels(v, plugin, "public_reads", &a->public_reads.at, &a->public_reads.n);
}

static struct span
setting_value(struct visit *v, const json_t *value)
{
    if (json_is_string(value))
        return (struct span){json_string_value(value), json_string_length(value)};
    return value ? json_dump(v->t, value) : SPAN_NONE;
}

static void
put_settings(struct visit *v, const json_t *plugin, struct view_plugin_admin *a)
{
    const json_t *declared = json_object_get(plugin, "declared_settings"), *set = json_object_get(plugin, "settings");
    struct view_plugin_setting *s = task_array(v->t, json_array_size(declared), sizeof *s);
    size_t i;
    json_t *one;
    json_array_foreach(declared, i, one)
    {
        struct span type = json_text(one, "type"), name = json_text(one, "name"), label = json_text(one, "label");
        const json_t *value = json_object_get(set, task_z(v->t, name));
        s[i] = (struct view_plugin_setting){.id = task_format(v->t, "setting-%zu", i),
            .name = name,
            .label = label.n > 0 ? label : name,
            .value = setting_value(v, value),
            .kind = SPAN("text"),
            .is_switch = span_is(type, "boolean"),
            .is_on = json_is_true(value)};
    }
    a->settings.at = s;
    a->settings.n = json_array_size(declared);
    a->has_settings = a->settings.n > 0;
}

static bool
is_named(const struct view_plugin_setting *s, size_t n, struct span name)
{
    for (size_t i = 0; i < n; i++)
        if (span_eq(s[i].name, name))
            return true;
    return false;
}

/* Each host that it declares, once, and what an admin put in its place. */
static void
put_endpoints(struct visit *v, const json_t *plugin, struct view_plugin_admin *a)
{
    const json_t *nets = json_object_get(plugin, "nets"), *set = json_object_get(plugin, "endpoints");
    struct view_plugin_setting *s = task_array(v->t, json_array_size(nets), sizeof *s);
    size_t i, n = 0;
    json_t *net;
    json_array_foreach(nets, i, net)
    {
        struct span origin = json_text(net, "origin");
        if (is_named(s, n, origin))
            continue;
        s[n] = (struct view_plugin_setting){
            .id = task_format(v->t, "endpoint-%zu", n), .name = origin, .value = json_text(set, task_z(v->t, origin))};
        n++;
    }
    a->endpoints.at = s;
    a->endpoints.n = n;
    a->has_endpoints = n > 0;
}

static void
put_next(struct visit *v, const json_t *reply, struct view_plugin_admin *a)
{
    const json_t *next = json_object_get(reply, "next"), *plugin = json_object_get(reply, "plugin");
    struct span is = json_text(reply, "next_is"), digest = json_text(next, "digest"),
                runs = json_text(plugin, "digest");
    if (!next)
        return;
    a->vet_url = runs.n > 0 ? task_format(v->t, "%.*s/vet?digest=%.*s&against=%.*s", SPAN_ARG(v->req->path),
                                  SPAN_ARG(digest), SPAN_ARG(runs))
                            : task_format(v->t, "%.*s/vet?digest=%.*s", SPAN_ARG(v->req->path), SPAN_ARG(digest));
    if (span_is(is, "held")) {
        a->is_held = true;
        a->held_digest = digest;
        a->held_version = json_text(next, "version");
        plugin_texts(v->t, json_object_get(plugin, "held_why"), &a->why.at, &a->why.n);
    } else if (span_is(is, "staged")) {
        a->is_staged = true;
        a->staged_version = json_text(next, "version");
        a->staged_group = json_text(plugin, "staged_group");
    } else {
        a->can_install = true;
        a->market = json_text(next, "market");
        a->install_digest = digest;
        a->install_version = json_text(next, "version");
        a->install_serial = task_format(v->t, "%lld", (long long)json_int(next, "serial", 0));
        a->refused = json_text(next, "refused");
    }
    a->is_first = !plugin;
}

/* "everybody; the dataset wards; private conversations" */
static struct span
where_words(struct visit *v, const json_t *plugin)
{
    struct buf *b = task_buf(v->t, WHERE_BYTES);
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(plugin, "scope"), i, one)
    {
        const char *kind = json_string_value(json_array_get(one, 0)), *name = json_string_value(json_array_get(one, 1));
        buf_puts(b, i > 0 ? "; " : "");
        if (kind && name)
            buf_printf(b, "%s%s%s", name[0] ? kind : "everybody", name[0] ? " " : "", name);
    }
    struct span mode = json_text(plugin, "mode");
    if (b->n > 0 && mode.n > 0)
        buf_printf(b, "; in %.*s conversations alone", SPAN_ARG(mode));
    return json_flag(plugin, "on", false) ? buf_view(b) : SPAN_NONE;
}

/* Who it was, as their account is called now. */
static struct span
name_of(const json_t *users, struct span principal)
{
    size_t i;
    json_t *one;
    json_array_foreach(users, i, one)
    {
        if (span_eq(json_text(one, "id"), principal))
            return json_text(one, "name");
    }
    return principal;
}

static enum err
put_consents(struct visit *v, const json_t *reply, struct span id, struct view_market_plugin *view)
{
    json_t *log = NULL, *people = NULL, *one, *version;
    size_t i, k;
    if (visit_admin(v, "plugin.log", json_pack("{s:s%}", "id", id.p, id.n), &log) != E_OK ||
        visit_admin(v, "user.list", NULL, &people) != E_OK)
        return v->t->err;
    const json_t *list = json_object_get(log, "consents");
    struct view_plugin_consent *c = task_array(v->t, json_array_size(list), sizeof *c);
    json_array_foreach(list, i, one)
    {
        c[i] = (struct view_plugin_consent){.when = facts_time(v->t, json_int(one, "at_ms", 0)),
            .by = name_of(json_object_get(people, "users"), json_text(one, "by")),
            .version = facts_short(json_text(one, "digest"))};
        json_array_foreach(json_object_get(reply, "versions"), k, version)
        {
            if (span_eq(json_text(version, "digest"), json_text(one, "digest")))
                c[i].version = json_text(version, "version");
        }
        plugin_texts(v->t, json_object_get(one, "words"), &c[i].words.at, &c[i].words.n);
    }
    view->consents.at = c;
    view->consents.n = json_array_size(list);
    view->has_consents = view->consents.n > 0;
    return E_OK;
}

/* What the policy says to it: of what is on, as it stands; of what is off, if it were on where it was, or else
 * everywhere. */
static enum err
put_verdict(struct visit *v, const json_t *plugin, const json_t *next, struct view_plugin_admin *a)
{
    const json_t *said = json_object_get(a->can_install ? next : plugin, "verdict");
    struct span id = json_text(plugin, "id");
    json_t *reply = NULL;
    if (plugin && !a->is_on && !a->can_install) {
        if (visit_admin(v, "plugin.closure", json_pack("{s:[s%]}", "ids", id.p, id.n), &reply) != E_OK)
            return v->t->err;
        said = json_object_get(reply, "sentences");
    }
    plugin_texts(v->t, said, &a->verdict.at, &a->verdict.n);
    a->has_verdict = a->verdict.n > 0;
    return E_OK;
}

enum err
plugin_admin(struct visit *v, const json_t *reply, struct span id, struct view_market_plugin *view)
{
    json_t *list = NULL, *catalogue = NULL;
    const json_t *plugin = json_object_get(reply, "plugin"), *next = json_object_get(reply, "next");
    struct view_plugin_admin *a = task_new(v->t, struct view_plugin_admin);
    if (visit_admin(v, "plugin.list", NULL, &list) != E_OK || visit_catalogue(v, &catalogue) != E_OK ||
        put_consents(v, reply, id, view) != E_OK)
        return v->t->err;
    const json_t *groups = json_object_get(list, "groups");
    a->action = v->req->path;
    a->is_installed = plugin != NULL;
    a->is_on = json_flag(plugin, "on", false);
    a->is_revoked = span_is(json_text(plugin, "state"), "revoked");
    a->previous = json_text(json_object_get(plugin, "previous"), "version");
    put_next(v, reply, a);
    if (put_verdict(v, plugin, next, a) != E_OK)
        return v->t->err;
    put_groups(v, groups, a);
    if (plugin) {
        put_limits(v, plugin, a);
        put_settings(v, plugin, a);
        put_endpoints(v, plugin, a);
        view->where = where_words(v, plugin);
        if (put_scopes(v, plugin, groups, json_object_get(catalogue, "datasets"), a) != E_OK)
            return v->t->err;
    }
    plugin_notices(v->t, list, id, &view->notices.at, &view->notices.n);
    view->admin = a;
    return E_OK;
}
