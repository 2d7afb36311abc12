/* rows: a table in JSON as cells. */
#include "base/json.h"
#include "chart/chart.h"

static struct cell
cell_of(const json_t *j)
{
    switch (json_typeof(j)) {
    case JSON_INTEGER: return (struct cell){.kind = CELL_INT, .i = json_integer_value(j)};
    case JSON_REAL: return (struct cell){.kind = CELL_REAL, .r = json_real_value(j)};
    case JSON_TRUE: return (struct cell){.kind = CELL_INT, .i = 1};
    case JSON_FALSE: return (struct cell){.kind = CELL_INT, .i = 0};
    case JSON_STRING: return (struct cell){.kind = CELL_TEXT, .s = {json_string_value(j), json_string_length(j)}};
    default: return (struct cell){.kind = CELL_NULL};
    }
}

enum err
chart_rows_read(struct task *t, const json_t *columns, const json_t *rows, struct chart_rows *out)
{
    size_t n = json_array_size(columns), i, k;
    json_t *row, *value;
    struct span *names = task_array(t, n + 1, sizeof *names);
    if (!json_is_array(columns) || !json_is_array(rows) || n == 0 || n > CHART_COLUMNS)
        return task_fail(t, E_INVALID, "A chart's data are 1 to %d columns and rows.", CHART_COLUMNS);
    struct cell *cells = task_array(t, json_array_size(rows) * n + 1, sizeof *cells);
    json_array_foreach(columns, i, value)
    {
        names[i] = json_is_string(value) ? (struct span){json_string_value(value), json_string_length(value)}
                                         : json_text(value, "name");
    }
    json_array_foreach(rows, i, row)
    {
        if (json_array_size(row) != n)
            return task_fail(t, E_INVALID, "Row %zu has not one value for each of the %zu columns.", i + 1, n);
        json_array_foreach(row, k, value) cells[i * n + k] = cell_of(value);
    }
    *out = (struct chart_rows){names, n, cells, json_array_size(rows), false};
    return E_OK;
}
