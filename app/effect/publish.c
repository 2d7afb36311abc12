/* publish: copy, import, install, record. */
#include "effect/publish.h"

#include "effect/follower.h"
#include "effect/ledger.h"
#include "effect/report.h"
#include "effect/revision.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/fsio.h"
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

/* For the publisher alone: what is absent from which files. */
static json_t *
masked(const struct labels *l)
{
    json_t *list = json_array();
    for (size_t i = 0; i < l->n; i++) {
        json_t *row = json_pack("{s:o,s:o,s:i}", "table", report_text(l->entries[i].table), "column",
            report_text(l->entries[i].column), "level", l->entries[i].level);
        must(row && json_array_append_new(list, row) == 0);
    }
    return list;
}

static void
finish_report(struct task *t, const struct session *s, const struct labels *l, const struct variants *v, json_t *r,
    bool unchanged)
{
    int64_t left_out = json_int(r, "left_out", 0);
    if (left_out > 0)
        report_note(r, task_printf(t, "%lld more lines of this report were left out.", (long long)left_out));
    if (v->n > 1)
        report_note(r,
            task_printf(t,
                "%zu tables or columns are labelled above the dataset: readers below them get files without.", l->n));
    must(json_object_set_new(r, "sha", report_text(v->at[0].sha)) == 0 &&
         json_object_set_new(r, "bytes", json_integer(v->at[0].bytes)) == 0 &&
         json_object_set_new(r, "masked", masked(l)) == 0 &&
         json_object_set_new(r, "unchanged", json_boolean(unchanged)) == 0 &&
         json_object_set_new(r, "took_ms", json_integer(clock_mono_ms() - s->began_ms)) == 0);
}

/* Older versions kept the upload itself; the database that we made of it is the leader. */
static void
forget_uploads(struct task *t, struct span dataset)
{
    static const char *const formats[] = {"csv", "tsv", "json", "jsonl"};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        unlink(task_printf(t, "%s/%.*s.%s", conf_path(t, "leaders"), SPAN_ARG(dataset), formats[i]));
}

/* What a crash left of an earlier change is settled before the leader is replaced. */
static enum err
settle(struct task *t, struct db *ledger, struct span dataset)
{
    struct ledger_leader l;
    if (leader_recover(t, ledger, dataset, &l) == E_NOTFOUND)
        task_clear_error(t);
    return t->err;
}

static enum err
install(struct task *t, struct session *s, struct variant *full, struct published *out)
{
    const struct publish *p = s->p;
    struct labels labels = p->labels ? *p->labels : (struct labels){.level = 0};
    struct ledger_leader l = {
        .sha = full->sha, .detail = p->detail, .meta = p->meta ? json_dump(t, p->meta) : SPAN("")};
    struct revision_job job = {.dataset = p->dataset,
        .labels = &labels,
        .meta = p->meta,
        .wake_fd = p->client,
        .progress = p->progress,
        .arg = p->arg};
    struct variants v;
    labels.generated = json_object_get(full->report, "generated");
    if (labels.generated)
        l.generated = json_dump(t, labels.generated);
    if (leader_stage(t, p->dataset, task_printf(t, "%s/new.db", full->folder), false) != E_OK ||
        revision_build(t, &job, full, &v) != E_OK)
        return t->err;
    bool unchanged = span_eq(follower_current(t, p->dataset), v.at[0].sha);
    /* The same content may come with another description: its sidecar is replaced all the same. */
    enum err e = revision_publish(t, s->ledger, &job, &v, &l);
    finish_report(t, s, &labels, &v, full->report, unchanged);
    *out = (struct published){.sha = v.at[0].sha,
        .rows = v.at[0].rows,
        .bytes = v.at[0].bytes,
        .tables = v.at[0].tables,
        .report = full->report,
        .told = v.at[0].report};
    json_object_del(full->report, "generated");
    revision_close(t, &v);
    return e;
}

static enum err
import_and_install(struct task *t, struct session *s, struct published *out)
{
    const struct publish *p = s->p;
    int64_t limit = conf_int("limits.import_bytes");
    struct variant full = {.folder = s->folder, .lock = -1};
    struct import_job job = {.folder = s->folder,
        .dataset = p->dataset,
        .format = p->format,
        .table = p->table,
        .meta = p->meta,
        .limit_bytes = limit,
        .progress = p->progress,
        .arg = p->arg};
    if (take_in(t, s, limit) != E_OK || import_run(t, &job, p->client, &full.report) != E_OK ||
        revision_measure(t, &full) != E_OK)
        return t->err;
    if (install(t, s, &full, out) != E_OK) {
        struct task last;
        task_begin(&last, 0);
        settle(&last, s->ledger, p->dataset);
        task_end(&last);
        return t->err;
    }
    forget_uploads(t, p->dataset);
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
    enum err e = follower_lock_dataset(t, p->dataset, 0, &dataset);
    if (e == E_OK)
        e = settle(t, ledger, p->dataset);
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
