/* page_admin_users: accounts: add, role, disable, one-time links. */
#include "base/conf.h"
#include "base/json.h"
#include "pages/admin.h"
#include "pages/all.h"
#include "pages/facts.h"

static const struct span users_url = {"/-/admin/users", sizeof "/-/admin/users" - 1};

static void
put_user(struct visit *v, const json_t *u, struct view_user_row *row)
{
    *row = (struct view_user_row){.name = json_text(u, "name"),
        .role = json_text(u, "role"),
        .created = facts_time(v->t, json_int(u, "created_ms", 0)),
        .is_disabled = json_flag(u, "disabled", false),
        .has_password = json_flag(u, "has_password", false)};
    row->other_role = span_is(row->role, "admin") ? SPAN("member") : SPAN("admin");
    row->is_self = span_eq(json_text(u, "id"), v->actor.principal);
}

static enum err
show(struct visit *v, struct span link, struct span link_name)
{
    json_t *reply, *u;
    size_t i;
    if (visit_admin(v, "user.list", NULL, &reply) != E_OK)
        return v->t->err;
    const json_t *list = json_object_get(reply, "users");
    struct admin_frame f = admin_frame(v, "Users");
    struct view_admin_users view = {.page = f.page, .link = link, .link_name = link_name};
    struct view_user_row *rows = task_array(v->t, json_array_size(list), sizeof *rows);
    json_array_foreach(list, i, u) put_user(v, u, &rows[i]);
    view.tabs.at = f.tabs.at;
    view.tabs.n = f.tabs.n;
    view.users.at = rows;
    view.users.n = json_array_size(list);
    admin_notes(v, &view.notes.at, &view.notes.n);
    render_admin_users(v->out->body, &view);
    return E_OK;
}

enum err
page_admin_users(struct visit *v)
{
    return show(v, SPAN_NONE, SPAN_NONE);
}

static enum err
change(struct visit *v, const char *operation, json_t *in, const char *done)
{
    if (visit_admin(v, operation, in, NULL) != E_OK)
        return v->t->err;
    return admin_done(v, users_url, done);
}

static enum err
add(struct visit *v)
{
    static const char *const names[] = {"name", "role", NULL};
    return change(v, "user.add", admin_fields(v, names), "user-added");
}

static json_t *
named(struct visit *v)
{
    static const char *const names[] = {"name", NULL};
    return admin_fields(v, names);
}

static enum err
set_role(struct visit *v)
{
    json_t *in = named(v);
    struct span role = visit_field(v, "do");
    json_object_set_new(in, "role", json_stringn(role.p, role.n));
    return change(v, "user.role", in, "user-changed");
}

static enum err
disable(struct visit *v)
{
    json_t *in = named(v);
    json_object_set_new(in, "disabled", json_boolean(span_is(visit_field(v, "do"), "disable")));
    return change(v, "user.disable", in, "user-changed");
}

/* The secret is in this reply alone: an address would leave it in the browser's history. */
static enum err
make_link(struct visit *v)
{
    json_t *reply = NULL;
    struct span name = visit_field(v, "name");
    if (visit_admin(v, "signin.link", named(v), &reply) != E_OK)
        return v->t->err;
    struct span path = json_text(reply, "path");
    return show(v, task_format(v->t, "%s%.*s", conf_text("http.origin"), SPAN_ARG(path)), name);
}

enum err
page_admin_user_post(struct visit *v)
{
    static const struct admin_act acts[] = {{"add", add}, {"admin", set_role}, {"member", set_role},
        {"disable", disable}, {"enable", disable}, {"link", make_link}, {NULL, NULL}};
    return admin_act(v, acts);
}
