/* trust_market: the marketplace's own notes: the chain of roots, timestamp, snapshot, publishers; and its log. */
#include "plugin/lines.h"
#include "plugin/trust_priv.h"

#include <string.h>

enum { FAST_FORWARD = 1000000 };

/* Roots -------------------------------------------------------------------------------------------------------------
 */

static bool
same_keys(const struct notes_keys *a, const struct notes_keys *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!note_key_eq(&a->key[i], &b->key[i]))
            return false;
    return true;
}

/* A role with other keys begins anew: whoever held the old ones may have counted its versions far ahead. */
static void
forget_rotated(struct trust_state *s, const struct notes_root *next)
{
    const struct {
        enum notes_role role;
        int64_t *version;
    } rows[] = {{ROLE_TIMESTAMP, &s->timestamp_version}, {ROLE_SNAPSHOT, &s->snapshot_version},
        {ROLE_PUBLISHER, &s->publishers_version}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!same_keys(&s->root.role[rows[i].role], &next->role[rows[i].role]))
            *rows[i].version = 0;
}

static enum err
first_root(struct trust_check *x, const struct note *note, const struct notes_root *next)
{
    struct notes_keys pinned = {.threshold = 1, .key = {x->old->pinned}, .n = 1};
    if (trust_signed(x, note, &pinned, "root", "root-chain") != E_OK)
        return x->t->err;
    return trust_signed(x, note, &next->role[ROLE_ROOT], "root", "root-chain");
}

static enum err
next_root(struct trust_check *x, const struct note *note, const struct notes_root *next)
{
    const struct notes_root *have = &x->out->state.root;
    if (next->version != have->version + 1)
        return trust_no(x, "root-chain", "After root %lld comes root %lld, not %lld.", (long long)have->version,
            (long long)have->version + 1, (long long)next->version);
    if (!span_eq(next->origin, have->origin))
        return trust_no(x, "root-chain", "The new root is of another marketplace: %.*s.", SPAN_ARG(next->origin));
    if (trust_signed(x, note, &have->role[ROLE_ROOT], "root", "root-chain") != E_OK)
        return x->t->err;
    return trust_signed(x, note, &next->role[ROLE_ROOT], "root", "root-chain");
}

static enum err
one_root(struct trust_check *x, struct span bytes)
{
    struct trust_state *s = &x->out->state;
    struct note note;
    struct notes_root *next = task_new(x->t, struct notes_root);
    if (note_parse(x->t, bytes, &note) != E_OK || notes_root_read(x->t, note.text, next) != E_OK)
        return trust_no(x, "malformed", "The root is malformed.");
    if (next->version <= s->root.version)
        return E_OK; /* known: what is in the state is what counts */
    if ((s->root.version == 0 ? first_root(x, &note, next) : next_root(x, &note, next)) != E_OK)
        return x->t->err;
    if (s->root.version > 0)
        forget_rotated(s, next);
    s->root = *next;
    return E_OK;
}

static enum err
roots(struct trust_check *x)
{
    for (size_t i = 0; i < x->in->roots; i++)
        if (one_root(x, x->in->root[i]) != E_OK)
            return x->t->err;
    if (x->out->state.root.version == 0)
        return trust_no(x, "root-chain", "The marketplace has no root that the pinned key signed.");
    return trust_in_time(x, "root", x->out->state.root.expires_ms, 366 * NOTES_DAY_MS, "root-expired");
}

/* Versions ----------------------------------------------------------------------------------------------------------
 */

static enum err
counts_on(struct trust_check *x, const char *what, int64_t have, int64_t next, const char *rollback)
{
    if (next < have)
        return trust_no(x, rollback, "The marketplace's %s is version %lld; version %lld was seen before.", what,
            (long long)next, (long long)have);
    if (next - have > FAST_FORWARD)
        return trust_no(x, "fast-forward",
            "The marketplace's %s jumps from version %lld to %lld: no later one could ever follow.", what,
            (long long)have, (long long)next);
    return E_OK;
}

static enum err
same_origin(struct trust_check *x, const char *what, struct span origin)
{
    return span_eq(origin, x->out->state.root.origin)
               ? E_OK
               : trust_no(x, "mix-and-match", "The %s is of another marketplace: %.*s.", what, SPAN_ARG(origin));
}

static enum err
timestamp(struct trust_check *x)
{
    struct trust_state *s = &x->out->state;
    struct notes_timestamp *ts = &x->timestamp;
    struct note note;
    if (note_parse(x->t, x->in->timestamp, &note) != E_OK || notes_timestamp_read(x->t, note.text, ts) != E_OK)
        return trust_no(x, "malformed", "The timestamp is malformed.");
    if (trust_signed(x, &note, &s->root.role[ROLE_TIMESTAMP], "timestamp", "timestamp-signature") != E_OK ||
        same_origin(x, "timestamp", ts->origin) != E_OK ||
        counts_on(x, "timestamp", s->timestamp_version, ts->version, "timestamp-rollback") != E_OK)
        return x->t->err;
    if (trust_in_time(x, "timestamp", ts->expires_ms, NOTES_DAY_MS, "timestamp-expired") != E_OK)
        return x->t->err;
    s->timestamp_version = ts->version;
    s->timestamp_expires_ms = ts->expires_ms;
    return E_OK;
}

static bool
is_hash(struct span text, const unsigned char want[32])
{
    unsigned char has[32];
    sha256_bytes(text, has);
    return memcmp(has, want, sizeof has) == 0;
}

static enum err
snapshot(struct trust_check *x)
{
    struct trust_state *s = &x->out->state;
    struct notes_snapshot *snap = &x->out->snapshot;
    struct note note;
    if (note_parse(x->t, x->in->snapshot, &note) != E_OK)
        return trust_no(x, "malformed", "The snapshot is malformed.");
    if (!is_hash(note.text, x->timestamp.snapshot))
        return trust_no(x, "snapshot-hash", "The snapshot is not the one that the timestamp names.");
    if (notes_snapshot_read(x->t, note.text, snap) != E_OK)
        return trust_no(x, "malformed", "The snapshot is malformed.");
    if (trust_signed(x, &note, &s->root.role[ROLE_SNAPSHOT], "snapshot", "snapshot-signature") != E_OK ||
        same_origin(x, "snapshot", snap->origin) != E_OK)
        return x->t->err;
    if (snap->version != x->timestamp.snapshot_version || snap->root != s->root.version)
        return trust_no(x, "mix-and-match", "The snapshot is version %lld under root %lld: timestamp and root differ.",
            (long long)snap->version, (long long)snap->root);
    if (counts_on(x, "snapshot", s->snapshot_version, snap->version, "snapshot-rollback") != E_OK ||
        trust_in_time(x, "snapshot", snap->expires_ms, 7 * NOTES_DAY_MS, "snapshot-expired") != E_OK)
        return x->t->err;
    s->snapshot_version = snap->version;
    s->snapshot_expires_ms = snap->expires_ms;
    return E_OK;
}

static enum err
publishers(struct trust_check *x)
{
    struct trust_state *s = &x->out->state;
    struct notes_publishers *p = &x->out->publishers;
    struct note note;
    if (note_parse(x->t, x->in->publishers, &note) != E_OK)
        return trust_no(x, "malformed", "The list of publishers is malformed.");
    if (!is_hash(note.text, x->out->snapshot.publishers))
        return trust_no(x, "mix-and-match", "The list of publishers is not the one that the snapshot names.");
    if (notes_publishers_read(x->t, note.text, p) != E_OK)
        return trust_no(x, "malformed", "The list of publishers is malformed.");
    if (trust_signed(x, &note, &s->root.role[ROLE_PUBLISHER], "list of publishers", "publishers-signature") != E_OK ||
        same_origin(x, "list of publishers", p->origin) != E_OK ||
        counts_on(x, "list of publishers", s->publishers_version, p->version, "publishers-rollback") != E_OK ||
        trust_in_time(x, "list of publishers", p->expires_ms, 366 * NOTES_DAY_MS, "publishers-expired") != E_OK)
        return x->t->err;
    s->publishers_version = p->version;
    return E_OK;
}

enum err
trust_market(struct trust_check *x)
{
    if (roots(x) != E_OK || timestamp(x) != E_OK || snapshot(x) != E_OK)
        return x->t->err;
    return publishers(x);
}

/* The log -----------------------------------------------------------------------------------------------------------
 */

/* What was in the log must still be in it, in the same place. */
static enum err
grows(struct trust_check *x, const struct notes_checkpoint *c)
{
    const struct trust_state *old = x->old;
    struct notes_proof *p = task_new(x->t, struct notes_proof);
    if (c->size < old->size)
        return trust_no(x, "consistency", "The log had %lld entries and now has %lld: it was cut.",
            (long long)old->size, (long long)c->size);
    if (old->size == 0)
        return E_OK;
    if (c->size > old->size) {
        if (notes_consistency_read(x->t, x->in->consistency, p) != E_OK)
            return trust_no(x, "malformed", "The proof of consistency is malformed.");
        if (p->index != old->size || p->size != c->size)
            return trust_no(x, "consistency", "The proof of consistency is for another pair of checkpoints.");
    }
    if (!tree_check_consistency(old->size, &old->head, c->size, &c->root, &p->path))
        return trust_no(x, "consistency",
            "The log does not hold what it held before: it was forked or rewritten. Tell its operator and others.");
    return E_OK;
}

static enum err
holds(struct trust_check *x, const struct notes_checkpoint *c)
{
    const struct manifest *m = &x->out->manifest;
    struct notes_proof *p = task_new(x->t, struct notes_proof);
    struct tree_hash leaf;
    unsigned char digest[32];
    if (notes_inclusion_read(x->t, x->in->inclusion, p) != E_OK)
        return trust_no(x, "malformed", "The proof of inclusion is malformed.");
    sha256_bytes(m->text, digest);
    tree_leaf(notes_leaf(x->t, "manifest", m->id, m->serial, digest), &leaf);
    if (p->size != c->size || !tree_check_inclusion(&leaf, p->index, p->size, &p->path, &c->root))
        return trust_no(
            x, "inclusion", "The log does not hold this version of %.*s: it was never published.", SPAN_ARG(m->id));
    x->out->leaf = p->index;
    return E_OK;
}

enum err
trust_log(struct trust_check *x)
{
    struct trust_state *s = &x->out->state;
    struct notes_checkpoint c;
    struct note note;
    if (note_parse(x->t, x->in->checkpoint, &note) != E_OK)
        return trust_no(x, "malformed", "The checkpoint is malformed.");
    if (!is_hash(note.text, x->timestamp.checkpoint))
        return trust_no(x, "mix-and-match", "The log's checkpoint is not the one that the timestamp names.");
    if (notes_checkpoint_read(x->t, note.text, &c) != E_OK)
        return trust_no(x, "malformed", "The checkpoint is malformed.");
    if (trust_signed(x, &note, &s->root.role[ROLE_LOG], "log", "log-signature") != E_OK ||
        same_origin(x, "log's checkpoint", c.origin) != E_OK || grows(x, &c) != E_OK ||
        (x->in->manifest.n > 0 && holds(x, &c) != E_OK))
        return x->t->err;
    s->size = c.size;
    s->head = c.root;
    return E_OK;
}
