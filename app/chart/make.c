/* make: from a spec and rows to a block. */
#include "base/json.h"
#include "base/utf8.h"
#include "chart/chart.h"
#include "chart/reduce.h"
#include "chart/stats.h"
#include "chart/summary.h"

#include <stdlib.h>

enum { NOTE_BYTES = 2048, BLOCK_TEXT_BYTES = 700000, TEXT_LEAST = 24 };

struct making {
    struct task *t;
    struct chart_spec spec;
    struct chart_data d;
    struct buf *note;
};

static void
add_note(struct making *m, struct span sentence)
{
    if (m->note->n > 0)
        buf_putc(m->note, ' ');
    buf_span(m->note, sentence);
}

/* Keeps rows for which keep[] is set. */
static void
keep_rows(struct making *m, const bool *keep)
{
    struct cell *cells = task_array(m->t, m->d.n * m->d.n_columns, sizeof *cells);
    size_t n = 0;
    for (size_t r = 0; r < m->d.n; r++)
        for (size_t c = 0; keep[r] && c < m->d.n_columns; c++)
            cells[n++] = *chart_cell(&m->d, r, c);
    m->d.cells = cells;
    m->d.n = n / m->d.n_columns;
}

/* More rows than can be drawn: binned at their source, else the first ones with a word about it. */
static void
fit(struct making *m, const struct chart_rows *rows, const struct chart_source *source)
{
    struct span note = SPAN_NONE;
    if (!rows->truncated && rows->n <= CHART_POINTS)
        return;
    if (source && source->ask && source->sql.n > 0) {
        if (chart_reduce(m->t, source, &m->spec, &m->d, &note) == E_OK) {
            add_note(m, note);
            return;
        }
        task_clear_error(m->t);
    }
    if (m->d.n > CHART_POINTS)
        m->d.n = CHART_POINTS;
    add_note(m, task_format(m->t, "The rows are more than can be drawn: only the first %.*s are.",
                    SPAN_ARG(chart_number(m->t, (double)m->d.n, CHART_NUMBER))));
}

struct ranked {
    size_t group;
    double sum;
};

static int
largest_first(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->sum != y->sum) /* NOLINT: equal sums alone go by their order */
        return x->sum > y->sum ? -1 : 1;
    return x->group < y->group ? -1 : x->group > y->group;
}

/* A band for each value can't be read past a hundred: the largest stay. */
static void
limit_bands(struct making *m, enum chart_channel c)
{
    struct chart_groups g;
    enum chart_channel value = chart_spec_value(&m->spec, &m->d);
    if (m->spec.column[c] < 0 || m->d.columns[m->spec.column[c]].type != CHART_TEXT)
        return;
    chart_groups_make(m->t, &m->d, m->spec.column[c], &g);
    if (g.n <= CHART_CATEGORIES)
        return;
    int measured = value != c && m->spec.mark->family == FAMILY_BARS ? m->spec.column[value] : -1;
    struct stats_group *v = stats_groups(m->t, &m->d, &g, measured, m->spec.weight);
    struct ranked *order = task_array(m->t, g.n, sizeof *order);
    bool *kept = task_array(m->t, g.n, sizeof *kept), *keep = task_array(m->t, m->d.n, sizeof *keep);
    for (size_t i = 0; i < g.n; i++)
        order[i] = (struct ranked){i, v[i].sum};
    qsort(order, g.n, sizeof *order, largest_first);
    for (size_t i = 0; i < CHART_CATEGORIES; i++)
        kept[order[i].group] = true;
    for (size_t r = 0; r < m->d.n; r++)
        keep[r] = kept[g.of[r]];
    keep_rows(m, keep);
    add_note(m, task_format(m->t, "Only %d of %zu values of %.*s are shown: the largest.", CHART_CATEGORIES, g.n,
                    SPAN_ARG(m->d.columns[m->spec.column[c]].name)));
}

/* Bars, cells and boxes stand in bands; lines and dots over text do too, but may be as many as they are. */
static void
limit_categories(struct making *m)
{
    enum chart_family f = m->spec.mark->family;
    if (f == FAMILY_LINES || f == FAMILY_POINTS || f == FAMILY_COUNTS)
        return;
    if (f == FAMILY_CELLS)
        limit_bands(m, CHART_X);
    limit_bands(m, f == FAMILY_CELLS ? CHART_Y : chart_spec_category(&m->spec, &m->d));
}

static void
tell_colours(struct making *m)
{
    struct chart_groups g;
    int color = m->spec.column[CHART_COLOR];
    if (color < 0 || m->d.columns[color].type != CHART_TEXT || m->spec.mark->family == FAMILY_CELLS)
        return;
    chart_groups_make(m->t, &m->d, color, &g);
    if (g.n > CHART_COLOURS)
        add_note(m, task_format(m->t, "%.*s has %zu values: the %d commonest have a colour, the rest share one.",
                        SPAN_ARG(m->d.columns[color].name), g.n, CHART_COLOURS - 1));
}

static bool
is_used(const struct chart_spec *spec, size_t column)
{
    for (int c = 0; c < CHART_CHANNELS; c++)
        if (spec->column[c] == (int)column)
            return true;
    return spec->weight == (int)column;
}

/* What is drawn comes along, and the rest too while it is little: whoever edits the chart may choose it. */
static size_t
choose_columns(struct making *m, size_t *out)
{
    bool all = m->d.n * m->d.n_columns <= CHART_BLOCK_CELLS;
    size_t n = 0;
    for (size_t c = 0; c < m->d.n_columns; c++)
        if (all || is_used(&m->spec, c))
            out[n++] = c;
    return n;
}

static json_t *
value_json(struct making *m, size_t row, size_t column, size_t most)
{
    const struct cell *c = chart_cell(&m->d, row, column);
    if (c->kind == CELL_INT)
        return json_integer(c->i);
    if (c->kind == CELL_REAL) {
        json_t *real = json_real(c->r); /* NULL for what is no number */
        return real ? real : json_null();
    }
    struct span s = utf8_first(chart_text(m->t, &m->d, row, column), most);
    return s.p ? json_stringn_nocheck(s.p, s.n) : json_null();
}

static json_t *
block_json(struct making *m)
{
    size_t chosen[CHART_COLUMNS], n = choose_columns(m, chosen);
    size_t most = BLOCK_TEXT_BYTES / (m->d.n * n + 1); /* of a text: a block must stay a plugin's result */
    most = most < TEXT_LEAST ? TEXT_LEAST : most;
    json_t *block = task_json(m->t, json_object()), *columns = json_array(), *rows = json_array();
    for (size_t c = 0; c < n; c++) {
        const struct chart_column *column = &m->d.columns[chosen[c]];
        json_t *j = json_object();
        json_object_set_new(j, "name", json_stringn_nocheck(column->name.p, column->name.n));
        json_object_set_new(j, "type", json_string(chart_type_name(column->type)));
        json_array_append_new(columns, j);
    }
    for (size_t r = 0; r < m->d.n; r++) {
        json_t *row = json_array();
        for (size_t c = 0; c < n; c++)
            json_array_append_new(row, value_json(m, r, chosen[c], most));
        json_array_append_new(rows, row);
    }
    struct span summary = chart_summary(m->t, &m->spec, &m->d), title = chart_title(m->t, &m->spec, &m->d),
                note = buf_view(m->note);
    json_object_set_new(block, "type", json_string("chart"));
    json_object_set(block, "spec", chart_spec_json(m->t, &m->spec, &m->d));
    json_object_set_new(block, "columns", columns);
    json_object_set_new(block, "rows", rows);
    json_object_set_new(block, "title", json_stringn_nocheck(title.p, title.n));
    json_object_set_new(block, "summary", json_stringn_nocheck(summary.p, summary.n));
    json_object_set_new(block, "note", json_stringn_nocheck(note.n > 0 ? note.p : "", note.n));
    return block;
}

enum err
chart_make(struct task *t, const json_t *spec, const struct chart_rows *rows, const struct chart_source *source,
    struct chart_problem *problem, json_t **block)
{
    struct making m = {.t = t, .note = task_buf(t, NOTE_BYTES)};
    *problem = (struct chart_problem){.code = "rows", .field = ""};
    if (chart_data_read(t, rows, &m.d) != E_OK || chart_spec_read(t, spec, &m.d, problem, &m.spec) != E_OK)
        return t->err;
    fit(&m, rows, source);
    limit_categories(&m);
    tell_colours(&m);
    *block = block_json(&m);
    return E_OK;
}
