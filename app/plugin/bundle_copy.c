/* bundle_copy: bundles copied: written under another name, hashed on the way, synced, and then renamed. */
#include "plugin/bundle_priv.h"

#include "base/fsio.h"
#include "plugin/note.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct copy {
    struct task *t;
    const struct manifest *m;
    const char **code;
    int from, to;
    bool sealed; /* nobody writes there again: 0444, 0555 */
};

static enum err
no_disk(struct copy *c, const char *what)
{
    return bundle_no(c->t, c->code, "unreadable", "%s: %s. Nothing was changed.", what, strerror(errno));
}

/* The folders above a file; *out is the last one's descriptor, *name what is left of the path. */
static enum err
make_folders(struct copy *c, struct span path, int *out, const char **name)
{
    struct span rest = path, part;
    int at = dup(c->to);
    while (at >= 0 && span_cut(&rest, '/', &part) && rest.p) {
        const char *z = task_z(c->t, part);
        if (mkdirat(at, z, 0755) != 0 && errno != EEXIST)
            break;
        int next = openat(at, z, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close(at);
        at = next;
    }
    *name = task_z(c->t, part);
    *out = at;
    if (at < 0 || rest.p) {
        if (at >= 0)
            close(at);
        return no_disk(c, "A folder can't be made");
    }
    return E_OK;
}

static bool
into_fd(void *arg, struct span bytes)
{
    return fsio_write_all(*(int *)arg, bytes);
}

static mode_t
mode_of(const struct copy *c, struct span path)
{
    mode_t write = c->sealed ? 0 : 0200;
    return (span_eq(path, c->m->entry) ? 0555 : 0444) | write;
}

static enum err
copy_file(struct copy *c, const struct manifest_file *f)
{
    const char *name;
    int folder;
    if (make_folders(c, f->path, &folder, &name) != E_OK)
        return c->t->err;
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        no_disk(c, "A file can't be made");
    else if (bundle_pump(c->t, c->from, f, c->code, into_fd, &fd) == E_OK &&
             (fchmod(fd, mode_of(c, f->path)) != 0 || fsync(fd) != 0 || fsync(folder) != 0))
        no_disk(c, "A file can't be written");
    if (fd >= 0)
        close(fd);
    close(folder);
    return c->t->err;
}

/* The signed texts that go along. The manifest must be the one that was verified; the others are judged by their
 * readers, and may be missing. */
static enum err
copy_companion(struct copy *c, const char *folder, const char *to, const char *name, size_t cap)
{
    struct note note;
    struct span bytes;
    struct task *t = c->t;
    const char *path = task_printf(t, "%s/%s", folder, name);
    bool manifest = strcmp(name, "manifest.note") == 0;
    if (!manifest && access(path, F_OK) != 0)
        return E_OK;
    if (fsio_read(t, path, cap, &bytes) != E_OK || (manifest && note_parse(t, bytes, &note) != E_OK))
        return t->err;
    if (manifest && !span_eq(note.text, c->m->text))
        return bundle_no(t, c->code, "file-hash", "The manifest changed while the bundle was copied.");
    return fsio_write_atomic(t, task_printf(t, "%s/%s", to, name), bytes, c->sealed ? 0444 : 0644);
}

static enum err
copy_all(struct copy *c, const char *folder, const char *to)
{
    static const struct {
        const char *name;
        size_t cap;
    } companions[] = {{"manifest.note", MANIFEST_BYTES + 8192}, {"vet.note", 32 << 10},
        {"vet.report", BUNDLE_REPORT_BYTES}, {"inclusion", 16 << 10}};
    for (size_t i = 0; i < c->m->files; i++)
        if (copy_file(c, &c->m->file[i]) != E_OK)
            return c->t->err;
    for (size_t i = 0; i < sizeof companions / sizeof companions[0]; i++)
        if (copy_companion(c, folder, to, companions[i].name, companions[i].cap) != E_OK)
            return c->t->err;
    return E_OK;
}

/* The folders' modes, once nothing is written there any more. */
static int
seal_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    return kind == FTW_DP ? chmod(path, 0555) : 0;
}

/* A sealed folder's entries can't be removed by anybody but root. */
static int
unseal_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    return kind == FTW_D ? chmod(path, 0700) : 0;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

/* Below a folder that nobody else writes. */
static bool
remove_tree(const char *path)
{
    return nftw(path, unseal_one, 8, FTW_PHYS) == 0 && nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0;
}

static enum err
copy_to(struct task *t, const char *from, const char *to, const struct manifest *m, bool sealed, const char **code)
{
    struct copy c = {.t = t, .m = m, .code = code, .sealed = sealed, .to = -1};
    const char *half = task_printf(t, "%s.%s.tmp", to, t->id);
    *code = "ok";
    c.from = bundle_open(t, from, code);
    if (c.from < 0)
        return t->err;
    if (mkdir(half, 0755) == 0)
        c.to = open(half, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (c.to < 0)
        no_disk(&c, "The bundle's new folder can't be made");
    else if (copy_all(&c, from, half) == E_OK && ((sealed && nftw(half, seal_one, 8, FTW_DEPTH | FTW_PHYS) != 0) ||
                                                     fsync(c.to) != 0 || rename(half, to) != 0))
        no_disk(&c, "The bundle can't be put in its place");
    close(c.from);
    if (c.to >= 0)
        close(c.to);
    if (t->err != E_OK) {
        remove_tree(half);
        return t->err;
    }
    return fsio_sync_dir(t, dirname(task_z(t, span_of(to))));
}

enum err
bundle_copy(struct task *t, const char *from, const char *to, const struct manifest *m, const char **code)
{
    return copy_to(t, from, to, m, false, code);
}

enum err
bundle_install(struct task *t, const char *from, const char *plugins, const struct manifest *m, const char **code)
{
    const char *to = task_printf(t, "%s/%s", plugins, m->digest);
    struct stat st;
    if (lstat(to, &st) == 0)
        return bundle_check(t, to, m, code);
    if (bundle_check(t, from, m, code) != E_OK)
        return t->err;
    return copy_to(t, from, to, m, true, code);
}

enum err
bundle_remove(struct task *t, const char *plugins, struct span digest)
{
    const char *at = task_printf(t, "%s/%.*s", plugins, SPAN_ARG(digest)),
               *gone = task_printf(t, "%s.%s.tmp", at, t->id);
    if (digest.n != MANIFEST_DIGEST_BYTES - 1 || !span_only(digest, "0123456789abcdef"))
        return task_fail(t, E_INVALID, "A bundle's folder is named by its digest.");
    if (rename(at, gone) != 0) /* whole or not at all, for those who load it */
        return task_fail(
            t, errno == ENOENT ? E_NOTFOUND : E_UNAVAILABLE, "The bundle can't be removed: %s.", strerror(errno));
    if (!remove_tree(gone))
        return task_fail(t, E_UNAVAILABLE, "A part of the bundle can't be removed: %s.", strerror(errno));
    return fsio_sync_dir(t, plugins);
}
