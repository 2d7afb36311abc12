/* page_plugins: the catalogue: what is installed here, and what marketplaces offer. */
#include "base/clock.h"
#include "base/json.h"
#include "pages/admin.h"
#include "pages/all.h"
#include "pages/facts.h"
#include "pages/link.h"
#include "pages/own.h"
#include "pages/plugin_view.h"

enum { GROUP_USERS = 200 };

static const struct {
    const char *value, *label;
} levels[] = {{"", "any"}, {"bundled", "bundled with the program"}, {"community", "community"},
    {"private", "private to this deployment"}};
enum { N_LEVELS = sizeof levels / sizeof levels[0] };

static void
put_card(struct visit *v, const json_t *p, struct view_plugin_card *c)
{
    struct span effect = json_text(p, "effect"), about = plugin_effect_about(effect);
    *c = (struct view_plugin_card){.url = plugin_url(v->t, json_text(p, "id")),
        .id = json_text(p, "id"),
        .title = plugin_title(p),
        .about = json_text(p, "about"),
        .version = json_text(p, "version"),
        .publisher = json_text(p, "publisher"),
        .level = json_text(p, "level"),
        .level_about = plugin_level_about(json_text(p, "level")),
        .market = json_text(p, "market"),
        .effect = task_format(v->t, "%.*s: %.*s", SPAN_ARG(effect), SPAN_ARG(about))};
    plugin_state(p, &c->state, &c->state_class);
    plugin_powers(v->t, json_text(p, "abc"), &c->powers.at, &c->powers.n);
    if (json_object_get(p, "held"))
        c->waits = SPAN("an update waits for consent");
    else if (json_object_get(p, "staged"))
        c->waits = SPAN("an update is with some first");
}

static void
put_cards(struct visit *v, const json_t *list, const struct view_plugin_card **at, size_t *n)
{
    struct view_plugin_card *c = task_array(v->t, json_array_size(list), sizeof *c);
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) put_card(v, one, &c[i]);
    *at = c;
    *n = json_array_size(list);
}

static void
put_markets(struct visit *v, const json_t *list, struct view_market_catalogue *view)
{
    struct view_market_row *m = task_array(v->t, json_array_size(list), sizeof *m);
    int64_t now_ms = clock_unix_ms();
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        int64_t stale_ms = json_int(one, "stale_ms", 0), ends_ms = json_int(one, "ends_ms", 0);
        bool ended = ends_ms > 0 && ends_ms <= now_ms, stale = stale_ms > 0 && stale_ms <= now_ms;
        struct span checked = facts_time(v->t, json_int(one, "checked_ms", 0));
        m[i] = (struct view_market_row){.name = json_text(one, "name"),
            .checked = checked.n > 0 ? checked : SPAN("never"),
            .is_warn = ended || stale};
        m[i].state = ended   ? SPAN("not heard of for long: its plugins make nothing that lasts and send nothing")
                     : stale ? SPAN("not heard of in time: updates wait")
                     : checked.n > 0 ? SPAN("all of it was checked")
                                     : SPAN("nothing was fetched yet");
    }
    view->markets.at = m;
    view->markets.n = json_array_size(list);
    view->has_markets = view->markets.n > 0;
}

static struct span
part_url(struct visit *v, int64_t from)
{
    struct link l = link_begin(v->t);
    struct span words = visit_field(v, "q"), level = visit_field(v, "level");
    link_fixed(&l, "/-/plugins");
    if (words.n > 0)
        link_param(&l, "q", words);
    if (level.n > 0)
        link_param(&l, "level", level);
    if (from > 0)
        link_param(&l, "from", task_format(v->t, "%lld", (long long)from));
    return link_end(&l);
}

static void
put_filter(struct visit *v, struct view_market_catalogue *view)
{
    struct view_choice *c = task_array(v->t, N_LEVELS, sizeof *c);
    struct span level = visit_field(v, "level");
    for (size_t i = 0; i < N_LEVELS; i++)
        c[i] =
            (struct view_choice){span_of(levels[i].value), span_of(levels[i].label), span_is(level, levels[i].value)};
    view->levels.at = c;
    view->levels.n = N_LEVELS;
    view->words = visit_field(v, "q");
    view->is_filtered = view->words.n > 0 || level.n > 0;
}

/* Notices and groups are admins' business. */
static enum err
put_admin(struct visit *v, struct view_market_catalogue *view)
{
    json_t *reply, *one;
    size_t i;
    if (!span_is(v->actor.role, "admin"))
        return E_OK;
    if (visit_admin(v, "plugin.list", NULL, &reply) != E_OK)
        return v->t->err;
    const json_t *groups = json_object_get(reply, "groups");
    struct view_plugin_group *g = task_array(v->t, json_array_size(groups), sizeof *g);
    json_array_foreach(groups, i, one)
    {
        g[i] = (struct view_plugin_group){json_text(one, "name"), json_text(one, "users")};
    }
    view->groups.at = g;
    view->groups.n = json_array_size(groups);
    view->has_groups = view->groups.n > 0;
    view->is_admin = true;
    plugin_notices(v->t, reply, SPAN_NONE, &view->notices.at, &view->notices.n);
    return E_OK;
}

enum err
page_plugins(struct visit *v)
{
    json_t *reply = NULL;
    int64_t from = 0;
    if (http_params_i64(v->t, &v->req->query, "from", 0, 1000000, 0, &from) != E_OK)
        return v->t->err;
    const struct own_field fields[] = {{"q", visit_field(v, "q")}, {"level", visit_field(v, "level")}};
    json_t *in = own_fields(fields, 2);
    json_object_set_new(in, "from", json_integer(from));
    if (own_call(v, "market.catalogue", in, &reply) != E_OK)
        return v->t->err;
    struct view_market_catalogue view = {.page = visit_page(v, "Plugins")};
    put_filter(v, &view);
    put_cards(v, json_object_get(reply, "plugins"), &view.installed.at, &view.installed.n);
    put_cards(v, json_object_get(reply, "offers"), &view.offers.at, &view.offers.n);
    view.has_installed = view.installed.n > 0;
    view.has_offers = view.offers.n > 0 || from > 0;
    int64_t step = json_int(reply, "step", 1);
    if (json_flag(reply, "more", false))
        view.next_url = part_url(v, from + step);
    if (from > 0)
        view.previous_url = part_url(v, from > step ? from - step : 0);
    put_markets(v, json_object_get(reply, "markets"), &view);
    if (put_admin(v, &view) != E_OK)
        return v->t->err;
    admin_notes(v, &view.notes.at, &view.notes.n);
    render_market_catalogue(v->out->body, &view);
    return E_OK;
}

static enum err
keep_group(struct visit *v)
{
    struct span rest = visit_field(v, "users"), one;
    json_t *in = json_object(), *users = json_array();
    struct span name = span_trim(visit_field(v, "name"));
    json_object_set_new(in, "name", json_stringn(name.p ? name.p : "", name.n));
    json_object_set_new(in, "users", users);
    while (span_cut(&rest, ',', &one) && json_array_size(users) < GROUP_USERS) {
        one = span_trim(one);
        if (one.n > 0)
            json_array_append_new(users, json_stringn(one.p, one.n));
    }
    if (visit_admin(v, "plugin.group", in, NULL) != E_OK)
        return v->t->err;
    return admin_done(v, SPAN("/-/plugins"), "plugin-group");
}

enum err
page_plugins_post(struct visit *v)
{
    static const struct admin_act acts[] = {{"group", keep_group}, {NULL, NULL}};
    return admin_act(v, acts);
}
