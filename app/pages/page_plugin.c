/* page_plugin: one plugin: in plain words what it can do, who vouches for it, its versions. */
#include "base/json.h"
#include "pages/admin.h"
#include "pages/all.h"
#include "pages/facts.h"
#include "pages/own.h"
#include "pages/plugin_admin.h"
#include "pages/plugin_view.h"

static void
put_tools(struct visit *v, const json_t *record, struct view_market_plugin *view)
{
    const json_t *list = json_object_get(record, "tools");
    struct view_plugin_tool *at = task_array(v->t, json_array_size(list), sizeof *at);
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        at[i] = (struct view_plugin_tool){.name = json_text(one, "name"),
            .effect = json_text(one, "effect"),
            .effect_about = plugin_effect_about(json_text(one, "effect")),
            .description = json_text(one, "description")};
    }
    view->tools.at = at;
    view->tools.n = json_array_size(list);
    view->has_tools = view->tools.n > 0;
}

static void
put_hosts(struct visit *v, const json_t *record, struct view_market_plugin *view)
{
    const json_t *nets = json_object_get(record, "nets"), *secrets = json_object_get(record, "secrets");
    struct view_plugin_host *h = task_array(v->t, json_array_size(nets), sizeof *h);
    struct view_plugin_key *k = task_array(v->t, json_array_size(secrets), sizeof *k);
    bool installed = !span_is(json_text(record, "state"), "offered"), admin = span_is(v->actor.role, "admin");
    size_t i;
    json_t *one;
    json_array_foreach(nets, i, one)
    {
        h[i] = (struct view_plugin_host){json_text(one, "method"), json_text(one, "origin")};
    }
    json_array_foreach(secrets, i, one)
    {
        k[i] = (struct view_plugin_key){.name = json_text(one, "name"), .host = json_text(one, "host")};
        if (admin && installed)
            k[i].command = task_format(
                v->t, "lyceum secret set plugin/%.*s/%.*s", SPAN_ARG(json_text(record, "id")), SPAN_ARG(k[i].name));
    }
    view->hosts.at = h;
    view->hosts.n = json_array_size(nets);
    view->has_hosts = view->hosts.n > 0;
    view->keys.at = k;
    view->keys.n = json_array_size(secrets);
    view->has_keys = view->keys.n > 0;
}

static void
put_record(struct visit *v, const json_t *r, struct view_market_plugin *view)
{
    struct span effect = json_text(r, "effect"), market = json_text(r, "market");
    int64_t leaf = json_int(r, "log_index", -1);
    view->about = json_text(r, "about");
    view->version = json_text(r, "version");
    view->serial = task_format(v->t, "%lld", (long long)json_int(r, "serial", 0));
    view->level = json_text(r, "level");
    view->level_about = plugin_level_about(view->level);
    view->effect = task_format(v->t, "%.*s: %.*s", SPAN_ARG(effect), SPAN_ARG(plugin_effect_about(effect)));
    view->publisher = json_text(r, "publisher");
    view->market = market;
    view->reviewers = plugin_joined(v->t, json_object_get(r, "reviewers"));
    view->vetted = facts_time(v->t, json_int(r, "vet_ms", 0));
    view->digest = json_text(r, "digest");
    view->runtime = json_text(r, "runtime");
    view->entry_url = plugin_entry_url(v->t, market, leaf);
    view->entry = view->entry_url.n > 0 ? task_format(v->t, "%lld", (long long)leaf) : SPAN_NONE;
    plugin_texts(v->t, json_object_get(r, "words"), &view->words.at, &view->words.n);
    plugin_powers(v->t, json_text(r, "abc"), &view->powers.at, &view->powers.n);
    put_tools(v, r, view);
    put_hosts(v, r, view);
}

static const json_t *
offer_of(const json_t *offers, struct span digest)
{
    size_t i;
    json_t *one;
    json_array_foreach(offers, i, one)
    {
        if (span_eq(json_text(one, "digest"), digest))
            return one;
    }
    return NULL;
}

static void
put_row(struct visit *v, const json_t *one, struct span state, bool warn, struct view_plugin_version_row *row)
{
    int64_t leaf = json_int(one, "log_index", -1), added_ms = json_int(one, "added_ms", 0);
    *row = (struct view_plugin_version_row){.version = json_text(one, "version"),
        .serial = task_format(v->t, "%lld", (long long)json_int(one, "serial", 0)),
        .state = state,
        .is_warn = warn,
        .reviewers = plugin_joined(v->t, json_object_get(one, "reviewers")),
        .entry_url = plugin_entry_url(v->t, json_text(one, "market"), leaf)};
    if (added_ms > 0)
        row->when = task_format(v->t, "let in %.*s", SPAN_ARG(facts_time(v->t, added_ms)));
    if (row->entry_url.n > 0)
        row->entry = task_format(v->t, "%lld", (long long)leaf);
    if (span_is(v->actor.role, "admin") && !span_is(json_text(one, "status"), "revoked"))
        row->vet_url =
            task_format(v->t, "%.*s/vet?digest=%.*s", SPAN_ARG(v->req->path), SPAN_ARG(json_text(one, "digest")));
    plugin_texts(v->t, json_object_get(one, "words"), &row->words.at, &row->words.n);
}

static struct span
version_state(struct visit *v, const json_t *plugin, const json_t *one, bool *warn)
{
    static const char *const others[][2] = {
        {"held", "waits for consent"}, {"staged", "with some first"}, {"previous", "ran before"}};
    struct span digest = json_text(one, "digest"), revoked = json_text(one, "revoked");
    *warn = revoked.n > 0;
    if (revoked.n > 0)
        return task_format(v->t, "revoked: %.*s", SPAN_ARG(revoked));
    if (span_eq(digest, json_text(plugin, "digest")))
        return SPAN("runs here");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (span_eq(digest, json_text(json_object_get(plugin, others[i][0]), "digest")))
            return span_of(others[i][1]);
    return SPAN("known here");
}

/* Those that were let in here, then those that are offered and were not. */
static void
put_versions(struct visit *v, const json_t *reply, struct view_market_plugin *view)
{
    const json_t *known = json_object_get(reply, "versions"), *offers = json_object_get(reply, "offers"),
                 *plugin = json_object_get(reply, "plugin");
    struct view_plugin_version_row *rows =
        task_array(v->t, json_array_size(known) + json_array_size(offers), sizeof *rows);
    size_t i, n = 0;
    json_t *one;
    bool warn = false;
    json_array_foreach(offers, i, one)
    {
        struct span status = json_text(one, "status");
        if (!offer_of(known, json_text(one, "digest")))
            put_row(v, one, span_is(status, "ok") ? SPAN("offered") : status, !span_is(status, "ok"), &rows[n++]);
    }
    json_array_foreach(known, i, one)
    {
        struct span state = version_state(v, plugin, one, &warn);
        put_row(v, one, state, warn, &rows[n++]);
    }
    view->versions.at = rows;
    view->versions.n = n;
}

/* Installed: what runs. Else what is offered; of one whose files are not kept here, the catalogue's words. */
static void
put_shown(struct visit *v, const json_t *reply, struct view_market_plugin *view)
{
    const json_t *plugin = json_object_get(reply, "plugin"), *next = json_object_get(reply, "next"),
                 *shown = plugin ? plugin
                          : next ? next
                                 : json_array_get(json_object_get(reply, "offers"), 0);
    view->title = plugin_title(shown);
    view->id = json_text(shown, "id");
    if (!plugin)
        view->of = task_format(v->t, "version %.*s, which is offered", SPAN_ARG(json_text(shown, "version")));
    plugin_state(plugin ? plugin : shown, &view->state, &view->state_class);
    put_record(v, shown, view);
}

enum err
page_plugin(struct visit *v)
{
    json_t *reply = NULL;
    struct view_crumb crumb = {SPAN("Plugins"), SPAN("/-/plugins")};
    struct span id = task_format(v->t, "%.*s/%.*s", SPAN_ARG(v->arg[0]), SPAN_ARG(v->arg[1]));
    const struct own_field in[] = {{"id", id}};
    if (own_call(v, "market.plugin", own_fields(in, 1), &reply) != E_OK)
        return v->t->err;
    struct view_market_plugin view = {.page = visit_page(v, task_z(v->t, id)), .crumbs = {&crumb, 1}};
    put_shown(v, reply, &view);
    put_versions(v, reply, &view);
    if (span_is(v->actor.role, "admin") && plugin_admin(v, reply, id, &view) != E_OK)
        return v->t->err;
    admin_notes(v, &view.notes.at, &view.notes.n);
    render_market_plugin(v->out->body, &view);
    return E_OK;
}
