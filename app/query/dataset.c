/* dataset: names, revisions and the links of the followers folder. */
#include "query/dataset.h"

#include "base/conf.h"

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

/* The followers folder by its real path, since files are opened without following links. */
static const char *
followers(struct task *t)
{
    static char real[PATH_MAX];
    if (real[0] || realpath(conf_path(t, "followers"), real))
        return real;
    real[0] = '\0';
    return NULL;
}

/* "current.db" points at "<revision>.db", with or without a folder before it. */
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

enum err
dataset_find(struct task *t, struct span name, struct span revision, const char *extension, struct dataset_file *out)
{
    const char *base = followers(t);
    if (!dataset_name_is_valid(name))
        return task_fail(
            t, E_INVALID, "A dataset's name has small letters, digits, - and _, and begins with a letter.");
    if (revision.n > 0 && !dataset_revision_is_valid(revision))
        return task_fail(t, E_INVALID, "A revision is 64 hexadecimal digits.");
    if (!base)
        return task_fail(t, E_UNAVAILABLE, "The followers folder can't be read (%s).", strerror(errno));
    const char *link = task_printf(t, "%s/%.*s/current.%s", base, SPAN_ARG(name), extension);
    if (revision.n == 0 && (!read_link(t, link, extension, &revision) || !dataset_revision_is_valid(revision))) {
        if (errno == EACCES)
            return task_fail(t, E_DENIED, "The state folder's followers may not be read by this user.");
        return task_fail(t, E_NOTFOUND, "There is no published dataset %.*s.", SPAN_ARG(name));
    }
    out->revision = revision;
    out->path = task_printf(t, "%s/%.*s/%.*s.%s", base, SPAN_ARG(name), SPAN_ARG(revision), extension);
    return E_OK;
}
