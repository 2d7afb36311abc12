/* plugin_halt: one order to lyceum-plugin for each version. */
#include "gate/plugin_halt.h"

#include "base/json.h"
#include "base/log.h"
#include "gate/seal.h"
#include "plugin/plugin_client.h"

enum { RECORD_MS = 5000 };

struct plugin_ran
plugin_ran_of(const struct auth_plugin *row)
{
    return (struct plugin_ran){row->id, {row->digest, row->staged}};
}

static bool
runs(const struct auth_plugin *now, struct span digest)
{
    return now && span_is(now->state, "on") && (span_eq(now->digest, digest) || span_eq(now->staged, digest));
}

static enum err
order(struct task *t, struct gate *g, struct span by, struct span digest)
{
    struct span sealed;
    struct grant grant = {.audience = SPAN("plugin"),
        .capability = SPAN("stop"),
        .subject = by,
        .args_hash = plugin_stop_hash(t, digest),
        .detail = task_format(t, "{\"digest\":\"%.*s\"}", SPAN_ARG(digest))};
    if (seal_grant(t, g, &grant, &sealed) != E_OK || plugin_stop(t, sealed, digest) == E_OK)
        return t->err;
    if (t->err == E_UNAVAILABLE) /* no service: its plugins ended with it */
        task_clear_error(t);
    return t->err;
}

/* The change itself was committed: this is a change of its own. */
static void
tell(struct gate *g, struct span by, struct span id, struct span digest, const char *why, int64_t now_ms)
{
    struct task t;
    task_begin(&t, RECORD_MS);
    struct gate_change change = {.actor = by,
        .action = SPAN("plugin.halt"),
        .object = id,
        .detail = task_format(&t, "{\"digest\":\"%.*s\",\"ended\":false}", SPAN_ARG(digest))};
    struct span text = task_format(&t,
        "Processes of %.*s that should have ended may still run: %s Nothing that they ask for is let through. Restart "
        "the service lyceum-plugin.",
        SPAN_ARG(id), why);
    if (gate_change_begin(&t, g, &change) != E_OK ||
        gate_change_end(&t, g, &change, now_ms, auth_plugin_notice_put(&t, &g->db, id, "running", text, now_ms)) !=
            E_OK)
        log_line(&t, "plugin.halt of %.*s: %s", SPAN_ARG(id), t.cause);
    task_end(&t);
}

void
plugin_halt(struct gate *g, struct span by, const struct plugin_ran *ran, const struct auth_plugin *now, int64_t now_ms)
{
    struct task t;
    bool ended = false;
    task_begin(&t, PLUGIN_HALT_MS);
    for (size_t i = 0; i < sizeof ran->digest / sizeof ran->digest[0]; i++) {
        if (ran->digest[i].n == 0 || runs(now, ran->digest[i]))
            continue;
        ended = order(&t, g, by, ran->digest[i]) == E_OK;
        if (ended)
            continue;
        tell(g, by, ran->id, ran->digest[i], t.cause, now_ms);
        break;
    }
    if (ended && auth_plugin_notice_end(&t, &g->db, ran->id, "running") != E_OK)
        log_line(&t, "%s", t.cause);
    task_end(&t);
}
