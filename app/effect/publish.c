/* publish: copy, import, install, record. */
#include "effect/publish.h"

#include "effect/follower.h"
#include "effect/ledger.h"
#include "effect/report.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/fsio.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLOTS = 2, COPY_BYTES = 1 << 20, SAY_BYTES = 64 << 20 };

struct session {
    const struct publish *p;
    struct db *ledger;
    const char *folder;
    int64_t began_ms;
};

static enum err
copy_failed(struct task *t)
{
    if (errno == ENOSPC || errno == EDQUOT)
        return task_fail(t, E_UNAVAILABLE, "The disk is full: the file could not be taken in. Nothing was changed.");
    return task_fail(t, E_UNAVAILABLE, "The file could not be taken in: %s.", strerror(errno));
}

static bool
client_left(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN | POLLRDHUP};
    return fd >= 0 && poll(&p, 1, 0) > 0;
}

/* The descriptor's owner may change the file while we read: we import our copy. */
static enum err
copy_bytes(struct task *t, const struct publish *p, int to, int64_t limit)
{
    char *chunk = task_alloc(t, COPY_BYTES);
    int64_t at = 0, told = 0;
    for (;;) {
        ssize_t n = pread(p->fd, chunk, COPY_BYTES, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return copy_failed(t);
        if (n == 0)
            return E_OK;
        at += n;
        if (at > limit)
            return task_fail(t, E_LIMIT,
                "The file is larger than %lld bytes, which is the most that may be published here "
                "(limits.import_bytes).",
                (long long)limit);
        if (task_left_ms(t) == 0)
            return task_fail(t, E_DEADLINE, "The file could not be taken in in time.");
        if (client_left(p->client))
            return task_fail(t, E_CONFLICT, "The import was stopped because its caller left.");
        if (!fsio_write_all(to, (struct span){chunk, (size_t)n}))
            return copy_failed(t);
        if (at - told >= SAY_BYTES && p->progress) {
            told = at;
            p->progress(p->arg, task_format(t, "Receiving: %lld MB", (long long)(at >> 20)));
        }
    }
}

static enum err
take_in(struct task *t, const struct session *s, int64_t limit)
{
    struct stat st;
    if (fstat(s->p->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return task_fail(t, E_INVALID, "Only a regular file can be published.");
    if (st.st_size > limit)
        return task_fail(t, E_LIMIT,
            "The file has %lld bytes; at most %lld may be published here (limits.import_bytes).", (long long)st.st_size,
            (long long)limit);
    int to = open(task_printf(t, "%s/source", s->folder), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (to < 0)
        return copy_failed(t);
    enum err e = copy_bytes(t, s->p, to, limit);
    if (e == E_OK && fsync(to) != 0)
        e = copy_failed(t);
    close(to);
    return e;
}

/* What the importer made, measured by us: its child is not trusted to name it. */
static enum err
measure(struct task *t, const struct session *s, struct published *out)
{
    char sha[HASH_HEX_BYTES];
    struct stat st;
    int fd = open(task_printf(t, "%s/new.db", s->folder), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool ok = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && hash_file_sha256(fd, sha);
    if (fd >= 0)
        close(fd);
    if (!ok)
        return task_fail(t, E_UNAVAILABLE, "The imported file can't be read: %s.", strerror(errno));
    out->sha = task_dup(t, span_of(sha));
    out->bytes = st.st_size;
    const json_t *tables = json_object_get(out->report, "tables");
    out->tables = (int64_t)json_array_size(tables);
    for (size_t i = 0; i < json_array_size(tables); i++)
        out->rows += json_int(json_array_get(tables, i), "rows", 0);
    return E_OK;
}

static enum err
record(struct task *t, const struct session *s, const struct published *out)
{
    struct ledger_revision r = {.sha = out->sha,
        .report = json_dump(t, out->report),
        .rows = out->rows,
        .bytes = out->bytes,
        .tables = out->tables,
        .at_ms = clock_unix_ms()};
    return ledger_add(t, s->ledger, s->p->dataset, &r);
}

static void
finish_report(struct task *t, const struct session *s, struct published *out, bool unchanged)
{
    json_t *r = out->report;
    int64_t left_out = json_int(r, "left_out", 0);
    if (left_out > 0)
        report_note(r, task_printf(t, "%lld more lines of this report were left out.", (long long)left_out));
    must(json_object_set_new(r, "sha", report_text(out->sha)) == 0 &&
         json_object_set_new(r, "bytes", json_integer(out->bytes)) == 0 &&
         json_object_set_new(r, "unchanged", json_boolean(unchanged)) == 0 &&
         json_object_set_new(r, "took_ms", json_integer(clock_mono_ms() - s->began_ms)) == 0);
}

/* The upload becomes the dataset's leader, in place of the one before, whatever format that had. */
static void
keep_leader(struct task *t, const struct session *s)
{
    static const char *const formats[] = {"db", "csv", "tsv", "json", "jsonl"};
    const char *base = task_printf(t, "%s/%.*s", conf_path(t, "leaders"), SPAN_ARG(s->p->dataset));
    const char *to = task_printf(t, "%s.%.*s", base, SPAN_ARG(s->p->format));
    if (rename(task_printf(t, "%s/source", s->folder), to) != 0) {
        log_line(t, "a leader could not be kept: %s", strerror(errno));
        return;
    }
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (!span_is(s->p->format, formats[i]))
            unlink(task_printf(t, "%s.%s", base, formats[i]));
}

static enum err
import_and_install(struct task *t, struct session *s, struct published *out)
{
    const struct publish *p = s->p;
    int64_t limit = conf_int("limits.import_bytes");
    struct import_job job = {.folder = s->folder,
        .dataset = p->dataset,
        .format = p->format,
        .table = p->table,
        .meta = p->meta,
        .limit_bytes = limit,
        .progress = p->progress,
        .arg = p->arg};
    if (take_in(t, s, limit) != E_OK || import_run(t, &job, p->client, &out->report) != E_OK ||
        measure(t, s, out) != E_OK)
        return t->err;
    bool unchanged = span_eq(follower_current(t, p->dataset), out->sha);
    /* The same content may come with another description: its sidecar is replaced all the same. */
    finish_report(t, s, out, unchanged);
    if (follower_install(t, p->dataset, out->sha, s->folder) != E_OK ||
        (!unchanged && follower_point(t, p->dataset, out->sha) != E_OK) || record(t, s, out) != E_OK)
        return t->err;
    keep_leader(t, s);
    return E_OK;
}

static enum err
take_slot(struct task *t, int *out)
{
    for (int i = 0; i < SLOTS; i++) {
        struct task one;
        task_begin(&one, 0);
        enum err e = follower_lock(&one, task_printf(t, "slot.%d", i), out);
        task_end(&one);
        if (e == E_OK)
            return E_OK;
    }
    return task_fail(t, E_UNAVAILABLE, "%d imports are running already. Try again when one is done.", SLOTS);
}

enum err
publish_run(struct task *t, struct db *ledger, const struct publish *p, struct published *out)
{
    struct session s = {.p = p, .ledger = ledger, .began_ms = clock_mono_ms()};
    int dataset = -1, slot = -1, work = -1;
    *out = (struct published){.rows = 0};
    enum err e = follower_lock(t, task_printf(t, "dataset.%.*s", SPAN_ARG(p->dataset)), &dataset);
    if (e == E_OK)
        e = take_slot(t, &slot);
    if (e == E_OK)
        e = follower_work_open(t, &s.folder, &work);
    if (e == E_OK)
        e = import_and_install(t, &s, out);
    if (s.folder)
        follower_work_close(t, s.folder, work);
    if (slot >= 0)
        close(slot);
    if (dataset >= 0)
        close(dataset);
    return e;
}
