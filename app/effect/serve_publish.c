/* serve_publish: files in, older revisions back, other labels, releases, withdrawals. */
#include "effect/call.h"

#include "effect/follower.h"
#include "effect/publish.h"
#include "effect/revision.h"

#include "base/json.h"
#include "base/log.h"
#include "base/must.h"

#include <unistd.h>

enum { LOCK_WAIT_MS = 20000 };

static bool
is_format(struct span s)
{
    static const char *const formats[] = {"db", "csv", "tsv", "json", "jsonl"};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (span_is(s, formats[i]))
            return true;
    return false;
}

static enum err
put_receipt(struct task *t, struct call *c, const char *operation, const struct published *p)
{
    json_t *detail =
        task_json(t, json_pack("{s:s,s:I,s:I,s:I,s:O}", "operation", operation, "rows", (json_int_t)p->rows, "bytes",
                         (json_int_t)p->bytes, "tables", (json_int_t)p->tables, "report", call_brief(t, p->told)));
    return call_receipt(t, c, c->dataset, p->sha, detail);
}

enum err
serve_publish(struct task *t, struct call *c)
{
    struct span format = frame_get(&c->request, "format"), meta = frame_get(&c->request, "meta");
    struct labels labels;
    struct publish p = {.dataset = c->dataset,
        .format = format,
        .table = frame_get(&c->request, "table"),
        .labels = &labels,
        .fd = c->upload,
        .client = c->fd,
        .progress = call_tell,
        .arg = c};
    struct published out;
    if (!is_format(format))
        return task_fail(t, E_INVALID, "Only .db, .csv, .tsv, .json and .jsonl files can be published.");
    if (c->upload < 0)
        return task_fail(t, E_INVALID, "No file came with the request.");
    if (call_check(t, c, "publish", (const struct span[]){SPAN("publish"), c->dataset, format}, 3) != E_OK ||
        call_labels(t, c, &labels, &p.detail) != E_OK)
        return t->err;
    if (meta.n > 0 && (json_read(t, meta, &p.meta) != E_OK || !json_is_object(p.meta)))
        return task_fail(t, E_INVALID, "The description is not a JSON object.");
    if (publish_run(t, &c->ledger, &p, &out) != E_OK || put_receipt(t, c, "publish", &out) != E_OK)
        return t->err;
    frame_put(c->reply, "report", json_dump(t, out.report));
    log_line(t, "published %.*s: %lld rows in %lld tables", SPAN_ARG(c->dataset), (long long)out.rows,
        (long long)out.tables);
    return E_OK;
}

/* The files of that revision were made under its labels. */
static enum err
check_labels(struct task *t, struct call *c, const struct ledger_revision *r, struct ledger_leader *l)
{
    struct labels labels;
    if (call_labels(t, c, &labels, &l->detail) != E_OK)
        return t->err;
    return span_eq(labels_text(t, &labels), r->labels)
               ? E_OK
               : task_fail(t, E_CONFLICT, "That revision was made under other labels. Publish it again instead.");
}

/* The leader goes back too: what hides nothing is all of it. */
static enum err
roll_back(struct task *t, struct call *c, const struct ledger_revision *r)
{
    struct ledger_leader l;
    struct ledger_variants v;
    if (leader_recover(t, &c->ledger, c->dataset, &l) != E_OK || check_labels(t, c, r, &l) != E_OK ||
        ledger_variants(t, &c->ledger, c->dataset, r->sha, &v) != E_OK)
        return t->err;
    l.sha = l.revision = r->sha;
    l.held = false;
    for (int k = 1; k < LABELS_LEVELS; k++)
        l.sha = v.sha[k].n > 0 ? v.sha[k] : l.sha;
    if (!follower_has(t, c->dataset, r->sha) || !follower_has(t, c->dataset, l.sha))
        return task_fail(t, E_NOTFOUND, "The dataset's revision %.12s is not kept any more.", r->sha.p);
    if (leader_stage(t, c->dataset, follower_file(t, c->dataset, l.sha), false) != E_OK ||
        ledger_leader_set(t, &c->ledger, c->dataset, &l) != E_OK || leader_commit(t, c->dataset) != E_OK)
        return t->err;
    return follower_point_all(t, c->dataset, r->sha, &v);
}

enum err
serve_rollback(struct task *t, struct call *c)
{
    struct span sha = frame_get(&c->request, "sha");
    struct ledger_revision r;
    int lock = -1;
    if (call_check(t, c, "rollback", (const struct span[]){SPAN("rollback"), c->dataset, sha}, 3) != E_OK ||
        ledger_find(t, &c->ledger, c->dataset, sha, &r) != E_OK ||
        follower_lock_dataset(t, c->dataset, LOCK_WAIT_MS, &lock) != E_OK)
        return t->err;
    enum err e = roll_back(t, c, &r);
    close(lock);
    struct published out = {.sha = r.sha, .rows = r.rows, .bytes = r.bytes, .tables = r.tables};
    if (e == E_OK)
        e = json_read(t, r.report, &out.told);
    return e == E_OK ? put_receipt(t, c, "rollback", &out) : e;
}

enum err
serve_unpublish(struct task *t, struct call *c)
{
    int lock = -1;
    if (call_check(t, c, "unpublish", (const struct span[]){SPAN("unpublish"), c->dataset}, 2) != E_OK ||
        follower_lock_dataset(t, c->dataset, LOCK_WAIT_MS, &lock) != E_OK)
        return t->err;
    enum err e = follower_withdraw(t, c->dataset);
    close(lock);
    return e == E_OK ? ledger_forget_all(t, &c->ledger, c->dataset) : e;
}

/* New files for everybody out of what there is. What is held stays held: it is made of what readers have. */
static enum err
remake(struct task *t, struct call *c, bool release, struct published *out)
{
    struct ledger_leader l;
    struct labels labels;
    struct variant first = {.k = 0};
    struct revision_job job = {
        .dataset = c->dataset, .labels = &labels, .wake_fd = -1, .progress = call_tell, .arg = c};
    if (leader_recover(t, &c->ledger, c->dataset, &l) != E_OK || call_labels(t, c, &labels, &l.detail) != E_OK)
        return t->err;
    if (follower_current(t, c->dataset).n == 0)
        return task_fail(t, E_NOTFOUND, "The dataset %.*s is not published.", SPAN_ARG(c->dataset));
    if (l.held && !release && follower_at(t, c->dataset, LABELS_LEVELS - 1, "db", &job.held) != E_OK)
        return t->err;
    if (revision_remake(t, &c->ledger, &job, &l, &first) != E_OK)
        return t->err;
    *out = (struct published){
        .sha = first.sha, .rows = first.rows, .bytes = first.bytes, .tables = first.tables, .told = first.report};
    return E_OK;
}

static enum err
withdraw_others(struct task *t, struct call *c, struct span sha)
{
    struct span *old;
    size_t n;
    if (ledger_others(t, &c->ledger, c->dataset, sha, &old, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++)
        if (follower_drop(t, &c->ledger, c->dataset, old[i]) != E_OK)
            return t->err;
    return E_OK;
}

enum err
serve_relabel(struct task *t, struct call *c)
{
    const struct span bound[] = {SPAN("relabel"), c->dataset, frame_get(&c->request, "labels")};
    struct published out;
    int lock = -1;
    if (call_check(t, c, "relabel", bound, 3) != E_OK)
        return t->err;
    if (c->grant.detail.n == 0) /* the request's own text is whoever's */
        return task_fail(t, E_DENIED, "The permission that came along names no labels.");
    if (follower_lock_dataset(t, c->dataset, LOCK_WAIT_MS, &lock) != E_OK)
        return t->err;
    enum err e = remake(t, c, false, &out);
    if (e == E_OK)
        e = withdraw_others(t, c, out.sha);
    close(lock);
    return e == E_OK ? put_receipt(t, c, "relabel", &out) : e;
}

enum err
serve_release(struct task *t, struct call *c)
{
    struct published out;
    int lock = -1;
    if (call_check(t, c, "release", (const struct span[]){SPAN("release"), c->dataset}, 2) != E_OK ||
        follower_lock_dataset(t, c->dataset, LOCK_WAIT_MS, &lock) != E_OK)
        return t->err;
    enum err e = remake(t, c, true, &out);
    close(lock);
    return e == E_OK ? put_receipt(t, c, "release", &out) : e;
}
