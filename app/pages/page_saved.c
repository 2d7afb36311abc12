/* page_saved: saved queries: the person's own and those that others share. */
#include "base/json.h"
#include "pages/admin.h"
#include "pages/all.h"
#include "pages/link.h"
#include "pages/own.h"
#include "pages/sqlparams.h"
#include "render/sqltext.h"

static const struct span saved_url = {"/-/saved", sizeof "/-/saved" - 1};

static void
put_row(struct visit *v, const json_t *s, struct view_saved_row *row)
{
    struct span dataset = json_text(s, "dataset"), sql = json_text(s, "sql");
    *row = (struct view_saved_row){.id = json_text(s, "id"),
        .name = json_text(s, "name"),
        .about = json_text(s, "about"),
        .dataset = dataset,
        .dataset_url = link_dataset(v->t, dataset),
        .sql = sqltext_html(v->t, sql),
        .open_url = link_sql(v->t, dataset, sql),
        .is_mine = json_flag(s, "mine", false),
        .is_shared = json_flag(s, "shared", false)};
}

enum err
page_saved(struct visit *v)
{
    json_t *reply = NULL, *s;
    size_t i;
    if (own_call(v, "saved.list", json_object(), &reply) != E_OK)
        return v->t->err;
    const json_t *list = json_object_get(reply, "saved");
    struct view_own_saved view = {.page = visit_page(v, "Saved queries"), .is_empty = json_array_size(list) == 0};
    struct view_saved_row *rows = task_array(v->t, json_array_size(list), sizeof *rows);
    json_array_foreach(list, i, s) put_row(v, s, &rows[i]);
    view.saved.at = rows;
    view.saved.n = json_array_size(list);
    view.page.noindex = true;
    admin_notes(v, &view.notes.at, &view.notes.n);
    own_count(v, &view.page);
    render_own_saved(v->out->body, &view);
    return E_OK;
}

static struct span
done(struct visit *v, const char *code)
{
    return task_format(v->t, "%.*s?done=%s", SPAN_ARG(saved_url), code);
}

/* The names of the statement's parameters are read from it, not from the form. */
static enum err
put(struct visit *v)
{
    struct span name, sql = visit_field(v, "sql"), found[SQLPARAMS_MOST];
    if (admin_field(v, "name", &name) != E_OK)
        return v->t->err;
    const struct own_field in[] = {{"name", name}, {"dataset", visit_field(v, "dataset")}, {"sql", sql},
        {"about", span_trim(visit_field(v, "about"))}};
    json_t *j = own_fields(in, sizeof in / sizeof in[0]), *params = json_array();
    size_t n = sqlparams_find(v->t, sql, found);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(params, json_stringn(found[i].p, found[i].n));
    json_object_set_new(j, "params", params);
    return own_change(v, "saved.put", j, done(v, "query-saved"));
}

static enum err
share(struct visit *v)
{
    bool shared = span_is(visit_field(v, "do"), "share");
    const struct own_field in[] = {{"id", visit_field(v, "id")}};
    json_t *j = own_fields(in, 1);
    json_object_set_new(j, "shared", json_boolean(shared));
    return own_change(v, "saved.share", j, done(v, shared ? "query-shared" : "query-unshared"));
}

static enum err
forget(struct visit *v)
{
    const struct own_field in[] = {{"id", visit_field(v, "id")}};
    return own_change(v, "saved.remove", own_fields(in, 1), done(v, "query-removed"));
}

enum err
page_saved_post(struct visit *v)
{
    static const struct admin_act acts[] = {
        {"put", put}, {"share", share}, {"unshare", share}, {"remove", forget}, {NULL, NULL}};
    return admin_act(v, acts);
}
