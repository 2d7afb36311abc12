/* rowset: from cells to views. */
#include "pages/rowset.h"

#include "render/cell.h"

struct span *
rowset_names(struct task *t, const struct query_rows *rows)
{
    struct span *names = task_array(t, rows->n_columns, sizeof *names);
    for (size_t i = 0; i < rows->n_columns; i++)
        names[i] = rows->columns[i].name;
    return names;
}

static void
put_heads(struct task *t, struct view_rowset *v, const struct span *names, size_t columns, const struct cell *cells,
    size_t rows)
{
    struct view_row_head *heads = task_array(t, columns, sizeof *heads);
    for (size_t c = 0; c < columns; c++) {
        heads[c].label = names[c];
        size_t r = 0;
        while (r < rows && cells[r * columns + c].kind == CELL_NULL)
            r++;
        if (r < rows && (cells[r * columns + c].kind == CELL_INT || cells[r * columns + c].kind == CELL_REAL))
            heads[c].class = SPAN("num");
    }
    v->heads.at = heads;
    v->heads.n = columns;
}

struct view_rowset *
rowset_make(
    struct task *t, const struct span *names, size_t columns, const struct cell *cells, size_t rows, const char *label)
{
    struct view_rowset *v = task_new(t, struct view_rowset);
    struct view_data_row *to = task_array(t, rows, sizeof *to);
    struct view_row_cell *all = task_array(t, rows * columns, sizeof *all);
    put_heads(t, v, names, columns, cells, rows);
    for (size_t r = 0; r < rows; r++) {
        to[r].cells.at = all + r * columns;
        to[r].cells.n = columns;
        for (size_t c = 0; c < columns; c++) {
            struct cell_shown s = cell_show(t, &cells[r * columns + c], ROWSET_CELL_BYTES);
            all[r * columns + c] = (struct view_row_cell){.text = s.text, .class = s.class, .remark = s.remark};
        }
    }
    v->rows.at = to;
    v->rows.n = rows;
    v->label = span_of(label);
    v->is_empty = rows == 0;
    v->empty_note = SPAN("No rows.");
    return v;
}

struct span
rowset_count(struct task *t, int64_t n, bool more)
{
    struct span count = cell_count(t, n);
    return task_format(t, "%s%.*s row%s", more ? "more than " : "", SPAN_ARG(count), n == 1 && !more ? "" : "s");
}

struct span
rowset_time(struct task *t, int64_t us)
{
    if (us >= 10000)
        return task_format(t, "%lld ms", (long long)(us / 1000));
    return task_format(t, "%lld.%lld ms", (long long)(us / 1000), (long long)(us % 1000 / 100));
}

static bool
taken(const struct span *names, size_t n, struct span name)
{
    for (size_t i = 0; i < n; i++)
        if (span_eq(names[i], name))
            return true;
    return false;
}

struct span *
rowset_distinct(struct task *t, const struct span *names, size_t n)
{
    struct span *out = task_array(t, n, sizeof *out);
    for (size_t i = 0; i < n; i++) {
        out[i] = names[i];
        for (int k = 2; taken(out, i, out[i]); k++)
            out[i] = task_format(t, "%.*s_%d", SPAN_ARG(names[i]), k);
    }
    return out;
}
