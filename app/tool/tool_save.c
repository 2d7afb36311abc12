/* tool_save: save_query: a statement kept under a name, once the person agrees. */
#include "base/json.h"
#include "gate/gate_client.h"
#include "policy/grant.h"
#include "tool/tool_priv.h"

enum { NAME_BYTES = 100, SQL_BYTES = 50000, ABOUT_BYTES = 1000, PARAMS_MOST = 20, BODY_BYTES = 512 * 1024 };

static const struct tool_param PARAMS[] = {
    {.name = "name", .type = ARG_TEXT, .required = true, .low = 1, .high = NAME_BYTES, .about = "A short name."},
    {.name = "sql",
        .type = ARG_TEXT,
        .required = true,
        .low = 1,
        .high = SQL_BYTES,
        .about = "One SELECT statement that was run before."},
    TOOL_PARAM_DATASET,
    {.name = "params",
        .type = ARG_TEXTS,
        .low = 0,
        .high = PARAMS_MOST,
        .about = "Names of the statement's parameters, e.g. [\"year\"] for :year."},
    {.name = "about", .type = ARG_TEXT, .low = 0, .high = ABOUT_BYTES, .about = "What it answers, in one sentence."},
};

static struct span
doing(struct task *t, struct tool_world *w, const json_t *args)
{
    (void)t, (void)w, (void)args;
    return SPAN("Proposing to save a query");
}

static void
put_text(struct buf *b, const char *key, struct span value)
{
    json_put_key(b, key);
    json_put_text(b, value);
}

/* Exactly what is kept. */
static struct span
body_of(struct task *t, struct span dataset, const json_t *args)
{
    struct buf *b = task_buf(t, BODY_BYTES);
    const json_t *params = json_object_get(args, "params");
    buf_putc(b, '{');
    put_text(b, "name", json_text(args, "name"));
    put_text(b, "dataset", dataset);
    put_text(b, "sql", json_text(args, "sql"));
    json_put_key(b, "params");
    if (json_is_array(params))
        json_put(b, params);
    else
        buf_puts(b, "[]");
    put_text(b, "about", json_text(args, "about"));
    buf_putc(b, '}');
    return buf_view(b);
}

static enum err
run(struct task *t, struct tool_world *w, const json_t *args, struct tool_done *out)
{
    struct tool_dataset *d;
    if (tool_dataset(t, w, args, &d) != E_OK)
        return t->err;
    struct span body = body_of(t, d->name, args);
    const struct span bound[] = {SPAN("save"), body};
    struct gate_proposal save = {.audience = "gate",
        .capability = "save",
        .dataset = d->name,
        .args_hash = grant_args_hash(t, bound, 2),
        .body = body};
    const struct tool_plea plea = {"save", SPAN("Saving a query waits for your decision.")};
    return tool_plead(t, w, &save, &plea, out);
}

static enum err
approved(struct task *t, struct tool_world *w, const json_t *args, const json_t *outcome, struct tool_done *out)
{
    (void)t, (void)w, (void)args, (void)outcome;
    out->json = SPAN("{\"saved\":true}");
    out->line = SPAN("Saved");
    return E_OK;
}

const struct tool tool_save_query = {
    .name = "save_query",
    .description = "Proposes to keep a SELECT under a name for the person, with named parameters. It is kept only when "
                   "the person has approved it.",
    .params = PARAMS,
    .n_params = sizeof PARAMS / sizeof *PARAMS,
    .effect = EFFECT_DURABLE,
    .doing = doing,
    .run = run,
    .approved = approved,
};
