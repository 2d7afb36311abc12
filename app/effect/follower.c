/* follower: installing and pointing. */
#include "effect/follower.h"

#include "effect/follower_priv.h"
#include "effect/ledger.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/fsio.h"
#include "base/id.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHA_DIGITS = 64, KEEP_REVISIONS = 10 };
static const int64_t KEEP_MS = (int64_t)30 * 24 * 3600 * 1000;
static const char *const kinds[] = {"idx", "db"}; /* in the order in which they become current */

const char *
follower_folder(struct task *t, struct span dataset)
{
    return task_printf(t, "%s/%.*s", conf_path(t, "followers"), SPAN_ARG(dataset));
}

struct span
follower_current(struct task *t, struct span dataset)
{
    char z[SHA_DIGITS + 8];
    ssize_t n = readlink(task_printf(t, "%s/current.db", follower_folder(t, dataset)), z, sizeof z);
    if (n != SHA_DIGITS + 3)
        return SPAN_NONE;
    return task_dup(t, (struct span){z, SHA_DIGITS});
}

const char *
follower_file(struct task *t, struct span dataset, struct span sha)
{
    return task_printf(t, "%s/%.*s.db", follower_folder(t, dataset), SPAN_ARG(sha));
}

bool
follower_has(struct task *t, struct span dataset, struct span sha)
{
    for (size_t i = 0; i < 2; i++)
        if (access(task_printf(t, "%s/%.*s.%s", follower_folder(t, dataset), SPAN_ARG(sha), kinds[i]), F_OK) != 0)
            return false;
    return true;
}

static enum err
move_failed(struct task *t)
{
    if (errno == ENOSPC || errno == EDQUOT)
        return task_fail(t, E_UNAVAILABLE, "The disk is full: the new revision could not be put in place.");
    return task_fail(t, E_UNAVAILABLE, "The new revision could not be put in place: %s.", strerror(errno));
}

enum err
follower_install_into(struct task *t, const char *to, struct span sha, const char *folder)
{
    if (fsio_mkdir(t, to, 0755) != E_OK)
        return t->err;
    for (size_t i = 0; i < 2; i++) {
        const char *file = task_printf(t, "%s/new.%s", folder, kinds[i]);
        if (chmod(file, 0444) != 0 || rename(file, task_printf(t, "%s/%.*s.%s", to, SPAN_ARG(sha), kinds[i])) != 0)
            return move_failed(t);
    }
    return fsio_sync_dir(t, to);
}

enum err
follower_install(struct task *t, struct span dataset, struct span sha, const char *folder)
{
    if (follower_install_into(t, follower_folder(t, dataset), sha, folder) != E_OK)
        return t->err;
    return fsio_sync_dir(t, conf_path(t, "followers"));
}

static const char *
link_in(struct task *t, const char *folder, int k, const char *kind)
{
    return k > 0 ? task_printf(t, "%s/current.%d.%s", folder, k, kind) : task_printf(t, "%s/current.%s", folder, kind);
}

static const char *
link_path(struct task *t, struct span dataset, int k, const char *kind)
{
    return link_in(t, follower_folder(t, dataset), k, kind);
}

enum err
follower_link(struct task *t, const char *folder, int k, struct span sha)
{
    const char *fresh = task_printf(t, "%s/.link.%s", folder, t->id);
    for (size_t i = 0; i < 2; i++) {
        unlink(fresh);
        if (symlink(task_printf(t, "%.*s.%s", SPAN_ARG(sha), kinds[i]), fresh) != 0 ||
            rename(fresh, link_in(t, folder, k, kinds[i])) != 0) {
            enum err e = move_failed(t);
            unlink(fresh);
            return e;
        }
    }
    return E_OK;
}

enum err
follower_point_all(struct task *t, struct span dataset, struct span sha, const struct ledger_variants *variants)
{
    const char *folder = follower_folder(t, dataset);
    for (int k = LABELS_LEVELS - 1; k > 0; k--)
        if (variants->sha[k].n > 0 && follower_link(t, folder, k, variants->sha[k]) != E_OK)
            return t->err;
    if (follower_link(t, folder, 0, sha) != E_OK)
        return t->err;
    for (int k = 1; k < LABELS_LEVELS; k++)
        for (size_t i = 0; variants->sha[k].n == 0 && i < 2; i++)
            unlink(link_in(t, folder, k, kinds[1 - i])); /* the database's link first: it decides */
    return fsio_sync_dir(t, folder);
}

enum err
follower_point(struct task *t, struct span dataset, struct span sha)
{
    const struct ledger_variants none = {.sha = {SPAN_NONE}};
    return follower_point_all(t, dataset, sha, &none);
}

enum err
follower_at(struct task *t, struct span dataset, int level, const char *kind, const char **out)
{
    char z[SHA_DIGITS + 8];
    for (int k = level < LABELS_LEVELS ? level : LABELS_LEVELS - 1; k >= 0; k--) {
        ssize_t n = readlink(link_path(t, dataset, k, kind), z, sizeof z);
        if (n <= SHA_DIGITS || n >= (ssize_t)sizeof z)
            continue;
        *out = task_printf(t, "%s/%.*s", follower_folder(t, dataset), (int)n, z);
        return E_OK;
    }
    return task_fail(t, E_NOTFOUND, "The dataset %.*s is not published.", SPAN_ARG(dataset));
}

enum err
follower_withdraw(struct task *t, struct span dataset)
{
    const char *folder = follower_folder(t, dataset);
    const char *gone = task_printf(t, "%s/gone.%s", conf_path(t, "leaders/tmp"), t->id);
    if (rename(folder, gone) != 0)
        return errno == ENOENT ? task_fail(t, E_NOTFOUND, "The dataset %.*s is not published.", SPAN_ARG(dataset))
                               : move_failed(t);
    follower_remove_folder(t, gone); /* what fails here is removed at the next start */
    return fsio_sync_dir(t, conf_path(t, "followers"));
}

static enum err
drop_file(struct task *t, struct db *ledger, struct span dataset, struct span sha)
{
    bool known = true;
    if (sha.n == 0 || span_eq(sha, follower_current(t, dataset)))
        return E_OK;
    if (ledger_file_known(t, ledger, dataset, sha, &known) != E_OK)
        return t->err;
    for (size_t k = 0; !known && k < 2; k++)
        unlink(task_printf(t, "%s/%.*s.%s", follower_folder(t, dataset), SPAN_ARG(sha), kinds[k]));
    return E_OK;
}

enum err
follower_drop(struct task *t, struct db *ledger, struct span dataset, struct span sha)
{
    struct ledger_variants v;
    if (ledger_variants(t, ledger, dataset, sha, &v) != E_OK || ledger_forget(t, ledger, dataset, sha) != E_OK)
        return t->err;
    v.sha[0] = sha;
    for (int k = 0; k < LABELS_LEVELS; k++)
        if (drop_file(t, ledger, dataset, v.sha[k]) != E_OK)
            return t->err;
    return E_OK;
}

enum err
follower_prune(struct task *t, struct db *ledger, struct span dataset)
{
    struct span *old;
    size_t n;
    struct span current = follower_current(t, dataset);
    if (ledger_old(t, ledger, dataset, KEEP_REVISIONS, clock_unix_ms() - KEEP_MS, &old, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++)
        if (!span_eq(old[i], current) && follower_drop(t, ledger, dataset, old[i]) != E_OK)
            return t->err;
    return E_OK;
}
