/* admin_health: the record, settings and the state of the authority. */
#include "base/json.h"
#include "gate/admin.h"
#include "store/auth_audit.h"

enum { NOTICE_BYTES = 500 };

enum err
admin_audit_tail(struct task *t, struct admin_call *c)
{
    struct auth_audit *a = NULL;
    size_t n = 0;
    json_t *list = json_array();
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "rows", list);
    if (auth_audit_tail(t, &c->gate->db, json_int(c->in, "n", 50), &a, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        json_t *detail = NULL, *j = json_object();
        json_array_append_new(list, j);
        if (json_read(t, a[i].detail, &detail) != E_OK)
            return t->err;
        json_object_set_new(j, "seq", json_integer(a[i].seq));
        json_object_set_new(j, "at_ms", json_integer(a[i].at_ms));
        admin_put(j, "actor", a[i].actor);
        admin_put(j, "action", a[i].action);
        admin_put(j, "object", a[i].object);
        json_object_set(j, "detail", detail);
    }
    return E_OK;
}

enum err
admin_audit_verify(struct task *t, struct admin_call *c)
{
    int64_t bad = 0, rows = 0;
    if (auth_audit_verify(t, &c->gate->db, &bad) != E_OK || auth_count(t, &c->gate->db, "audit", &rows) != E_OK)
        return t->err;
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "rows", json_integer(rows));
    json_object_set_new(c->out, "bad", json_integer(bad));
    return E_OK;
}

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
