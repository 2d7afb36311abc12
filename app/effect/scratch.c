/* scratch: finding, replacing, removing. */
#include "effect/scratch.h"

#include "effect/follower.h"
#include "effect/follower_priv.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/fsio.h"
#include "base/id.h"
#include "base/log.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCK_WAIT_MS = 20000, SHA_DIGITS = 64 };
static const int64_t KEEP_MS = (int64_t)SCRATCH_DAYS * 24 * 3600 * 1000;

static const char *
folder_of(struct task *t, struct span conversation)
{
    return task_printf(t, "%s/%.*s", conf_path(t, "scratch"), SPAN_ARG(conversation));
}

/* There are only so many locks, and their files stay: conversations with the same last letter share one. */
enum err
scratch_lock(struct task *t, struct span conversation, int *out)
{
    struct span last = span_from(conversation, conversation.n - 1);
    if (follower_lock_dataset(t, task_format(t, "scratch.%.*s", SPAN_ARG(last)), LOCK_WAIT_MS, out) != E_CONFLICT)
        return t->err;
    task_clear_error(t);
    return task_fail(t, E_UNAVAILABLE, "Other scratch tables are being written. Try again in a moment.");
}

/* What "current.db" points at, or SPAN_NONE. */
static struct span
current(struct task *t, const char *folder)
{
    char z[SHA_DIGITS + 8];
    ssize_t n = readlink(task_printf(t, "%s/current.db", folder), z, sizeof z);
    return n == SHA_DIGITS + 3 ? task_dup(t, (struct span){z, SHA_DIGITS}) : SPAN_NONE;
}

const char *
scratch_file(struct task *t, struct span conversation)
{
    const char *folder = folder_of(t, conversation);
    struct span sha = current(t, folder);
    return sha.n > 0 ? task_printf(t, "%s/%.*s.db", folder, SPAN_ARG(sha)) : NULL;
}

/* arg: the hash that stays. */
static void
remove_other(struct task *t, const char *path, struct span name, void *arg)
{
    const struct span *sha = arg;
    if (!span_starts(name, "current.") && !span_eq(span_first(name, SHA_DIGITS), *sha) && unlink(path) != 0)
        log_line(t, "%s can't be removed: %s", path, strerror(errno));
}

enum err
scratch_install(struct task *t, struct span conversation, struct span sha, const char *folder)
{
    const char *to = folder_of(t, conversation);
    if (follower_install_into(t, to, sha, folder) != E_OK || follower_link(t, to, 0, sha) != E_OK)
        return t->err;
    follower_each(t, to, remove_other, &sha);
    return E_OK;
}

enum err
scratch_drop(struct task *t, struct span conversation)
{
    const char *folder = folder_of(t, conversation);
    if (access(folder, F_OK) != 0 && errno == ENOENT)
        return E_OK;
    follower_remove_folder(t, folder);
    if (access(folder, F_OK) == 0)
        return task_fail(t, E_UNAVAILABLE, "The conversation's scratch tables could not be removed.");
    return fsio_sync_dir(t, conf_path(t, "scratch"));
}

static void
clean_one(struct task *t, const char *path, struct span name, void *arg)
{
    const int64_t *since_ms = arg;
    struct stat st;
    struct task one;
    int lock = -1;
    if (!id_is(name, 'c') || lstat(path, &st) != 0)
        return;
    task_begin(&one, 0);
    if (scratch_lock(&one, name, &lock) == E_OK) {
        struct span sha = current(&one, path);
        if (sha.n == 0 || (int64_t)st.st_mtime * 1000 < *since_ms)
            scratch_drop(&one, name);
        else
            follower_each(&one, path, remove_other, &sha);
        close(lock);
    }
    if (one.err != E_OK)
        log_line(t, "old scratch tables stay: %s", one.cause);
    task_end(&one);
}

void
scratch_clean(struct task *t)
{
    int64_t since_ms = clock_unix_ms() - KEEP_MS;
    follower_each(t, conf_path(t, "scratch"), clean_one, &since_ms);
}
