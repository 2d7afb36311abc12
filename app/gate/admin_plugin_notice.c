/* admin_plugin_notice: what admins are told of plugins: what was written down, and what follows from the time. */
#include "base/json.h"
#include "gate/plugin_change.h"
#include "store/auth_offer.h"

static enum err
put_notices(struct task *t, struct gate *g, json_t *out)
{
    struct auth_plugin_notice *list = NULL;
    size_t n = 0;
    json_t *notices = json_array();
    json_object_set_new(out, "notices", notices);
    if (auth_plugin_notice_list(t, &g->db, &list, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_object();
        admin_put(one, "plugin", list[i].plugin);
        admin_put(one, "kind", list[i].kind);
        admin_put(one, "text", list[i].text);
        json_object_set_new(one, "at_ms", json_integer(list[i].at_ms));
        json_array_append_new(notices, one);
    }
    return E_OK;
}

/* Its reviewers' word runs out: told from two weeks before. */
static enum err
put_expiry(struct task *t, struct admin_call *c, json_t *out)
{
    static const int64_t EARLY_MS = (int64_t)14 * 24 * 3600 * 1000;
    json_t *notices = json_object_get(out, "notices"), *p;
    size_t i;
    json_array_foreach(json_object_get(out, "plugins"), i, p)
    {
        int64_t until = json_int(p, "vet_ms", 0);
        if (until == 0 || until > c->now_ms + EARLY_MS)
            continue;
        json_t *one = json_object();
        admin_put(one, "plugin", json_text(p, "id"));
        admin_put(one, "kind", SPAN("expired"));
        admin_put(one, "text",
            task_format(t, "What its reviewers say of %.*s %s: ask for a review of it.", SPAN_ARG(json_text(p, "id")),
                until <= c->now_ms ? "holds no longer" : "soon holds no longer"));
        json_object_set_new(one, "at_ms", json_integer(until));
        json_array_append_new(notices, one);
    }
    return t->err;
}

/* A marketplace that was not heard of in time: told as long as it is so. */
static enum err
put_stale(struct task *t, struct admin_call *c, json_t *notices)
{
    struct auth_market *list = NULL;
    size_t n = 0;
    if (auth_market_list(t, &c->gate->db, &list, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        bool ended = list[i].ends_ms > 0 && list[i].ends_ms <= c->now_ms;
        if (!ended && (list[i].stale_ms == 0 || list[i].stale_ms > c->now_ms))
            continue;
        json_t *one = json_object();
        admin_put(one, "plugin", SPAN_NONE);
        admin_put(one, "kind", SPAN("stale"));
        admin_put(one, "text",
            task_format(t, "The marketplace %.*s was not heard of in time: %s. Update it.", SPAN_ARG(list[i].name),
                ended ? "its plugins make nothing that lasts and send nothing" : "updates wait"));
        json_object_set_new(one, "at_ms", json_integer(ended ? list[i].ends_ms : list[i].stale_ms));
        json_array_append_new(notices, one);
    }
    return E_OK;
}

/* A newer version that nobody let in yet: told until somebody does, or it is withdrawn. */
static enum err
put_offer(struct task *t, struct admin_call *c, const json_t *p, json_t *notices)
{
    struct auth_offer *list = NULL;
    size_t n = 0;
    int64_t known = json_int(p, "serial", 0), held = json_int(json_object_get(p, "held"), "serial", 0),
            staged = json_int(json_object_get(p, "staged"), "serial", 0);
    known = held > known ? held : known;
    known = staged > known ? staged : known;
    if (json_text(p, "market").n == 0 || auth_offer_list(t, &c->gate->db, json_text(p, "id"), &list, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        if (!list[i].newest || !span_eq(list[i].market, json_text(p, "market")) || list[i].serial <= known)
            continue;
        json_t *one = json_object();
        admin_put(one, "plugin", list[i].id);
        admin_put(one, "kind", SPAN("offer"));
        admin_put(one, "text",
            task_format(t,
                "The marketplace %.*s offers version %.*s of %.*s. It comes with: lyceum plugin upgrade %.*s",
                SPAN_ARG(list[i].market), SPAN_ARG(list[i].version), SPAN_ARG(list[i].id), SPAN_ARG(list[i].id)));
        json_object_set_new(one, "at_ms", json_integer(c->now_ms));
        json_array_append_new(notices, one);
    }
    return E_OK;
}

static enum err
put_offers(struct task *t, struct admin_call *c, json_t *out)
{
    size_t i;
    json_t *p;
    json_array_foreach(json_object_get(out, "plugins"), i, p)
    {
        if (put_offer(t, c, p, json_object_get(out, "notices")) != E_OK)
            return t->err;
    }
    return E_OK;
}

enum err
admin_plugin_notices(struct task *t, struct admin_call *c, json_t *out)
{
    if (put_notices(t, c->gate, out) != E_OK || put_stale(t, c, json_object_get(out, "notices")) != E_OK ||
        put_offers(t, c, out) != E_OK)
        return t->err;
    return put_expiry(t, c, out);
}
