/* query_chart: the choice as a spec, the rows as its data. */
#include "pages/query_chart.h"

#include "base/json.h"
#include "chart/chart.h"
#include "chart/data.h"
#include "pages/chart_view.h"
#include "pages/link.h"
#include "pages/rowset.h"

enum { FIELD_MARK, FIELD_X, FIELD_Y, FIELD_COLOR, FIELD_FACET, FIELD_SORT, FIELDS, BARS_UPRIGHT = 12 };
static const struct {
    const char *name, *key, *id, *label;
} fields[FIELDS] = {
    {"_mark", "mark", "chart-mark", "Kind of chart"},
    {"_x", "x", "chart-x", "Across (x)"},
    {"_y", "y", "chart-y", "Up (y)"},
    {"_color", "color", "chart-color", "Colour"},
    {"_facet", "facet", "chart-facet", "A panel for each"},
    {"_sort", "sort", "chart-sort", "Order"},
};
static const struct {
    const char *value, *label;
} orders[] = {
    {"", "by itself"},
    {"data", "as the rows come"},
    {"-value", "largest first"},
    {"value", "smallest first"},
    {"name", "by name"},
};

struct choosing {
    struct visit *v;
    const struct query_wish *w;
    const struct visit_dataset *d;
    struct chart_rows rows;
    struct chart_data data;
    struct span chosen[FIELDS];
};

static int
first_of(const struct choosing *c, enum chart_type type, int after)
{
    for (size_t i = (size_t)(after + 1); i < c->data.n_columns; i++)
        if (c->data.columns[i].type == type)
            return (int)i;
    return -1;
}

static void
choose(struct choosing *c, const char *mark, int x, int y)
{
    c->chosen[FIELD_MARK] = span_of(mark);
    c->chosen[FIELD_X] = x >= 0 ? c->data.columns[x].name : SPAN_NONE;
    c->chosen[FIELD_Y] = y >= 0 ? c->data.columns[y].name : SPAN_NONE;
}

/* What most people would draw of such columns. */
static void
guess(struct choosing *c)
{
    int number = first_of(c, CHART_NUMBER, -1), text = first_of(c, CHART_TEXT, -1);
    int when = first_of(c, CHART_TIME, -1), second = number >= 0 ? first_of(c, CHART_NUMBER, number) : -1;
    if (when < 0)
        when = first_of(c, CHART_YEAR, -1);
    if (when >= 0 && number >= 0)
        choose(c, "line", when, number);
    else if (text >= 0 && number >= 0 && c->data.n > BARS_UPRIGHT)
        choose(c, "barX", number, text);
    else if (text >= 0 || when >= 0)
        choose(c, "barY", text >= 0 ? text : when, number);
    else if (second >= 0)
        choose(c, "dot", number, second);
    else
        choose(c, "rect", number, -1);
}

static void
add_option(struct view_chart_option *o, size_t *n, struct span value, struct span label, struct span chosen)
{
    o[(*n)++] = (struct view_chart_option){value, label, span_eq(value, chosen)};
}

static void
put_field(struct choosing *c, int which, struct view_chart_field *to)
{
    size_t n_marks, n = 0;
    const struct chart_mark *marks = chart_marks(&n_marks);
    struct span chosen = c->chosen[which];
    struct view_chart_option *o = task_array(c->v->t, n_marks + CHART_COLUMNS + 8, sizeof *o);
    for (size_t i = 0; which == FIELD_MARK && i < n_marks; i++)
        add_option(o, &n, span_of(marks[i].name), span_of(marks[i].words), chosen);
    for (size_t i = 0; which == FIELD_SORT && i < sizeof orders / sizeof orders[0]; i++)
        add_option(o, &n, span_of(orders[i].value), span_of(orders[i].label), chosen);
    if (which != FIELD_MARK && which != FIELD_SORT) {
        add_option(o, &n, SPAN(""), SPAN("nothing"), chosen);
        for (size_t i = 0; i < c->data.n_columns; i++)
            add_option(o, &n, c->data.columns[i].name, c->data.columns[i].name, chosen);
    }
    *to = (struct view_chart_field){
        span_of(fields[which].name), span_of(fields[which].id), span_of(fields[which].label), {o, n}};
}

static void
put_form(struct choosing *c, struct view_chart_form *form)
{
    const struct query_wish *w = c->w;
    struct view_chart_field *f = task_array(c->v->t, FIELDS, sizeof *f);
    struct view_chart_hidden *h = task_array(c->v->t, w->n + 1, sizeof *h);
    for (int i = 0; i < FIELDS; i++)
        put_field(c, i, &f[i]);
    h[0] = (struct view_chart_hidden){SPAN("sql"), w->sql};
    for (size_t i = 0; i < w->n; i++)
        h[i + 1] = (struct view_chart_hidden){w->fields[i], w->typed[i]};
    form->action = task_format(c->v->t, "/%.*s/-/query#chart", SPAN_ARG(w->dataset));
    form->hidden.at = h;
    form->hidden.n = w->n + 1;
    form->fields.at = f;
    form->fields.n = FIELDS;
}

static struct chart_rows
rows_of(struct task *t, const struct query_rows *rows)
{
    return (struct chart_rows){rowset_names(t, rows), rows->n_columns, rows->cells, rows->n_rows, rows->truncated};
}

static enum err
ask(struct task *t, void *arg, struct span sql, struct chart_rows *out)
{
    const struct choosing *c = arg;
    struct query_wish w = *c->w;
    struct query_rows rows = {0};
    struct query_problem problem = {0};
    w.sql = sql;
    if (query_wish_run(c->v, &w, c->d->grant, CHART_POINTS, &rows, &problem) != E_OK)
        return t->err;
    *out = rows_of(t, &rows);
    return E_OK;
}

static struct view_chart *
no_chart(struct choosing *c, struct view_chart_form *form)
{
    form->problem = span_of(task_z(c->v->t, span_of(c->v->t->cause)));
    task_clear_error(c->v->t);
    return NULL;
}

/* The page's table stops at fewer rows than a chart: then they are read again. */
static const struct view_chart *
draw(struct choosing *c, struct view_chart_form *form)
{
    struct task *t = c->v->t;
    struct chart_source source = {c->w->sql, ask, c};
    struct chart_rows rows = c->rows;
    struct chart_problem problem;
    const struct view_chart *chart = NULL;
    json_t *spec = task_json(t, json_object()), *block = NULL;
    for (int i = 0; i < FIELDS; i++)
        if (c->chosen[i].n > 0)
            json_object_set_new(spec, fields[i].key, json_stringn(c->chosen[i].p, c->chosen[i].n));
    if (rows.truncated && ask(t, c, c->w->sql, &rows) != E_OK)
        return no_chart(c, form);
    if (chart_make(t, spec, &rows, &source, &problem, &block) != E_OK)
        return no_chart(c, form);
    if (chart_view(t, block, SPAN("chart"), SPAN_NONE, &chart) != E_OK)
        return no_chart(c, form);
    return chart;
}

void
query_chart_put(struct visit *v, const struct query_wish *w, const struct visit_dataset *d,
    const struct query_rows *rows, struct view_sql_query *view)
{
    struct choosing c = {.v = v, .w = w, .d = d, .rows = rows_of(v->t, rows)};
    struct view_chart_form *form = task_new(v->t, struct view_chart_form);
    if (rows->n_rows == 0)
        return;
    if (chart_data_read(v->t, &c.rows, &c.data) != E_OK) {
        task_clear_error(v->t); /* too many columns: nothing to choose from */
        return;
    }
    bool chosen = visit_field(v, fields[FIELD_MARK].name).n > 0;
    if (!chosen)
        guess(&c);
    for (int i = 0; chosen && i < FIELDS; i++)
        c.chosen[i] = visit_field(v, fields[i].name);
    put_form(&c, form);
    if (chosen)
        form->chart = draw(&c, form);
    if (form->chart)
        visit_script(v, &view->page, "charts.js");
    view->chart_form = form;
}
