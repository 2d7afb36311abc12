/* market_make: a folder begun, its publishers, and versions taken in. */
#include "plugin/market_make.h"

#include "base/fsio.h"
#include "plugin/bundle.h"
#include "plugin/lines.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static enum err
write_note(struct task *t, const char *folder, const char *name, struct span note)
{
    return fsio_write_atomic(t, task_printf(t, "%s/%s", folder, name), note, 0644);
}

/* Beginning ---------------------------------------------------------------------------------------------------------
 */

static enum err
root_of(struct task *t, const struct market_order *o, const struct note_secret *online, int64_t now_ms,
    struct notes_root *out)
{
    static const enum notes_role by_online[] = {ROLE_PUBLISHER, ROLE_SNAPSHOT, ROLE_TIMESTAMP, ROLE_LOG};
    *out = (struct notes_root){.origin = o->origin, .version = 1, .expires_ms = now_ms + 365 * NOTES_DAY_MS};
    if (o->roots == 0 || o->roots > NOTES_KEYS || o->reviewers == 0 || o->reviewers > NOTES_KEYS)
        return task_fail(t, E_INVALID, "A marketplace has 1 to %d root keys and as many reviewers.", NOTES_KEYS);
    for (size_t i = 0; i < sizeof by_online / sizeof by_online[0]; i++)
        out->role[by_online[i]] = (struct notes_keys){.threshold = 1, .key = {online->key}, .n = 1};
    out->role[ROLE_ROOT].threshold = o->root_threshold;
    for (size_t i = 0; i < o->roots; i++)
        out->role[ROLE_ROOT].key[out->role[ROLE_ROOT].n++] = o->root[i].key;
    out->role[ROLE_VET].threshold = o->vet_threshold;
    for (size_t i = 0; i < o->reviewers; i++)
        out->role[ROLE_VET].key[out->role[ROLE_VET].n++] = o->reviewer[i];
    return E_OK;
}

static enum err
write_root(struct task *t, const struct market_order *o, const struct notes_root *root)
{
    struct span text, note;
    if (notes_root_write(t, root, &text) != E_OK || note_sign(t, text, &o->root[0], &note) != E_OK)
        return t->err;
    for (size_t i = 1; i < o->roots; i++)
        if (note_add(t, note, &o->root[i], &note) != E_OK)
            return t->err;
    return write_note(t, o->folder, "root.1.note", note);
}

static enum err
write_publishers(struct task *t, const char *folder, const struct note_secret *online, const struct notes_publishers *p)
{
    struct span text, note;
    if (notes_publishers_write(t, p, &text) != E_OK || note_sign(t, text, online, &note) != E_OK)
        return t->err;
    return write_note(t, folder, "publishers.note", note);
}

enum err
market_init(struct task *t, const struct market_order *o, const struct note_secret *online, int64_t now_ms)
{
    struct notes_root *root = task_new(t, struct notes_root);
    const struct notes_publishers none = {.origin = o->origin, .version = 1, .expires_ms = now_ms + 365 * NOTES_DAY_MS};
    const struct market_mark nothing = {.serial = 0};
    struct market_report report;
    struct span text;
    if (root_of(t, o, online, now_ms, root) != E_OK || notes_root_write(t, root, &text) != E_OK)
        return t->err;
    if (mkdir(o->folder, 0755) != 0)
        return task_fail(t, errno == EEXIST ? E_CONFLICT : E_UNAVAILABLE, "The folder %s can't be made: %s.", o->folder,
            strerror(errno));
    if (fsio_mkdir(t, task_printf(t, "%s/plugins", o->folder), 0755) != E_OK ||
        fsio_mkdir(t, task_printf(t, "%s/log", o->folder), 0755) != E_OK || write_root(t, o, root) != E_OK ||
        write_publishers(t, o->folder, online, &none) != E_OK)
        return t->err;
    return market_refresh(t, o->folder, online, &nothing, now_ms, &report);
}

/* Publishers --------------------------------------------------------------------------------------------------------
 */

static enum err
change_publishers(struct task *t, struct notes_publishers *p, struct span namespace, const struct note_key *key,
    bool remove, const struct notes_publishers *was)
{
    struct span owner, rest = key->name;
    size_t kept = 0;
    p->at = task_array(t, was->n + 1, sizeof *p->at);
    for (size_t i = 0; i < was->n; i++)
        if (!span_eq(was->at[i].namespace, namespace) || !note_key_eq(&was->at[i].key, key))
            p->at[kept++] = was->at[i];
    if (remove && kept == was->n)
        return task_fail(t, E_NOTFOUND, "%.*s is no key of %.*s.", SPAN_ARG(key->name), SPAN_ARG(namespace));
    if (!remove) {
        span_cut(&rest, '/', &owner);
        p->at[kept++] = (struct notes_publisher){namespace, owner, *key};
    }
    p->n = kept;
    return E_OK;
}

enum err
market_publisher(struct task *t, const char *folder, const struct note_secret *online, struct span namespace,
    const struct note_key *key, bool remove, int64_t now_ms)
{
    struct market *m = task_new(t, struct market);
    struct notes_publishers next = {.n = 0};
    const struct market_mark nothing = {.serial = 0};
    struct market_report report;
    if (market_read(t, folder, m) != E_OK)
        return t->err;
    next.origin = m->root.origin;
    next.version = m->publishers.version + 1;
    next.expires_ms = now_ms + 365 * NOTES_DAY_MS;
    if (change_publishers(t, &next, namespace, key, remove, &m->publishers) != E_OK ||
        write_publishers(t, folder, online, &next) != E_OK)
        return t->err;
    return market_refresh(t, folder, online, &nothing, now_ms, &report);
}

/* Taking in ---------------------------------------------------------------------------------------------------------
 */

/* Signed by a key that its namespace's owner has now. */
static enum err
check_owner(struct task *t, const struct market *m, struct span bytes, const struct manifest *it)
{
    struct note note;
    bool by = false;
    if (note_parse(t, bytes, &note) != E_OK)
        return t->err;
    for (size_t i = 0; i < m->publishers.n; i++) {
        const struct notes_publisher *p = &m->publishers.at[i];
        if (!span_eq(p->namespace, it->namespace) || !span_eq(p->key.name, it->signer))
            continue;
        if (note_check(t, &note, &p->key, 1, &by) != E_OK)
            return t->err;
        if (by)
            return E_OK;
    }
    return task_fail(
        t, E_DENIED, "No key that the owner of %.*s has here signed this bundle.", SPAN_ARG(it->namespace));
}

/* The version before it must be there, and be the one that it names. */
static enum err
check_before(struct task *t, const char *folder, const struct manifest *it)
{
    struct manifest *before = task_new(t, struct manifest);
    struct span note;
    if (it->serial == 1)
        return E_OK;
    if (bundle_manifest(t, market_bundle(t, folder, it->id, it->serial - 1), &note, before) != E_OK) {
        task_clear_error(t);
        return task_fail(t, E_CONFLICT, "Serial %lld of %.*s is not there: publish it first.",
            (long long)it->serial - 1, SPAN_ARG(it->id));
    }
    unsigned char digest[32];
    sha256_bytes(before->text, digest);
    return memcmp(digest, it->prev, sizeof digest) == 0
               ? E_OK
               : task_fail(t, E_CONFLICT, "Its prev is not the digest of serial %lld that is there.",
                     (long long)it->serial - 1);
}

enum err
market_publish(struct task *t, const char *folder, const char *bundle, struct manifest *out)
{
    struct market *m = task_new(t, struct market);
    struct span note;
    const char *code = "";
    struct stat st;
    if (market_read(t, folder, m) != E_OK || bundle_manifest(t, bundle, &note, out) != E_OK ||
        check_owner(t, m, note, out) != E_OK || bundle_check(t, bundle, out, &code) != E_OK ||
        !manifest_may_install(t, out, &code) || check_before(t, folder, out) != E_OK)
        return t->err;
    const char *to = market_bundle(t, folder, out->id, out->serial);
    if (lstat(to, &st) == 0)
        return task_fail(t, E_CONFLICT, "Serial %lld of %.*s is there already: a version never changes.",
            (long long)out->serial, SPAN_ARG(out->id));
    if (fsio_mkdir(t, task_printf(t, "%s/plugins/%.*s", folder, SPAN_ARG(out->namespace)), 0755) != E_OK ||
        fsio_mkdir(t, task_printf(t, "%s/plugins/%.*s", folder, SPAN_ARG(out->id)), 0755) != E_OK)
        return t->err;
    return bundle_copy(t, bundle, to, out, &code);
}
