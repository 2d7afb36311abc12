/* admin_market: the marketplaces whose word counts here. */
#include "base/json.h"
#include "gate/plugin_install.h"
#include "gate/seal.h"
#include "plugin/trust.h"

enum { NAME_BYTES = 32, PLACE_BYTES = 1024, FILE_BYTES = 64 << 20 };

enum err
admin_market_list(struct task *t, struct admin_call *c)
{
    struct auth_market *list = NULL;
    size_t n = 0;
    json_t *markets = json_array();
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "markets", markets);
    if (auth_market_list(t, &c->gate->db, &list, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_object();
        admin_put(one, "name", list[i].name);
        admin_put(one, "place", list[i].place);
        admin_put(one, "root_key", list[i].root_key);
        admin_put(one, "state", list[i].state);
        json_object_set_new(one, "checked_ms", json_integer(list[i].checked_ms));
        json_object_set_new(one, "stale_ms", json_integer(list[i].stale_ms));
        json_object_set_new(one, "ends_ms", json_integer(list[i].ends_ms));
        json_array_append_new(markets, one);
    }
    return E_OK;
}

static bool
name_ok(struct span s)
{
    return s.n > 0 && s.n <= NAME_BYTES && span_only(s, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

static enum err
add(struct task *t, struct admin_call *c, struct auth_market *m)
{
    struct auth_market old;
    struct note_key key;
    if (auth_market_find(t, &c->gate->db, m->name, &old) != E_OK)
        return t->err;
    if (old.name.n > 0)
        return task_fail(t, E_CONFLICT, "There is a marketplace %.*s already.", SPAN_ARG(m->name));
    if (note_key_read(t, m->root_key, &key) != E_OK || trust_state_new(t, m->root_key, &m->state) != E_OK)
        return t->err;
    return auth_market_put(t, &c->gate->db, m, c->now_ms);
}

enum err
admin_market_add(struct task *t, struct admin_call *c)
{
    struct auth_market m = {0};
    struct gate_change change = {0};
    if (admin_text(t, c, "name", &m.name) != E_OK || admin_text(t, c, "place", &m.place) != E_OK ||
        admin_text(t, c, "root_key", &m.root_key) != E_OK)
        return t->err;
    if (!name_ok(m.name) || m.place.n > PLACE_BYTES)
        return task_fail(
            t, E_INVALID, "A marketplace's name has small letters, digits and - (at most %d).", NAME_BYTES);
    if (admin_begin(t, c, &change, "market.add", m.name) != E_OK)
        return t->err;
    return admin_end(t, c, &change, add(t, c, &m));
}

enum err
admin_market_remove(struct task *t, struct admin_call *c)
{
    struct gate_change change = {0};
    struct span name;
    if (admin_text(t, c, "name", &name) != E_OK || admin_begin(t, c, &change, "market.remove", name) != E_OK)
        return t->err;
    return admin_end(t, c, &change, auth_market_remove(t, &c->gate->db, name));
}

/* A file of a marketplace that is served: below its address, by a plain path. */
static bool
is_file_of(struct span url, struct span place)
{
    static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/";
    while (span_ends(place, "/"))
        place.n--;
    struct span rest = span_from(url, place.n);
    return place.n > 0 && span_eq(span_first(url, place.n), place) && span_starts(rest, "/") && span_only(rest, set) &&
           span_find(rest, SPAN("..")) < 0 && (span_starts(url, "https://") || seal_is_loopback(url));
}

enum err
admin_market_destination(struct task *t, struct admin_call *c, struct grant *grant)
{
    struct span url;
    struct auth_market *list = NULL;
    size_t n = 0;
    bool known = false;
    int64_t most = json_int(c->in, "most", 0);
    if (admin_text(t, c, "url", &url) != E_OK || auth_market_list(t, &c->gate->db, &list, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++)
        known = known || is_file_of(url, list[i].place);
    if (!known || most < 1 || most > FILE_BYTES)
        return task_fail(t, E_DENIED, "That is not a file of a marketplace that this deployment trusts.");
    struct buf *b = task_buf(t, GRANT_SEAL_BYTES);
    buf_puts(b, "{\"url\":");
    json_put_text(b, url);
    buf_printf(b, ",\"method\":\"GET\",\"auth\":\"none\",\"headers\":{},\"loopback\":%s,\"most_bytes\":%lld}",
        seal_is_loopback(url) ? "true" : "false", (long long)most);
    grant->detail = buf_view(b);
    return b->failed ? task_fail(t, E_LIMIT, "The marketplace's address is too long.") : E_OK;
}
