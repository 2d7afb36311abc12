/* market_refresh: what is new is logged, what is vetted is listed, and all of it signed: the timestamp last, so that a
 * reader finds either the old offer or the new one. */
#include "plugin/market_make.h"

#include "base/fsio.h"
#include "plugin/bundle.h"
#include "plugin/lines.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

enum { LEAVES = 4096 };

struct refresh {
    struct task *t;
    struct market m;
    const struct note_secret *online;
    const struct market_mark *mark;
    int64_t now_ms;
    struct market_report *report;
    struct notes_plugin *row;
    size_t rows;
    struct logged {
        const char *bundle; /* gets an inclusion */
        int64_t index;
    } * in;
    size_t ins;
    struct span leaf[LEAVES];
    size_t leaves;
};

static enum err
add_leaf(struct refresh *x, const char *kind, struct span subject, int64_t number, const unsigned char hash[32])
{
    if (x->leaves == LEAVES)
        return task_fail(x->t, E_LIMIT, "More than %d things are new at once.", LEAVES);
    x->leaf[x->leaves++] = notes_leaf(x->t, kind, subject, number, hash);
    return E_OK;
}

static void
waits(struct refresh *x, const struct manifest *m, const char *why)
{
    struct market_report *r = x->report;
    if (r->waits < sizeof r->waiting / sizeof r->waiting[0])
        r->waiting[r->waits++] = task_format(x->t, "%.*s %lld: %s", SPAN_ARG(m->id), (long long)m->serial, why);
}

/* Versions ----------------------------------------------------------------------------------------------------------
 */

/* The index that an earlier refresh wrote, or the one that it gets now. */
static enum err
log_manifest(struct refresh *x, const char *bundle, const struct manifest *m)
{
    struct span text;
    struct notes_proof *p = task_new(x->t, struct notes_proof);
    struct logged *l = &x->in[x->ins];
    unsigned char digest[32];
    *l = (struct logged){bundle, x->m.checkpoint.size + (int64_t)x->leaves};
    enum err e = fsio_read(x->t, task_printf(x->t, "%s/inclusion", bundle), MARKET_INCLUSION_BYTES, &text);
    if (e == E_OK && notes_inclusion_read(x->t, text, p) == E_OK)
        l->index = p->index;
    if (e == E_NOTFOUND) {
        task_clear_error(x->t);
        sha256_bytes(m->text, digest);
        add_leaf(x, "manifest", m->id, m->serial, digest);
    }
    x->ins++;
    return x->t->err;
}

/* Why a version can't be listed, or NULL; *hash is its vetting's. In a task of its own: it may fail. */
static const char *
vet_fault(struct task *t, const struct refresh *x, const char *bundle, const struct manifest *m, unsigned char hash[32])
{
    const struct notes_keys *keys = &x->m.root.role[ROLE_VET];
    struct notes_vet *vet = task_new(t, struct notes_vet);
    struct span bytes;
    struct note note;
    unsigned char digest[32];
    bool by[NOTES_KEYS];
    int64_t n = 0;
    if (fsio_read(t, task_printf(t, "%s/vet.note", bundle), NOTES_VET_BYTES, &bytes) != E_OK)
        return "nobody vetted it yet.";
    if (note_parse(t, bytes, &note) != E_OK || notes_vet_read(t, note.text, vet) != E_OK ||
        note_check(t, &note, keys->key, keys->n, by) != E_OK)
        return "its vetting is malformed or forged.";
    for (size_t i = 0; i < keys->n; i++)
        n += by[i];
    if (n < keys->threshold)
        return "more reviewers must sign.";
    sha256_bytes(m->text, digest);
    sha256_bytes(note.text, hash);
    if (memcmp(digest, vet->manifest, sizeof digest) != 0 || vet->serial != m->serial || !span_eq(vet->id, m->id))
        return "its vetting is of something else.";
    return vet->expires_ms <= x->now_ms ? "its vetting expired." : NULL;
}

static bool
is_signed(struct task *t, const struct refresh *x, struct span bytes, const struct manifest *m)
{
    struct note note;
    bool by = false;
    if (note_parse(t, bytes, &note) != E_OK)
        return false;
    for (size_t i = 0; i < x->m.publishers.n && !by; i++) {
        const struct notes_publisher *p = &x->m.publishers.at[i];
        if (span_eq(p->namespace, m->namespace) && span_eq(p->key.name, m->signer) &&
            note_check(t, &note, &p->key, 1, &by) != E_OK)
            return false;
    }
    return by;
}

static const char *
fault_of(
    const struct refresh *x, const char *bundle, const struct manifest *m, struct span note, unsigned char hash[32])
{
    struct task one;
    task_begin(&one, 0);
    const char *why = is_signed(&one, x, note, m) ? vet_fault(&one, x, bundle, m, hash)
                                                  : "the key that signed it is no key of its owner any more.";
    task_end(&one);
    return why;
}

static enum err
list(struct refresh *x, const struct manifest *m, const unsigned char vet[32])
{
    struct notes_plugin *row = &x->row[x->rows];
    const struct notes_plugin *old = notes_snapshot_find(&x->m.snapshot, m->id, m->serial);
    *row = (struct notes_plugin){.id = m->id, .serial = m->serial, .status = old ? old->status : NOTES_OK};
    sha256_bytes(m->text, row->manifest);
    memcpy(row->vet, vet, sizeof row->vet);
    x->rows++;
    if ((!old || memcmp(old->vet, vet, sizeof old->vet) != 0) && add_leaf(x, "vet", m->id, m->serial, vet) != E_OK)
        return x->t->err;
    if (!span_eq(x->mark->id, m->id) || x->mark->serial != m->serial || x->mark->status == row->status)
        return E_OK;
    row->status = x->mark->status;
    return add_leaf(
        x, row->status == NOTES_OK ? "restored" : notes_status_word(row->status), m->id, m->serial, row->manifest);
}

static enum err
take_version(struct refresh *x, const char *bundle)
{
    struct manifest *m = task_new(x->t, struct manifest);
    struct span note;
    unsigned char vet[32];
    if (x->ins == NOTES_PLUGINS - 1)
        return task_fail(x->t, E_LIMIT, "A marketplace has at most %d versions.", NOTES_PLUGINS);
    if (bundle_manifest(x->t, bundle, &note, m) != E_OK || log_manifest(x, bundle, m) != E_OK)
        return x->t->err;
    const char *why = fault_of(x, bundle, m, note, vet);
    if (!why)
        return list(x, m, vet);
    const struct notes_plugin *old = notes_snapshot_find(&x->m.snapshot, m->id, m->serial);
    if (old && old->status == NOTES_REVOKED) { /* what was revoked stays on the list for good */
        x->row[x->rows++] = *old;
        return E_OK;
    }
    waits(x, m, why);
    return E_OK;
}

/* plugins/<namespace>/<name>/<serial>: three levels of folders, whose names are checked by the manifests in them. */
static enum err
walk(struct refresh *x, const char *folder, int level)
{
    DIR *dir = opendir(folder);
    struct dirent *e;
    if (!dir)
        return errno == ENOTDIR ? E_OK
                                : task_fail(x->t, E_UNAVAILABLE, "%s can't be read: %s.", folder, strerror(errno));
    while (x->t->err == E_OK && (e = readdir(dir))) {
        const char *path = task_printf(x->t, "%s/%s", folder, e->d_name);
        if (e->d_name[0] == '.' || strstr(e->d_name, ".tmp"))
            continue;
        if (level == 2)
            take_version(x, path);
        else
            walk(x, path, level + 1);
    }
    closedir(dir);
    return x->t->err;
}

/* Signing -----------------------------------------------------------------------------------------------------------
 */

static enum err
write_signed(struct refresh *x, const char *name, struct span text)
{
    struct span note;
    if (note_sign(x->t, text, x->online, &note) != E_OK)
        return x->t->err;
    return fsio_write_atomic(x->t, task_printf(x->t, "%s/%s", x->m.folder, name), note, 0644);
}

/* The root and the list of publishers are leaves too, once. */
static enum err
log_notes(struct refresh *x, const unsigned char publishers[32])
{
    unsigned char root[32];
    sha256_bytes(x->m.root.text, root);
    if (x->m.snapshot.root != x->m.root.version &&
        add_leaf(x, "root", x->m.root.origin, x->m.root.version, root) != E_OK)
        return x->t->err;
    if (x->m.snapshot.version > 0 && memcmp(publishers, x->m.snapshot.publishers, 32) == 0)
        return E_OK;
    return add_leaf(x, "publishers", x->m.root.origin, x->m.publishers.version, publishers);
}

static enum err
sign_snapshot(struct refresh *x, struct notes_timestamp *ts)
{
    struct notes_snapshot next = {.origin = x->m.root.origin,
        .version = x->m.snapshot.version + 1,
        .expires_ms = x->now_ms + 7 * NOTES_DAY_MS,
        .root = x->m.root.version,
        .at = x->row,
        .n = x->rows};
    struct span text;
    sha256_bytes(x->m.publishers.text, next.publishers);
    if (log_notes(x, next.publishers) != E_OK || notes_snapshot_write(x->t, &next, &text) != E_OK)
        return x->t->err;
    ts->snapshot_version = next.version;
    sha256_bytes(text, ts->snapshot);
    if (add_leaf(x, "snapshot", next.origin, next.version, ts->snapshot) != E_OK)
        return x->t->err;
    return write_signed(x, task_printf(x->t, "snapshot.%.*s.note", SPAN_ARG(hash_text(x->t, ts->snapshot))), text);
}

static enum err
write_inclusions(struct refresh *x, struct tiles *tiles)
{
    const struct tree_reader r = tiles_reader(tiles);
    for (size_t i = 0; i < x->ins; i++) {
        struct notes_proof *p = task_new(x->t, struct notes_proof);
        p->index = x->in[i].index;
        p->size = tiles->size;
        if (tree_inclusion(x->t, &r, p->index, p->size, &p->path) != E_OK ||
            fsio_write_atomic(
                x->t, task_printf(x->t, "%s/inclusion", x->in[i].bundle), notes_inclusion_write(x->t, p), 0644) != E_OK)
            return x->t->err;
    }
    return E_OK;
}

static enum err
sign_log(struct refresh *x, struct notes_timestamp *ts)
{
    struct tiles *tiles = task_new(x->t, struct tiles);
    struct notes_checkpoint c = {.origin = x->m.root.origin};
    struct span text;
    tiles_open(task_printf(x->t, "%s/log", x->m.folder), x->m.checkpoint.size, tiles);
    if (tiles_append(x->t, tiles, x->leaf, x->leaves, &c.root) != E_OK)
        return x->t->err;
    c.size = tiles->size;
    x->report->log_size = c.size;
    if (notes_checkpoint_write(x->t, &c, &text) != E_OK || write_inclusions(x, tiles) != E_OK)
        return x->t->err;
    sha256_bytes(text, ts->checkpoint);
    return write_signed(x, "log/checkpoint", text);
}

static enum err
sign_all(struct refresh *x)
{
    struct notes_timestamp ts = {
        .origin = x->m.root.origin, .version = x->m.timestamp.version + 1, .expires_ms = x->now_ms + NOTES_DAY_MS};
    struct span text;
    if (sign_snapshot(x, &ts) != E_OK || sign_log(x, &ts) != E_OK || notes_timestamp_write(x->t, &ts, &text) != E_OK)
        return x->t->err;
    return write_signed(x, "timestamp.note", text);
}

enum err
market_refresh(struct task *t, const char *folder, const struct note_secret *online, const struct market_mark *mark,
    int64_t now_ms, struct market_report *out)
{
    struct refresh *x = task_new(t, struct refresh);
    memset(out, 0, sizeof *out);
    *x = (struct refresh){.t = t, .online = online, .mark = mark, .now_ms = now_ms, .report = out};
    x->row = task_array(t, NOTES_PLUGINS, sizeof *x->row);
    x->in = task_array(t, NOTES_PLUGINS, sizeof *x->in);
    if (market_read(t, folder, &x->m) != E_OK || walk(x, task_printf(t, "%s/plugins", folder), 0) != E_OK)
        return t->err;
    if (mark->id.n > 0 && !notes_snapshot_find(&x->m.snapshot, mark->id, mark->serial))
        return task_fail(t, E_NOTFOUND, "The marketplace lists no %.*s of serial %lld.", SPAN_ARG(mark->id),
            (long long)mark->serial);
    if (sign_all(x) != E_OK)
        return t->err;
    out->listed = x->rows;
    out->logged = x->leaves;
    return E_OK;
}
