/* import_finish: stage 3: views, statistics, sidecar; then the files are on the disk. */
#include "effect/import_priv.h"

#include "effect/import_views.h"
#include "effect/sidecar.h"

#include "base/id.h"
#include "base/json.h"
#include "base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static enum err
make_views(struct task *t, struct import *im, const json_t *views)
{
    size_t i;
    const json_t *v;
    json_array_foreach((json_t *)(uintptr_t)views, i, v)
    {
        if (import_view_create(t, im->to, json_text(v, "sql")) != E_OK)
            return t->err;
    }
    return E_OK;
}

static enum err
sync_and_hash(struct task *t, const char *path, char sha[HASH_HEX_BYTES])
{
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    bool ok = fd >= 0 && fsync(fd) == 0 && (!sha || hash_file_sha256(fd, sha));
    int e = errno;
    if (fd >= 0)
        close(fd);
    return ok ? E_OK
              : task_fail(t, E_UNAVAILABLE, "The imported file can't be saved: %s. Nothing was changed.", strerror(e));
}

static enum err
finish(struct task *t, struct import *im, const json_t *views, const char *db, const char *idx)
{
    char sha[HASH_HEX_BYTES];
    if (import_target_open(t, im) != E_OK || lite_exec(t, im->to, "BEGIN") != E_OK || make_views(t, im, views) != E_OK)
        return t->err;
    import_say(im, true, "Measuring the tables");
    if (lite_exec(t, im->to, "ANALYZE; COMMIT") != E_OK || sync_and_hash(t, db, sha) != E_OK ||
        sidecar_write(t, im, im->to, idx, sha) != E_OK)
        return t->err;
    return sync_and_hash(t, idx, NULL);
}

enum err
import_finish(struct task *t, const struct import_job *job, const json_t *views, json_t *report)
{
    struct import im = {.job = job, .report = report};
    const char *db = task_printf(t, "%s/new.db", job->folder);
    enum err e = finish(t, &im, views, db, task_printf(t, "%s/new.idx", job->folder));
    sqlite3_close(im.to);
    return e;
}
