/* page_admin_datasets: what is published: visibility, card, revisions, withdrawal. */
#include "base/id.h"
#include "base/json.h"
#include "effect/effect_client.h"
#include "pages/admin.h"
#include "pages/all.h"
#include "pages/facts.h"
#include "pages/link.h"
#include "render/cell.h"

enum { RECEIPT_BYTES = 16384 };

static void
put_dataset(struct visit *v, const json_t *d, struct view_dataset_row *row)
{
    const json_t *current = json_object_get(d, "current");
    struct span title = json_text(d, "title");
    *row = (struct view_dataset_row){.name = json_text(d, "name"),
        .visibility = json_text(d, "visibility"),
        .owner = json_text(d, "owner"),
        .revision = facts_short(json_text(current, "sha")),
        .rows = cell_count(v->t, json_int(current, "rows", 0)),
        .when = facts_time(v->t, json_int(current, "at_ms", 0)),
        .is_withdrawn = json_flag(d, "withdrawn", false)};
    row->title = title.n > 0 ? title : row->name;
    row->url = task_format(v->t, "/-/admin/datasets/%.*s", SPAN_ARG(row->name));
}

enum err
page_admin_datasets(struct visit *v)
{
    json_t *reply, *d;
    size_t i;
    if (visit_admin(v, "dataset.list", NULL, &reply) != E_OK)
        return v->t->err;
    const json_t *list = json_object_get(reply, "datasets");
    struct admin_frame f = admin_frame(v, "Datasets");
    struct view_admin_datasets view = {.page = f.page, .is_empty = json_array_size(list) == 0};
    struct view_dataset_row *rows = task_array(v->t, json_array_size(list), sizeof *rows);
    json_array_foreach(list, i, d) put_dataset(v, d, &rows[i]);
    view.tabs.at = f.tabs.at;
    view.tabs.n = f.tabs.n;
    view.datasets.at = rows;
    view.datasets.n = json_array_size(list);
    admin_notes(v, &view.notes.at, &view.notes.n);
    render_admin_datasets(v->out->body, &view);
    return E_OK;
}

static enum err
find(struct visit *v, json_t **out)
{
    json_t *reply, *d;
    size_t i;
    if (visit_admin(v, "dataset.list", NULL, &reply) != E_OK)
        return v->t->err;
    json_array_foreach(json_object_get(reply, "datasets"), i, d) if (span_eq(json_text(d, "name"), v->arg[0]))
    {
        *out = d;
        return E_OK;
    }
    return task_fail(v->t, E_NOTFOUND, "There is no such dataset.");
}

static void
put_visibilities(struct visit *v, struct span chosen, struct view_admin_dataset *view)
{
    static const char *const rows[][2] = {{"public", "Everybody"}, {"members", "Everybody who has signed in"},
        {"private", "Its owner, its readers and admins"}};
    enum { N = sizeof rows / sizeof rows[0] };
    struct view_choice *c = task_array(v->t, N, sizeof *c);
    for (size_t i = 0; i < N; i++)
        c[i] = (struct view_choice){span_of(rows[i][0]), span_of(rows[i][1]), span_is(chosen, rows[i][0])};
    view->visibilities.at = c;
    view->visibilities.n = N;
}

static enum err
put_revisions(struct visit *v, struct view_admin_dataset *view)
{
    json_t *reply, *r, *in = json_object();
    size_t i;
    json_object_set_new(in, "name", json_stringn(v->arg[0].p, v->arg[0].n));
    if (visit_admin(v, "revision.list", in, &reply) != E_OK)
        return v->t->err;
    const json_t *list = json_object_get(reply, "revisions");
    struct view_revision_row *rows = task_array(v->t, json_array_size(list), sizeof *rows);
    json_array_foreach(list, i, r) rows[i] =
        (struct view_revision_row){.n = task_format(v->t, "%lld", (long long)json_int(r, "n", 0)),
            .sha = json_text(r, "sha"),
            .short_sha = facts_short(json_text(r, "sha")),
            .rows = cell_count(v->t, json_int(r, "rows", 0)),
            .bytes = cell_bytes(v->t, json_int(r, "bytes", 0)),
            .by = json_text(r, "by"),
            .when = facts_time(v->t, json_int(r, "at_ms", 0)),
            .is_current = json_flag(r, "current", false)};
    view->revisions.at = rows;
    view->revisions.n = json_array_size(list);
    return E_OK;
}

static struct span
own_url(struct visit *v)
{
    struct link l = link_begin(v->t);
    link_fixed(&l, "/-/admin/datasets");
    link_segment(&l, v->arg[0]);
    return link_end(&l);
}

enum err
page_admin_dataset(struct visit *v)
{
    json_t *d = NULL;
    if (find(v, &d) != E_OK)
        return v->t->err;
    struct admin_frame f = admin_frame(v, task_z(v->t, v->arg[0]));
    struct view_admin_dataset view = {.page = f.page,
        .name = v->arg[0],
        .title = json_text(d, "title"),
        .description = json_text(d, "description"),
        .license = json_text(d, "license"),
        .source = json_text(d, "source"),
        .url = own_url(v),
        .is_withdrawn = json_flag(d, "withdrawn", false)};
    view.tabs.at = f.tabs.at;
    view.tabs.n = f.tabs.n;
    put_visibilities(v, json_text(d, "visibility"), &view);
    admin_notes(v, &view.notes.at, &view.notes.n);
    if (put_revisions(v, &view) != E_OK)
        return v->t->err;
    render_admin_dataset(v->out->body, &view);
    return E_OK;
}

static enum err
set(struct visit *v)
{
    static const char *const names[] = {"title", "description", "license", "source", "visibility", NULL};
    json_t *in = admin_fields(v, names);
    json_object_set_new(in, "name", json_stringn(v->arg[0].p, v->arg[0].n));
    if (visit_admin(v, "dataset.set", in, NULL) != E_OK)
        return v->t->err;
    return admin_done(v, own_url(v), "dataset-saved");
}

static enum err
effect_grant(struct visit *v, const char *operation, const struct span *args, size_t n, struct span *out)
{
    json_t *in = json_object();
    json_object_set_new(in, "operation", json_string(operation));
    json_object_set_new(in, "name", json_stringn(v->arg[0].p, v->arg[0].n));
    return admin_grant(v, "dataset.grant", in, args, n, out, NULL);
}

static enum err
rollback(struct visit *v)
{
    struct span sha, grant, receipt;
    if (admin_field(v, "sha", &sha) != E_OK)
        return v->t->err;
    const struct span args[] = {SPAN("rollback"), v->arg[0], sha};
    if (effect_grant(v, "rollback", args, 3, &grant) != E_OK ||
        effect_rollback(v->t, grant, v->arg[0], sha, &receipt) != E_OK)
        return v->t->err;
    struct buf *text = task_buf(v->t, RECEIPT_BYTES);
    base64_put(text, receipt);
    json_t *in = json_object();
    json_object_set_new(in, "receipt", json_stringn(text->p, text->n));
    if (visit_admin(v, "revision.record", in, NULL) != E_OK)
        return v->t->err;
    return admin_done(v, own_url(v), "dataset-rolled-back");
}

/* Gate first: from then on nobody new may read, whatever becomes of the files. */
static enum err
unpublish(struct visit *v)
{
    struct span grant;
    const struct span args[] = {SPAN("unpublish"), v->arg[0]};
    json_t *in = json_object();
    json_object_set_new(in, "name", json_stringn(v->arg[0].p, v->arg[0].n));
    if (effect_grant(v, "unpublish", args, 2, &grant) != E_OK || visit_admin(v, "dataset.withdraw", in, NULL) != E_OK ||
        effect_unpublish(v->t, grant, v->arg[0]) != E_OK)
        return v->t->err;
    return admin_done(v, own_url(v), "dataset-withdrawn");
}

enum err
page_admin_dataset_post(struct visit *v)
{
    static const struct admin_act acts[] = {
        {"set", set}, {"rollback", rollback}, {"unpublish", unpublish}, {NULL, NULL}};
    return admin_act(v, acts);
}
