/* plugin_install: a candidate becomes a version here: installed, updated, held back, or given to some people first. */
#include "gate/plugin_install.h"

#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"

/* Of the key that is named, or else of the one that signed what is installed. */
static enum err
check_signature(struct task *t, struct span key_text, struct plugin_candidate *k)
{
    struct note note;
    struct note_key key;
    bool signed_by = false;
    if (key_text.n == 0)
        return task_fail(t, E_DENIED,
            "Say which key of its publisher you trust for %.*s: nothing of it is installed yet.",
            SPAN_ARG(k->manifest.id));
    if (note_key_read(t, key_text, &key) != E_OK || note_parse(t, k->note, &note) != E_OK ||
        note_check(t, &note, &key, 1, &signed_by) != E_OK)
        return t->err;
    if (!signed_by || !span_eq(key.name, k->manifest.signer))
        return task_fail(t, E_DENIED, "The manifest of %.*s is not signed by the key %.*s.", SPAN_ARG(k->manifest.id),
            SPAN_ARG(span_first(key.name, 100)));
    k->key = note_key_text(t, &key);
    return E_OK;
}

static enum err
read_level(struct task *t, struct admin_call *c, struct plugin_candidate *k)
{
    bool operator= span_is(c->actor->public.principal, "operator");
    k->level = json_text(c->in, "level");
    if (k->level.n == 0)
        k->level = SPAN("private");
    if (span_is(k->level, "private") || (span_is(k->level, "bundled") && operator))
        return E_OK;
    if (!span_is(k->level, "dev"))
        return task_fail(t, E_DENIED, "Without a marketplace a plugin is \"private\".");
    return operator&& conf_flag("plugin.dev")
               ? E_OK
               : task_fail(t, E_DENIED,
                     "Unsigned plugins run in a deployment that has the setting plugin.dev, from its command line "
                     "alone.");
}

static enum err
installed_key(struct task *t, struct gate *g, struct span id, struct span *out)
{
    struct auth_plugin row;
    struct auth_plugin_version v = {0};
    if (auth_plugin_find(t, &g->db, id, &row) != E_OK ||
        (row.id.n > 0 && auth_plugin_version_find(t, &g->db, row.digest, &v) != E_OK))
        return t->err;
    *out = v.key;
    return E_OK;
}

enum err
plugin_candidate_own(struct task *t, struct admin_call *c, struct plugin_candidate *out)
{
    unsigned char raw[HASH_BYTES];
    struct span digest = json_text(c->in, "digest"), key = json_text(c->in, "key");
    *out = (struct plugin_candidate){.leaf = -1, .why = task_json(t, json_array()), .reviewers = json_array()};
    task_json(t, out->reviewers);
    if (!hex_get(digest, raw, sizeof raw))
        return task_fail(t, E_INVALID, "\"digest\" is the SHA-256 of a manifest, in hex.");
    if (read_level(t, c, out) != E_OK ||
        bundle_manifest(t, plugin_folder(t, digest), &out->note, &out->manifest) != E_OK)
        return t->err;
    if (!span_is(digest, out->manifest.digest))
        return task_fail(t, E_DENIED, "The bundle that is kept there is another one.");
    if (key.n == 0 && installed_key(t, c->gate, out->manifest.id, &key) != E_OK)
        return t->err;
    if (span_is(out->level, "dev"))
        return E_OK;
    if (check_signature(t, key, out) != E_OK)
        return t->err;
    json_array_append_new(out->reviewers, json_stringn(c->actor->public.principal.p, c->actor->public.principal.n));
    return E_OK;
}

/* What the new version may do beyond the one that runs; the key is part of that. */
static enum err
compare(struct task *t, const struct auth_plugin_version *was, struct plugin_candidate *k)
{
    struct note note;
    struct manifest old;
    struct span out[MANIFEST_DIFFS];
    if (json_array_size(k->why) > 0)
        return E_OK; /* the marketplace's check has said it all */
    if (note_parse(t, was->manifest, &note) != E_OK || manifest_parse(t, note.text, &old) != E_OK)
        return t->err;
    size_t n = manifest_widened(t, &old, &k->manifest, out);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(k->why, json_stringn(out[i].p, out[i].n));
    if (!span_eq(was->key, k->key))
        json_array_append_new(k->why, json_string("It is signed by another key than the version that runs."));
    return E_OK;
}

/* The version before it, where it is known, is the one that it says. */
static enum err
check_prev(struct task *t, const struct plugin_candidate *k, const struct auth_plugin_version *list, size_t n)
{
    struct buf *prev = task_buf(t, HASH_HEX_BYTES);
    hex_put(prev, k->manifest.prev, sizeof k->manifest.prev);
    for (size_t i = 0; i < n; i++)
        if (list[i].serial == k->manifest.serial - 1 && !span_eq(list[i].digest, buf_view(prev)))
            return task_fail(t, E_DENIED,
                "Version %.*s of %.*s does not follow from the one before that is known here.",
                SPAN_ARG(k->manifest.version), SPAN_ARG(k->manifest.id));
    return E_OK;
}

static enum err
check_serial(struct task *t, struct gate *g, const struct plugin_candidate *k)
{
    struct auth_plugin_version *list = NULL, seen;
    size_t n = 0;
    if (auth_plugin_version_find(t, &g->db, span_of(k->manifest.digest), &seen) != E_OK ||
        auth_plugin_version_list(t, &g->db, k->manifest.id, &list, &n) != E_OK)
        return t->err;
    if (seen.revoked.n > 0)
        return task_fail(t, E_DENIED, "This version was revoked: %.*s", SPAN_ARG(seen.revoked));
    if (check_prev(t, k, list, n) != E_OK)
        return t->err;
    if (n == 0 || seen.digest.n > 0 || k->manifest.serial > list[0].serial || span_is(k->level, "dev"))
        return E_OK;
    return task_fail(t, E_DENIED, "Serial %lld of %.*s is not newer than %lld, which is known here already.",
        (long long)k->manifest.serial, SPAN_ARG(k->manifest.id), (long long)list[0].serial);
}

static enum err
store(struct task *t, struct admin_call *c, const struct plugin_candidate *k, const struct plugin_files *files,
    struct auth_plugin_version *v)
{
    const struct manifest *m = &k->manifest;
    *v = (struct auth_plugin_version){.digest = task_dup(t, span_of(m->digest)),
        .id = m->id,
        .serial = m->serial,
        .version = m->version,
        .level = k->level,
        .market = k->market,
        .publisher = m->publisher,
        .key = k->key,
        .manifest = k->note,
        .reviewers = json_dump(t, k->reviewers),
        .vet_ms = k->vet_ms,
        .log_index = k->leaf,
        .by_who = c->actor->public.principal,
        .added_ms = c->now_ms};
    return plugin_facts_make(t, k, files, &v->facts) == E_OK ? auth_plugin_version_add(t, &c->gate->db, v) : t->err;
}

/* The first version of it here: off until somebody says where it is on. */
static enum err
install_first(struct task *t, struct admin_call *c, struct plugin *p, const char **outcome)
{
    *outcome = "installed";
    p->row = (struct auth_plugin){.id = p->version.id,
        .digest = p->version.digest,
        .state = SPAN("off"),
        .held_why = SPAN("[]"),
        .scope = SPAN("[]"),
        .settings = SPAN("{}"),
        .endpoints = SPAN("{}"),
        .reads = LEVEL_SECRET,
        .public_reads = LEVEL_SECRET,
        .installed_ms = c->now_ms,
        .changed_ms = c->now_ms};
    if (!json_flag(c->in, "enable", false))
        return plugin_change_version(t, c, p, p->row.digest);
    p->row.state = SPAN("on");
    p->row.scope = SPAN("[[\"deployment\",\"\"]]");
    if (plugin_change_limits(t, c, p) != E_OK || plugin_change_version(t, c, p, p->row.digest) != E_OK)
        return t->err;
    return plugin_change_consent(t, c, p);
}

static enum err
hold(struct task *t, struct admin_call *c, struct plugin *p, const struct auth_plugin_version *v, const json_t *why)
{
    p->row.held = v->digest;
    p->row.held_why = json_dump(t, why);
    return auth_plugin_notice_put(t, &c->gate->db, p->row.id, "held",
        task_format(t, "Version %.*s of %.*s waits for an admin's consent: %.*s", SPAN_ARG(v->version),
            SPAN_ARG(p->row.id), SPAN_ARG(span_first(plugin_sentences(t, why), 2000))),
        c->now_ms);
}

/* One that asks for no more than the one before takes its place at once, or goes to some people first. */
static enum err
install_next(struct task *t, struct admin_call *c, struct plugin *p, const struct auth_plugin_version *v,
    struct plugin_candidate *k, const char **outcome)
{
    struct span group = json_text(c->in, "group"), old = p->row.digest;
    *outcome = "held";
    if (compare(t, &p->version, k) != E_OK)
        return t->err;
    if (json_array_size(k->why) > 0)
        return hold(t, c, p, v, k->why);
    *outcome = group.n > 0 ? "staged" : "updated";
    p->row.held = SPAN_NONE;
    p->row.held_why = SPAN("[]");
    if (group.n > 0) {
        p->row.staged = v->digest;
        p->row.staged_group = group;
    } else {
        p->row.previous = old;
        p->row.digest = v->digest;
        p->row.staged = p->row.staged_group = SPAN_NONE;
        if (span_is(p->row.state, "revoked"))
            p->row.state = SPAN("on");
    }
    return plugin_change_version(t, c, p, v->digest);
}

static enum err
install(struct task *t, struct admin_call *c, const struct plugin_files *files, struct plugin_change *x,
    const char **outcome)
{
    struct plugin_candidate *k = task_new(t, struct plugin_candidate);
    struct auth_plugin_version v = {0};
    struct auth_plugin row;
    const char *code = "";
    bool market = json_text(c->in, "market").n > 0;
    if ((market ? plugin_candidate_market : plugin_candidate_own)(t, c, k) != E_OK ||
        auth_plugin_find(t, &c->gate->db, k->manifest.id, &row) != E_OK)
        return t->err;
    x->change.object = k->manifest.id;
    x->ran = plugin_ran_of(&row);
    if (!manifest_may_install(t, &k->manifest, &code))
        return t->err != E_OK ? t->err : task_fail(t, E_DENIED, "It can't be installed (%s).", code);
    if (check_serial(t, c->gate, k) != E_OK || store(t, c, k, files, &v) != E_OK)
        return t->err;
    x->plugin = (struct plugin){.row = row, .version = v};
    if (plugin_facts_read(t, v.facts, &x->plugin.facts) != E_OK)
        return t->err;
    struct span why = plugin_set_alone(t, &x->plugin.facts);
    if (why.n > 0)
        return task_fail(t, E_DENIED, "%.*s can't be installed here. %.*s", SPAN_ARG(v.id), SPAN_ARG(why));
    if (row.id.n == 0)
        return install_first(t, c, &x->plugin, outcome);
    if (plugin_read(t, c->gate, &row, row.digest, &x->plugin) != E_OK)
        return t->err;
    *outcome = "same";
    bool same = span_eq(row.digest, v.digest) || span_eq(row.staged, v.digest);
    return same ? E_OK : install_next(t, c, &x->plugin, &v, k, outcome);
}

enum err
admin_plugin_install(struct task *t, struct admin_call *c)
{
    struct plugin_change x = {0};
    struct plugin_files files;
    const char *outcome = "";
    plugin_files_look(t, c, &files);
    if (admin_begin(t, c, &x.change, "plugin.install", SPAN("plugin")) != E_OK ||
        plugin_change_end(t, c, &x, install(t, c, &files, &x, &outcome)) != E_OK)
        return t->err;
    json_object_set_new(c->out, "outcome", json_string(outcome));
    return E_OK;
}
