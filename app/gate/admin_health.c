/* admin_health: settings and the state of the authority. */
#include "base/json.h"
#include "gate/admin.h"

enum { NOTICE_BYTES = 500 };

enum err
admin_health(struct task *t, struct admin_call *c)
{
    static const struct {
        const char *key, *table;
    } counts[] = {{"users", "user"}, {"datasets", "dataset"}, {"conversations", "conversation"},
        {"sessions", "session"}, {"audit", "audit"}};
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "now_ms", json_integer(c->now_ms));
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        int64_t n = 0;
        if (auth_count(t, &c->gate->db, counts[i].table, &n) != E_OK)
            return t->err;
        json_object_set_new(c->out, counts[i].key, json_integer(n));
    }
    admin_put(c->out, "weaker", span_of(c->gate->weaker));
    return E_OK;
}

enum err
admin_setting_set(struct task *t, struct admin_call *c)
{
    struct span name, value = json_text(c->in, "value");
    struct gate_change change = {0};
    if (admin_text(t, c, "name", &name) != E_OK)
        return t->err;
    bool only = span_is(name, "signed_in_only");
    if (!only && !span_is(name, "notice"))
        return task_fail(t, E_INVALID, "The settings are \"notice\" and \"signed_in_only\".");
    if (only && !span_is(value, "true") && !span_is(value, "false"))
        return task_fail(t, E_INVALID, "\"signed_in_only\" is \"true\" or \"false\".");
    if (value.n > NOTICE_BYTES)
        return task_fail(t, E_LIMIT, "A notice may have at most %d bytes.", NOTICE_BYTES);
    if (admin_begin(t, c, &change, "setting.set", name) != E_OK)
        return t->err;
    enum err e = auth_setting_set(t, &c->gate->db, only ? "signed_in_only" : "notice", value, c->now_ms);
    if (admin_end(t, c, &change, e) != E_OK)
        return t->err;
    share_epoch_bump(c->gate->share);
    return E_OK;
}
