/* plugin_index: the catalogue of a marketplace, from what its check vouched for. */
#include "base/conf.h"
#include "base/fsio.h"
#include "base/json.h"
#include "gate/plugin_look.h"
#include "plugin/lines.h"
#include "plugin/market.h"
#include "policy/words.h"

#include <string.h>

enum { SIGNATURES = NOTE_SIGS * 256 };

const char *
plugin_look_mirror(struct task *t, struct span market)
{
    return conf_path(t, task_printf(t, "plugins/market-cache/%.*s", SPAN_ARG(market)));
}

/* One file beside a bundle, whose text must hash to what the snapshot says. */
static enum err
read_note(struct task *t, const char *path, size_t cap, const unsigned char hash[32], struct note *out)
{
    struct span bytes;
    unsigned char is[32];
    if (fsio_read(t, path, cap + SIGNATURES, &bytes) != E_OK || note_parse(t, bytes, out) != E_OK)
        return t->err;
    sha256_bytes(out->text, is);
    return memcmp(is, hash, sizeof is) == 0 ? E_OK : task_fail(t, E_DENIED, "It is not what the snapshot names.");
}

/* Who of the marketplace's reviewers signed, and until when their word holds. */
static enum err
put_vet(
    struct task *t, const char *at, const struct notes_plugin *row, const struct trust_state *s, struct auth_offer *o)
{
    const struct notes_keys *keys = &s->root.role[ROLE_VET];
    struct note note;
    struct notes_vet *vet = task_new(t, struct notes_vet);
    bool by[NOTES_KEYS] = {false};
    json_t *names = task_json(t, json_array());
    if (read_note(t, task_printf(t, "%s/vet.note", at), NOTES_VET_BYTES, row->vet, &note) != E_OK ||
        notes_vet_read(t, note.text, vet) != E_OK || note_check(t, &note, keys->key, keys->n, by) != E_OK)
        return t->err;
    for (size_t i = 0; i < keys->n; i++)
        if (by[i])
            json_array_append_new(names, json_stringn(keys->key[i].name.p, keys->key[i].name.n));
    o->reviewers = json_dump(t, names);
    o->level = vet->level;
    o->vet_ms = vet->expires_ms;
    return E_OK;
}

static int64_t
log_index(struct task *t, const char *at, const struct notes_plugin *row, const struct trust_state *s)
{
    struct span bytes;
    struct notes_proof *p = task_new(t, struct notes_proof);
    struct tree_hash leaf;
    bool shown = fsio_read(t, task_printf(t, "%s/inclusion", at), NOTES_PROOF_BYTES, &bytes) == E_OK &&
                 notes_inclusion_read(t, bytes, p) == E_OK && p->size == s->size;
    tree_leaf(notes_leaf(t, "manifest", row->id, row->serial, row->manifest), &leaf);
    shown = shown && tree_check_inclusion(&leaf, p->index, p->size, &p->path, &s->head);
    task_clear_error(t);
    return shown ? p->index : -1;
}

static enum err
put_manifest(struct task *t, const char *at, const struct notes_plugin *row, struct auth_offer *o)
{
    struct note note;
    struct manifest *m = task_new(t, struct manifest);
    struct plugin_facts *f = task_new(t, struct plugin_facts);
    char abc[4];
    if (read_note(t, task_printf(t, "%s/manifest.note", at), MANIFEST_BYTES, row->manifest, &note) != E_OK ||
        manifest_parse(t, note.text, m) != E_OK)
        return t->err;
    plugin_look_facts(m, f);
    manifest_abc_text(m->abc, abc);
    o->version = m->version;
    o->title = m->title;
    o->about = m->about;
    o->publisher = m->publisher;
    o->effect = span_of(policy_effect_word(m->effect));
    o->abc = task_dup(t, span_of(abc));
    o->words = json_dump(t, plugin_facts_words(t, f));
    return E_OK;
}

/* What can't be read, or is not what was signed, is not shown: of a revoked version nothing may be left. */
static enum err
add_row(struct gate *g, const struct auth_market *m, const struct trust_verdict *v, const struct notes_plugin *row)
{
    struct task t;
    task_begin(&t, 0);
    const char *at = market_bundle(&t, plugin_look_mirror(&t, m->name), row->id, row->serial);
    struct auth_offer o = {.market = m->name,
        .id = row->id,
        .serial = row->serial,
        .status = span_of(notes_status_word(row->status)),
        .newest = notes_snapshot_newest(&v->snapshot, row->id) == row,
        .digest = hash_text(&t, row->manifest),
        .reviewers = SPAN("[]"),
        .words = SPAN("[]")};
    if (put_manifest(&t, at, row, &o) == E_OK && put_vet(&t, at, row, &v->state, &o) == E_OK)
        o.log_index = log_index(&t, at, row, &v->state);
    else if (row->status != NOTES_OK)
        o.log_index = -1;
    bool known = t.err == E_OK || row->status != NOTES_OK;
    task_clear_error(&t);
    enum err e = known ? auth_offer_add(&t, &g->db, &o) : E_OK;
    task_end(&t);
    return e;
}

enum err
plugin_look_index(struct task *t, struct gate *g, const struct auth_market *m, const struct trust_verdict *v)
{
    if (auth_offer_clear(t, &g->db, m->name) != E_OK)
        return t->err;
    for (size_t i = 0; i < v->snapshot.n; i++)
        if (add_row(g, m, v, &v->snapshot.at[i]) != E_OK)
            return task_fail(t, E_UNAVAILABLE, "What the marketplace offers could not be written down.");
    return E_OK;
}
