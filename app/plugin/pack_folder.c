/* pack_folder: a project's folder read, and its bundle's folder written. */
#include "plugin/pack.h"

#include "base/fsio.h"
#include "base/id.h"
#include "plugin/bundle.h"
#include "plugin/lines.h"
#include "plugin/toolfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct project {
    struct task *t;
    struct pack_file file[MANIFEST_FILES];
    size_t n;
    int64_t bytes;
};

static enum err
add_file(struct project *p, const char *path, struct span name)
{
    struct pack_file *f = &p->file[p->n];
    const char *fault = manifest_path_fault(name);
    if (fault)
        return task_fail(p->t, E_INVALID, "%.*s: %s.", SPAN_ARG(span_first(name, 120)), fault);
    if (p->n == MANIFEST_FILES)
        return task_fail(p->t, E_LIMIT, "A plugin has at most %d files.", MANIFEST_FILES);
    if (fsio_read(p->t, path, MANIFEST_BUNDLE_BYTES, &f->bytes) != E_OK)
        return p->t->err;
    p->bytes += (int64_t)f->bytes.n;
    if (p->bytes > MANIFEST_BUNDLE_BYTES)
        return task_fail(p->t, E_LIMIT, "A plugin has at most %d bytes.", MANIFEST_BUNDLE_BYTES);
    f->file = (struct manifest_file){.path = name, .bytes = (int64_t)f->bytes.n};
    sha256_bytes(f->bytes, f->file.hash);
    p->n++;
    return E_OK;
}

static enum err read_folder(struct project *p, const char *folder, const char *prefix, int depth);

static enum err
read_entry(struct project *p, const char *folder, const char *prefix, const char *name, int depth)
{
    const char *path = task_printf(p->t, "%s/%s", folder, name);
    struct span rel = task_format(p->t, "%s%s", prefix, name);
    struct stat st;
    if (name[0] == '.' || span_is(rel, "manifest"))
        return E_OK;
    if (lstat(path, &st) != 0)
        return task_fail(p->t, E_UNAVAILABLE, "%s can't be read: %s.", path, strerror(errno));
    if (S_ISREG(st.st_mode))
        return add_file(p, path, rel);
    if (S_ISDIR(st.st_mode) && depth < BUNDLE_DEPTH)
        return read_folder(p, path, task_printf(p->t, "%.*s/", SPAN_ARG(rel)), depth + 1);
    return task_fail(p->t, E_INVALID, "%.*s is a link, something that is no file, or too deep: a bundle can't hold it.",
        SPAN_ARG(rel));
}

static enum err
read_folder(struct project *p, const char *folder, const char *prefix, int depth)
{
    DIR *dir = opendir(folder);
    struct dirent *e;
    if (!dir)
        return task_fail(p->t, E_NOTFOUND, "The folder %s can't be read: %s.", folder, strerror(errno));
    while (p->t->err == E_OK && (e = readdir(dir)))
        read_entry(p, folder, prefix, e->d_name, depth);
    closedir(dir);
    return p->t->err;
}

static enum err
read_before(struct task *t, const char *after, struct pack_before *out)
{
    struct manifest *m = task_new(t, struct manifest);
    struct span note;
    *out = (struct pack_before){.serial = 0};
    if (!after)
        return E_OK;
    if (bundle_manifest(t, after, &note, m) != E_OK)
        return t->err;
    out->serial = m->serial;
    sha256_bytes(m->text, out->digest);
    return E_OK;
}

/* The folders above a file in a bundle of our own. */
static enum err
make_folders(struct task *t, const char *bundle, struct span path)
{
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] == '/' &&
            fsio_mkdir(t, task_printf(t, "%s/%.*s", bundle, SPAN_ARG(span_first(path, i))), 0755) != E_OK)
            return t->err;
    return E_OK;
}

static enum err
write_bundle(struct project *p, const char *bundle, const struct manifest *m)
{
    struct task *t = p->t;
    if (mkdir(bundle, 0755) != 0)
        return task_fail(t, errno == EEXIST ? E_CONFLICT : E_UNAVAILABLE, "The bundle %s can't be made: %s.", bundle,
            strerror(errno));
    for (size_t i = 0; i < p->n; i++) {
        struct span path = p->file[i].file.path;
        mode_t mode = span_eq(path, m->entry) ? 0755 : 0644;
        if (make_folders(t, bundle, path) != E_OK ||
            fsio_write_atomic(t, task_printf(t, "%s/%.*s", bundle, SPAN_ARG(path)), p->file[i].bytes, mode) != E_OK)
            return t->err;
    }
    return fsio_write_atomic(t, task_printf(t, "%s/manifest", bundle), m->text, 0644);
}

enum err
pack_project(struct task *t, const struct pack_order *o, struct manifest *out)
{
    struct project *p = task_new(t, struct project);
    struct pack_before before;
    struct span text, project;
    const char *why;
    p->t = t;
    if (fsio_read(t, task_printf(t, "%s/manifest", o->project), MANIFEST_BYTES, &project) != E_OK ||
        read_folder(p, o->project, "", 1) != E_OK || read_before(t, o->after, &before) != E_OK ||
        pack_text(t, project, p->file, p->n, &before, &text) != E_OK || manifest_parse(t, text, out) != E_OK)
        return t->err;
    if (!manifest_may_install(t, out, &why))
        return t->err;
    return write_bundle(p, o->bundle, out);
}
