/* plugin_market: what a marketplace's mirror says, checked as a whole; its state is saved only when all of it holds. */
#include "plugin/market.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/json.h"
#include "gate/plugin_look.h"

static enum err
find_market(struct task *t, struct admin_call *c, const char *key, struct auth_market *m, struct trust_state **state)
{
    struct span name;
    *state = task_new(t, struct trust_state);
    if (admin_text(t, c, key, &name) != E_OK || auth_market_find(t, &c->gate->db, name, m) != E_OK)
        return t->err;
    if (m->name.n == 0)
        return task_fail(t, E_NOTFOUND, "There is no marketplace %.*s here.", SPAN_ARG(span_first(name, 40)));
    return trust_state_read(t, m->state, *state);
}

static enum err
save(struct task *t, struct gate *g, struct auth_market *m, const struct trust_state *state, int64_t now_ms)
{
    m->state = trust_state_write(t, state);
    m->checked_ms = now_ms;
    m->stale_ms = state->timestamp_expires_ms;
    m->ends_ms = state->snapshot_expires_ms;
    return auth_market_put(t, &g->db, m, now_ms);
}

/* What stood before an update of a marketplace, to be halted after it where it stands no more. */
struct standing {
    struct auth_plugin *rows; /* as they are now */
    struct plugin_ran *ran;
    size_t n;
};

/* A version that the marketplace revoked is stopped, whoever installed it. */
static enum err
stop_revoked(struct task *t, struct gate *g, const struct notes_snapshot *s, const struct auth_market *m,
    int64_t now_ms, struct standing *out)
{
    if (auth_plugin_list(t, &g->db, false, &out->rows, &out->n) != E_OK)
        return t->err;
    struct auth_plugin *rows = out->rows;
    out->ran = task_array(t, out->n, sizeof *out->ran);
    for (size_t i = 0; i < out->n; i++) {
        out->ran[i] = plugin_ran_of(&rows[i]);
        struct auth_plugin_version *v = NULL;
        size_t n_versions = 0;
        int64_t changed = 0, all = 0;
        if (auth_plugin_version_list(t, &g->db, rows[i].id, &v, &n_versions) != E_OK)
            return t->err;
        for (size_t k = 0; k < n_versions; k++) {
            const struct notes_plugin *row = notes_snapshot_find(s, v[k].id, v[k].serial);
            if (!row || row->status != NOTES_REVOKED || v[k].revoked.n > 0 || !span_eq(v[k].market, m->name))
                continue;
            struct span why = task_format(t, "The marketplace %.*s revoked it.", SPAN_ARG(m->name));
            if (auth_plugin_version_revoke(t, &g->db, v[k].id, v[k].digest, why, &changed) != E_OK)
                return t->err;
            all += changed;
        }
        if (all > 0 &&
            (plugin_revoked(t, g, &rows[i], now_ms) != E_OK || auth_plugin_put(t, &g->db, &rows[i], now_ms) != E_OK))
            return t->err;
    }
    return E_OK;
}

static enum err
update(struct task *t, struct admin_call *c, struct standing *s)
{
    struct auth_market m;
    struct trust_state *state;
    struct trust_input *in = task_new(t, struct trust_input);
    struct trust_verdict *v = task_new(t, struct trust_verdict);
    if (find_market(t, c, "name", &m, &state) != E_OK ||
        market_gather(t, plugin_look_mirror(t, m.name), state, SPAN_NONE, 0, 0, in) != E_OK)
        return t->err;
    in->deployment = span_of(conf_text("http.origin"));
    if (trust_verify(t, in, state, c->now_ms, v) != E_OK || save(t, c->gate, &m, &v->state, c->now_ms) != E_OK ||
        plugin_look_index(t, c->gate, &m, v) != E_OK)
        return t->err;
    return stop_revoked(t, c->gate, &v->snapshot, &m, c->now_ms, s);
}

enum err
admin_market_update(struct task *t, struct admin_call *c)
{
    struct gate_change change = {0};
    struct standing s = {0};
    struct span name;
    if (admin_text(t, c, "name", &name) != E_OK || admin_begin(t, c, &change, "market.update", name) != E_OK)
        return t->err;
    enum err e = update(t, c, &s);
    if (admin_end(t, c, &change, e) != E_OK)
        return t->err;
    share_epoch_bump(c->gate->share);
    for (size_t i = 0; i < s.n; i++)
        if (span_is(s.rows[i].state, "revoked") || !span_eq(s.rows[i].staged, s.ran[i].digest[1]))
            plugin_halt(c->gate, c->actor->public.principal, &s.ran[i], &s.rows[i], c->now_ms);
    return E_OK;
}

static enum err
put_installed(struct task *t, struct gate *g, struct span id, struct trust_input *in, int64_t *serial)
{
    struct auth_plugin row;
    struct auth_plugin_version v = {0};
    if (auth_plugin_find(t, &g->db, id, &row) != E_OK ||
        (row.id.n > 0 && auth_plugin_version_find(t, &g->db, row.digest, &v) != E_OK))
        return t->err;
    in->installed_note = v.manifest;
    in->installed_key = v.key;
    *serial = v.serial;
    return E_OK;
}

static void
take(struct task *t, const struct trust_input *in, const struct trust_verdict *v, struct plugin_candidate *out)
{
    static const char *const levels[] = {"bundled", "community", "private"};
    out->manifest = v->manifest;
    out->note = in->manifest;
    out->level = SPAN("community");
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        if (span_is(v->vet.level, levels[i]))
            out->level = span_of(levels[i]);
    out->key = note_key_text(t, &v->key);
    out->vet_ms = v->vet.expires_ms;
    out->leaf = v->leaf;
    out->until_ms = v->held_until_ms;
    for (size_t i = 0; i < v->reviewers; i++)
        json_array_append_new(out->reviewers, json_stringn(v->reviewer[i].p, v->reviewer[i].n));
    for (size_t i = 0; i < v->reasons; i++)
        json_array_append_new(out->why, json_stringn(v->reason[i].p, v->reason[i].n));
}

enum err
plugin_candidate_peek(struct task *t, struct admin_call *c, struct manifest *out)
{
    struct auth_market m;
    struct trust_state *state;
    struct trust_input *in = task_new(t, struct trust_input);
    struct note note;
    struct span id;
    if (find_market(t, c, "market", &m, &state) != E_OK || admin_text(t, c, "id", &id) != E_OK ||
        market_gather(t, plugin_look_mirror(t, m.name), state, id, json_int(c->in, "serial", 0), 0, in) != E_OK ||
        note_parse(t, in->manifest, &note) != E_OK)
        return t->err;
    return manifest_parse(t, note.text, out);
}

enum err
plugin_candidate_market(struct task *t, struct admin_call *c, struct plugin_candidate *out)
{
    struct auth_market m;
    struct trust_state *state;
    struct trust_input *in = task_new(t, struct trust_input);
    struct trust_verdict *v = task_new(t, struct trust_verdict);
    struct span id, seen = json_text(c->in, "digest"); /* of what a person approved */
    int64_t installed = 0;
    *out = (struct plugin_candidate){
        .why = task_json(t, json_array()), .reviewers = task_json(t, json_array()), .leaf = -1};
    if (find_market(t, c, "market", &m, &state) != E_OK || admin_text(t, c, "id", &id) != E_OK ||
        put_installed(t, c->gate, id, in, &installed) != E_OK)
        return t->err;
    const struct span note = in->installed_note, key = in->installed_key;
    if (market_gather(t, plugin_look_mirror(t, m.name), state, id, json_int(c->in, "serial", 0), installed, in) != E_OK)
        return t->err;
    in->installed_note = note;
    in->installed_key = key;
    in->deployment = span_of(conf_text("http.origin"));
    if (trust_verify(t, in, state, c->now_ms, v) != E_OK || save(t, c->gate, &m, &v->state, c->now_ms) != E_OK)
        return t->err;
    if (seen.n > 0 && !span_is(seen, v->manifest.digest))
        return task_fail(t, E_CONFLICT,
            "The marketplace offers another version of %.*s than the one that was looked at.", SPAN_ARG(id));
    out->market = m.name;
    take(t, in, v, out);
    return E_OK;
}
