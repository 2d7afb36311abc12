/* revision: building the files for each clearance, and putting them before readers. */
#include "effect/revision.h"

#include "effect/follower.h"
#include "effect/report.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "base/must.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum err
revision_measure(struct task *t, struct variant *v)
{
    const json_t *tables = json_object_get(v->report, "tables");
    if (leader_hash(t, task_printf(t, "%s/new.db", v->folder), &v->sha, &v->bytes) != E_OK)
        return t->err;
    v->tables = (int64_t)json_array_size(tables);
    v->rows = 0;
    for (size_t i = 0; i < json_array_size(tables); i++)
        v->rows += json_int(json_array_get(tables, i), "rows", 0);
    return E_OK;
}

/* What such readers get to know of the import: counts, and that there is more. Names and notes speak of what is hidden.
 */
static void
hush(json_t *report)
{
    must(json_array_clear(json_object_get(report, "notes")) == 0 &&
         json_array_clear(json_object_get(report, "dropped")) == 0);
    report_note(report, "Tables or columns that are labelled above these readers are absent.");
}

static enum err
build_one(struct task *t, const struct revision_job *job, const char *source, bool hides, struct variant *v)
{
    struct import_job import = {.dataset = job->dataset,
        .format = SPAN("db"),
        .meta = job->meta,
        .limit_bytes = conf_int("limits.import_bytes"),
        .labels = hides ? job->labels : NULL,
        .clearance = v->k,
        .may_be_empty = true,
        .progress = job->progress,
        .arg = job->arg};
    if (follower_work_open(t, &v->folder, &v->lock) != E_OK)
        return t->err;
    import.folder = v->folder;
    if (link(source, task_printf(t, "%s/source", v->folder)) != 0)
        return task_fail(t, E_UNAVAILABLE, "The dataset's file can't be read: %s.", strerror(errno));
    if (import_run(t, &import, job->wake_fd, &v->report) != E_OK)
        return t->err;
    if (hides)
        hush(v->report);
    return revision_measure(t, v);
}

/* A file that holds the same as the one below it is not needed. */
static void
drop_last_if_same(struct task *t, struct variants *v, const struct variant *full)
{
    struct variant *last = &v->at[v->n - 1];
    if (v->n < 2 || !span_eq(last->sha, v->at[v->n - 2].sha))
        return;
    if (!full || last->folder != full->folder)
        follower_work_close(t, last->folder, last->lock);
    v->n--;
}

static enum err
build_all(struct task *t, const struct revision_job *job, const struct variant *full, struct variants *v)
{
    int top = labels_top(job->labels);
    const char *source = full         ? task_printf(t, "%s/new.db", full->folder)
                         : job->held  ? job->held
                         : job->fresh ? job->fresh
                                      : leader_path(t, job->dataset);
    for (int k = job->labels->level; k <= top; k++) {
        if (k > job->labels->level && !labels_use(job->labels, k))
            continue;
        struct variant *next = &v->at[v->n++];
        *next = (struct variant){.k = k, .lock = -1};
        if (k == top && full) {
            *next = *full;
            next->k = k;
        } else if (build_one(t, job, source, k < top, next) != E_OK) {
            return t->err;
        }
        drop_last_if_same(t, v, full);
    }
    return E_OK;
}

enum err
revision_build(struct task *t, const struct revision_job *job, const struct variant *full, struct variants *out)
{
    *out = (struct variants){.n = 0};
    if (build_all(t, job, full, out) == E_OK)
        return E_OK;
    struct variants made = *out;
    for (size_t i = 0; full && i < made.n; i++)
        if (made.at[i].folder == full->folder)
            made.at[i].folder = NULL;
    revision_close(t, &made);
    out->n = 0;
    return t->err;
}

void
revision_close(struct task *t, const struct variants *v)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->at[i].folder && v->at[i].lock >= 0)
            follower_work_close(t, v->at[i].folder, v->at[i].lock);
}

static enum err
record(struct task *t, struct db *ledger, const struct revision_job *job, const struct variants *v,
    const struct ledger_variants *files, const struct ledger_leader *l)
{
    const struct variant *first = &v->at[0];
    struct ledger_revision r = {.sha = first->sha,
        .report = json_dump(t, first->report),
        .labels = labels_text(t, job->labels),
        .rows = first->rows,
        .bytes = first->bytes,
        .tables = first->tables,
        .at_ms = clock_unix_ms()};
    if (db_begin(t, ledger) != E_OK)
        return t->err;
    enum err e = ledger_add(t, ledger, job->dataset, &r);
    if (e == E_OK)
        e = ledger_variants_set(t, ledger, job->dataset, r.sha, files);
    if (e == E_OK)
        e = ledger_leader_set(t, ledger, job->dataset, l);
    if (e == E_OK && job->also)
        e = job->also(t, ledger, first, job->also_arg);
    return db_end(t, ledger, e);
}

enum err
revision_publish(struct task *t, struct db *ledger, const struct revision_job *job, const struct variants *v,
    struct ledger_leader *l)
{
    struct ledger_variants files = {.sha = {SPAN_NONE}};
    for (size_t i = 0; i < v->n; i++) {
        if (follower_install(t, job->dataset, v->at[i].sha, v->at[i].folder) != E_OK)
            return t->err;
        if (i > 0)
            files.sha[v->at[i].k] = v->at[i].sha;
    }
    l->revision = v->at[0].sha;
    l->held = job->held != NULL;
    if (record(t, ledger, job, v, &files, l) != E_OK || leader_commit(t, job->dataset) != E_OK)
        return t->err;
    return follower_point_all(t, job->dataset, v->at[0].sha, &files);
}

/* Descriptions alone, of what a publisher said: keys stand in the leader already. */
static enum err
descriptions(struct task *t, struct span text, json_t **out)
{
    const char *name;
    json_t *table;
    *out = NULL;
    if (text.n == 0)
        return E_OK;
    if (json_read(t, text, out) != E_OK)
        return t->err;
    json_object_foreach(json_object_get(*out, "tables"), name, table)
    {
        json_object_del(table, "primary_key");
        json_object_del(table, "foreign_keys");
    }
    return E_OK;
}

enum err
revision_remake(
    struct task *t, struct db *ledger, const struct revision_job *job, struct ledger_leader *l, struct variant *first)
{
    struct variants v;
    struct revision_job filled = *job;
    struct labels labels = *job->labels;
    json_t *meta = NULL, *generated = NULL;
    if (descriptions(t, l->meta, &meta) != E_OK ||
        (l->generated.n > 0 && json_read(t, l->generated, &generated) != E_OK))
        return t->err;
    labels.generated = generated;
    filled.labels = &labels;
    filled.meta = meta;
    if (revision_build(t, &filled, NULL, &v) != E_OK)
        return t->err;
    enum err e = revision_publish(t, ledger, &filled, &v, l);
    *first = v.at[0];
    revision_close(t, &v);
    return e;
}
