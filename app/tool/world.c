/* world: what all tools need of a turn: its datasets, their schemas, gate's grants. */
#include "base/json.h"
#include "base/must.h"
#include "tool/tool_priv.h"

static enum err
no_dataset(struct task *t, struct tool_world *w, struct span name)
{
    struct buf *b = task_buf(t, 4096);
    for (size_t i = 0; i < w->datasets; i++)
        if (!w->dataset[i].closed)
            buf_printf(b, "%s%.*s", b->n ? ", " : "", SPAN_ARG(w->dataset[i].name));
    if (tool_offers(w, "scratch"))
        buf_printf(b, "%s" TOOL_SCRATCH, b->n ? ", " : "");
    if (b->n == 0)
        return task_fail(t, E_NOTFOUND, "This conversation has no dataset.");
    if (name.n == 0)
        return task_fail(t, E_INVALID, "Say which dataset is meant: %s.", buf_z(b));
    return task_fail(
        t, E_NOTFOUND, "There is no dataset \"%.*s\" in this conversation. It has: %s.", SPAN_ARG(name), buf_z(b));
}

static enum err
dataset_by_name(struct task *t, struct tool_world *w, struct span name, struct tool_dataset **out)
{
    if (name.n == 0 && w->datasets == 1) {
        *out = &w->dataset[0];
        return E_OK;
    }
    for (size_t i = 0; i < w->datasets; i++) {
        if (!span_eq(name, w->dataset[i].name))
            continue;
        *out = &w->dataset[i];
        return E_OK;
    }
    if (span_is(name, TOOL_SCRATCH) && tool_offers(w, "scratch")) {
        w->scratch.name = SPAN(TOOL_SCRATCH);
        *out = &w->scratch;
        return E_OK;
    }
    return no_dataset(t, w, name);
}

enum err
tool_dataset(struct task *t, struct tool_world *w, const json_t *args, struct tool_dataset **out)
{
    return dataset_by_name(t, w, json_text(args, "dataset"), out);
}

enum err
tool_schema(struct task *t, struct tool_world *w, struct span name, json_t **out)
{
    struct tool_dataset *d = NULL;
    struct span grant;
    if (dataset_by_name(t, w, name, &d) != E_OK)
        return t->err;
    must(d);
    if (!d->schema) {
        json_t *schema;
        struct span hash = query_own_hash(t, "schema", d->name, SPAN_NONE);
        if (tool_grant(t, w, "read", d->name, hash, &grant) != E_OK || query_schema(t, grant, d->name, &schema) != E_OK)
            return t->err;
        d->schema = task_json(w->keep, json_incref(schema));
    }
    *out = d->schema;
    return E_OK;
}
