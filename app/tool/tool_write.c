/* tool_write: write_sql: a change of a dataset: tried out on a clone, put before the person, done by gate. */
#include "base/json.h"
#include "effect/effect_client.h"
#include "gate/gate_client.h"
#include "policy/grant.h"
#include "tool/tool_priv.h"

enum { WRITE_BYTES = 50000, WHY_BYTES = 500 };

static const struct tool_param PARAMS[] = {
    {.name = "sql",
        .type = ARG_TEXT,
        .required = true,
        .low = 1,
        .high = WRITE_BYTES,
        .about = "The whole change in SQLite's dialect: one or more statements, run in one transaction."},
    TOOL_PARAM_DATASET,
    {.name = "why", .type = ARG_TEXT, .low = 0, .high = WHY_BYTES, .about = "What for, in one sentence."},
};

static struct span
name_of(const struct tool_world *w, const json_t *args)
{
    struct span name = json_text(args, "dataset");
    if (name.n == 0 && w->datasets == 1)
        return w->dataset[0].name;
    return name.n > 0 ? name : SPAN("the data");
}

static struct span
doing(struct task *t, struct tool_world *w, const json_t *args)
{
    return task_format(t, "Proposing a change of %.*s", SPAN_ARG(name_of(w, args)));
}

/* What the model may know of a dry run that failed: effect's fixed word. Its sentence may speak of rows. */
static enum err
failed_dryrun(struct task *t, enum err e, struct tool_done *out)
{
    const char *word = effect_word();
    if (e == E_UNAVAILABLE)
        return e;
    task_clear_error(t);
    tool_code(t, word[0] ? span_of(word) : SPAN("change-failed"), out);
    return E_OK;
}

static enum err
run(struct task *t, struct tool_world *w, const json_t *args, struct tool_done *out)
{
    struct tool_dataset *d;
    struct span grant, receipt, sql = json_text(args, "sql");
    if (tool_dataset(t, w, args, &d) != E_OK)
        return t->err;
    const struct span tried[] = {SPAN("dryrun"), d->name, sql};
    struct gate_proposal dryrun = {.audience = "effect",
        .capability = "dryrun",
        .dataset = d->name,
        .args_hash = grant_args_hash(t, tried, 3),
        .body = sql};
    if (tool_allowed(t, w, &dryrun, &grant) != E_OK)
        return t->err;
    enum err e = effect_dryrun(t, grant, d->name, sql, &receipt);
    if (e != E_OK)
        return failed_dryrun(t, e, out);
    const struct span bound[] = {SPAN("write"), receipt};
    struct gate_proposal write = {.audience = "effect",
        .capability = "write",
        .dataset = d->name,
        .args_hash = grant_args_hash(t, bound, 2),
        .body = sql,
        .receipt = receipt};
    const struct tool_plea plea = {
        "write", task_format(t, "A change of %.*s waits for your decision.", SPAN_ARG(d->name))};
    return tool_plead(t, w, &write, &plea, out);
}

/* Gate had it done: counts, never rows. */
static enum err
approved(struct task *t, struct tool_world *w, const json_t *args, const json_t *outcome, struct tool_done *out)
{
    (void)w, (void)args;
    long long inserted = json_int(outcome, "inserted", 0), updated = json_int(outcome, "updated", 0),
              deleted = json_int(outcome, "deleted", 0);
    out->json = task_format(
        t, "{\"applied\":true,\"inserted\":%lld,\"updated\":%lld,\"deleted\":%lld}", inserted, updated, deleted);
    out->line = task_format(t, "Done: %lld inserted, %lld updated, %lld deleted", inserted, updated, deleted);
    return E_OK;
}

const struct tool tool_write_sql = {
    .name = "write_sql",
    .description = "Proposes a change of a dataset (INSERT, UPDATE, DELETE, CREATE, ALTER). It is tried out first and "
                   "done only when the person has approved it; the result says whether it was.",
    .params = PARAMS,
    .n_params = sizeof PARAMS / sizeof *PARAMS,
    .effect = EFFECT_DURABLE,
    .doing = doing,
    .run = run,
    .approved = approved,
};
