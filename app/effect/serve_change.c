/* serve_change: dry runs, what they would change, and doing it. */
#include "effect/change_commit.h"

#include "effect/dryrun.h"
#include "effect/follower.h"
#include "effect/ledger_change.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/fsio.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_WAIT_MS = 5000 };
static const int64_t DAY_MS = (int64_t)24 * 3600 * 1000;

/* A copy of the leader as it is. A change that is under way is not waited for: applying compares anyway. */
static enum err
clone(struct task *t, struct call *c, const char *to, struct span *base)
{
    struct ledger_leader l;
    int lock = -1;
    enum err e = follower_lock_dataset(t, c->dataset, 0, &lock);
    if (e == E_OK)
        e = leader_recover(t, &c->ledger, c->dataset, &l);
    else if (e == E_CONFLICT)
        task_clear_error(t), e = E_OK;
    if (lock >= 0)
        close(lock);
    return e == E_OK ? leader_clone(t, &c->ledger, c->dataset, to, base) : e;
}

static bool
is_destructive(const struct labels *l, const json_t *told)
{
    return json_flag(told, "dropped", true) || json_flag(told, "emptied", true) ||
           json_int(told, "deleted", 0) > l->change_rows;
}

static enum err
put_dryrun(struct task *t, struct call *c, const struct dryrun *d, const struct labels *l, struct span base,
    const json_t *told)
{
    char hash[HASH_HEX_BYTES];
    struct span id;
    hash_hex(d->sql, hash);
    if (dryrun_put(t, d, told, &id) != E_OK)
        return t->err;
    json_t *detail = task_json(
        t, json_pack("{s:s,s:s%,s:s%,s:s,s:s%,s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:b,s:b}", "operation", "dryrun", "proposal",
               id.p, id.n, "digest", d->digest.p, d->digest.n, "sql_hash", hash, "base", base.p, base.n, "inserted",
               (json_int_t)json_int(told, "inserted", 0), "updated", (json_int_t)json_int(told, "updated", 0),
               "deleted", (json_int_t)json_int(told, "deleted", 0), "tables",
               (json_int_t)json_array_size(json_object_get(told, "tables")), "before",
               (json_int_t)json_int(told, "before", 0), "after", (json_int_t)json_int(told, "after", 0), "ddl",
               json_flag(told, "ddl", true), "destructive", is_destructive(l, told), "undoable", l->undo_days > 0));
    return call_receipt(t, c, c->dataset, SPAN_NONE, detail);
}

static bool
is_digest(struct span s)
{
    unsigned char raw[HASH_BYTES];
    return hex_get(s, raw, sizeof raw);
}

/* The child's word is bounded; that it is well formed is looked at here. */
static enum err
try_in(
    struct task *t, struct call *c, const char *folder, struct change *change, struct dryrun *d, const struct labels *l)
{
    struct span base;
    json_t *told = NULL;
    if (clone(t, c, task_printf(t, "%s/change.db", folder), &base) != E_OK ||
        change_child(t, CHANGE_TRY, change, folder, c->word, &told) != E_OK)
        return t->err;
    d->digest = json_text(told, "digest");
    if (!is_digest(d->digest) || !json_is_array(json_object_get(told, "tables")) ||
        !json_is_array(json_object_get(told, "schema")) || !json_is_integer(json_object_get(told, "more")))
        return task_fail(t, E_INTERNAL, "The dry run gave no report: the change was refused.");
    return put_dryrun(t, c, d, l, base, told);
}

enum err
serve_dryrun(struct task *t, struct call *c)
{
    struct span sql = frame_get(&c->request, "sql"), detail;
    struct labels labels;
    const char *folder = NULL;
    int work = -1;
    if (call_check(t, c, "dryrun", (const struct span[]){SPAN("dryrun"), c->dataset, sql}, 3) != E_OK ||
        call_labels(t, c, &labels, &detail) != E_OK)
        return t->err;
    struct dryrun d = {.dataset = c->dataset, .sql = sql, .now_ms = clock_unix_ms(), .ceiling = (int)c->grant.level};
    struct change change = {.sql = sql, .now_ms = d.now_ms, .labels = &labels, .ceiling = d.ceiling};
    randombytes_buf(d.key, sizeof d.key);
    memcpy(change.key, d.key, sizeof change.key);
    enum err e = follower_work_open(t, &folder, &work);
    if (e == E_OK)
        e = try_in(t, c, folder, &change, &d, &labels);
    if (folder)
        follower_work_close(t, folder, work);
    return e;
}

enum err
serve_diff(struct task *t, struct call *c)
{
    struct span proposal;
    struct dryrun d;
    json_t *diff = NULL;
    if (call_id(t, c, "proposal", 'w', &proposal) != E_OK ||
        call_check(t, c, "diff", (const struct span[]){SPAN("diff"), proposal}, 2) != E_OK ||
        dryrun_get(t, proposal, &d) != E_OK)
        return t->err;
    if (!span_eq(d.dataset, c->grant.dataset))
        return task_fail(t, E_DENIED, "The permission that came along is for something else.");
    if (dryrun_diff(t, proposal, &diff) != E_OK)
        return t->err;
    frame_put(c->reply, "out", json_dump(t, diff));
    return E_OK;
}

/* What undoes it: its rows, or the file as it was. It is there, synced, before the change is. */
static enum err
keep_undo(struct task *t, struct call *c, const struct change_run *run, const struct ledger_change *change)
{
    const char *to = change_folder(t, change->id);
    if (fsio_mkdir(t, conf_path(t, "leaders/changes"), 0700) != E_OK || fsio_mkdir(t, to, 0700) != E_OK)
        return t->err;
    const char *file =
        change->by_file ? leader_path(t, c->dataset) : task_printf(t, "%s/" CHANGE_LOG_FILE, run->folder);
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool ok = fd >= 0 && fsync(fd) == 0 &&
              link(file, task_printf(t, "%s/%s", to, change->by_file ? CHANGE_BEFORE_FILE : CHANGE_LOG_FILE)) == 0;
    int e = errno;
    if (fd >= 0)
        close(fd);
    if (!ok)
        return task_fail(
            t, E_UNAVAILABLE, "What would undo the change could not be kept: %s. Nothing was changed.", strerror(e));
    if (fsio_sync_dir(t, to) != E_OK)
        return t->err;
    return fsio_sync_dir(t, conf_path(t, "leaders/changes"));
}

struct applied {
    struct span dataset;
    struct ledger_change change;
};

static enum err
record(struct task *t, struct db *ledger, struct span sha, void *arg)
{
    struct applied *a = arg;
    a->change.after_sha = sha;
    return ledger_change_add(t, ledger, a->dataset, &a->change);
}

static enum err
commit(struct task *t, struct call *c, struct change_run *run, struct span proposal, const json_t *told)
{
    char id[ID_BYTES + 1];
    id_new('g', id);
    int64_t now_ms = clock_unix_ms();
    struct applied a = {c->dataset, {.id = span_of(id),
                                        .at_ms = now_ms,
                                        .expires_ms = now_ms + run->labels.undo_days * DAY_MS,
                                        .inserted = json_int(told, "inserted", 0),
                                        .updated = json_int(told, "updated", 0),
                                        .deleted = json_int(told, "deleted", 0),
                                        .by_file = !json_flag(told, "logged", false)}};
    struct span digest = json_text(told, "digest");
    json_t *detail =
        task_json(t, json_pack("{s:s,s:s%,s:s%,s:I,s:I,s:I}", "change", id, "proposal", proposal.p, proposal.n,
                         "digest", digest.p, digest.n, "inserted", (json_int_t)a.change.inserted, "updated",
                         (json_int_t)a.change.updated, "deleted", (json_int_t)a.change.deleted));
    const struct change_commit commit = {.operation = "apply", .detail = detail, .record = record, .arg = &a};
    must(detail);
    if (keep_undo(t, c, run, &a.change) != E_OK)
        return t->err;
    return change_commit(t, c, run, &commit);
}

static enum err
apply(struct task *t, struct call *c, struct change_run *run, struct span proposal, const struct dryrun *d)
{
    int level = (int)c->grant.level;
    struct change change = {.sql = d->sql,
        .now_ms = d->now_ms,
        .labels = &run->labels,
        .ceiling = d->ceiling < level ? d->ceiling : level,
        .expected = d->digest};
    json_t *told = NULL;
    memcpy(change.key, d->key, sizeof change.key);
    if (change_child(t, CHANGE_TRY, &change, run->folder, c->word, &told) != E_OK)
        return t->err;
    if (!span_eq(json_text(told, "digest"), d->digest)) /* it answers to us: not the one that runs the script */
        return task_fail(t, E_CONFLICT, "The change did something else than was approved. Nothing was changed.");
    return commit(t, c, run, proposal, told);
}

enum err
serve_apply(struct task *t, struct call *c)
{
    struct span proposal, approval, digest = frame_get(&c->request, "digest");
    struct change_run run;
    struct dryrun d;
    if (call_id(t, c, "proposal", 'w', &proposal) != E_OK || call_id(t, c, "approval", 'p', &approval) != E_OK)
        return t->err;
    const struct span bound[] = {SPAN("apply"), c->dataset, proposal, digest, approval};
    if (call_check(t, c, "apply", bound, 5) != E_OK || dryrun_get(t, proposal, &d) != E_OK)
        return t->err;
    if (!span_eq(d.dataset, c->dataset) || !span_eq(d.digest, digest))
        return task_fail(t, E_DENIED, "The permission that came along is for another change.");
    if (change_run_open(t, c, approval, &run) == E_OK && apply(t, c, &run, proposal, &d) == E_OK)
        log_line(t, "changed %.*s", SPAN_ARG(c->dataset));
    change_run_close(t, c, &run);
    return t->err;
}

/* One that runs is waited for; one whose process died is settled first. */
static enum err
settle(struct task *t, struct call *c, struct span dataset)
{
    struct ledger_leader l;
    int lock = -1;
    if (follower_lock_dataset(t, dataset, STATUS_WAIT_MS, &lock) != E_OK) {
        task_clear_error(t);
        return task_fail(t, E_UNAVAILABLE, "A change of the dataset is under way. Ask again in a moment.");
    }
    enum err e = leader_recover(t, &c->ledger, dataset, &l);
    close(lock);
    return e;
}

enum err
serve_status(struct task *t, struct call *c)
{
    struct span approval;
    struct ledger_approval a;
    json_t *detail = NULL;
    if (call_id(t, c, "approval", 'p', &approval) != E_OK ||
        call_check(t, c, "status", (const struct span[]){SPAN("status"), approval}, 2) != E_OK ||
        ledger_approval_refuse(t, &c->ledger, approval) != E_OK || ledger_approval(t, &c->ledger, approval, &a) != E_OK)
        return t->err;
    if (a.state != APPROVAL_VOID &&
        (settle(t, c, a.dataset) != E_OK || ledger_approval(t, &c->ledger, approval, &a) != E_OK))
        return t->err;
    if (a.state != APPROVAL_DONE)
        return task_fail(t, E_NOTFOUND, "This approval was never carried out, and never will be.");
    if (json_read(t, a.detail, &detail) != E_OK)
        return t->err;
    return call_receipt(t, c, a.dataset, json_text(detail, "sha"), detail);
}
