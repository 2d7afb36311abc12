/* page_dataset: a dataset's card, and its schema as JSON. */
#include "base/json.h"
#include "pages/all.h"
#include "pages/ask.h"
#include "pages/facts.h"
#include "pages/labels.h"
#include "pages/link.h"
#include "pages/rowset.h"
#include "render/cell.h"

enum { DATASET_SUGGESTIONS = 8, DATASET_FACTS = 6 };

static void
put_tables(struct visit *v, const json_t *schema, const struct labels *l, struct view_data_dataset *view)
{
    const json_t *list = json_object_get(schema, "tables");
    struct view_table_fact *f = task_array(v->t, json_array_size(list), sizeof *f);
    size_t i;
    json_t *table;
    json_array_foreach(list, i, table)
    {
        const json_t *rows = json_object_get(table, "rows");
        f[i].table = json_text(table, "name");
        f[i].kind = span_is(json_text(table, "kind"), "view") ? SPAN("view") : SPAN_NONE;
        f[i].about = json_text(table, "description");
        if (json_is_integer(rows))
            f[i].rows = rowset_count(v->t, json_integer_value(rows), false);
        facts_columns(v->t, table, &f[i].columns.at, &f[i].columns.n);
        labels_put(v->t, l, f[i].table, &f[i].columns.at, f[i].columns.n);
        f[i].level = labels_word(l, f[i].table, SPAN(""));
        f[i].columns_label = task_format(v->t, "%zu column%s", f[i].columns.n, f[i].columns.n == 1 ? "" : "s");
    }
    view->tables.at = f;
    view->tables.n = json_array_size(list);
}

/* A source is often an address with words after it: what is one leads there. */
static struct span
address_in(struct span value)
{
    struct span rest = value, word;
    if (!span_starts(value, "https://") && !span_starts(value, "http://"))
        return SPAN_NONE;
    return span_cut(&rest, ' ', &word) ? word : SPAN_NONE;
}

static void
add_fact(struct view_fact *f, size_t *n, const char *label, struct span value, struct span mono)
{
    if (value.n > 0 || mono.n > 0)
        f[(*n)++] = (struct view_fact){span_of(label), value, address_in(value), mono};
}

static void
put_facts(struct visit *v, const json_t *record, struct view_data_dataset *view)
{
    const json_t *current = json_object_get(record, "current");
    struct view_fact *f = task_array(v->t, DATASET_FACTS, sizeof *f);
    size_t n = 0;
    add_fact(f, &n, "Licence", json_text(record, "license"), SPAN_NONE);
    add_fact(f, &n, "Source", json_text(record, "source"), SPAN_NONE);
    add_fact(f, &n, "Revision", task_format(v->t, "%lld,", (long long)json_int(current, "n", 1)),
        facts_short(json_text(current, "sha")));
    add_fact(f, &n, "Published", facts_time(v->t, json_int(current, "at_ms", 0)), SPAN_NONE);
    add_fact(f, &n, "Size", cell_bytes(v->t, json_int(current, "bytes", 0)), SPAN_NONE);
    view->facts.at = f;
    view->facts.n = n;
}

/* What only people with an account see, and only those who may change something. */
static void
put_own(struct visit *v, const struct visit_dataset *d, const struct labels *l, struct view_data_dataset *view)
{
    view->is_signed_in = v->actor.signed_in;
    if (!labels_are_mine(v, d->record))
        return;
    view->labels_url = task_format(v->t, "/%.*s/-/labels", SPAN_ARG(d->name));
    if (!l->writable)
        return;
    view->write_url = task_format(v->t, "/%.*s/-/write", SPAN_ARG(d->name));
    view->changes_url = task_format(v->t, "/%.*s/-/changes", SPAN_ARG(d->name));
}

enum err
page_dataset(struct visit *v)
{
    struct visit_dataset d;
    struct labels l;
    json_t *schema, *catalogue;
    if (visit_dataset(v, v->arg[0], "read", &d) != E_OK || visit_schema(v, &d, &schema) != E_OK ||
        visit_catalogue(v, &catalogue) != E_OK)
        return v->t->err;
    struct span title = json_text(d.record, "title"), visibility = json_text(d.record, "visibility");
    struct view_data_dataset view = {.page = visit_page(v, task_z(v->t, title.n > 0 ? title : d.name)),
        .name = d.name,
        .title = title.n > 0 ? title : d.name,
        .description = json_text(d.record, "description"),
        .visibility = d.is_public ? SPAN_NONE : visibility};
    const struct view_crumb top = {SPAN("Datasets"), SPAN("/")};
    view.crumbs.at = &top;
    view.crumbs.n = 1;
    view.page.description = d.is_public ? view.description : SPAN_NONE;
    view.ask =
        ask_box(v, catalogue, d.name, SPAN_NONE, "/-/chat", task_printf(v->t, "Ask about %.*s", SPAN_ARG(view.title)));
    visit_script(v, &view.page, "ask.js");
    view.query_url = task_format(v->t, "/%.*s/-/query", SPAN_ARG(d.name));
    view.schema_url = task_format(v->t, "/%.*s/-/schema.json", SPAN_ARG(d.name));
    ask_suggestions(v, d.record, DATASET_SUGGESTIONS, &view.suggestions.at, &view.suggestions.n);
    labels_get(v, d.name, &l);
    put_own(v, &d, &l, &view);
    put_tables(v, schema, &l, &view);
    put_facts(v, d.record, &view);
    if (d.is_public)
        visit_public(v);
    render_data_dataset(v->out->body, &view);
    return E_OK;
}

enum err
page_schema(struct visit *v)
{
    struct visit_dataset d;
    json_t *schema;
    if (visit_dataset(v, v->arg[0], "read", &d) != E_OK || visit_schema(v, &d, &schema) != E_OK)
        return v->t->err;
    v->out->type = "application/json";
    json_put(v->out->body, schema);
    if (d.is_public)
        visit_public(v);
    return E_OK;
}
