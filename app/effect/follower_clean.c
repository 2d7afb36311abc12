/* follower_clean: working folders, locks, and what a crash leaves behind. */
#include "effect/follower.h"

#include "effect/follower_priv.h"
#include "effect/leader.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/fsio.h"
#include "base/id.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SHA_DIGITS = 64 };

void
follower_each(struct task *t, const char *folder, follower_entry *fn, void *arg)
{
    DIR *d = opendir(folder);
    struct dirent *e;
    while (d && (e = readdir(d)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            fn(t, task_printf(t, "%s/%s", folder, e->d_name), task_dup(t, span_of(e->d_name)), arg);
    if (d)
        closedir(d);
}

static void
remove_file(struct task *t, const char *path, struct span name, void *arg)
{
    (void)t, (void)name, (void)arg;
    unlink(path);
}

void
follower_remove_folder(struct task *t, const char *path)
{
    follower_each(t, path, remove_file, NULL);
    if (rmdir(path) != 0 && errno != ENOENT)
        log_line(t, "%s can't be removed: %s", path, strerror(errno));
}

static enum err
lock_file(struct task *t, const char *path, int *out)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return task_fail(t, E_UNAVAILABLE, "The lock %s can't be opened: %s.", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return task_fail(t, E_CONFLICT, "Another change of this dataset is under way. Try again when it is done.");
    }
    *out = fd;
    return E_OK;
}

enum err
follower_lock(struct task *t, const char *name, int *out)
{
    return lock_file(t, task_printf(t, "%s/%s", conf_path(t, "leaders/locks"), name), out);
}

enum err
follower_work_open(struct task *t, const char **folder, int *lock)
{
    char id[ID_BYTES + 1];
    id_new('i', id);
    *folder = task_printf(t, "%s/%s", conf_path(t, "leaders/tmp"), id);
    if (fsio_mkdir(t, *folder, 0700) != E_OK)
        return t->err;
    return lock_file(t, task_printf(t, "%s/lock", *folder), lock);
}

void
follower_work_close(struct task *t, const char *folder, int lock)
{
    follower_remove_folder(t, folder);
    if (lock >= 0)
        close(lock);
}

/* A working folder whose lock nobody holds belongs to a process that is dead. */
static void
clean_work(struct task *t, const char *path, struct span name, void *arg)
{
    struct task one;
    int lock = -1;
    (void)name, (void)arg;
    task_begin(&one, 0);
    if (lock_file(&one, task_printf(t, "%s/lock", path), &lock) == E_OK || one.err == E_UNAVAILABLE)
        follower_work_close(t, path, lock);
    task_end(&one);
}

enum err
follower_lock_dataset(struct task *t, struct span dataset, int64_t wait_ms, int *out)
{
    enum { AGAIN_MS = 50 };
    int64_t until = clock_mono_ms() + wait_ms;
    const char *name = task_printf(t, "dataset.%.*s", SPAN_ARG(dataset));
    while (follower_lock(t, name, out) == E_CONFLICT && clock_mono_ms() < until && task_left_ms(t) > AGAIN_MS) {
        const struct timespec while_ = {.tv_nsec = AGAIN_MS * 1000000L};
        task_clear_error(t);
        nanosleep(&while_, NULL);
    }
    return t->err;
}

struct cleaning {
    struct db *ledger;
    struct span dataset, current;
};

/* Keeps the links, the current revision and what the ledger knows of it and of others. */
static void
clean_file(struct task *t, const char *path, struct span name, void *arg)
{
    struct cleaning *c = arg;
    struct task one;
    bool known = false;
    struct span sha = span_first(name, SHA_DIGITS);
    if (span_starts(name, "current.") || span_eq(sha, c->current))
        return;
    task_begin(&one, 0);
    enum err e = name.n > SHA_DIGITS ? ledger_file_known(&one, c->ledger, c->dataset, sha, &known) : E_OK;
    task_end(&one);
    if (e == E_OK && !known && unlink(path) == 0)
        log_line(t, "removed what a crashed import of %.*s left", SPAN_ARG(c->dataset));
}

/* A crash may have come between two links. */
static void
mend_links(struct task *t, const struct cleaning *c)
{
    struct task one;
    struct ledger_variants v;
    task_begin(&one, 0);
    if (c->current.n > 0 && ledger_variants(&one, c->ledger, c->dataset, c->current, &v) == E_OK)
        follower_point_all(&one, c->dataset, c->current, &v);
    if (one.err != E_OK)
        log_line(t, "the links of %.*s could not be mended: %s", SPAN_ARG(c->dataset), one.cause);
    task_end(&one);
}

/* A change that was cut off is finished or forgotten; before there was a leader, there is nothing to finish. */
static void
settle(struct task *t, struct db *ledger, struct span dataset)
{
    struct task one;
    struct ledger_leader l;
    task_begin(&one, 0);
    if (leader_recover(&one, ledger, dataset, &l) != E_OK && one.err != E_NOTFOUND)
        log_line(t, "%.*s could not be settled: %s", SPAN_ARG(dataset), one.cause);
    task_end(&one);
}

static void
clean_dataset(struct task *t, const char *path, struct span name, void *arg)
{
    struct cleaning c = {.ledger = arg, .dataset = name};
    struct task one;
    int lock = -1;
    task_begin(&one, 0);
    if (follower_lock(&one, task_printf(t, "dataset.%.*s", SPAN_ARG(name)), &lock) == E_OK) {
        settle(t, c.ledger, name);
        c.current = follower_current(t, name);
        mend_links(t, &c);
        follower_each(t, path, clean_file, &c);
        close(lock);
        rmdir(path); /* when it is empty */
    }
    task_end(&one);
}

enum err
follower_clean(struct task *t, struct db *ledger)
{
    if (fsio_mkdir(t, conf_path(t, "leaders/tmp"), 0700) != E_OK ||
        fsio_mkdir(t, conf_path(t, "leaders/locks"), 0700) != E_OK)
        return t->err;
    follower_each(t, conf_path(t, "leaders/tmp"), clean_work, NULL);
    follower_each(t, conf_path(t, "followers"), clean_dataset, ledger);
    return E_OK;
}
