/* own_market: the catalogue, one plugin, and the marketplaces' logs, for everybody who may see anything here. */
#include "base/fsio.h"
#include "base/json.h"
#include "gate/own.h"
#include "gate/plugin_look.h"
#include "plugin/lines.h"
#include "plugin/market.h"

#include <strings.h>

enum { WORDS_BYTES = 100, LEAVES = 50 };

static void
put(json_t *j, const char *key, struct span s)
{
    json_t *text = json_stringn(s.p ? s.p : "", s.n);
    json_object_set_new(j, key, text ? text : json_string(""));
}

static void
put_json(struct task *t, json_t *j, const char *key, struct span text)
{
    json_t *value = NULL;
    if (json_read(t, text, &value) == E_OK)
        json_object_set(j, key, value);
}

static enum err
may_look(struct task *t, struct own_call *c)
{
    struct may_rules rules;
    if (who_rules(t, c->gate, &rules) != E_OK)
        return t->err;
    return c->actor->public.signed_in || !rules.signed_in_only
               ? E_OK
               : task_fail(t, E_UNAUTHENTICATED, "Sign in to see the plugins.");
}

static bool
is_admin(const struct own_call *c)
{
    return c->actor->public.signed_in && span_is(c->actor->public.role, "admin");
}

/* What an organisation wrote for itself is not shown to strangers. */
static bool
is_for(const struct own_call *c, struct span level)
{
    return c->actor->public.signed_in || (!span_is(level, "private") && !span_is(level, "dev"));
}

static json_t *
offer_json(struct task *t, const struct auth_offer *o)
{
    json_t *j = json_object();
    const struct {
        const char *key;
        struct span value;
    } texts[] = {{"market", o->market}, {"id", o->id}, {"status", o->status}, {"digest", o->digest},
        {"version", o->version}, {"title", o->title}, {"about", o->about}, {"publisher", o->publisher},
        {"level", o->level}, {"effect", o->effect}, {"abc", o->abc}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        put(j, texts[i].key, texts[i].value);
    put_json(t, j, "reviewers", o->reviewers);
    put_json(t, j, "words", o->words);
    json_object_set_new(j, "serial", json_integer(o->serial));
    json_object_set_new(j, "newest", json_boolean(o->newest));
    json_object_set_new(j, "vet_ms", json_integer(o->vet_ms));
    json_object_set_new(j, "log_index", json_integer(o->log_index));
    return j;
}

static enum err
put_markets(struct task *t, struct own_call *c)
{
    struct auth_market *list = NULL;
    size_t n = 0;
    json_t *markets = json_array();
    json_object_set_new(c->out, "markets", markets);
    if (auth_market_list(t, &c->gate->db, &list, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_object();
        put(one, "name", list[i].name);
        json_object_set_new(one, "checked_ms", json_integer(list[i].checked_ms));
        json_object_set_new(one, "stale_ms", json_integer(list[i].stale_ms));
        json_object_set_new(one, "ends_ms", json_integer(list[i].ends_ms));
        json_array_append_new(markets, one);
    }
    return E_OK;
}

/* Whose business it is which people have it, what it is set to, what waits and beside what it may be: admins'. */
static void
without_theirs(const struct own_call *c, json_t *record)
{
    static const char *const theirs[] = {"settings", "scope", "staged", "staged_group", "held", "held_why", "verdict",
        "previous", "reads", "public_reads", "mode", "endpoints", "changed_ms"};
    for (size_t i = 0; i < sizeof theirs / sizeof theirs[0] && !is_admin(c); i++)
        json_object_del(record, theirs[i]);
}

static json_t *
record(struct task *t, struct own_call *c, const struct plugin *p)
{
    json_t *j = task_json(t, plugin_record(t, c->gate, p));
    without_theirs(c, j);
    return j;
}

static bool
holds_words(struct task *t, const struct plugin *p, struct span words)
{
    struct span all = task_format(t, "%.*s %.*s %.*s %.*s", SPAN_ARG(p->row.id), SPAN_ARG(p->facts.title),
        SPAN_ARG(p->facts.about), SPAN_ARG(p->facts.publisher));
    for (size_t i = 0; words.n > 0 && i + words.n <= all.n; i++)
        if (strncasecmp(all.p + i, words.p, words.n) == 0)
            return true;
    return words.n == 0;
}

static enum err
put_installed(struct task *t, struct own_call *c, struct span words, struct span level)
{
    struct auth_plugin *rows = NULL;
    size_t n = 0;
    json_t *list = json_array();
    json_object_set_new(c->out, "plugins", list);
    if (auth_plugin_list(t, &c->gate->db, false, &rows, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        struct plugin p;
        if (plugin_read(t, c->gate, &rows[i], rows[i].digest, &p) != E_OK)
            return t->err;
        bool wanted = level.n == 0 || span_eq(level, p.version.level);
        if (wanted && is_for(c, p.version.level) && holds_words(t, &p, words))
            json_array_append(list, record(t, c, &p));
    }
    return E_OK;
}

/* {q,level,from} -> {"plugins":[installed],"offers":[...],"from","more","markets"} */
enum err
own_market_catalogue(struct task *t, struct own_call *c)
{
    struct auth_offer *offers = NULL;
    size_t n = 0;
    bool more = false;
    json_t *list = json_array();
    struct span words = span_first(span_trim(json_text(c->in, "q")), WORDS_BYTES), level = json_text(c->in, "level");
    int64_t from = json_int(c->in, "from", 0);
    c->out = task_json(t, json_object());
    json_object_set_new(c->out, "offers", list);
    if (from < 0 || from > NOTES_PLUGINS * 50)
        return task_fail(t, E_INVALID, "There is no such part of the catalogue.");
    if (may_look(t, c) != E_OK || put_installed(t, c, words, level) != E_OK || put_markets(t, c) != E_OK ||
        auth_offer_search(t, &c->gate->db, words, level, from, &offers, &n, &more) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++)
        if (is_for(c, offers[i].level))
            json_array_append_new(list, offer_json(t, &offers[i]));
    json_object_set_new(c->out, "more", json_boolean(more));
    json_object_set_new(c->out, "step", json_integer(AUTH_OFFERS));
    return E_OK;
}

static void
put_version(struct task *t, json_t *list, const struct auth_plugin_version *v)
{
    struct plugin_facts f;
    json_t *one = json_object();
    put(one, "digest", v->digest);
    put(one, "version", v->version);
    put(one, "level", v->level);
    put(one, "publisher", v->publisher);
    put(one, "market", v->market);
    put(one, "revoked", v->revoked);
    put_json(t, one, "reviewers", v->reviewers);
    json_object_set_new(one, "serial", json_integer(v->serial));
    json_object_set_new(one, "log_index", json_integer(v->log_index));
    json_object_set_new(one, "added_ms", json_integer(v->added_ms));
    if (plugin_facts_read(t, v->facts, &f) == E_OK)
        json_object_set(one, "words", plugin_facts_words(t, &f));
    json_array_append_new(list, one);
}

/* Every version that was let in here, and every one that is offered. */
static enum err
put_versions(struct task *t, struct own_call *c, struct span id, struct auth_offer **offers, size_t *n_offers)
{
    struct auth_plugin_version *v = NULL;
    size_t n = 0;
    json_t *versions = json_array(), *list = json_array();
    json_object_set_new(c->out, "versions", versions);
    json_object_set_new(c->out, "offers", list);
    if (auth_plugin_version_list(t, &c->gate->db, id, &v, &n) != E_OK ||
        auth_offer_list(t, &c->gate->db, id, offers, n_offers) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++)
        if (is_for(c, v[i].level))
            put_version(t, versions, &v[i]);
    for (size_t i = 0; i < *n_offers; i++)
        if (is_for(c, (*offers)[i].level))
            json_array_append_new(list, offer_json(t, &(*offers)[i]));
    return t->err;
}

/* The version that a person has to decide about: held back, given to some first, or offered and newer. */
static enum err
put_next(struct task *t, struct own_call *c, const struct auth_plugin *row, int64_t serial,
    const struct auth_offer *offers, size_t n)
{
    struct span waits = row->held.n > 0 ? row->held : row->staged;
    json_t *next = NULL;
    if (waits.n > 0 && is_admin(c)) {
        struct plugin p;
        if (plugin_read(t, c->gate, row, waits, &p) != E_OK || p.version.digest.n == 0)
            return t->err;
        json_object_set(c->out, "next", record(t, c, &p));
        json_object_set_new(c->out, "next_is", json_string(row->held.n > 0 ? "held" : "staged"));
        return E_OK;
    }
    size_t i = 0;
    while (i < n && !(offers[i].newest && offers[i].serial > serial && is_for(c, offers[i].level)))
        i++;
    if (i == n || plugin_look_offer(t, c->gate, &offers[i], &next) != E_OK) {
        if (t->err == E_NOTFOUND)
            task_clear_error(t); /* then its words in the list of versions must do */
        return t->err;
    }
    without_theirs(c, next);
    json_object_set(c->out, "next", next);
    json_object_set_new(c->out, "next_is", json_string("offer"));
    return E_OK;
}

/* {id} -> {"plugin"?: what is installed, "next"?: a record too, "next_is":"held|staged|offer","versions","offers"} */
enum err
own_market_plugin(struct task *t, struct own_call *c)
{
    struct span id;
    struct auth_plugin row;
    struct plugin p = {0};
    struct auth_offer *offers = NULL;
    size_t n = 0;
    c->out = task_json(t, json_object());
    if (may_look(t, c) != E_OK || own_text(t, c, "id", &id) != E_OK ||
        auth_plugin_find(t, &c->gate->db, id, &row) != E_OK)
        return t->err;
    if (row.id.n > 0 && plugin_read(t, c->gate, &row, row.digest, &p) != E_OK)
        return t->err;
    if (row.id.n > 0 && is_for(c, p.version.level))
        json_object_set(c->out, "plugin", record(t, c, &p));
    if (put_versions(t, c, id, &offers, &n) != E_OK || put_next(t, c, &row, p.version.serial, offers, n) != E_OK)
        return t->err;
    if (!json_object_get(c->out, "plugin") && json_array_size(json_object_get(c->out, "offers")) == 0)
        return task_fail(t, E_NOTFOUND, "No plugin of that name is installed here or offered to this deployment.");
    return E_OK;
}

/* The log ------------------------------------------------------------------------------------------------------------
 */

static void
put_path(struct task *t, json_t *j, const struct tree_proof *p)
{
    json_t *hashes = json_array();
    for (size_t i = 0; i < p->n; i++) {
        struct span hex = hash_text(t, p->at[i].b);
        json_array_append_new(hashes, json_stringn(hex.p, hex.n));
    }
    json_object_set_new(j, "hashes", hashes);
}

/* Made of the tiles that are kept here, and checked against the root that was verified. */
static enum err
put_inclusion(struct task *t, struct own_call *c, struct tiles *tiles, const struct trust_state *s, int64_t index)
{
    struct tree_proof *p = task_new(t, struct tree_proof);
    const struct tree_reader r = tiles_reader(tiles);
    struct tree_hash leaf;
    struct span text;
    json_t *one = json_object();
    json_object_set_new(c->out, "inclusion", one);
    if (tiles_entry(t, tiles, index, &text) != E_OK || tree_inclusion(t, &r, index, s->size, p) != E_OK)
        return t->err;
    tree_leaf(text, &leaf);
    put(one, "text", text);
    put(one, "leaf", hash_text(t, leaf.b));
    json_object_set_new(one, "index", json_integer(index));
    json_object_set_new(one, "holds", json_boolean(tree_check_inclusion(&leaf, index, s->size, p, &s->head)));
    put_path(t, one, p);
    return E_OK;
}

/* That the log only grew since it had so many entries. Whoever kept the root of then checks it with this. */
static enum err
put_consistency(struct task *t, struct own_call *c, struct tiles *tiles, const struct trust_state *s, int64_t since)
{
    struct tree_proof *p = task_new(t, struct tree_proof);
    const struct tree_reader r = tiles_reader(tiles);
    struct tree_hash root;
    json_t *one = json_object();
    json_object_set_new(c->out, "consistency", one);
    if (tree_consistency(t, &r, since, s->size, p) != E_OK || tree_root(t, &r, since, &root) != E_OK)
        return t->err;
    json_object_set_new(one, "since", json_integer(since));
    put(one, "root", hash_text(t, root.b));
    json_object_set_new(one, "holds", json_boolean(tree_check_consistency(since, &root, s->size, &s->head, p)));
    put_path(t, one, p);
    return E_OK;
}

static enum err
put_leaves(struct task *t, struct own_call *c, struct tiles *tiles, int64_t size)
{
    json_t *list = json_array();
    int64_t before = json_int(c->in, "before", size);
    json_object_set_new(c->out, "leaves", list);
    if (before < 0 || before > size)
        return task_fail(t, E_INVALID, "The log has %lld entries.", (long long)size);
    for (int64_t i = before; i-- > 0 && i >= before - LEAVES;) {
        struct span text;
        json_t *one = json_object();
        json_array_append_new(list, one);
        if (tiles_entry(t, tiles, i, &text) != E_OK)
            return t->err;
        json_object_set_new(one, "index", json_integer(i));
        put(one, "text", text);
    }
    json_object_set_new(c->out, "next", json_integer(before > LEAVES ? before - LEAVES : 0));
    return E_OK;
}

static enum err
put_log(struct task *t, struct own_call *c, const struct auth_market *m)
{
    struct trust_state *s = task_new(t, struct trust_state);
    struct tiles *tiles = task_new(t, struct tiles);
    struct span checkpoint;
    const char *folder = plugin_look_mirror(t, m->name);
    int64_t leaf = json_int(c->in, "leaf", -1), since = json_int(c->in, "since", 0);
    put(c->out, "market", m->name);
    if (trust_state_read(t, m->state, s) != E_OK)
        return t->err;
    json_object_set_new(c->out, "size", json_integer(s->size));
    json_object_set_new(c->out, "checked_ms", json_integer(m->checked_ms));
    if (s->size == 0)
        return E_OK;
    put(c->out, "root", hash_text(t, s->head.b));
    put(c->out, "origin", s->root.origin);
    tiles_open(task_printf(t, "%s/log", folder), s->size, tiles);
    if (fsio_read(t, task_printf(t, "%s/log/checkpoint", folder), NOTES_CHECKPOINT_BYTES * 2, &checkpoint) != E_OK ||
        put_leaves(t, c, tiles, s->size) != E_OK)
        return t->err;
    put(c->out, "checkpoint", checkpoint);
    if (leaf >= 0 && put_inclusion(t, c, tiles, s, leaf) != E_OK)
        return t->err;
    return since > 0 && since <= s->size ? put_consistency(t, c, tiles, s, since) : E_OK;
}

/* {market?,before?,leaf?,since?} -> {"markets","market","size","root","origin","checkpoint","leaves","inclusion"?,
 * "consistency"?}: of the first marketplace when none is named. */
enum err
own_market_log(struct task *t, struct own_call *c)
{
    struct auth_market *list = NULL;
    size_t n = 0, i = 0;
    struct span name = json_text(c->in, "market");
    c->out = task_json(t, json_object());
    if (may_look(t, c) != E_OK || put_markets(t, c) != E_OK || auth_market_list(t, &c->gate->db, &list, &n) != E_OK)
        return t->err;
    while (i < n && name.n > 0 && !span_eq(name, list[i].name))
        i++;
    if (i == n)
        return name.n == 0 ? E_OK : task_fail(t, E_NOTFOUND, "There is no marketplace of that name here.");
    return put_log(t, c, &list[i]);
}
