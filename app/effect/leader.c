/* leader: staging, committing, recovering, cloning. */
#include "effect/leader.h"

#include "effect/follower.h"
#include "effect/follower_priv.h"
#include "effect/ledger_change.h"

#include "base/conf.h"
#include "base/fsio.h"
#include "base/id.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CLONE_STEP = 64 << 20, BUFFER = 1 << 20 };

/* ledger.db is effect's own: the dataset of that name has another file, with a dot in it that no name has. */
const char *
leader_path(struct task *t, struct span dataset)
{
    const char *own = span_is(dataset, "ledger") ? ".own" : "";
    return task_printf(t, "%s/%.*s%s.db", conf_path(t, "leaders"), SPAN_ARG(dataset), own);
}

static const char *
next_path(struct task *t, struct span dataset)
{
    return task_printf(t, "%s/%.*s.next.db", conf_path(t, "leaders"), SPAN_ARG(dataset));
}

static enum err
failed(struct task *t)
{
    if (errno == ENOSPC || errno == EDQUOT)
        return task_fail(t, E_UNAVAILABLE, "The disk is full. Nothing was changed.");
    return task_fail(t, E_UNAVAILABLE, "The dataset's file could not be put in place: %s.", strerror(errno));
}

enum err
leader_hash(struct task *t, const char *path, struct span *sha, int64_t *bytes)
{
    char hex[HASH_HEX_BYTES];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool ok = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && hash_file_sha256(fd, hex);
    int e = errno;
    if (fd >= 0)
        close(fd);
    if (!ok)
        return task_fail(
            t, e == ENOENT ? E_NOTFOUND : E_UNAVAILABLE, "The dataset's file can't be read: %s.", strerror(e));
    *sha = task_dup(t, span_of(hex));
    if (bytes)
        *bytes = st.st_size;
    return E_OK;
}

enum err
leader_stage(struct task *t, struct span dataset, const char *file, bool move)
{
    const char *next = next_path(t, dataset);
    unlink(next);
    chmod(file, 0444); /* nobody writes into it: it is only ever replaced */
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool ok = fd >= 0 && fsync(fd) == 0 && (move ? rename(file, next) : link(file, next)) == 0;
    int e = errno;
    if (fd >= 0)
        close(fd);
    errno = e;
    return ok ? fsio_sync_dir(t, conf_path(t, "leaders")) : failed(t);
}

void
leader_unstage(struct task *t, struct span dataset)
{
    unlink(next_path(t, dataset));
}

enum err
leader_commit(struct task *t, struct span dataset)
{
    const char *next = next_path(t, dataset), *to = leader_path(t, dataset);
    if (rename(next, to) != 0)
        return errno == ENOENT ? E_OK : failed(t);
    unlink(next); /* rename does nothing where both are names of one file */
    return fsio_sync_dir(t, conf_path(t, "leaders"));
}

/* A dataset of the time before leaders: nothing was hidden then, so its follower is all of it. */
static enum err
adopt(struct task *t, struct db *ledger, struct span dataset, struct ledger_leader *out)
{
    struct span current = follower_current(t, dataset);
    if (current.n == 0)
        return task_fail(t, E_NOTFOUND, "The dataset %.*s is not published.", SPAN_ARG(dataset));
    *out = (struct ledger_leader){.sha = current, .revision = current};
    const char *file = task_printf(t, "%s/%.*s.db", follower_folder(t, dataset), SPAN_ARG(current));
    if (leader_stage(t, dataset, file, false) != E_OK || ledger_leader_set(t, ledger, dataset, out) != E_OK)
        return t->err;
    return leader_commit(t, dataset);
}

/* The crash may have come when the revision was recorded and readers were not yet pointed at it. */
static enum err
point_again(struct task *t, struct db *ledger, struct span dataset, const struct ledger_leader *l)
{
    struct ledger_variants v;
    struct span current = follower_current(t, dataset);
    if (l->revision.n == 0 || current.n == 0 || span_eq(current, l->revision) || !follower_has(t, dataset, l->revision))
        return E_OK;
    if (ledger_variants(t, ledger, dataset, l->revision, &v) != E_OK)
        return t->err;
    return follower_point_all(t, dataset, l->revision, &v);
}

enum err
leader_recover(struct task *t, struct db *ledger, struct span dataset, struct ledger_leader *out)
{
    const char *next = next_path(t, dataset);
    struct span sha = SPAN_NONE;
    if (ledger_leader(t, ledger, dataset, out) != E_OK || ledger_approval_void(t, ledger, dataset) != E_OK)
        return t->err;
    if (out->sha.n > 0 && access(next, F_OK) == 0) {
        if (leader_hash(t, next, &sha, NULL) != E_OK)
            return t->err;
        if (span_eq(sha, out->sha)) {
            if (leader_commit(t, dataset) != E_OK)
                return t->err;
            log_line(t, "finished a replacement of %.*s that was cut off", SPAN_ARG(dataset));
        }
    }
    leader_unstage(t, dataset);
    return out->sha.n > 0 ? point_again(t, ledger, dataset, out) : adopt(t, ledger, dataset, out);
}

static bool
copy_all(struct task *t, int from, int to)
{
    ssize_t n;
    while ((n = copy_file_range(from, NULL, to, NULL, CLONE_STEP, 0)) > 0)
        if (task_left_ms(t) == 0)
            return errno = ETIMEDOUT, false;
    if (n == 0)
        return true;
    if (errno != EXDEV && errno != ENOSYS && errno != EOPNOTSUPP && errno != EINVAL && errno != EPERM)
        return false;
    char *chunk = task_alloc(t, BUFFER);
    while ((n = read(from, chunk, BUFFER)) > 0)
        if (!fsio_write_all(to, (struct span){chunk, (size_t)n}))
            return false;
    return n == 0;
}

enum err
leader_copy(struct task *t, const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int out = in >= 0 ? open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    bool ok = out >= 0 && copy_all(t, in, out);
    int e = errno;
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    errno = e;
    return ok ? E_OK : failed(t);
}

enum err
leader_clone(struct task *t, struct db *ledger, struct span dataset, const char *to, struct span *sha)
{
    struct ledger_leader l;
    if (ledger_leader(t, ledger, dataset, &l) != E_OK)
        return t->err;
    if (l.sha.n == 0)
        return task_fail(t, E_NOTFOUND, "The dataset %.*s is not published.", SPAN_ARG(dataset));
    *sha = l.sha;
    return leader_copy(t, leader_path(t, dataset), to);
}
