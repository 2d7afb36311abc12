/* fuzz: lyc_chart */
/* fuzz_chart: a spec, then a line with rows as JSON: whatever they hold, a block keeps its bounds and a refusal has its
 * words. */
#include "base/json.h"
#include "chart/chart.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 4, ROWS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct cell
cell_of(const json_t *j)
{
    if (json_is_integer(j))
        return (struct cell){.kind = CELL_INT, .i = json_integer_value(j)};
    if (json_is_real(j))
        return (struct cell){.kind = CELL_REAL, .r = json_real_value(j)};
    if (json_is_string(j))
        return (struct cell){.kind = CELL_TEXT, .s = {json_string_value(j), json_string_length(j)}};
    return (struct cell){.kind = json_is_true(j) ? CELL_BLOB : CELL_NULL};
}

/* What a source answers must be borne as well: the same rows, whatever was asked. */
static enum err
same(struct task *t, void *arg, struct span sql, struct chart_rows *out)
{
    (void)t;
    if (sql.n == 0)
        abort();
    *out = *(struct chart_rows *)arg;
    out->truncated = false;
    return E_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct span names[COLUMNS] = {{"a", 1}, {"year", 4}, {"a", 1}, {"\xff\"", 2}};
    struct span rest = {(const char *)data, n}, line;
    struct task t;
    struct cell cells[COLUMNS * ROWS] = {0};
    struct chart_problem p;
    json_t *spec, *values, *block = NULL;
    task_begin(&t, 0);
    if (n < 64 << 10 && span_cut(&rest, '\n', &line) && json_read(&t, line, &spec) == E_OK &&
        json_read(&t, rest, &values) == E_OK && json_is_array(values)) {
        size_t many = json_array_size(values) < COLUMNS * ROWS ? json_array_size(values) : COLUMNS * ROWS;
        for (size_t i = 0; i < many; i++)
            cells[i] = cell_of(json_array_get(values, i));
        struct chart_rows rows = {names, COLUMNS, cells, many / COLUMNS, many % COLUMNS == 1};
        struct chart_source source = {SPAN("SELECT 1"), same, &rows};
        enum err e = chart_make(&t, spec, &rows, &source, &p, &block);
        if (e == E_OK ? json_array_size(json_object_get(block, "rows")) > CHART_POINTS : !p.code[0] || !t.cause[0])
            abort();
    }
    task_end(&t);
    return 0;
}
