/* dataset: names, revisions and the links of the followers folder. */
#include "query/dataset.h"

#include "base/conf.h"
#include "base/id.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool
dataset_name_is_valid(struct span s)
{
    if (s.n == 0 || s.n > DATASET_NAME_BYTES || s.p[0] < 'a' || s.p[0] > 'z')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return true;
}

bool
dataset_revision_is_valid(struct span s)
{
    if (s.n != DATASET_REVISION_BYTES)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
            return false;
    return true;
}

/* A folder of the state by its real path, since files are opened without following links. */
static const char *
real_folder(struct task *t, bool scratch)
{
    static char real[2][PATH_MAX];
    char *kept = real[scratch];
    if (kept[0] || realpath(conf_path(t, scratch ? "scratch" : "followers"), kept))
        return kept;
    kept[0] = '\0';
    return NULL;
}

/* "current.db" and "current.2.db" point at "<revision>.db", with or without a folder before it. */
static bool
read_link(struct task *t, const char *path, const char *extension, struct span *out)
{
    char to[PATH_MAX];
    ssize_t n = readlink(path, to, sizeof to);
    if (n <= 0 || (size_t)n >= sizeof to)
        return false;
    struct span target = {to, (size_t)n}, part = SPAN_NONE;
    while (span_cut(&target, '/', &part))
        continue;
    size_t tail = strlen(extension) + 1;
    if (part.n <= tail || part.p[part.n - tail] != '.' || !span_ends(part, extension))
        return false;
    *out = task_dup(t, span_first(part, part.n - tail));
    return true;
}

/* The current revision as a reader of that ceiling sees it. */
static bool
read_links(struct task *t, const char *folder, int64_t level, const char *extension, struct dataset_file *out)
{
    int k = level < DATASET_VARIANTS - 1 ? (int)level : DATASET_VARIANTS - 1;
    for (out->variant = k; out->variant >= 0; out->variant--) {
        const char *path = out->variant > 0 ? task_printf(t, "%s/current.%d.%s", folder, out->variant, extension)
                                            : task_printf(t, "%s/current.%s", folder, extension);
        if (read_link(t, path, extension, &out->revision))
            return dataset_revision_is_valid(out->revision);
        if (errno == EACCES)
            return false;
    }
    return false;
}

/* The folder that the dataset's files lie in. */
static enum err
find_folder(struct task *t, const struct dataset_ask *ask, const char **out)
{
    bool scratch = span_is(ask->name, DATASET_SCRATCH);
    if (!dataset_name_is_valid(ask->name))
        return task_fail(
            t, E_INVALID, "A dataset's name has small letters, digits, - and _, and begins with a letter.");
    if (ask->revision.n > 0 && !dataset_revision_is_valid(ask->revision))
        return task_fail(t, E_INVALID, "A revision is 64 hexadecimal digits.");
    if (scratch && !id_is(ask->conversation, 'c'))
        return task_fail(t, E_DENIED, "A scratch database belongs to a conversation, and this call to none.");
    if (ask->level < 0)
        return task_fail(t, E_DENIED, "The permission for this call has no level.");
    const char *base = real_folder(t, scratch);
    if (!base)
        return task_fail(t, scratch ? E_NOTFOUND : E_UNAVAILABLE, "The folder of %s can't be read (%s).",
            scratch ? "scratch databases" : "followers", strerror(errno));
    *out = task_printf(t, "%s/%.*s", base, SPAN_ARG(scratch ? ask->conversation : ask->name));
    return E_OK;
}

enum err
dataset_find(struct task *t, const struct dataset_ask *ask, const char *extension, struct dataset_file *out)
{
    const char *folder;
    *out = (struct dataset_file){.revision = ask->revision, .variant = DATASET_BOUND};
    if (find_folder(t, ask, &folder) != E_OK)
        return t->err;
    if (ask->revision.n == 0 && !read_links(t, folder, ask->level, extension, out)) {
        if (errno == EACCES)
            return task_fail(t, E_DENIED, "The state folder's followers may not be read by this user.");
        if (span_is(ask->name, DATASET_SCRATCH))
            return task_fail(t, E_NOTFOUND, "This conversation has no scratch database yet.");
        return task_fail(t, E_NOTFOUND, "There is no published dataset %.*s.", SPAN_ARG(ask->name));
    }
    out->path = task_printf(t, "%s/%.*s.%s", folder, SPAN_ARG(out->revision), extension);
    return E_OK;
}
