/* import_run: the import's stages, each in a jailed child that dies at the deadline. */
#include "effect/import.h"

#include "effect/import_child.h"
#include "effect/report.h"

#include "base/json.h"
#include "base/must.h"

#include <string.h>

/* Views together may take so long to prepare, and so many may be shot before the rest is left out unseen. */
enum { VIEWS_MS = 3000, VIEWS_SHOT = 5 };

struct stages {
    const struct import_job *job;
    int wake_fd;
    json_t *copied; /* what stage 1 found */
    json_t *views;  /* candidates that are left */
    json_t *verdicts;
    size_t at; /* the view that stage 2 is at */
};

static enum err
stage_copy(struct task *t, void *arg, const struct import_job *job, json_t **out)
{
    (void)arg;
    return import_copy(t, job, out);
}

static void
tell_view(void *arg, size_t view)
{
    const struct import_job *job = arg;
    char z[32];
    struct buf b;
    buf_init(&b, sizeof z);
    buf_i64(&b, (int64_t)view);
    job->progress(job->arg, buf_view(&b));
    buf_reset(&b);
}

static enum err
stage_views(struct task *t, void *arg, const struct import_job *job, json_t **out)
{
    const struct stages *s = arg;
    return import_views(t, s->views, json_text(s->copied, "ddl"), tell_view, (void *)(uintptr_t)job, out);
}

static enum err
stage_finish(struct task *t, void *arg, const struct import_job *job, json_t **out)
{
    const struct stages *s = arg;
    json_t *report = json_object_get(s->copied, "report");
    *out = report;
    return import_finish(t, job, s->views, report);
}

/* In the parent: the view that the child is about to prepare. */
static void
hear_view(void *arg, struct span sentence)
{
    struct stages *s = arg;
    int64_t at;
    if (span_i64(sentence, &at) && at >= 0)
        s->at = (size_t)at;
}

static void
drop_view(struct stages *s, size_t at, const char *why)
{
    report_dropped(json_object_get(s->copied, "report"), "view", json_text(json_array_get(s->views, at), "name"), why);
    must(json_array_remove(s->views, at) == 0);
}

/* One round of stage 2; *again: the child was shot at one view, which is gone. */
static enum err
judge_views(struct task *t, struct stages *s, bool *again)
{
    struct import_job job = *s->job;
    struct task part;
    job.progress = hear_view;
    job.arg = s;
    task_begin(&part, task_left_ms(t) < VIEWS_MS ? task_left_ms(t) : VIEWS_MS);
    s->at = 0;
    *again = false;
    enum err e = import_child(&part, &job, stage_views, s, s->wake_fd, &s->verdicts);
    if (e == E_OK) {
        json_incref(s->verdicts);
        task_json(t, s->verdicts);
    } else if ((e == E_DEADLINE && task_left_ms(t) > 0) || e == E_INTERNAL) {
        *again = true;
        e = E_OK;
    } else {
        task_fail(t, e, "%s", part.cause);
    }
    task_end(&part);
    return e;
}

static enum err
choose_views(struct task *t, struct stages *s)
{
    bool again = json_array_size(s->views) > 0;
    for (int shot = 0; again; shot++) {
        if (judge_views(t, s, &again) != E_OK)
            return t->err;
        if (!again)
            break;
        if (s->at < json_array_size(s->views))
            drop_view(s, s->at, "It takes too long to prepare, or too much memory.");
        while (shot == VIEWS_SHOT && json_array_size(s->views) > 0)
            drop_view(s, json_array_size(s->views) - 1, "Too many views of this database take too long to prepare.");
        again = json_array_size(s->views) > 0;
    }
    for (size_t i = json_array_size(s->views); i-- > 0;) {
        const char *why = json_string_value(json_array_get(s->verdicts, i));
        if (why)
            drop_view(s, i, why);
    }
    return E_OK;
}

enum err
import_run(struct task *t, const struct import_job *job, int wake_fd, json_t **report)
{
    struct stages s = {.job = job, .wake_fd = wake_fd};
    if (import_child(t, job, stage_copy, &s, wake_fd, &s.copied) != E_OK)
        return t->err;
    s.views = json_object_get(s.copied, "views");
    if (!json_is_array(s.views) || !json_is_array(json_object_get(json_object_get(s.copied, "report"), "tables")))
        return task_fail(t, E_INVALID, "The import gave no report: the file was refused.");
    if (choose_views(t, &s) != E_OK)
        return t->err;
    return import_child(t, job, stage_finish, &s, wake_fd, report);
}
