/* page_changes: what was changed in a dataset, undo, and publishing what is held. */
#include "base/clock.h"
#include "base/json.h"
#include "pages/admin.h"
#include "pages/all.h"
#include "pages/facts.h"
#include "pages/own.h"

static struct span
state_of(struct visit *v, const json_t *c, bool *can_undo)
{
    int64_t expires_ms = json_int(c, "expires_ms", 0);
    *can_undo = false;
    if (json_flag(c, "undone", false))
        return SPAN("taken back");
    if (!json_flag(c, "undoable", false))
        return SPAN("can't be taken back");
    if (expires_ms > 0 && expires_ms <= clock_unix_ms())
        return SPAN("too old to be taken back");
    *can_undo = true;
    if (expires_ms == 0)
        return SPAN("can be taken back");
    return task_format(v->t, "can be taken back until %.*s", SPAN_ARG(facts_time(v->t, expires_ms)));
}

static void
put_row(struct visit *v, const json_t *c, struct view_change_row *row)
{
    *row = (struct view_change_row){.change = json_text(c, "change"),
        .when = facts_time(v->t, json_int(c, "at_ms", 0)),
        .facts = own_counts(v->t, c)};
    if (row->facts.n == 0)
        row->facts = SPAN("the form of its tables");
    row->state = state_of(v, c, &row->can_undo);
}

static struct span
own_url(struct visit *v, const char *ending)
{
    return task_format(v->t, "/%.*s/-/%s", SPAN_ARG(v->arg[0]), ending);
}

enum err
page_changes(struct visit *v)
{
    struct visit_dataset d;
    const struct own_field in[] = {{"dataset", v->arg[0]}};
    json_t *reply = NULL, *c;
    size_t i;
    if (visit_dataset(v, v->arg[0], "read", &d) != E_OK ||
        own_call(v, "changes.list", own_fields(in, 1), &reply) != E_OK)
        return v->t->err;
    const json_t *list = json_object_get(reply, "changes");
    struct span title = json_text(d.record, "title");
    struct view_own_changes view = {.page = visit_page(v, "Changes"),
        .title = title.n > 0 ? title : d.name,
        .action = own_url(v, "changes"),
        .write_url = own_url(v, "write"),
        .labels_url = own_url(v, "labels"),
        .is_empty = json_array_size(list) == 0,
        .is_held = json_flag(reply, "held", false)};
    struct view_change_row *rows = task_array(v->t, json_array_size(list), sizeof *rows);
    json_array_foreach(list, i, c)
    {
        put_row(v, c, &rows[i]);
        view.is_held = view.is_held || json_flag(c, "held", false);
    }
    view.changes.at = rows;
    view.changes.n = json_array_size(list);
    facts_crumbs(v, d.record, &view.crumbs.at, &view.crumbs.n);
    view.page.noindex = true;
    admin_notes(v, &view.notes.at, &view.notes.n);
    own_count(v, &view.page);
    render_own_changes(v->out->body, &view);
    return E_OK;
}

static enum err
undo(struct visit *v)
{
    const struct own_field in[] = {{"dataset", v->arg[0]}, {"change", visit_field(v, "change")}};
    return own_change(v, "undo.propose", own_fields(in, 2), own_url(v, "changes?done=undone"));
}

static enum err
publish(struct visit *v)
{
    const struct own_field in[] = {{"dataset", v->arg[0]}};
    return own_change(v, "release.propose", own_fields(in, 1), own_url(v, "changes?done=released"));
}

enum err
page_changes_post(struct visit *v)
{
    static const struct admin_act acts[] = {{"undo", undo}, {"release", publish}, {NULL, NULL}};
    return admin_act(v, acts);
}
