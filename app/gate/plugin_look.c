/* plugin_look: versions that are offered or kept here, read from their bundles. */
#include "gate/plugin_look.h"

#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"

static json_t *
text(struct span s)
{
    json_t *j = json_stringn(s.p ? s.p : "", s.n);
    return j ? j : json_string("");
}

static void
put_outside(const struct manifest *m, struct plugin_facts *out)
{
    for (size_t i = 0; i < m->nets && i < PLUGIN_NETS; i++)
        out->nets[out->n_nets++] = (struct plugin_net){m->net[i].method, m->net[i].origin};
    for (size_t i = 0; i < m->secrets && i < PLUGIN_SECRETS; i++)
        out->secrets[out->n_secrets++] = (struct plugin_secret){m->secret[i].name, m->secret[i].host};
}

void
plugin_look_facts(const struct manifest *m, struct plugin_facts *out)
{
    *out = (struct plugin_facts){.id = m->id,
        .version = m->version,
        .title = m->title,
        .about = m->about,
        .publisher = m->publisher,
        .runtime = span_of(manifest_runtime_word(m->runtime)),
        .serial = m->serial,
        .effect = m->effect,
        .reads = m->reads ? (int)m->read_level : PLUGIN_NO_DATA,
        .artifact = m->artifact,
        .ask = m->ask,
        .exec = m->sandbox_exec};
    put_outside(m, out);
    for (size_t i = 0; i < m->tools && i < PLUGIN_TOOLS; i++)
        out->tools[out->n_tools++] =
            (struct plugin_tool){.name = m->tool[i].name, .effect = m->tool[i].effect, .dry_run = m->tool[i].dry_run};
}

enum err
plugin_look_bundle(struct task *t, struct span digest, struct span *note, struct manifest *out)
{
    unsigned char raw[HASH_BYTES];
    if (!hex_get(digest, raw, sizeof raw))
        return task_fail(t, E_INVALID, "A version is named by the SHA-256 of its manifest, in hex.");
    if (bundle_manifest(t, plugin_folder(t, digest), note, out) != E_OK) {
        task_clear_error(t);
        return task_fail(t, E_NOTFOUND, "The files of this version are not kept here.");
    }
    return span_is(digest, out->digest) ? E_OK : task_fail(t, E_CORRUPT, "The bundle that is kept there is another.");
}

/* As models would be told of it. Its file is hashed as it is read. */
static enum err
put_tool(struct task *t, const struct manifest *m, const struct manifest_tool *tool, struct plugin_tool *out)
{
    const struct manifest_file *f = manifest_file_find(m, tool->file);
    const char *code = "";
    struct span bytes;
    json_t *j = NULL;
    if (!f || bundle_read(t, plugin_folder(t, span_of(m->digest)), f, &code, &bytes) != E_OK ||
        json_read(t, bytes, &j) != E_OK)
        return t->err != E_OK ? t->err : task_fail(t, E_CORRUPT, "A tool has no file.");
    out->description = json_text(j, "description");
    out->schema = json_object_get(j, "input_schema");
    return E_OK;
}

static enum err
put_files(struct task *t, const struct manifest *m, struct plugin_facts *out)
{
    out->settings = task_json(t, json_array());
    for (size_t i = 0; i < m->settings; i++)
        json_array_append_new(out->settings, json_pack("{s:o,s:o,s:o}", "name", text(m->setting[i].name), "type",
                                                 text(m->setting[i].type), "label", text(m->setting[i].label)));
    for (size_t i = 0; i < out->n_tools; i++)
        if (put_tool(t, m, &m->tool[i], &out->tools[i]) != E_OK)
            return t->err;
    return E_OK;
}

enum err
plugin_look_offer(struct task *t, struct gate *g, const struct auth_offer *o, json_t **out)
{
    struct manifest *m = task_new(t, struct manifest);
    struct plugin *p = task_new(t, struct plugin);
    struct span note;
    if (plugin_look_bundle(t, o->digest, &note, m) != E_OK)
        return t->err;
    p->row = (struct auth_plugin){.id = o->id,
        .digest = o->digest,
        .state = SPAN("offered"),
        .held_why = SPAN("[]"),
        .scope = SPAN("[[\"deployment\",\"\"]]"),
        .settings = SPAN("{}"),
        .endpoints = SPAN("{}"),
        .reads = LEVEL_SECRET,
        .public_reads = LEVEL_SECRET};
    p->version = (struct auth_plugin_version){.digest = o->digest,
        .id = o->id,
        .serial = o->serial,
        .version = o->version,
        .level = o->level,
        .market = o->market,
        .publisher = o->publisher,
        .reviewers = o->reviewers,
        .vet_ms = o->vet_ms,
        .log_index = o->log_index};
    plugin_look_facts(m, &p->facts);
    if (put_files(t, m, &p->facts) != E_OK)
        return t->err;
    struct span why = plugin_set_alone(t, &p->facts);
    *out = task_json(t, plugin_record(t, g, p));
    json_object_set_new(*out, "refused", text(why));
    return t->err;
}
