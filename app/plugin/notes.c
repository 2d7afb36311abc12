/* notes: the tables of the marketplace's texts. */
#include "plugin/notes.h"

#include "base/id.h"
#include "plugin/lines.h"

#include <string.h>

static const char *const roles[ROLES] = {"root", "publisher", "vet", "snapshot", "timestamp", "log"};
static const char *const statuses[] = {"ok", "yanked", "revoked"};

const char *
notes_role_word(enum notes_role r)
{
    return roles[r];
}

bool
notes_role_read(struct span word, enum notes_role *out)
{
    for (size_t i = 0; i < ROLES; i++)
        if (span_is(word, roles[i])) {
            *out = (enum notes_role)i;
            return true;
        }
    return false;
}

const char *
notes_status_word(enum notes_status s)
{
    return statuses[s];
}

/* Fields that several texts have. A domain's word as an origin would let one text pass for another. */
static enum err
origin(const struct line *l, struct span *out)
{
    *out = l->field[0];
    return line_name(*out, 100) ? E_OK : line_bad(l, "an origin has small letters, digits, dots and dashes.");
}

static enum err
version(const struct line *l, int64_t *out)
{
    return line_number(l->field[0], 1, NOTES_VERSION_MOST, out) ? E_OK
                                                                : line_bad(l, "a version is a number from 1 on.");
}

static enum err
when(const struct line *l, int64_t *out)
{
    return line_time(l->field[0], out) ? E_OK : line_bad(l, "a time reads 2026-11-21T01:14:00Z.");
}

static enum err
hash(const struct line *l, struct span s, unsigned char out[32])
{
    return line_sha256(s, out) ? E_OK : line_bad(l, "a hash reads sha256: and 64 digits of 0-9a-f.");
}

static enum err
key(const struct line *l, struct span s, struct note_key *out)
{
    return note_key_read(l->t, s, out);
}

#define FIELD(fn, read, type, member)                                                                                  \
    static enum err fn(const struct line *l, void *into)                                                               \
    {                                                                                                                  \
        return read(l, &((struct type *)into)->member);                                                                \
    }
#define N_RULES(a) (sizeof(a) / sizeof(a)[0])

/* Root --------------------------------------------------------------------------------------------------------------
 */

FIELD(root_origin, origin, notes_root, origin)
FIELD(root_version, version, notes_root, version)
FIELD(root_expires, when, notes_root, expires_ms)

static enum err
root_role(const struct line *l, void *into)
{
    enum notes_role r;
    if (!notes_role_read(l->field[0], &r))
        return line_bad(l, "a role is root, publisher, vet, snapshot, timestamp or log.");
    struct notes_keys *k = &((struct notes_root *)into)->role[r];
    if (k->threshold > 0)
        return line_bad(l, "the role stands there twice.");
    return line_number(l->field[1], 1, NOTES_KEYS, &k->threshold) ? E_OK
                                                                  : line_bad(l, "a threshold is a number from 1 on.");
}

static enum err
root_key(const struct line *l, void *into)
{
    enum notes_role r;
    if (!notes_role_read(l->field[0], &r))
        return line_bad(l, "a role is root, publisher, vet, snapshot, timestamp or log.");
    struct notes_keys *k = &((struct notes_root *)into)->role[r];
    if (k->n == NOTES_KEYS)
        return line_bad(l, "a role has at most %d keys.", NOTES_KEYS);
    if (key(l, l->field[1], &k->key[k->n]) != E_OK)
        return l->t->err;
    for (size_t i = 0; i < k->n; i++)
        if (memcmp(k->key[i].pub, k->key[k->n].pub, NOTE_KEY_BYTES) == 0)
            return line_bad(l, "the same key stands there under two names.");
    k->n++;
    return E_OK;
}

enum err
notes_root_read(struct task *t, struct span text, struct notes_root *out)
{
    static const struct line_rule rules[] = {
        {"origin", 1, 1, 1, 1, root_origin},
        {"version", 1, 1, 1, 1, root_version},
        {"expires", 1, 1, 1, 1, root_expires},
        {"role", ROLES, ROLES, 2, 2, root_role},
        {"key", ROLES, (size_t)ROLES * NOTES_KEYS, 2, 2, root_key},
    };
    *out = (struct notes_root){.text = text};
    if (lines_read(t, "root", text, NOTES_ROOT_BYTES, NOTES_ROOT_DOMAIN, rules, N_RULES(rules), out) != E_OK)
        return t->err;
    for (size_t i = 0; i < ROLES; i++)
        if ((int64_t)out->role[i].n < out->role[i].threshold)
            return task_fail(t, E_INVALID, "The root's role %s has %zu keys and needs %lld.", roles[i], out->role[i].n,
                (long long)out->role[i].threshold);
    return E_OK;
}

/* Publishers --------------------------------------------------------------------------------------------------------
 */

FIELD(pub_origin, origin, notes_publishers, origin)
FIELD(pub_version, version, notes_publishers, version)
FIELD(pub_expires, when, notes_publishers, expires_ms)

static bool
is_key_of(struct span name, struct span publisher)
{
    struct span rest = name, first;
    return span_cut(&rest, '/', &first) && span_eq(first, publisher) && line_name(rest, 32);
}

static enum err
pub_row(const struct line *l, void *into)
{
    struct notes_publishers *p = into;
    struct notes_publisher *row = &p->at[p->n];
    row->namespace = l->field[0];
    row->name = l->field[1];
    if (!line_word(row->namespace, 32) || !line_name(row->name, 64))
        return line_bad(l, "it reads namespace, publisher and key.");
    if (key(l, l->field[2], &row->key) != E_OK)
        return l->t->err;
    if (!is_key_of(row->key.name, row->name))
        return line_bad(l, "the key is not named %.*s/...", SPAN_ARG(row->name));
    if (p->n > 0 && span_eq(p->at[p->n - 1].namespace, row->namespace) && !span_eq(p->at[p->n - 1].name, row->name))
        return line_bad(l, "the namespace %.*s has two owners.", SPAN_ARG(row->namespace));
    p->n++;
    return E_OK;
}

enum err
notes_publishers_read(struct task *t, struct span text, struct notes_publishers *out)
{
    static const struct line_rule rules[] = {
        {"origin", 1, 1, 1, 1, pub_origin},
        {"version", 1, 1, 1, 1, pub_version},
        {"expires", 1, 1, 1, 1, pub_expires},
        {"publisher", 0, NOTES_PUBLISHERS, 3, 3, pub_row},
    };
    *out = (struct notes_publishers){.text = text, .at = task_array(t, NOTES_PUBLISHERS, sizeof *out->at)};
    return lines_read(
        t, "list of publishers", text, NOTES_PUBLISHERS_BYTES, NOTES_PUBLISHERS_DOMAIN, rules, N_RULES(rules), out);
}

/* Vet ---------------------------------------------------------------------------------------------------------------
 */

FIELD(vet_at, when, notes_vet, at_ms)
FIELD(vet_expires, when, notes_vet, expires_ms)

static enum err
vet_id(const struct line *l, void *into)
{
    ((struct notes_vet *)into)->id = l->field[0];
    return line_plugin_id(l->field[0]) ? E_OK : line_bad(l, "an id reads namespace/name.");
}

static enum err
vet_serial(const struct line *l, void *into)
{
    return version(l, &((struct notes_vet *)into)->serial);
}

static enum err
vet_manifest(const struct line *l, void *into)
{
    return hash(l, l->field[0], ((struct notes_vet *)into)->manifest);
}

static enum err
vet_report(const struct line *l, void *into)
{
    return hash(l, l->field[0], ((struct notes_vet *)into)->report);
}

static enum err
vet_level(const struct line *l, void *into)
{
    struct notes_vet *v = into;
    v->level = l->field[0];
    v->bound = l->n == 2 ? l->field[1] : SPAN_NONE;
    bool private = span_is(v->level, "private");
    if (!private && !span_is(v->level, "community") && !span_is(v->level, "bundled"))
        return line_bad(l, "a level is bundled, community or private.");
    return private == (l->n == 2) ? E_OK : line_bad(l, "private alone is bound to a deployment's address.");
}

static enum err
vet_abc(const struct line *l, void *into)
{
    if (l->field[0].n != 3 || !span_only(l->field[0], "01"))
        return line_bad(l, "abc is three digits of 0 and 1.");
    for (size_t i = 0; i < 3; i++)
        ((struct notes_vet *)into)->abc[i] = l->field[0].p[i] == '1';
    return E_OK;
}

static enum err
vet_check(const struct line *l, void *into)
{
    struct notes_vet *v = into;
    struct notes_check *c = &v->check[v->checks++];
    *c = (struct notes_check){l->field[0], l->field[1]};
    if (!line_word(c->name, 32))
        return line_bad(l, "a check's name has small letters, digits and dashes.");
    return span_is(c->outcome, "pass") || span_is(c->outcome, "fail") || span_is(c->outcome, "skipped")
               ? E_OK
               : line_bad(l, "a check ends in pass, fail or skipped.");
}

enum err
notes_vet_read(struct task *t, struct span text, struct notes_vet *out)
{
    static const struct line_rule rules[] = {
        {"id", 1, 1, 1, 1, vet_id},
        {"serial", 1, 1, 1, 1, vet_serial},
        {"manifest", 1, 1, 1, 1, vet_manifest},
        {"level", 1, 1, 1, 2, vet_level},
        {"abc", 1, 1, 1, 1, vet_abc},
        {"check", 0, NOTES_CHECKS, 2, 2, vet_check},
        {"report", 1, 1, 1, 1, vet_report},
        {"at", 1, 1, 1, 1, vet_at},
        {"expires", 1, 1, 1, 1, vet_expires},
    };
    *out = (struct notes_vet){.text = text};
    return lines_read(t, "vetting", text, NOTES_VET_BYTES, NOTES_VET_DOMAIN, rules, N_RULES(rules), out);
}

/* Snapshot ----------------------------------------------------------------------------------------------------------
 */

FIELD(snap_origin, origin, notes_snapshot, origin)
FIELD(snap_version, version, notes_snapshot, version)
FIELD(snap_expires, when, notes_snapshot, expires_ms)
FIELD(snap_root, version, notes_snapshot, root)

static enum err
snap_publishers(const struct line *l, void *into)
{
    return hash(l, l->field[0], ((struct notes_snapshot *)into)->publishers);
}

/* Lines are sorted as bytes, so 10 comes before 9: what counts is that none stands there twice. */
static bool
is_again(const struct notes_snapshot *s)
{
    const struct notes_plugin *last = &s->at[s->n];
    for (size_t i = s->n; i-- > 0 && span_eq(s->at[i].id, last->id);)
        if (s->at[i].serial == last->serial)
            return true;
    return false;
}

static enum err
snap_plugin(const struct line *l, void *into)
{
    struct notes_snapshot *s = into;
    struct notes_plugin *p = &s->at[s->n];
    size_t status = 0;
    p->id = l->field[0];
    if (!line_plugin_id(p->id) || !line_number(l->field[1], 1, INT32_MAX, &p->serial))
        return line_bad(l, "it reads id, serial, status, manifest and vetting.");
    while (status < 3 && !span_is(l->field[2], statuses[status]))
        status++;
    if (status == 3)
        return line_bad(l, "a status is ok, yanked or revoked.");
    p->status = (enum notes_status)status;
    if (!span_starts(l->field[3], "manifest:") || !span_starts(l->field[4], "vet:") ||
        hash(l, span_from(l->field[3], sizeof "manifest:" - 1), p->manifest) != E_OK ||
        hash(l, span_from(l->field[4], sizeof "vet:" - 1), p->vet) != E_OK)
        return line_bad(l, "it reads id, serial, status, manifest:sha256:hash and vet:sha256:hash.");
    if (is_again(s))
        return line_bad(l, "serial %lld of %.*s stands there twice.", (long long)p->serial, SPAN_ARG(p->id));
    s->n++;
    return E_OK;
}

enum err
notes_snapshot_read(struct task *t, struct span text, struct notes_snapshot *out)
{
    static const struct line_rule rules[] = {
        {"origin", 1, 1, 1, 1, snap_origin},
        {"version", 1, 1, 1, 1, snap_version},
        {"expires", 1, 1, 1, 1, snap_expires},
        {"root", 1, 1, 1, 1, snap_root},
        {"publishers", 1, 1, 1, 1, snap_publishers},
        {"plugin", 0, NOTES_PLUGINS, 5, 5, snap_plugin},
    };
    *out = (struct notes_snapshot){.text = text, .at = task_array(t, NOTES_PLUGINS, sizeof *out->at)};
    return lines_read(t, "snapshot", text, NOTES_SNAPSHOT_BYTES, NOTES_SNAPSHOT_DOMAIN, rules, N_RULES(rules), out);
}

const struct notes_plugin *
notes_snapshot_find(const struct notes_snapshot *s, struct span id, int64_t serial)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->at[i].serial == serial && span_eq(s->at[i].id, id))
            return &s->at[i];
    return NULL;
}

const struct notes_plugin *
notes_snapshot_newest(const struct notes_snapshot *s, struct span id)
{
    const struct notes_plugin *best = NULL;
    for (size_t i = 0; i < s->n; i++)
        if (s->at[i].status == NOTES_OK && span_eq(s->at[i].id, id) && (!best || s->at[i].serial > best->serial))
            best = &s->at[i];
    return best;
}

/* Timestamp ---------------------------------------------------------------------------------------------------------
 */

FIELD(time_origin, origin, notes_timestamp, origin)
FIELD(time_version, version, notes_timestamp, version)
FIELD(time_expires, when, notes_timestamp, expires_ms)

static enum err
time_snapshot(const struct line *l, void *into)
{
    struct notes_timestamp *s = into;
    return version(l, &s->snapshot_version) == E_OK ? hash(l, l->field[1], s->snapshot) : l->t->err;
}

static enum err
time_checkpoint(const struct line *l, void *into)
{
    return hash(l, l->field[0], ((struct notes_timestamp *)into)->checkpoint);
}

enum err
notes_timestamp_read(struct task *t, struct span text, struct notes_timestamp *out)
{
    static const struct line_rule rules[] = {
        {"origin", 1, 1, 1, 1, time_origin},
        {"version", 1, 1, 1, 1, time_version},
        {"expires", 1, 1, 1, 1, time_expires},
        {"snapshot", 1, 1, 2, 2, time_snapshot},
        {"checkpoint", 1, 1, 1, 1, time_checkpoint},
    };
    *out = (struct notes_timestamp){.text = text};
    return lines_read(t, "timestamp", text, NOTES_TIMESTAMP_BYTES, NOTES_TIMESTAMP_DOMAIN, rules, N_RULES(rules), out);
}
