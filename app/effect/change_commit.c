/* change_commit: once, or not at all. */
#include "effect/change_commit.h"

#include "effect/follower.h"
#include "effect/ledger_change.h"
#include "effect/revision.h"

#include "base/conf.h"
#include "base/json.h"
#include "base/must.h"

#include <unistd.h>

enum { LOCK_WAIT_MS = 20000, CLEAN_MS = 60000 };

const char *
change_folder(struct task *t, struct span change)
{
    return task_printf(t, "%s/%.*s", conf_path(t, "leaders/changes"), SPAN_ARG(change));
}

enum err
change_run_open(struct task *t, struct call *c, struct span approval, struct change_run *run)
{
    struct span detail, sha;
    *run = (struct change_run){.approval = approval, .dataset = -1, .work = -1};
    if (follower_lock_dataset(t, c->dataset, LOCK_WAIT_MS, &run->dataset) != E_OK ||
        leader_recover(t, &c->ledger, c->dataset, &run->leader) != E_OK ||
        call_labels(t, c, &run->labels, &detail) != E_OK ||
        ledger_approval_begin(t, &c->ledger, approval, c->dataset) != E_OK ||
        follower_work_open(t, &run->folder, &run->work) != E_OK)
        return t->err;
    run->leader.detail = detail;
    return leader_clone(t, &c->ledger, c->dataset, task_printf(t, "%s/change.db", run->folder), &sha);
}

void
change_run_close(struct task *t, struct call *c, struct change_run *run)
{
    if (run->folder)
        follower_work_close(t, run->folder, run->work);
    if (run->dataset < 0)
        return;
    if (!run->committed) {
        struct task last;
        struct ledger_leader l;
        task_begin(&last, CLEAN_MS);
        leader_recover(&last, &c->ledger, c->dataset, &l); /* what fails here is done before the next change */
        task_end(&last);
    }
    close(run->dataset);
    run->dataset = -1;
}

/* What is recorded, whether readers get it now or later. */
struct ending {
    struct call *call;
    struct change_run *run;
    const struct change_commit *commit;
    struct span sha; /* the new leader's */
};

static void
set_int(json_t *to, const char *key, int64_t value)
{
    must(json_object_set_new(to, key, json_integer((json_int_t)value)) == 0);
}

static void
set_text(json_t *to, const char *key, struct span value)
{
    must(json_object_set_new(to, key, json_stringn(value.p ? value.p : "", value.n)) == 0);
}

static enum err
record(struct task *t, struct db *ledger, const struct variant *first, void *arg)
{
    const struct ending *e = arg;
    json_t *detail = e->commit->detail;
    set_text(detail, "operation", span_of(e->commit->operation));
    set_text(detail, "approval", e->run->approval);
    set_text(detail, "sha", first ? first->sha : e->run->leader.revision);
    must(json_object_set_new(detail, "held", json_boolean(first == NULL)) == 0);
    if (first) {
        set_int(detail, "rows", first->rows);
        set_int(detail, "bytes", first->bytes);
        set_int(detail, "tables", first->tables);
        must(json_object_set(detail, "report", call_brief(t, first->report)) == 0);
    }
    if (e->commit->record(t, ledger, e->sha, e->commit->arg) != E_OK)
        return t->err;
    return ledger_approval_done(t, ledger, e->run->approval, json_dump(t, detail));
}

/* Readers keep what they have: the leader alone is replaced. */
static enum err
commit_held(struct task *t, struct ending *e)
{
    struct call *c = e->call;
    e->run->leader.held = true;
    if (db_begin(t, &c->ledger) != E_OK)
        return t->err;
    enum err err = ledger_leader_set(t, &c->ledger, c->dataset, &e->run->leader);
    if (err == E_OK)
        err = record(t, &c->ledger, NULL, e);
    if (db_end(t, &c->ledger, err) != E_OK)
        return t->err;
    return leader_commit(t, c->dataset);
}

static enum err
commit_shown(struct task *t, struct ending *e, const char *file)
{
    struct variant first;
    const struct revision_job job = {.dataset = e->call->dataset,
        .labels = &e->run->labels,
        .fresh = file,
        .also = record,
        .also_arg = e,
        .wake_fd = -1};
    return revision_remake(t, &e->call->ledger, &job, &e->run->leader, &first);
}

enum err
change_commit(struct task *t, struct call *c, struct change_run *run, const struct change_commit *commit)
{
    struct ending e = {c, run, commit, SPAN_NONE};
    const char *file = task_printf(t, "%s/change.db", run->folder);
    bool hold = run->labels.hold || run->leader.held;
    if (leader_stage(t, c->dataset, file, false) != E_OK || leader_hash(t, file, &e.sha, NULL) != E_OK)
        return t->err;
    run->leader.sha = e.sha;
    if ((hold ? commit_held(t, &e) : commit_shown(t, &e, file)) != E_OK)
        return t->err;
    run->committed = true;
    return call_receipt(t, c, c->dataset, json_text(commit->detail, "sha"), commit->detail);
}
