/* market_rotate: the next root of a marketplace: keys that are older, lost or stolen make room for others. */
#include "base/fsio.h"
#include "plugin/market_make.h"

#include <string.h>

static void
put_keys(struct notes_keys *out, const struct note_key *key, size_t n, int64_t threshold)
{
    if (n == 0)
        return;
    *out = (struct notes_keys){.threshold = threshold, .n = n};
    memcpy(out->key, key, n * sizeof *key);
}

static enum err
next_root(struct task *t, const struct market_order *o, const struct note_secret *online, int64_t now_ms,
    struct notes_root *root)
{
    static const enum notes_role by_online[] = {ROLE_PUBLISHER, ROLE_SNAPSHOT, ROLE_TIMESTAMP, ROLE_LOG};
    struct note_key keys[NOTES_KEYS];
    if (o->roots > NOTES_KEYS || o->reviewers > NOTES_KEYS)
        return task_fail(t, E_INVALID, "A marketplace has at most %d root keys and as many reviewers.", NOTES_KEYS);
    for (size_t i = 0; i < o->roots; i++)
        keys[i] = o->root[i].key;
    root->version++;
    root->expires_ms = now_ms + 365 * NOTES_DAY_MS;
    put_keys(&root->role[ROLE_ROOT], keys, o->roots, o->root_threshold);
    put_keys(&root->role[ROLE_VET], o->reviewer, o->reviewers, o->vet_threshold);
    for (size_t i = 0; i < sizeof by_online / sizeof by_online[0]; i++)
        put_keys(&root->role[by_online[i]], &online->key, 1, 1);
    return E_OK;
}

static enum err
enough(struct task *t, const struct note *note, const struct notes_keys *keys, const char *whose)
{
    bool by[NOTES_KEYS];
    int64_t n = 0;
    if (note_check(t, note, keys->key, keys->n, by) != E_OK)
        return t->err;
    for (size_t i = 0; i < keys->n; i++)
        n += by[i];
    return n >= keys->threshold ? E_OK
                                : task_fail(t, E_DENIED, "%lld of the %s root's keys signed; it takes %lld.",
                                      (long long)n, whose, (long long)keys->threshold);
}

static enum err
sign_root(struct task *t, const struct notes_root *root, const struct note_secret *signer, size_t n, struct span *out)
{
    struct span text;
    if (n == 0)
        return task_fail(t, E_DENIED, "No root key signs.");
    if (notes_root_write(t, root, &text) != E_OK || note_sign(t, text, &signer[0], out) != E_OK)
        return t->err;
    for (size_t i = 1; i < n; i++)
        if (note_add(t, *out, &signer[i], out) != E_OK)
            return t->err;
    return E_OK;
}

/* The same list, by whoever signs lists from now on. */
static enum err
sign_publishers(struct task *t, const struct market *m, const struct note_secret *online, int64_t now_ms)
{
    struct notes_publishers next = m->publishers;
    struct span text, note;
    next.version++;
    next.expires_ms = now_ms + 365 * NOTES_DAY_MS;
    if (notes_publishers_write(t, &next, &text) != E_OK || note_sign(t, text, online, &note) != E_OK)
        return t->err;
    return fsio_write_atomic(t, task_printf(t, "%s/publishers.note", m->folder), note, 0644);
}

enum err
market_rotate(struct task *t, const struct market_order *o, const struct note_secret *signer, size_t signers,
    const struct note_secret *online, int64_t now_ms)
{
    struct market *m = task_new(t, struct market);
    struct notes_root *next = task_new(t, struct notes_root);
    const struct market_mark nothing = {.serial = 0};
    struct market_report report;
    struct span bytes;
    struct note note;
    if (market_read(t, o->folder, m) != E_OK)
        return t->err;
    *next = m->root;
    if (next_root(t, o, online, now_ms, next) != E_OK || sign_root(t, next, signer, signers, &bytes) != E_OK ||
        note_parse(t, bytes, &note) != E_OK || enough(t, &note, &m->root.role[ROLE_ROOT], "old") != E_OK ||
        enough(t, &note, &next->role[ROLE_ROOT], "new") != E_OK)
        return t->err;
    const char *path = task_printf(t, "%s/root.%lld.note", o->folder, (long long)next->version);
    if (fsio_write_atomic(t, path, bytes, 0644) != E_OK || sign_publishers(t, m, online, now_ms) != E_OK)
        return t->err;
    return market_refresh(t, o->folder, online, &nothing, now_ms, &report);
}
