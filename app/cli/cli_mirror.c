/* cli_mirror: notes first, then tiles, then the check; only what it vouches for is fetched further. */
#include "cli/cli_mirror.h"

#include "base/clock.h"
#include "base/fsio.h"
#include "cli/cli_trust.h"
#include "plugin/bundle.h"
#include "plugin/lines.h"
#include "plugin/market.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIGNATURES = NOTE_SIGS * 256, ENTRIES_BYTES = TILE_HASHES * (TILE_ENTRY_BYTES + 2) };

/* The code until a check has said another. */
static const char unread[] = "unreadable";

struct mirror {
    struct task *t;
    const struct cli_source *from;
    const char *old, *fresh; /* the mirror that is there, and the one that is being made */
    struct cli_mirror_report *report;
};

static enum err
make_folders(struct mirror *x, const char *path)
{
    for (const char *s = strchr(path, '/'); s; s = strchr(s + 1, '/'))
        if (fsio_mkdir(x->t, task_printf(x->t, "%s/%.*s", x->fresh, (int)(s - path), path), 0755) != E_OK)
            return x->t->err;
    return E_OK;
}

static enum err
put(struct mirror *x, const char *path, struct span bytes)
{
    if (make_folders(x, path) != E_OK)
        return x->t->err;
    x->report->fetched++;
    return fsio_write_atomic(x->t, task_printf(x->t, "%s/%s", x->fresh, path), bytes, 0644);
}

/* Fetched into memory of its own: a large marketplace must not fill the task. */
static enum err
fetch(struct mirror *x, const char *path, size_t cap)
{
    struct task one;
    struct span bytes;
    struct mirror inner = *x;
    task_begin(&one, 0);
    inner.t = &one;
    if (x->from->get(&one, x->from->arg, path, cap, &bytes) == E_OK)
        put(&inner, path, bytes);
    if (one.err != E_OK)
        task_fail(x->t, one.err, "%s: %s", path, one.cause);
    task_end(&one);
    return x->t->err;
}

/* What never changes is taken over from the old mirror. */
static bool
take_over(struct mirror *x, const char *path)
{
    return make_folders(x, path) == E_OK &&
           link(task_printf(x->t, "%s/%s", x->old, path), task_printf(x->t, "%s/%s", x->fresh, path)) == 0;
}

static enum err
fetch_once(struct mirror *x, const char *path, size_t cap)
{
    return take_over(x, path) ? E_OK : fetch(x, path, cap);
}

/* Notes -------------------------------------------------------------------------------------------------------------
 */

/* Up to the newest root: there is one more file to ask for than there are. */
static enum err
fetch_roots(struct mirror *x)
{
    for (int64_t v = 1; v <= MARKET_ROOTS_MOST; v++) {
        if (fetch_once(x, task_printf(x->t, "root.%lld.note", (long long)v), NOTES_ROOT_BYTES + SIGNATURES) == E_OK)
            continue;
        if (x->t->err != E_NOTFOUND || v == 1)
            return x->t->err;
        task_clear_error(x->t);
        break;
    }
    return E_OK;
}

static enum err
read_text(struct mirror *x, const char *path, size_t cap, struct span *out)
{
    struct note note;
    struct span bytes;
    if (fsio_read(x->t, task_printf(x->t, "%s/%s", x->fresh, path), cap + SIGNATURES, &bytes) != E_OK ||
        note_parse(x->t, bytes, &note) != E_OK)
        return x->t->err;
    *out = note.text;
    return E_OK;
}

static enum err
fetch_notes(struct mirror *x, struct notes_checkpoint *log)
{
    struct span text;
    struct notes_timestamp ts;
    if (fetch_roots(x) != E_OK || fetch(x, "timestamp.note", NOTES_TIMESTAMP_BYTES + SIGNATURES) != E_OK ||
        read_text(x, "timestamp.note", NOTES_TIMESTAMP_BYTES, &text) != E_OK ||
        notes_timestamp_read(x->t, text, &ts) != E_OK)
        return x->t->err;
    const char *snapshot = task_printf(x->t, "snapshot.%.*s.note", SPAN_ARG(hash_text(x->t, ts.snapshot)));
    if (fetch(x, snapshot, NOTES_SNAPSHOT_BYTES + SIGNATURES) != E_OK ||
        fetch(x, "publishers.note", NOTES_PUBLISHERS_BYTES + SIGNATURES) != E_OK ||
        fetch(x, "log/checkpoint", NOTES_CHECKPOINT_BYTES + SIGNATURES) != E_OK ||
        read_text(x, "log/checkpoint", NOTES_CHECKPOINT_BYTES, &text) != E_OK)
        return x->t->err;
    return notes_checkpoint_read(x->t, text, log);
}

/* The log -----------------------------------------------------------------------------------------------------------
 */

/* Full tiles are there for good; a partial one is fetched, or the full one that took its place since. */
static enum err
fetch_tile(struct mirror *x, const char *level, int64_t n, size_t width, size_t cap)
{
    const char *path = task_printf(x->t, "log/%s", tiles_path(x->t, level, n, width));
    if (fetch_once(x, path, cap) != E_NOTFOUND || width == TILE_HASHES)
        return x->t->err;
    task_clear_error(x->t);
    return fetch(x, task_printf(x->t, "log/%s", tiles_path(x->t, level, n, TILE_HASHES)), cap);
}

static enum err
fetch_level(struct mirror *x, const char *level, int64_t hashes, size_t cap)
{
    for (int64_t n = 0; n * TILE_HASHES < hashes; n++) {
        int64_t left = hashes - n * TILE_HASHES;
        if (fetch_tile(x, level, n, left < TILE_HASHES ? (size_t)left : TILE_HASHES, cap) != E_OK)
            return x->t->err;
    }
    return E_OK;
}

static enum err
fetch_log(struct mirror *x, int64_t size)
{
    if (size > (int64_t)1 << 24)
        return task_fail(x->t, E_LIMIT, "The log has more than 16 million entries: it is not mirrored.");
    for (int level = 0; size >> (8 * level) > 0; level++)
        if (fetch_level(x, task_printf(x->t, "%d", level), size >> (8 * level), TILE_BYTES) != E_OK)
            return x->t->err;
    return fetch_level(x, "entries", size, ENTRIES_BYTES);
}

/* Versions ----------------------------------------------------------------------------------------------------------
 */

static bool
is_text(struct mirror *x, const char *path, size_t cap, const unsigned char want[32])
{
    struct task one;
    struct mirror inner = *x;
    struct span text;
    unsigned char has[32] = {0};
    task_begin(&one, 0);
    inner.t = &one;
    bool ok = read_text(&inner, path, cap, &text) == E_OK;
    if (ok)
        sha256_bytes(text, has);
    task_end(&one);
    return ok && memcmp(has, want, sizeof has) == 0;
}

/* A signed text that the snapshot names by its hash. */
static enum err
fetch_named(struct mirror *x, const char *path, size_t cap, const unsigned char want[32])
{
    if (take_over(x, path)) {
        if (is_text(x, path, cap, want))
            return E_OK;
        unlink(task_printf(x->t, "%s/%s", x->fresh, path));
    }
    if (fetch(x, path, cap + SIGNATURES) != E_OK)
        return x->t->err;
    if (is_text(x, path, cap, want))
        return E_OK;
    x->report->code = "mix-and-match";
    return task_fail(x->t, E_DENIED, "%s is not the one that the snapshot names.", path);
}

/* Its files, each no longer than the manifest says: there is nothing to flood us with. */
static enum err
fetch_files(struct mirror *x, const char *at, const char *plugins)
{
    struct manifest *m = task_new(x->t, struct manifest);
    struct span note;
    const char *code = "";
    const char *folder = task_printf(x->t, "%s/%s", x->fresh, at);
    if (bundle_manifest(x->t, folder, &note, m) != E_OK)
        return x->t->err;
    for (size_t i = 0; i < m->files; i++)
        if (fetch_once(x, task_printf(x->t, "%s/%.*s", at, SPAN_ARG(m->file[i].path)), (size_t)m->file[i].bytes) !=
            E_OK)
            return x->t->err;
    if (!plugins)
        return E_OK;
    x->report->bundles++;
    /* Those that were taken over have two names until the old mirror is gone: a copy has one. */
    for (size_t i = 0; i < m->files; i++) {
        struct span bytes;
        const char *path = task_printf(x->t, "%s/%.*s", folder, SPAN_ARG(m->file[i].path));
        struct stat st;
        if (lstat(path, &st) == 0 && st.st_nlink > 1 &&
            (fsio_read(x->t, path, (size_t)m->file[i].bytes, &bytes) != E_OK ||
                fsio_write_atomic(x->t, path, bytes, 0644) != E_OK))
            return x->t->err;
    }
    if (bundle_install(x->t, folder, plugins, m, &code) != E_OK)
        x->report->code = code;
    return x->t->err;
}

static enum err
fetch_version(struct mirror *x, const struct notes_plugin *row, bool files, const char *plugins)
{
    struct task *t = x->t;
    const char *at = task_printf(t, "plugins/%.*s/%lld", SPAN_ARG(row->id), (long long)row->serial);
    if (fetch_named(x, task_printf(t, "%s/manifest.note", at), MANIFEST_BYTES, row->manifest) != E_OK ||
        fetch_named(x, task_printf(t, "%s/vet.note", at), NOTES_VET_BYTES, row->vet) != E_OK ||
        fetch(x, task_printf(t, "%s/inclusion", at), NOTES_PROOF_BYTES) != E_OK)
        return t->err;
    if (fetch_once(x, task_printf(t, "%s/vet.report", at), BUNDLE_REPORT_BYTES) == E_NOTFOUND)
        task_clear_error(t); /* what reviewers wrote down is for people; the signatures count */
    return t->err == E_OK && files ? fetch_files(x, at, plugins) : t->err;
}

static enum err
fetch_versions(struct mirror *x, const struct notes_snapshot *s, const char *plugins)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct notes_plugin *newest = notes_snapshot_newest(s, s->at[i].id);
        if (s->at[i].status != NOTES_REVOKED && fetch_version(x, &s->at[i], newest == &s->at[i], plugins) != E_OK)
            return x->t->err;
    }
    x->report->listed = s->n;
    return E_OK;
}

/* All of it ---------------------------------------------------------------------------------------------------------
 */

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static enum err
verify(struct mirror *x, const struct trust_state *state, struct trust_verdict *v)
{
    struct trust_input *in = task_new(x->t, struct trust_input);
    if (market_gather(x->t, x->fresh, state, SPAN_NONE, 0, 0, in) != E_OK)
        return x->t->err;
    enum err e = trust_verify(x->t, in, state, clock_unix_ms(), v);
    x->report->code = v->code;
    return e;
}

static enum err
run(struct mirror *x, const char *plugins, const struct trust_state *state)
{
    struct trust_verdict *v = task_new(x->t, struct trust_verdict);
    struct notes_checkpoint log;
    if (fetch_notes(x, &log) != E_OK || fetch_log(x, log.size) != E_OK || verify(x, state, v) != E_OK)
        return x->t->err;
    /* Proofs look at a few tiles alone; what is kept for good must be right as a whole. */
    struct tiles *tiles = task_new(x->t, struct tiles);
    tiles_open(task_printf(x->t, "%s/log", x->fresh), log.size, tiles);
    x->report->code = "log";
    if (tiles_audit(x->t, tiles, &log.root) != E_OK)
        return x->t->err;
    x->report->code = unread;
    return fetch_versions(x, &v->snapshot, plugins);
}

/* The old mirror and the new one change places in one step. */
static enum err
swap(struct mirror *x)
{
    if (renameat2(AT_FDCWD, x->fresh, AT_FDCWD, x->old, RENAME_EXCHANGE) == 0)
        return E_OK;
    if (errno == ENOENT && rename(x->fresh, x->old) == 0)
        return E_OK;
    return task_fail(x->t, E_UNAVAILABLE, "The mirror can't take its place: %s.", strerror(errno));
}

enum err
cli_mirror(struct task *t, const struct cli_source *from, const char *to, const char *plugins,
    const struct trust_state *state, struct cli_mirror_report *out)
{
    struct mirror x = {.t = t, .from = from, .old = to, .fresh = task_printf(t, "%s.%s.tmp", to, t->id), .report = out};
    *out = (struct cli_mirror_report){.code = unread};
    if (fsio_mkdir(t, x.fresh, 0755) == E_OK && run(&x, plugins, state) == E_OK)
        swap(&x);
    if (t->err != E_OK && out->code == unread)
        out->code = cli_trust_code(t->err);
    nftw(x.fresh, remove_one, 16, FTW_DEPTH | FTW_PHYS); /* the old one now, or what came to nothing */
    return t->err;
}
