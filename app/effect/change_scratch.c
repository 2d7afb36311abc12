/* change_scratch: a script on a database that is nobody else's: run once, and kept when all of it went well. */
#include "effect/change.h"

#include "effect/change_rules.h"
#include "effect/change_script.h"

#include "base/must.h"

enum { BUDGET_MS = CHANGE_MS - 5000 };

/* The version is written so that a new file has a header, whatever the script does. */
static enum err
run(struct task *t, struct rules *r, struct span sql)
{
    if (rules_exec(t, r, "BEGIN IMMEDIATE; PRAGMA user_version=1") != E_OK || change_script(t, r, sql, NULL) != E_OK)
        return t->err;
    return rules_exec(t, r, "COMMIT");
}

enum err
change_scratch(struct task *t, const struct change *c, const struct import_job *job, json_t **out)
{
    struct rules *r = task_new(t, struct rules);
    const struct rules_setup setup = {.path = task_printf(t, "%s/change.db", job->folder),
        .data = c->data,
        .labels = c->labels,
        .ceiling = c->ceiling,
        .now_ms = c->now_ms,
        .most_bytes = c->most_bytes,
        .budget_ms = BUDGET_MS};
    if (rules_open(t, r, &setup) == E_OK)
        run(t, r, c->sql);
    rules_close(r);
    if (t->err != E_OK)
        return rules_tell(t, r, out);
    *out = task_json(t, json_object());
    must(*out);
    return E_OK;
}
