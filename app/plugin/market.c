/* market: reading a marketplace's folder. */
#include "plugin/market.h"

#include "base/fsio.h"
#include "plugin/lines.h"

#include <string.h>

enum { SIGNATURES = NOTE_SIGS * 256 };

static enum err
read_note(struct task *t, const char *folder, const char *name, size_t cap, struct span *out)
{
    return fsio_read(t, task_printf(t, "%s/%s", folder, name), cap + SIGNATURES, out);
}

/* A file that may be missing: empty then. */
static enum err
read_if_there(struct task *t, const char *folder, const char *name, size_t cap, struct span *out)
{
    *out = SPAN_NONE;
    if (read_note(t, folder, name, cap, out) == E_NOTFOUND)
        task_clear_error(t);
    return t->err;
}

const char *
market_bundle(struct task *t, const char *folder, struct span id, int64_t serial)
{
    return task_printf(t, "%s/plugins/%.*s/%lld", folder, SPAN_ARG(id), (long long)serial);
}

static const char *
snapshot_name(struct task *t, const struct notes_timestamp *ts)
{
    return task_printf(t, "snapshot.%.*s.note", SPAN_ARG(hash_text(t, ts->snapshot)));
}

/* The texts of the timestamp and the snapshot that it names. */
static enum err
read_offer(struct task *t, const char *folder, struct span *ts_note, struct span *snap_note, struct notes_timestamp *ts,
    struct notes_snapshot *snap)
{
    struct note note;
    if (read_note(t, folder, "timestamp.note", NOTES_TIMESTAMP_BYTES, ts_note) != E_OK ||
        note_parse(t, *ts_note, &note) != E_OK || notes_timestamp_read(t, note.text, ts) != E_OK ||
        read_note(t, folder, snapshot_name(t, ts), NOTES_SNAPSHOT_BYTES, snap_note) != E_OK ||
        note_parse(t, *snap_note, &note) != E_OK)
        return t->err;
    return notes_snapshot_read(t, note.text, snap);
}

static enum err
gather_roots(struct task *t, const char *folder, int64_t known, struct trust_input *out)
{
    for (int64_t v = known + 1; out->roots < TRUST_ROOTS_MOST; v++) {
        struct span note;
        const char *name = task_printf(t, "root.%lld.note", (long long)v);
        if (read_if_there(t, folder, name, NOTES_ROOT_BYTES, &note) != E_OK)
            return t->err;
        if (note.n == 0)
            break;
        out->root[out->roots++] = note;
    }
    return E_OK;
}

/* The proof that the log grew since: made here of the folder's tiles, checked by whoever reads it. */
static enum err
gather_log(struct task *t, const char *folder, const struct trust_state *s, struct trust_input *out)
{
    struct note note;
    struct notes_checkpoint c;
    struct notes_proof *p = task_new(t, struct notes_proof);
    struct tiles *tiles = task_new(t, struct tiles);
    if (read_note(t, folder, "log/checkpoint", NOTES_CHECKPOINT_BYTES, &out->checkpoint) != E_OK ||
        note_parse(t, out->checkpoint, &note) != E_OK || notes_checkpoint_read(t, note.text, &c) != E_OK)
        return t->err;
    if (s->size == 0 || c.size <= s->size)
        return E_OK;
    tiles_open(task_printf(t, "%s/log", folder), c.size, tiles);
    const struct tree_reader r = tiles_reader(tiles);
    p->index = s->size;
    p->size = c.size;
    if (tree_consistency(t, &r, s->size, c.size, &p->path) != E_OK)
        return t->err;
    out->consistency = notes_consistency_write(t, p);
    return E_OK;
}

static enum err
gather_between(struct task *t, const char *folder, struct span id, int64_t from, int64_t to, struct trust_input *out)
{
    for (int64_t serial = from; serial < to; serial++) {
        if (out->betweens == TRUST_BETWEEN_MOST)
            return task_fail(
                t, E_LIMIT, "More than %d versions of %.*s lie between.", TRUST_BETWEEN_MOST, SPAN_ARG(id));
        if (read_note(t, market_bundle(t, folder, id, serial), "manifest.note", MANIFEST_BYTES,
                &out->between[out->betweens++]) != E_OK)
            return t->err;
    }
    return E_OK;
}

static enum err
gather_version(struct task *t, const char *folder, struct span id, int64_t serial, struct trust_input *out)
{
    const char *at = market_bundle(t, folder, id, serial);
    if (read_note(t, at, "manifest.note", MANIFEST_BYTES, &out->manifest) != E_OK ||
        read_note(t, at, "vet.note", NOTES_VET_BYTES, &out->vet) != E_OK)
        return t->err;
    return read_note(t, at, "inclusion", MARKET_INCLUSION_BYTES, &out->inclusion);
}

enum err
market_gather(struct task *t, const char *folder, const struct trust_state *s, struct span id, int64_t serial,
    int64_t installed, struct trust_input *out)
{
    struct notes_timestamp ts;
    struct notes_snapshot snap;
    memset(out, 0, sizeof *out);
    if (gather_roots(t, folder, s->root.version, out) != E_OK ||
        read_offer(t, folder, &out->timestamp, &out->snapshot, &ts, &snap) != E_OK ||
        read_note(t, folder, "publishers.note", NOTES_PUBLISHERS_BYTES, &out->publishers) != E_OK ||
        gather_log(t, folder, s, out) != E_OK || id.n == 0)
        return t->err;
    if (!line_plugin_id(id))
        return task_fail(t, E_INVALID, "A plugin's id reads namespace/name.");
    const struct notes_plugin *newest = notes_snapshot_newest(&snap, id);
    if (serial == 0 && !newest)
        return task_fail(t, E_NOTFOUND, "The marketplace offers no %.*s.", SPAN_ARG(id));
    serial = serial > 0 ? serial : newest->serial;
    if (gather_version(t, folder, id, serial, out) != E_OK)
        return t->err;
    return installed > 0 ? gather_between(t, folder, id, installed + 1, serial, out) : E_OK;
}

/* The whole ---------------------------------------------------------------------------------------------------------
 */

static enum err
last_root(struct task *t, const char *folder, struct notes_root *out)
{
    struct span note, last = SPAN_NONE;
    struct note parsed;
    for (int64_t v = 1; v <= MARKET_ROOTS_MOST; v++) {
        const char *name = task_printf(t, "root.%lld.note", (long long)v);
        if (read_if_there(t, folder, name, NOTES_ROOT_BYTES, &note) != E_OK)
            return t->err;
        if (note.n == 0)
            break;
        last = note;
    }
    if (last.n == 0)
        return task_fail(t, E_NOTFOUND, "%s is not a marketplace: it has no root.1.note.", folder);
    return note_parse(t, last, &parsed) == E_OK ? notes_root_read(t, parsed.text, out) : t->err;
}

enum err
market_read(struct task *t, const char *folder, struct market *out)
{
    struct span publishers, snapshot, timestamp;
    struct note note;
    memset(out, 0, sizeof *out);
    out->folder = folder;
    if (last_root(t, folder, &out->root) != E_OK ||
        read_if_there(t, folder, "publishers.note", NOTES_PUBLISHERS_BYTES, &publishers) != E_OK)
        return t->err;
    if (publishers.n > 0 &&
        (note_parse(t, publishers, &note) != E_OK || notes_publishers_read(t, note.text, &out->publishers) != E_OK))
        return t->err;
    if (read_if_there(t, folder, "log/checkpoint", NOTES_CHECKPOINT_BYTES, &out->checkpoint_note) != E_OK)
        return t->err;
    if (out->checkpoint_note.n > 0 && (note_parse(t, out->checkpoint_note, &note) != E_OK ||
                                          notes_checkpoint_read(t, note.text, &out->checkpoint) != E_OK))
        return t->err;
    if (read_if_there(t, folder, "timestamp.note", NOTES_TIMESTAMP_BYTES, &timestamp) != E_OK || timestamp.n == 0)
        return t->err;
    return read_offer(t, folder, &timestamp, &snapshot, &out->timestamp, &out->snapshot);
}

enum err
market_log_check(struct task *t, const struct market *m, const struct notes_checkpoint *before)
{
    const struct notes_keys *keys = &m->root.role[ROLE_LOG];
    struct tiles *tiles = task_new(t, struct tiles);
    struct tree_proof *path = task_new(t, struct tree_proof);
    struct note note;
    bool by[NOTES_KEYS];
    int64_t n = 0;
    if (note_parse(t, m->checkpoint_note, &note) != E_OK || note_check(t, &note, keys->key, keys->n, by) != E_OK)
        return t->err;
    for (size_t i = 0; i < keys->n; i++)
        n += by[i];
    if (n < keys->threshold || !span_eq(m->checkpoint.origin, m->root.origin))
        return task_fail(t, E_DENIED, "The log's checkpoint is not signed by the marketplace's log key.");
    tiles_open(task_printf(t, "%s/log", m->folder), m->checkpoint.size, tiles);
    if (tiles_audit(t, tiles, &m->checkpoint.root) != E_OK || !before)
        return t->err;
    const struct tree_reader r = tiles_reader(tiles);
    if (before->size > m->checkpoint.size || tree_consistency(t, &r, before->size, m->checkpoint.size, path) != E_OK ||
        !tree_check_consistency(before->size, &before->root, m->checkpoint.size, &m->checkpoint.root, path)) {
        task_clear_error(t);
        return task_fail(t, E_DENIED,
            "The log does not hold what it held before: it was forked or rewritten. Tell its operator and others.");
    }
    return E_OK;
}
