/* admin_user: accounts, one-time links, sessions. */
#include "base/id.h"
#include "base/json.h"
#include "gate/admin.h"
#include "store/auth_session.h"

#include <string.h>

static const int64_t LINK_LIFE_MS = (int64_t)24 * 3600 * 1000;
enum { NAME_BYTES = 63 };

enum err
admin_user_list(struct task *t, struct admin_call *c)
{
    struct auth_user *u = NULL;
    size_t n = 0;
    json_t *list = json_array();
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "users", list);
    if (auth_user_list(t, &c->gate->db, &u, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        json_t *j = json_object();
        admin_put(j, "id", u[i].id);
        admin_put(j, "name", u[i].name);
        admin_put(j, "role", u[i].role);
        json_object_set_new(j, "disabled", json_boolean(u[i].disabled));
        json_object_set_new(j, "has_password", json_boolean(u[i].password.n > 0));
        json_object_set_new(j, "created_ms", json_integer(u[i].created_ms));
        json_array_append_new(list, j);
    }
    return E_OK;
}

static bool
name_ok(struct span name)
{
    if (name.n == 0 || name.n > NAME_BYTES || name.p[0] < 'a' || name.p[0] > 'z')
        return false;
    return span_only(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") && !span_is(name, "operator") &&
           !span_is(name, "gate");
}

static enum err
role_of(struct task *t, const struct admin_call *c, struct span *out)
{
    if (admin_text(t, c, "role", out) != E_OK)
        return t->err;
    if (span_is(*out, "admin") || span_is(*out, "member"))
        return E_OK;
    return task_fail(t, E_INVALID, "A role is \"admin\" or \"member\".");
}

enum err
admin_user_add(struct task *t, struct admin_call *c)
{
    char id[ID_BYTES + 1];
    struct auth_user u = {0}, taken;
    struct span password = json_text(c->in, "password");
    if (admin_text(t, c, "name", &u.name) != E_OK || role_of(t, c, &u.role) != E_OK)
        return t->err;
    if (!name_ok(u.name))
        return task_fail(t, E_INVALID,
            "A name begins with a small letter and has small letters, digits and . _ - (at most %d).", NAME_BYTES);
    if (auth_user_by_name(t, &c->gate->db, u.name, &taken) != E_OK)
        return t->err;
    if (taken.id.n > 0)
        return task_fail(t, E_CONFLICT, "There is an account called %.*s already.", SPAN_ARG(u.name));
    if (password.n > 0 && password_hash(t, c->gate->hasher, password, &u.password) != E_OK)
        return t->err;
    id_new('u', id);
    u.id = span_of(id);
    struct gate_change change = {.detail = task_format(t, "{\"id\":\"%s\",\"role\":\"%.*s\"}", id, SPAN_ARG(u.role))};
    if (admin_begin(t, c, &change, "user.add", u.name) != E_OK)
        return t->err;
    return admin_end(t, c, &change, auth_user_add(t, &c->gate->db, &u, c->now_ms));
}

/* Writes a changed account; with `out` everywhere it is signed out, and what was cached of it is void. */
static enum err
change_user(
    struct task *t, struct admin_call *c, const struct auth_user *u, const char *action, struct span detail, bool out)
{
    struct gate_change change = {.detail = detail};
    int64_t admins = 0;
    if (admin_begin(t, c, &change, action, u->name) != E_OK)
        return t->err;
    enum err e = auth_user_change(t, &c->gate->db, u, c->now_ms);
    if (e == E_OK && out)
        e = auth_session_end_all(t, &c->gate->db, u->id, SPAN_NONE);
    if (e == E_OK)
        e = auth_user_admins(t, &c->gate->db, &admins);
    if (e == E_OK && admins == 0)
        e = task_fail(t, E_CONFLICT, "That would leave no admin: make somebody else one first.");
    if (admin_end(t, c, &change, e) != E_OK)
        return t->err;
    share_revoke(c->gate->share, "principal", u->id);
    return E_OK;
}

enum err
admin_user_passwd(struct task *t, struct admin_call *c)
{
    struct auth_user u;
    struct span password;
    if (admin_account(t, c, &u) != E_OK || admin_text(t, c, "password", &password) != E_OK ||
        password_hash(t, c->gate->hasher, password, &u.password) != E_OK)
        return t->err;
    return change_user(t, c, &u, "user.passwd", SPAN_NONE, true);
}

enum err
admin_user_role(struct task *t, struct admin_call *c)
{
    struct auth_user u;
    if (admin_account(t, c, &u) != E_OK || role_of(t, c, &u.role) != E_OK)
        return t->err;
    return change_user(t, c, &u, "user.role", task_format(t, "{\"role\":\"%.*s\"}", SPAN_ARG(u.role)), false);
}

enum err
admin_user_disable(struct task *t, struct admin_call *c)
{
    struct auth_user u;
    if (admin_account(t, c, &u) != E_OK)
        return t->err;
    u.disabled = json_flag(c->in, "disabled", true);
    return change_user(t, c, &u, u.disabled ? "user.disable" : "user.enable", SPAN_NONE, u.disabled);
}

enum err
admin_signin_link(struct task *t, struct admin_call *c)
{
    struct auth_user u;
    char secret[44];
    if (admin_account(t, c, &u) != E_OK)
        return t->err;
    if (u.disabled)
        return task_fail(t, E_CONFLICT, "The account %.*s is disabled.", SPAN_ARG(u.name));
    secret_new(secret);
    struct gate_change change = {0};
    if (admin_begin(t, c, &change, "signin.link", u.name) != E_OK)
        return t->err;
    enum err e = auth_link_add(t, &c->gate->db, who_hash(t, span_of(secret)), u.id, c->now_ms + LINK_LIFE_MS);
    if (admin_end(t, c, &change, e) != E_OK)
        return t->err;
    c->out = task_json(t, json_object());
    admin_put(c->out, "path", task_format(t, "/-/signin/link/%s", secret));
    json_object_set_new(c->out, "expires_ms", json_integer(c->now_ms + LINK_LIFE_MS));
    return E_OK;
}

enum err
admin_session_list(struct task *t, struct admin_call *c)
{
    struct auth_user u;
    struct auth_session *s = NULL;
    size_t n = 0;
    json_t *list = json_array();
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "sessions", list);
    if (admin_account(t, c, &u) != E_OK || auth_session_list(t, &c->gate->db, u.id, &s, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        json_t *j = json_object();
        admin_put(j, "id", s[i].hash);
        admin_put(j, "agent", s[i].agent);
        json_object_set_new(j, "created_ms", json_integer(s[i].created_ms));
        json_object_set_new(j, "used_ms", json_integer(s[i].used_ms));
        json_array_append_new(list, j);
    }
    return E_OK;
}

enum err
admin_session_revoke(struct task *t, struct admin_call *c)
{
    struct auth_user u;
    struct span id = json_text(c->in, "id");
    struct gate_change change = {0};
    bool ended = true;
    if (admin_account(t, c, &u) != E_OK || admin_begin(t, c, &change, "session.revoke", u.name) != E_OK)
        return t->err;
    enum err e = id.n > 0 ? auth_session_end(t, &c->gate->db, u.id, id, &ended)
                          : auth_session_end_all(t, &c->gate->db, u.id, SPAN_NONE);
    if (e == E_OK && !ended)
        e = task_fail(t, E_NOTFOUND, "There is no such session.");
    if (admin_end(t, c, &change, e) != E_OK)
        return t->err;
    share_revoke(c->gate->share, id.n > 0 ? "session" : "principal", id.n > 0 ? id : u.id);
    return E_OK;
}

enum err
admin_user_add_grave(struct task *t, struct admin_call *c, bool *out)
{
    struct auth_user taken;
    struct span name, role;
    if (admin_text(t, c, "name", &name) != E_OK || role_of(t, c, &role) != E_OK ||
        auth_user_by_name(t, &c->gate->db, name, &taken) != E_OK)
        return t->err;
    *out = span_is(role, "admin") && name_ok(name) && taken.id.n == 0;
    return E_OK;
}

enum err
admin_user_role_grave(struct task *t, struct admin_call *c, bool *out)
{
    struct auth_user u;
    struct span role;
    if (admin_account(t, c, &u) != E_OK || role_of(t, c, &role) != E_OK)
        return t->err;
    *out = !span_eq(u.role, role);
    return E_OK;
}

enum err
admin_user_disable_grave(struct task *t, struct admin_call *c, bool *out)
{
    struct auth_user u;
    *out = true;
    return admin_account(t, c, &u);
}
