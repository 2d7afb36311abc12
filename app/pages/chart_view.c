/* chart_view: from a block to the template's figure. */
#include "pages/chart_view.h"

#include "base/json.h"
#include "base/utf8.h"
#include "chart/chart.h"
#include "chart/mark.h"
#include "pages/rowset.h"

enum { NOTES = 3, WORDS_BYTES = 2000 };

/* What each mark needs, for the form that edits: [{"name","words","needs":{"x":["number"],...},"must":["x"]}]. */
static json_t *
mark_json(const struct chart_mark *mark)
{
    json_t *needs = json_object(), *must = json_array();
    for (int c = 0; c < CHART_CHANNELS; c++) {
        const struct chart_need *need = &mark->needs[c];
        json_t *types = json_array();
        for (int type = 0; type < CHART_TYPES; type++)
            if (need->types & 1u << type)
                json_array_append_new(types, json_string(chart_type_name((enum chart_type)type)));
        if (need->want == WANT_ALWAYS)
            json_array_append_new(must, json_string(chart_channel_name((enum chart_channel)c)));
        json_object_set_new(needs, chart_channel_name((enum chart_channel)c), types);
    }
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", mark->name, "words", mark->words, "one", mark->one, "needs",
        needs, "must", must);
}

static struct span
data_text(struct task *t, const json_t *block)
{
    size_t n;
    const struct chart_mark *marks = chart_marks(&n);
    json_t *all = json_array(), *data = task_json(t, json_object());
    static const char *const parts[] = {"spec", "columns", "rows"};
    for (size_t i = 0; i < n; i++)
        json_array_append_new(all, mark_json(&marks[i]));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        json_object_set(data, parts[i], json_object_get(block, parts[i]));
    json_object_set_new(data, "marks", all);
    return json_dump(t, data);
}

static void
add_note(struct view_chart *view, struct span *notes, struct span note)
{
    for (size_t i = 0; i < view->notes.n; i++)
        if (span_find(notes[i], note) >= 0)
            return;
    if (note.n > 0 && view->notes.n < NOTES)
        notes[view->notes.n++] = note;
}

static void
put_rows(struct task *t, const struct chart_rows *rows, const char *label, struct view_chart *view)
{
    size_t shown = rows->n < CHART_VIEW_ROWS ? rows->n : CHART_VIEW_ROWS;
    view->rows = rowset_make(t, rows->names, rows->columns, rows->cells, shown, label);
    view->count = rowset_count(t, (int64_t)rows->n, false);
    if (shown < rows->n)
        view->more = task_format(t, "The first %d are listed. Downloads and View SQL have more.", CHART_VIEW_ROWS);
}

enum err
chart_view(struct task *t, const json_t *block, struct span id, struct span sql_url, const struct view_chart **out)
{
    struct view_chart *view = task_new(t, struct view_chart);
    struct span *notes = task_array(t, NOTES, sizeof *notes);
    struct chart_rows rows;
    struct chart_problem problem;
    json_t *made = NULL;
    if (chart_rows_read(t, json_object_get(block, "columns"), json_object_get(block, "rows"), &rows) != E_OK)
        return t->err;
    *view = (struct view_chart){.id = id, .sql_url = sql_url};
    view->notes.at = notes;
    add_note(view, notes, utf8_first(json_text(block, "note"), WORDS_BYTES));
    if (chart_make(t, json_object_get(block, "spec"), &rows, NULL, &problem, &made) == E_OK) {
        view->data = data_text(t, made);
        view->title = json_text(made, "title");
        view->subtitle = json_text(json_object_get(made, "spec"), "subtitle");
        view->summary = json_text(made, "summary");
        add_note(view, notes, json_text(made, "note"));
    } else {
        add_note(view, notes, task_format(t, "It can't be drawn. %s", t->cause));
        task_clear_error(t);
        view->title = utf8_first(json_text(block, "title"), CHART_TITLE_BYTES);
        view->summary = utf8_first(json_text(block, "summary"), WORDS_BYTES);
    }
    if (view->title.n == 0)
        view->title = SPAN("Chart");
    put_rows(t, &rows, "Data of the chart", view);
    *out = view;
    return E_OK;
}
