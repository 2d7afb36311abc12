/* change_clean: the folders of leaders/changes and leaders/dryruns. */
#include "effect/change_clean.h"

#include "effect/follower_priv.h"
#include "effect/ledger_change.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/id.h"
#include "base/log.h"

#include <sys/stat.h>

/* A change writes its files before the ledger knows of it. */
enum { YOUNG_MS = 3600 * 1000 };

/* Dry runs hold rows: for a day; when there are many, for as long as an approval may take. */
static const int64_t DRYRUN_MS = (int64_t)24 * 3600 * 1000;
enum { DRYRUNS_MANY = 1000 };

struct cleaning {
    struct db *ledger;
    int64_t now_ms;
    size_t dryruns;
};

static bool
is_older(const char *path, int64_t since_ms)
{
    struct stat st;
    return lstat(path, &st) == 0 && (int64_t)st.st_mtime * 1000 < since_ms;
}

static void
clean_change(struct task *t, const char *path, struct span name, void *arg)
{
    const struct cleaning *c = arg;
    struct task one;
    bool kept = true;
    if (!id_is(name, 'g') || !is_older(path, c->now_ms - YOUNG_MS))
        return;
    task_begin(&one, 0);
    if (ledger_change_kept(&one, c->ledger, name, c->now_ms, &kept) != E_OK)
        log_line(t, "old changes stay: %s", one.cause);
    else if (!kept)
        follower_remove_folder(&one, path);
    task_end(&one);
}

static void
count_dryrun(struct task *t, const char *path, struct span name, void *arg)
{
    struct cleaning *c = arg;
    (void)t, (void)path;
    c->dryruns += id_is(name, 'w');
}

static void
clean_dryrun(struct task *t, const char *path, struct span name, void *arg)
{
    const struct cleaning *c = arg;
    int64_t kept_ms = c->dryruns > DRYRUNS_MANY ? YOUNG_MS : DRYRUN_MS;
    if (id_is(name, 'w') && is_older(path, c->now_ms - kept_ms))
        follower_remove_folder(t, path);
}

void
change_clean(struct task *t, struct db *ledger)
{
    struct cleaning c = {.ledger = ledger, .now_ms = clock_unix_ms()};
    follower_each(t, conf_path(t, "leaders/changes"), clean_change, &c);
    follower_each(t, conf_path(t, "leaders/dryruns"), count_dryrun, &c);
    follower_each(t, conf_path(t, "leaders/dryruns"), clean_dryrun, &c);
}
