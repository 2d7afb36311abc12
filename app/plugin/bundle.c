/* bundle: reading a bundle's folder. Each file is opened once, part by part, and hashed through that descriptor. */
#include "plugin/bundle_priv.h"

#include "base/fsio.h"
#include "base/id.h"
#include "plugin/lines.h"
#include "plugin/note.h"
#include "plugin/toolfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 64 << 10, ENTRIES_MOST = 2 * MANIFEST_FILES };

enum err
bundle_no(struct task *t, const char **code, const char *word, const char *fmt, ...)
{
    char why[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    *code = word;
    return task_fail(t, strcmp(word, "unreadable") == 0 ? E_UNAVAILABLE : E_DENIED, "%s", why);
}

int
bundle_open(struct task *t, const char *folder, const char **code)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        *code = "unreadable";
        task_fail(
            t, errno == ENOENT ? E_NOTFOUND : E_UNAVAILABLE, "The bundle's folder can't be read: %s.", strerror(errno));
    }
    return fd;
}

static enum err
open_failed(struct task *t, const struct manifest_file *f, const char **code)
{
    if (errno == ENOENT)
        return bundle_no(t, code, "file-missing", "The bundle lacks %.*s.", SPAN_ARG(f->path));
    if (errno == ELOOP || errno == ENOTDIR || errno == EMLINK)
        return bundle_no(
            t, code, "file-link", "The way to %.*s has a link, or a file where a folder should be.", SPAN_ARG(f->path));
    return bundle_no(t, code, "unreadable", "%.*s can't be read: %s.", SPAN_ARG(f->path), strerror(errno));
}

/* One part of the path after the other, none of them through a link. */
static int
open_below(struct task *t, int folder, struct span path)
{
    struct span rest = path, part;
    int at = folder;
    while (span_cut(&rest, '/', &part)) {
        int how = rest.p ? O_DIRECTORY | O_PATH : O_NONBLOCK | O_NOCTTY;
        int next = openat(at, task_z(t, part), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | how);
        int saved = errno;
        if (at != folder)
            close(at);
        errno = saved;
        if (next < 0)
            return -1;
        at = next;
    }
    return at;
}

static enum err
check_stat(struct task *t, int fd, const struct manifest_file *f, const char **code)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return open_failed(t, f, code);
    if (!S_ISREG(st.st_mode))
        return bundle_no(t, code, "file-kind", "%.*s is not a regular file.", SPAN_ARG(f->path));
    if (st.st_nlink != 1)
        return bundle_no(t, code, "file-link", "%.*s has another name elsewhere (a hard link).", SPAN_ARG(f->path));
    if (st.st_size != f->bytes)
        return bundle_no(t, code, "file-size", "%.*s has %lld bytes, its manifest says %lld.", SPAN_ARG(f->path),
            (long long)st.st_size, (long long)f->bytes);
    return E_OK;
}

/* Exactly f->bytes, whatever the file has become since it was opened. */
static enum err
pump(struct task *t, int fd, const struct manifest_file *f, const char **code, bundle_sink *sink, void *arg)
{
    static _Thread_local char chunk[CHUNK];
    crypto_hash_sha256_state st;
    unsigned char h[32];
    int64_t left = f->bytes;
    crypto_hash_sha256_init(&st);
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return open_failed(t, f, code);
        if (n > left || (n == 0 && left > 0))
            return bundle_no(t, code, "file-size", "%.*s changed its size while it was read.", SPAN_ARG(f->path));
        if (n == 0)
            break;
        left -= n;
        crypto_hash_sha256_update(&st, (const unsigned char *)chunk, (unsigned long long)n);
        if (sink && !sink(arg, (struct span){chunk, (size_t)n}))
            return task_fail(t, E_UNAVAILABLE, "%.*s can't be copied: %s.", SPAN_ARG(f->path), strerror(errno));
    }
    crypto_hash_sha256_final(&st, h);
    return memcmp(h, f->hash, sizeof h) == 0
               ? E_OK
               : bundle_no(t, code, "file-hash", "%.*s is not what was signed: its hash differs.", SPAN_ARG(f->path));
}

enum err
bundle_pump(struct task *t, int folder, const struct manifest_file *f, const char **code, bundle_sink *sink, void *arg)
{
    int fd = open_below(t, folder, f->path);
    if (fd < 0)
        return open_failed(t, f, code);
    if (check_stat(t, fd, f, code) == E_OK)
        pump(t, fd, f, code, sink, arg);
    close(fd);
    return t->err;
}

/* The set of files --------------------------------------------------------------------------------------------------
 */

struct walk {
    struct task *t;
    const struct manifest *m;
    const char **code;
    size_t entries;
};

/* A folder that one of the files is in. */
static bool
is_folder(const struct manifest *m, struct span path)
{
    for (size_t i = 0; i < m->files; i++) {
        struct span f = m->file[i].path;
        if (f.n > path.n && f.p[path.n] == '/' && span_eq(span_first(f, path.n), path))
            return true;
    }
    return false;
}

static bool
is_companion(struct span path)
{
    static const char *const names[] = {"manifest.note", "vet.note", "vet.report", "inclusion"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (span_is(path, names[i]))
            return true;
    return false;
}

static enum err walk_folder(struct walk *w, int fd, const char *prefix, int depth);

static enum err
walk_entry(struct walk *w, int folder, const char *prefix, const char *name, int depth)
{
    struct span path = task_format(w->t, "%s%s", prefix, name), shown = span_first(path, 120);
    struct stat st;
    if (++w->entries > ENTRIES_MOST)
        return bundle_no(w->t, w->code, "file-count", "The bundle has more than %d entries.", ENTRIES_MOST);
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return bundle_no(w->t, w->code, "unreadable", "%.*s can't be read: %s.", SPAN_ARG(shown), strerror(errno));
    if (S_ISLNK(st.st_mode))
        return bundle_no(w->t, w->code, "file-link", "%.*s is a link; bundles have none.", SPAN_ARG(shown));
    if (S_ISREG(st.st_mode))
        return manifest_file_find(w->m, path) || is_companion(path)
                   ? E_OK
                   : bundle_no(w->t, w->code, "file-extra", "%.*s is in no line of the manifest.", SPAN_ARG(shown));
    if (!S_ISDIR(st.st_mode))
        return bundle_no(w->t, w->code, "file-kind", "%.*s is neither a file nor a folder.", SPAN_ARG(shown));
    if (!is_folder(w->m, path))
        return bundle_no(
            w->t, w->code, "file-extra", "The folder %.*s holds no file of the manifest.", SPAN_ARG(shown));
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return bundle_no(w->t, w->code, "unreadable", "%.*s can't be read: %s.", SPAN_ARG(shown), strerror(errno));
    return walk_folder(w, fd, task_printf(w->t, "%.*s/", SPAN_ARG(path)), depth + 1);
}

/* Takes fd. */
static enum err
walk_folder(struct walk *w, int fd, const char *prefix, int depth)
{
    DIR *dir = fdopendir(fd);
    struct dirent *e;
    if (!dir) {
        close(fd);
        return bundle_no(w->t, w->code, "unreadable", "A folder of the bundle can't be read.");
    }
    if (depth > BUNDLE_DEPTH)
        bundle_no(w->t, w->code, "file-extra", "The bundle is more than %d folders deep.", BUNDLE_DEPTH);
    while (w->t->err == E_OK && (e = readdir(dir)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            walk_entry(w, dirfd(dir), prefix, e->d_name, depth);
    closedir(dir);
    return w->t->err;
}

/* Tools -------------------------------------------------------------------------------------------------------------
 */

struct room {
    char *p;
    size_t n;
};

static bool
into_room(void *arg, struct span bytes)
{
    struct room *r = arg;
    memcpy(r->p + r->n, bytes.p, bytes.n);
    r->n += bytes.n;
    return true;
}

static enum err
read_at(struct task *t, int folder, const struct manifest_file *f, const char **code, struct span *out)
{
    struct room r = {task_alloc(t, (size_t)f->bytes + 1), 0};
    *out = SPAN_NONE;
    if (bundle_pump(t, folder, f, code, into_room, &r) != E_OK)
        return t->err;
    *out = (struct span){r.p, r.n};
    return E_OK;
}

static enum err
check_tool(struct task *t, int folder, const struct manifest *m, const struct manifest_tool *tool, const char **code)
{
    struct toolfile file;
    struct span bytes;
    const struct manifest_file *f = manifest_file_find(m, tool->file);
    if (f->bytes > TOOLFILE_BYTES)
        return bundle_no(t, code, "tool-file", "The file of the tool %.*s is too long.", SPAN_ARG(tool->name));
    if (read_at(t, folder, f, code, &bytes) != E_OK)
        return t->err;
    if (toolfile_read(t, bytes, &file) != E_OK) {
        *code = "tool-file";
        return t->err;
    }
    if (!span_eq(file.name, tool->name) || memcmp(file.desc, tool->desc, sizeof file.desc) != 0 ||
        memcmp(file.schema, tool->schema, sizeof file.schema) != 0)
        return bundle_no(t, code, "tool-file", "The file of the tool %.*s says something else than the manifest.",
            SPAN_ARG(tool->name));
    return E_OK;
}

/* Entrances ---------------------------------------------------------------------------------------------------------
 */

enum err
bundle_manifest(struct task *t, const char *folder, struct span *bytes, struct manifest *out)
{
    struct note note;
    if (fsio_read(t, task_printf(t, "%s/manifest.note", folder), MANIFEST_BYTES + 8192, bytes) != E_OK ||
        note_parse(t, *bytes, &note) != E_OK)
        return t->err;
    return manifest_parse(t, note.text, out);
}

enum err
bundle_check(struct task *t, const char *folder, const struct manifest *m, const char **code)
{
    struct walk w = {.t = t, .m = m, .code = code};
    *code = "ok";
    int fd = bundle_open(t, folder, code);
    if (fd < 0)
        return t->err;
    int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (again < 0)
        bundle_no(t, code, "unreadable", "The bundle's folder can't be read: %s.", strerror(errno));
    else
        walk_folder(&w, again, "", 1);
    for (size_t i = 0; t->err == E_OK && i < m->files; i++)
        bundle_pump(t, fd, &m->file[i], code, NULL, NULL);
    for (size_t i = 0; t->err == E_OK && i < m->tools; i++)
        check_tool(t, fd, m, &m->tool[i], code);
    close(fd);
    return t->err;
}

enum err
bundle_read(struct task *t, const char *folder, const struct manifest_file *f, const char **code, struct span *out)
{
    *code = "ok";
    int fd = bundle_open(t, folder, code);
    if (fd < 0)
        return t->err;
    read_at(t, fd, f, code, out);
    close(fd);
    return t->err;
}

static bool
into_fd(void *arg, struct span bytes)
{
    return fsio_write_all(*(int *)arg, bytes);
}

enum err
bundle_take(struct task *t, const char *folder, const struct manifest_file *f, const char **code, int *out)
{
    *code = "ok";
    *out = -1;
    int fd = bundle_open(t, folder, code), memory = -1;
    if (fd < 0)
        return t->err;
    memory = memfd_create("plugin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0)
        bundle_no(t, code, "unreadable", "There is no memory for %.*s.", SPAN_ARG(f->path));
    else if (bundle_pump(t, fd, f, code, into_fd, &memory) == E_OK &&
             (fcntl(memory, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0 ||
                 lseek(memory, 0, SEEK_SET) != 0))
        bundle_no(t, code, "unreadable", "%.*s can't be sealed.", SPAN_ARG(f->path));
    close(fd);
    if (t->err == E_OK)
        *out = memory;
    else if (memory >= 0)
        close(memory);
    return t->err;
}
