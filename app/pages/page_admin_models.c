/* page_admin_models: language models: add, switch, test, keys, servers on this machine. */
#include "base/json.h"
#include "egress/egress_client.h"
#include "pages/admin.h"
#include "pages/all.h"
#include "pages/facts.h"
#include "pages/model_test.h"

#include <string.h>

static const struct span models_url = {"/-/admin/models", sizeof "/-/admin/models" - 1};

static enum err
list_models(struct visit *v, json_t **out)
{
    json_t *reply;
    if (visit_admin(v, "model.list", NULL, &reply) != E_OK)
        return v->t->err;
    *out = json_object_get(reply, "models");
    return E_OK;
}

static void
put_models(struct visit *v, const json_t *list, struct view_admin_models *view)
{
    struct view_model_row *rows = task_array(v->t, json_array_size(list), sizeof *rows);
    size_t i;
    json_t *m;
    json_array_foreach(list, i, m)
    {
        bool guide = span_is(json_text(m, "api"), "guide");
        struct span name = json_text(m, "name"), label = json_text(m, "label");
        rows[i] = (struct view_model_row){.name = name,
            .label = label.n > 0 ? label : name,
            .api = json_text(m, "api"),
            .url = json_text(m, "url"),
            .model = guide ? SPAN_NONE : json_text(m, "model"),
            .secret = json_text(m, "secret"),
            .clearance = guide ? SPAN_NONE : json_text(m, "clearance"),
            .is_guide = guide,
            .is_default = json_flag(m, "default", false),
            .is_enabled = guide || json_flag(m, "enabled", false)};
    }
    view->models.at = rows;
    view->models.n = json_array_size(list);
}

/* Egress may be down: the rest of the page stands without the list of keys. */
static void
put_secrets(struct visit *v, struct view_admin_models *view)
{
    struct span grant;
    const struct span args[] = {SPAN("secret.list")};
    json_t *in = json_object(), *list = NULL, *s;
    size_t i;
    json_object_set_new(in, "capability", json_string("secret.list"));
    if (admin_grant(v, "egress.grant", in, args, 1, &grant, NULL) != E_OK ||
        egress_secret_list(v->t, grant, &list) != E_OK) {
        task_clear_error(v->t);
        return;
    }
    struct view_secret_row *rows = task_array(v->t, json_array_size(list), sizeof *rows);
    json_array_foreach(list, i, s) rows[i] =
        (struct view_secret_row){json_text(s, "name"), facts_time(v->t, json_int(s, "set_ms", 0))};
    view->secrets.at = rows;
    view->secrets.n = json_array_size(list);
}

enum { FOUND_MOST = 32 };

/* A short name of ours out of a server's: "llama3.2:latest" stays, what gate would not take becomes "-". */
static struct span
name_for(struct task *t, struct span model)
{
    char *z = task_z(t, span_first(model, 60));
    for (char *c = z; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/-", *c))
            *c = '-';
    return span_of(z);
}

static void
put_found(struct visit *v, const json_t *servers, struct view_admin_models *view)
{
    struct view_found_server *rows = task_array(v->t, FOUND_MOST, sizeof *rows);
    size_t i, k, n = 0;
    json_t *s, *m;
    json_array_foreach(servers, i, s) json_array_foreach(json_object_get(s, "models"), k, m)
    {
        struct span model = {json_string_value(m), json_string_length(m)};
        if (model.n > 0 && n < FOUND_MOST)
            rows[n++] =
                (struct view_found_server){json_text(s, "api"), json_text(s, "url"), model, name_for(v->t, model)};
    }
    view->found.at = rows;
    view->found.n = n;
    view->was_probed = true;
    view->has_found = n > 0;
}

/* servers: what a probe found, or NULL. trouble: a sentence to show, or empty. */
static enum err
show(struct visit *v, const json_t *servers, struct span trouble)
{
    json_t *list;
    const struct view_note note = {.message = trouble, .is_error = true};
    if (list_models(v, &list) != E_OK)
        return v->t->err;
    struct admin_frame f = admin_frame(v, "Language models");
    struct view_admin_models view = {.page = f.page};
    view.tabs.at = f.tabs.at;
    view.tabs.n = f.tabs.n;
    put_models(v, list, &view);
    put_secrets(v, &view);
    if (servers)
        put_found(v, servers, &view);
    admin_notes(v, &view.notes.at, &view.notes.n);
    if (trouble.n > 0) {
        view.notes.at = &note;
        view.notes.n = 1;
    }
    render_admin_models(v->out->body, &view);
    return E_OK;
}

enum err
page_admin_models(struct visit *v)
{
    return show(v, NULL, SPAN_NONE);
}

static enum err
add(struct visit *v)
{
    static const char *const names[] = {"name", "label", "api", "url", "model", "secret", "clearance", NULL};
    if (visit_admin(v, "model.set", admin_fields(v, names), NULL) != E_OK)
        return v->t->err;
    return admin_done(v, models_url, "model-saved");
}

/* The model's record as it is, with one flag changed. */
static enum err
flip(struct visit *v, const char *flag, bool to)
{
    json_t *list, *m;
    size_t i;
    if (list_models(v, &list) != E_OK)
        return v->t->err;
    json_array_foreach(list, i, m)
    {
        if (!span_eq(json_text(m, "name"), visit_field(v, "name")))
            continue;
        json_t *in = json_copy(m);
        json_object_set_new(in, flag, json_boolean(to));
        if (visit_admin(v, "model.set", in, NULL) != E_OK)
            return v->t->err;
        return admin_done(v, models_url, "model-saved");
    }
    return task_fail(v->t, E_NOTFOUND, "There is no such model.");
}

static enum err
switch_on(struct visit *v)
{
    return flip(v, "enabled", true);
}

static enum err
switch_off(struct visit *v)
{
    return flip(v, "enabled", false);
}

static enum err
make_default(struct visit *v)
{
    return flip(v, "default", true);
}

static enum err
drop(struct visit *v)
{
    static const char *const names[] = {"name", NULL};
    if (visit_admin(v, "model.remove", admin_fields(v, names), NULL) != E_OK)
        return v->t->err;
    return admin_done(v, models_url, "model-removed");
}

static enum err
store_secret(struct visit *v)
{
    struct span name, value, grant;
    json_t *in = json_object();
    json_object_set_new(in, "capability", json_string("secret.set"));
    if (admin_field(v, "name", &name) != E_OK || admin_field(v, "value", &value) != E_OK) {
        json_decref(in);
        return v->t->err;
    }
    const struct span args[] = {SPAN("secret.set"), name};
    if (admin_grant(v, "egress.grant", in, args, 2, &grant, NULL) != E_OK ||
        egress_secret_set(v->t, grant, name, value) != E_OK)
        return v->t->err;
    return admin_done(v, models_url, "secret-stored");
}

static enum err
probe(struct visit *v)
{
    struct span grant;
    const struct span args[] = {SPAN("probe")};
    json_t *in = json_object(), *servers = NULL;
    json_object_set_new(in, "capability", json_string("probe"));
    if (admin_grant(v, "egress.grant", in, args, 1, &grant, NULL) != E_OK ||
        egress_probe(v->t, grant, &servers) != E_OK)
        return v->t->err;
    return show(v, servers, SPAN_NONE);
}

/* A provider that can't be reached is an answer to the test, not a failure of the page. */
static enum err
try_model(struct visit *v, const json_t *model)
{
    const char *code;
    if (model_test(v, model, &code) == E_OK)
        return admin_done(v, models_url, code);
    struct span trouble = task_format(v->t, "%s", v->t->cause);
    task_clear_error(v->t);
    return show(v, NULL, trouble);
}

static enum err
test(struct visit *v)
{
    json_t *list, *m;
    size_t i;
    if (list_models(v, &list) != E_OK)
        return v->t->err;
    json_array_foreach(list, i, m) if (span_eq(json_text(m, "name"), visit_field(v, "name"))) return try_model(v, m);
    return task_fail(v->t, E_NOTFOUND, "There is no such model.");
}

enum err
page_admin_model_post(struct visit *v)
{
    static const struct admin_act acts[] = {{"add", add}, {"on", switch_on}, {"off", switch_off},
        {"default", make_default}, {"remove", drop}, {"secret", store_secret}, {"probe", probe}, {"test", test},
        {NULL, NULL}};
    return admin_act(v, acts);
}
