/* page_labels: who may see what of a dataset: its owner's and admins' page. */
#include "base/json.h"
#include "effect/effect_client.h"
#include "pages/admin.h"
#include "pages/all.h"
#include "pages/facts.h"
#include "pages/labels.h"
#include "pages/level.h"
#include "pages/own.h"

enum { LABEL_PLACES = 2000, MINE_ALONE = 2, FROM_OUTSIDE = 4 };

static struct span
own_url(struct visit *v, const char *ending)
{
    return task_format(v->t, "/%.*s/-/%s", SPAN_ARG(v->arg[0]), ending);
}

/* A place in the form: ["table","column"] as JSON, because names may hold anything. */
static struct span
place_value(struct task *t, struct span table, struct span column)
{
    struct buf *b = task_buf(t, 4096);
    buf_putc(b, '[');
    json_put_text(b, table);
    buf_putc(b, ',');
    json_put_text(b, column);
    buf_putc(b, ']');
    return buf_view(b);
}

static struct span
place_words(struct task *t, struct span table, struct span column)
{
    return column.n > 0 ? task_format(t, "%.*s.%.*s", SPAN_ARG(table), SPAN_ARG(column)) : table;
}

static void
put_places(struct visit *v, const json_t *schema, struct view_own_labels *view)
{
    struct view_choice *c = task_array(v->t, LABEL_PLACES, sizeof *c);
    size_t i, k, n = 0;
    json_t *table, *column;
    json_array_foreach(json_object_get(schema, "tables"), i, table)
    {
        struct span name = json_text(table, "name");
        if (n < LABEL_PLACES)
            c[n++] = (struct view_choice){
                place_value(v->t, name, SPAN("")), task_format(v->t, "%.*s (the whole table)", SPAN_ARG(name)), false};
        json_array_foreach(json_object_get(table, "columns"), k, column) if (n < LABEL_PLACES)
        {
            struct span col = json_text(column, "name");
            c[n++] = (struct view_choice){place_value(v->t, name, col), place_words(v->t, name, col), false};
        }
    }
    view->places.at = c;
    view->places.n = n;
}

static void
put_levels(struct visit *v, int64_t lowest, int64_t chosen, const struct view_choice **at, size_t *n)
{
    struct view_choice *c = task_array(v->t, LEVELS, sizeof *c);
    *n = 0;
    for (int64_t i = lowest; i < LEVELS; i++)
        c[(*n)++] = (struct view_choice){level_word(i),
            task_format(v->t, "%.*s: %.*s", SPAN_ARG(level_word(i)), SPAN_ARG(level_sentence(i))), i == chosen};
    *at = c;
}

/* An audience reads the file that was made for its clearance, or the one at the dataset's own level. */
static const struct {
    const char *who;
    int64_t clearance;
    const char *needs; /* visibility that is closed to it */
} audiences[] = {
    {"Visitors without an account", 0, "members private"},
    {"People who have signed in", 1, "private"},
    {"Readers whom the owner named", 2, ""},
    {"The owner and admins", 3, ""},
};
enum { N_AUDIENCES = sizeof audiences / sizeof audiences[0] };

static void
put_audiences(struct visit *v, const struct labels *l, struct span visibility, struct view_own_labels *view)
{
    struct view_audience_row *rows = task_array(v->t, N_AUDIENCES, sizeof *rows);
    for (size_t i = 0; i < N_AUDIENCES; i++) {
        int64_t sees = audiences[i].clearance > l->level ? audiences[i].clearance : l->level;
        struct span *hidden = task_array(v->t, l->n, sizeof *hidden);
        size_t n = 0;
        bool closed = visibility.n > 0 && span_find(span_of(audiences[i].needs), visibility) >= 0;
        for (size_t k = 0; k < l->n && !closed; k++)
            if (l->at[k].level > sees)
                hidden[n++] = place_words(v->t, l->at[k].table, l->at[k].column);
        rows[i] = (struct view_audience_row){.who = span_of(audiences[i].who)};
        rows[i].sees = closed ? SPAN("Nothing") : n > 0 ? SPAN("All but what is named here") : SPAN("Everything");
        rows[i].hidden.at = hidden;
        rows[i].hidden.n = n;
    }
    view->audiences.at = rows;
    view->audiences.n = N_AUDIENCES;
}

static void
put_labels(struct visit *v, const struct labels *l, struct view_own_labels *view)
{
    struct view_label_row *rows = task_array(v->t, l->n, sizeof *rows);
    for (size_t i = 0; i < l->n; i++)
        rows[i] = (struct view_label_row){.table = l->at[i].table,
            .column = l->at[i].column,
            .level = level_word(l->at[i].level),
            .value = place_value(v->t, l->at[i].table, l->at[i].column)};
    view->labels.at = rows;
    view->labels.n = l->n;
    view->has_labels = l->n > 0;
}

static enum err
get(struct visit *v, json_t **reply, struct labels *out)
{
    const struct own_field in[] = {{"dataset", v->arg[0]}};
    if (own_call(v, "label.get", own_fields(in, 1), reply) != E_OK)
        return v->t->err;
    labels_read(v->t, *reply, out);
    return E_OK;
}

/* Title, way back, and the tables and columns that labels can be set on. While the files are not what the labels say,
 * nobody may read them: then the page does without. */
static enum err
put_dataset(struct visit *v, struct view_own_labels *view)
{
    struct visit_dataset d;
    json_t *schema;
    view->title = v->arg[0];
    if (visit_dataset(v, v->arg[0], "read", &d) != E_OK || visit_schema(v, &d, &schema) != E_OK) {
        if (view->is_stale)
            task_clear_error(v->t);
        return v->t->err;
    }
    struct span title = json_text(d.record, "title");
    view->title = title.n > 0 ? title : d.name;
    facts_crumbs(v, d.record, &view->crumbs.at, &view->crumbs.n);
    put_places(v, schema, view);
    return E_OK;
}

enum err
page_labels(struct visit *v)
{
    struct labels l;
    json_t *reply = NULL;
    if (get(v, &reply, &l) != E_OK)
        return v->t->err;
    struct view_own_labels view = {.page = visit_page(v, "Who may see what"),
        .action = own_url(v, "labels"),
        .write_url = own_url(v, "write"),
        .changes_url = own_url(v, "changes"),
        .visibility = json_text(reply, "visibility"),
        .level = level_word(l.level),
        .is_restricted = l.level > 0,
        .is_stale = json_flag(reply, "stale", false),
        .is_mine_alone = json_int(reply, "integrity", FROM_OUTSIDE) <= MINE_ALONE,
        .is_writable = json_flag(reply, "writable", false)};
    if (put_dataset(v, &view) != E_OK)
        return v->t->err;
    view.page.noindex = true;
    put_levels(v, 0, level_member(reply, "raise", l.level), &view.levels.at, &view.levels.n);
    put_levels(v, l.level + 1, -1, &view.raises.at, &view.raises.n);
    put_audiences(v, &l, view.visibility, &view);
    put_labels(v, &l, &view);
    admin_notes(v, &view.notes.at, &view.notes.n);
    own_count(v, &view.page);
    render_own_labels(v->out->body, &view);
    return E_OK;
}

/* The followers of all audiences are made again by effect, whose receipt goes to gate. */
static enum err
rebuild(struct visit *v, const json_t *reply)
{
    struct span grant, receipt, labels = json_dump(v->t, json_object_get(reply, "labels"));
    if (own_grant(v, json_text(reply, "grant"), &grant) != E_OK ||
        effect_relabel(v->t, grant, v->arg[0], labels, &receipt) != E_OK)
        return v->t->err;
    const struct own_field in[] = {{"receipt", own_receipt(v->t, receipt)}};
    return own_call(v, "receipt.record", own_fields(in, 1), NULL);
}

static enum err
set(struct visit *v, json_t *in)
{
    json_t *reply = NULL;
    json_object_set_new(in, "dataset", json_stringn(v->arg[0].p, v->arg[0].n));
    if (own_call(v, "label.set", in, &reply) != E_OK)
        return v->t->err;
    struct span approval = json_text(reply, "approval");
    if (approval.n > 0)
        return own_review(v, approval);
    if (json_text(reply, "grant").n > 0 && rebuild(v, reply) != E_OK)
        return v->t->err;
    return admin_done(v, own_url(v, "labels"), "label-saved");
}

/* Nothing is changed: gate gives a grant as long as the files are not what the labels say. */
static enum err
make_again(struct visit *v)
{
    return set(v, json_object());
}

static enum err
read_level(struct visit *v, int64_t *out)
{
    *out = level_of(visit_field(v, "level"));
    return *out >= 0 ? E_OK : task_fail(v->t, E_INVALID, "The level is public, org, private or secret.");
}

static enum err
set_dataset(struct visit *v)
{
    int64_t level;
    if (read_level(v, &level) != E_OK)
        return v->t->err;
    json_t *in = json_object();
    json_object_set_new(in, "level", json_integer(level));
    json_object_set_new(
        in, "integrity", json_integer(span_is(visit_field(v, "mine"), "1") ? MINE_ALONE : FROM_OUTSIDE));
    json_object_set_new(in, "writable", json_boolean(span_is(visit_field(v, "writable"), "1")));
    return set(v, in);
}

static void
append(json_t *list, const struct label *l)
{
    json_t *row = json_array();
    json_array_append_new(row, json_stringn(l->table.p, l->table.n));
    json_array_append_new(row, json_stringn(l->column.n > 0 ? l->column.p : "", l->column.n));
    json_array_append_new(row, json_integer(l->level));
    if (l->integrity >= 0)
        json_array_append_new(row, json_integer(l->integrity));
    json_array_append_new(list, row);
}

static enum err
read_place(struct visit *v, struct label *out)
{
    json_t *place;
    if (json_read(v->t, visit_field(v, "place"), &place) != E_OK)
        return v->t->err;
    const json_t *table = json_array_get(place, 0), *column = json_array_get(place, 1);
    *out = (struct label){.integrity = -1,
        .table = {json_string_value(table), json_string_length(table)},
        .column = {json_string_value(column), json_string_length(column)}};
    return out->table.n > 0 ? E_OK : task_fail(v->t, E_INVALID, "Choose a table or a column.");
}

/* All of the list with one place of it set to a level; level < 0: without that place. */
static enum err
set_place(struct visit *v, int64_t level)
{
    json_t *reply = NULL;
    struct labels l;
    struct label place;
    if (get(v, &reply, &l) != E_OK || read_place(v, &place) != E_OK)
        return v->t->err;
    json_t *in = json_object(), *list = json_array();
    for (size_t i = 0; i < l.n; i++)
        if (!span_eq(l.at[i].table, place.table) || !span_eq(l.at[i].column, place.column))
            append(list, &l.at[i]);
        else
            place.integrity = l.at[i].integrity;
    place.level = level;
    if (level >= 0)
        append(list, &place);
    json_object_set_new(in, "labels", list);
    return set(v, in);
}

static enum err
add(struct visit *v)
{
    int64_t level;
    return read_level(v, &level) == E_OK ? set_place(v, level) : v->t->err;
}

static enum err
take_away(struct visit *v)
{
    return set_place(v, -1);
}

enum err
page_labels_post(struct visit *v)
{
    static const struct admin_act acts[] = {
        {"dataset", set_dataset}, {"add", add}, {"remove", take_away}, {"rebuild", make_again}, {NULL, NULL}};
    return admin_act(v, acts);
}
