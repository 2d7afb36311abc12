/* tool_scratch: tables of the conversation's own, for steps in between: no person is asked, nobody else sees them. */
#include "base/json.h"
#include "effect/effect_client.h"
#include "gate/gate_client.h"
#include "policy/grant.h"
#include "tool/tool_priv.h"

enum { SQL_BYTES = 50000 };

static const struct tool_param PARAMS[] = {
    {.name = "sql",
        .type = ARG_TEXT,
        .required = true,
        .low = 1,
        .high = SQL_BYTES,
        .about = "CREATE TABLE, INSERT, UPDATE, DELETE or DROP. The dataset's tables are read as data.<table>."},
    {.name = "dataset",
        .type = ARG_TEXT,
        .low = 0,
        .high = 63,
        .about = "The dataset to read from. May be left out when the conversation has one dataset."},
};

static struct span
doing(struct task *t, struct tool_world *w, const json_t *args)
{
    (void)t, (void)w, (void)args;
    return SPAN("Working in scratch tables");
}

/* The dataset that is attached; empty: none. */
static enum err
source_of(struct task *t, struct tool_world *w, const json_t *args, struct span *out)
{
    struct tool_dataset *d;
    *out = SPAN_NONE;
    if (json_text(args, "dataset").n == 0 && w->datasets != 1)
        return E_OK;
    if (tool_dataset(t, w, args, &d) != E_OK)
        return t->err;
    *out = d == &w->scratch ? SPAN_NONE : d->name;
    return E_OK;
}

/* The model may read all that the statement could: so it may have SQLite's own words too. */
static enum err
failed(struct task *t, struct tool_done *out)
{
    const char *word = effect_word();
    struct span sentence = task_dup(t, span_of(t->cause));
    if (!word[0])
        return t->err;
    task_clear_error(t);
    tool_refuse(t, word, sentence, out);
    return E_OK;
}

static enum err
run(struct task *t, struct tool_world *w, const json_t *args, struct tool_done *out)
{
    struct span dataset, grant, sql = json_text(args, "sql");
    json_t *tables;
    if (source_of(t, w, args, &dataset) != E_OK)
        return t->err;
    const struct span bound[] = {SPAN("scratch"), w->conversation, dataset, sql};
    struct gate_proposal p = {.audience = "effect",
        .capability = "scratch",
        .dataset = dataset,
        .args_hash = grant_args_hash(t, bound, 4),
        .body = sql};
    if (tool_allowed(t, w, &p, &grant) != E_OK)
        return t->err;
    w->scratch.schema = NULL;
    if (effect_scratch(t, grant, w->conversation, dataset, sql, &tables) != E_OK)
        return failed(t, out);
    size_t n = json_array_size(json_object_get(tables, "tables"));
    struct buf *b = task_buf(t, TOOL_RESULT_BYTES);
    json_put(b, tables);
    out->json = b->failed ? task_format(t, "{\"done\":true,\"tables\":%zu}", n) : buf_view(b);
    out->line = task_format(t, "%zu scratch table%s", n, n == 1 ? "" : "s");
    return E_OK;
}

const struct tool tool_scratch = {
    .name = "scratch",
    .description = "Runs SQL in a database of this conversation's own, for steps in between. Read its tables with sql "
                   "on the dataset \"" TOOL_SCRATCH "\".",
    .params = PARAMS,
    .n_params = sizeof PARAMS / sizeof *PARAMS,
    .effect = EFFECT_EPHEMERAL,
    .doing = doing,
    .run = run,
};
