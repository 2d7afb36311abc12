/* admin_plugin_version: which version runs: consent to one that was held back, the way back, revocation, removal. */
#include "base/json.h"
#include "gate/plugin_change.h"

enum { WHY_BYTES = 300 };
static const int64_t DAY_MS = (int64_t)24 * 3600 * 1000;

/* The held version, which must be the one that the person saw, becomes the one that runs: for all, or for a group. */
static enum err
consent(struct task *t, struct admin_call *c, struct plugin *p)
{
    struct span old = p->row.digest, held = p->row.held, seen, group = json_text(c->in, "group");
    if (admin_text(t, c, "digest", &seen) != E_OK)
        return t->err;
    if (held.n == 0 || !span_eq(held, seen))
        return task_fail(t, E_CONFLICT, "No update with that digest waits for consent. Look again.");
    p->row.held = SPAN_NONE;
    p->row.held_why = SPAN("[]");
    if (group.n > 0) {
        p->row.staged = held;
        p->row.staged_group = group;
    } else {
        p->row.staged = p->row.staged_group = SPAN_NONE;
        p->row.previous = old;
        p->row.digest = held;
        if (span_is(p->row.state, "revoked"))
            p->row.state = SPAN("on");
    }
    if (plugin_change_version(t, c, p, held) != E_OK || plugin_change_consent(t, c, p) != E_OK)
        return t->err;
    if (p->facts.until_ms > c->now_ms)
        return task_fail(t, E_DENIED, "%.*s has another owner now: consent counts in %lld days.", SPAN_ARG(p->row.id),
            (long long)((p->facts.until_ms - c->now_ms + DAY_MS - 1) / DAY_MS));
    return auth_plugin_notice_end(t, &c->gate->db, p->row.id, NULL);
}

enum err
admin_plugin_consent(struct task *t, struct admin_call *c)
{
    struct plugin_change x;
    if (plugin_change_begin(t, c, "plugin.consent", &x) != E_OK)
        return t->err;
    return plugin_change_end(t, c, &x, consent(t, c, &x.plugin));
}

/* What is left waits for a consent again: nobody slides back into it. */
static enum err
rollback(struct task *t, struct admin_call *c, struct plugin *p)
{
    struct span newer = p->row.digest, back = p->row.previous;
    if (p->row.staged.n > 0) {
        newer = p->row.staged;
        back = p->row.digest;
        p->row.staged = p->row.staged_group = SPAN_NONE;
    } else {
        p->row.previous = SPAN_NONE;
    }
    if (back.n == 0)
        return task_fail(t, E_CONFLICT, "There is no version before this one to go back to.");
    bool revoked = span_is(p->row.state, "revoked");
    p->row.digest = back;
    p->row.held = revoked ? SPAN_NONE : newer;
    p->row.held_why = revoked ? SPAN("[]") : SPAN("[\"An admin went back from it.\"]");
    if (revoked)
        p->row.state = SPAN("on");
    return plugin_change_version(t, c, p, back);
}

enum err
admin_plugin_rollback(struct task *t, struct admin_call *c)
{
    struct plugin_change x;
    if (plugin_change_begin(t, c, "plugin.rollback", &x) != E_OK)
        return t->err;
    return plugin_change_end(t, c, &x, rollback(t, c, &x.plugin));
}

enum err
plugin_revoked(struct task *t, struct gate *g, struct auth_plugin *row, int64_t now_ms)
{
    struct {
        struct span *digest;
        bool runs;
    } places[] = {{&row->digest, true}, {&row->previous, false}, {&row->held, false}, {&row->staged, false}};
    struct auth_plugin_version v;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (places[i].digest->n == 0)
            continue;
        if (auth_plugin_version_find(t, &g->db, *places[i].digest, &v) != E_OK)
            return t->err;
        if (v.digest.n > 0 && v.revoked.n == 0)
            continue;
        if (!places[i].runs) {
            *places[i].digest = SPAN_NONE;
            continue;
        }
        row->state = SPAN("revoked");
        if (auth_plugin_notice_put(t, &g->db, row->id, "revoked",
                task_format(t, "Version %.*s of %.*s was revoked and is stopped: %.*s", SPAN_ARG(v.version),
                    SPAN_ARG(row->id), SPAN_ARG(v.revoked)),
                now_ms) != E_OK)
            return t->err;
    }
    return E_OK;
}

enum err
admin_plugin_revoke(struct task *t, struct admin_call *c)
{
    struct plugin_change x;
    int64_t n = 0;
    struct span why = span_first(json_text(c->in, "why"), WHY_BYTES), digest = json_text(c->in, "digest");
    if (plugin_change_begin(t, c, "plugin.revoke", &x) != E_OK)
        return t->err;
    if (why.n == 0)
        why = SPAN("An admin revoked it.");
    enum err e = auth_plugin_version_revoke(t, &c->gate->db, x.plugin.row.id, digest, why, &n);
    if (e == E_OK && n == 0)
        e = task_fail(t, E_NOTFOUND, "There is no such version of it here.");
    if (e == E_OK)
        e = plugin_revoked(t, c->gate, &x.plugin.row, c->now_ms);
    if (e == E_OK)
        e = auth_plugin_version_find(t, &c->gate->db, x.plugin.row.digest, &x.plugin.version);
    return plugin_change_end(t, c, &x, e);
}

enum err
admin_plugin_remove(struct task *t, struct admin_call *c)
{
    struct plugin_change x;
    if (plugin_change_begin(t, c, "plugin.remove", &x) != E_OK)
        return t->err;
    struct span id = x.plugin.row.id;
    enum err e = auth_plugin_remove(t, &c->gate->db, id);
    if (e == E_OK)
        e = auth_plugin_version_forget(t, &c->gate->db, id);
    if (e == E_OK)
        e = auth_plugin_notice_end(t, &c->gate->db, id, NULL);
    x.gone = true;
    return plugin_change_end(t, c, &x, e);
}
