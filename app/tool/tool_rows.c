/* tool_rows: further rows of a result that is kept under its handle. */
#include "base/json.h"
#include "tool/show.h"
#include "tool/tool_priv.h"

enum { ROWS_AT_ONCE = 200, ROWS_USUAL = 50, HANDLE_BYTES = 20 };

static const struct tool_param PARAMS[] = {
    {.name = "result",
        .type = ARG_TEXT,
        .required = true,
        .low = 2,
        .high = HANDLE_BYTES,
        .about = "The result's handle, e.g. r1."},
    {.name = "from", .type = ARG_INTEGER, .low = 0, .high = 10000000, .about = "Number of the first row, from 0."},
    {.name = "count", .type = ARG_INTEGER, .low = 1, .high = ROWS_AT_ONCE, .about = "How many rows; 50 if left out."},
};

static struct span
doing(struct task *t, struct tool_world *w, const json_t *args)
{
    (void)w;
    return task_format(t, "Reading rows of %.*s", SPAN_ARG(json_text(args, "result")));
}

static struct span *
column_names(struct task *t, struct span columns, size_t n)
{
    json_t *j;
    struct span *names = task_array(t, n, sizeof *names);
    if (json_read(t, columns, &j) != E_OK)
        return names;
    for (size_t i = 0; i < n; i++)
        names[i] = json_text(json_array_get(j, i), "name");
    return names;
}

static enum err
run(struct task *t, struct tool_world *w, const json_t *args, struct tool_done *out)
{
    struct work_result r;
    struct cells page;
    size_t from = (size_t)json_int(args, "from", 0), count = (size_t)json_int(args, "count", ROWS_USUAL);
    if (work_result_by_handle(t, w->work, w->conversation, json_text(args, "result"), &r) != E_OK ||
        work_result_page(t, w->work, r.id, from, count, &page) != E_OK)
        return t->err;
    struct show s = {
        .handle = r.handle,
        .dataset = r.dataset,
        .revision = r.revision,
        .columns = column_names(t, r.columns, page.columns),
        .n_columns = page.columns,
        .cells = page.cells,
        .n_rows = page.rows,
        .first = page.first,
        .total_rows = page.total_rows,
        .truncated = r.truncated,
    };
    if (t->err != E_OK)
        return t->err;
    out->json = show_rows(t, &s, TOOL_RESULT_BYTES);
    out->line = task_format(t, "%zu row%s", page.rows, page.rows == 1 ? "" : "s");
    return E_OK;
}

const struct tool tool_rows = {
    .name = "rows",
    .description = "Gives further rows of an earlier result by its handle.",
    .params = PARAMS,
    .n_params = sizeof PARAMS / sizeof *PARAMS,
    .effect = EFFECT_READ,
    .doing = doing,
    .run = run,
};
