/* serve_scratch: a conversation's own tables, and their end. */
#include "effect/call.h"

#include "effect/change.h"
#include "effect/follower.h"
#include "effect/leader.h"
#include "effect/revision.h"
#include "effect/scratch.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/must.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One script. */
struct script {
    struct span conversation, sql;
    struct variant made; /* its folder is the work's */
};

/* {"tables":[{"name","rows"}],"bytes"} */
static json_t *
told(struct task *t, const struct variant *made)
{
    json_t *list = json_array(), *one;
    size_t i;
    must(list);
    json_array_foreach(json_object_get(made->report, "tables"), i, one)
    {
        json_t *row = json_object();
        must(row && json_object_set(row, "name", json_object_get(one, "name")) == 0 &&
             json_object_set(row, "rows", json_object_get(one, "rows")) == 0 && json_array_append_new(list, row) == 0);
    }
    return task_json(t, json_pack("{s:o,s:I}", "tables", list, "bytes", (json_int_t)made->bytes));
}

/* The script runs on a copy; what comes of it goes through the import gate, as all that query opens. */
static enum err
run(struct task *t, struct call *c, struct script *s)
{
    const char *folder = s->made.folder, *change_db = task_printf(t, "%s/change.db", folder);
    const char *had = scratch_file(t, s->conversation);
    struct change change = {
        .sql = s->sql, .now_ms = clock_unix_ms(), .ceiling = LABELS_LEVELS - 1, .most_bytes = SCRATCH_BYTES};
    struct import_job import = {.folder = folder,
        .dataset = SPAN("scratch"),
        .format = SPAN("db"),
        .limit_bytes = 2 * SCRATCH_BYTES,
        .may_be_empty = true,
        .what = "change of scratch tables"};
    json_t *done;
    if (c->dataset.n > 0 && follower_at(t, c->dataset, (int)c->grant.level, "db", &change.data) != E_OK)
        return t->err;
    if ((had && leader_copy(t, had, change_db) != E_OK) ||
        change_child(t, CHANGE_SCRATCH, &change, folder, c->word, &done) != E_OK)
        return t->err;
    if (rename(change_db, task_printf(t, "%s/source", folder)) != 0)
        return task_fail(t, E_UNAVAILABLE, "The scratch tables could not be kept: %s.", strerror(errno));
    if (import_run(t, &import, c->fd, &s->made.report) != E_OK || revision_measure(t, &s->made) != E_OK)
        return t->err;
    return scratch_install(t, s->conversation, s->made.sha, folder);
}

enum err
serve_scratch(struct task *t, struct call *c)
{
    struct script s = {.sql = frame_get(&c->request, "sql"), .made = {.lock = -1}};
    int lock = -1;
    if (call_id(t, c, "conversation", 'c', &s.conversation) != E_OK ||
        call_check(t, c, "scratch", (const struct span[]){SPAN("scratch"), s.conversation, c->dataset, s.sql}, 4) !=
            E_OK)
        return t->err;
    if (!span_eq(c->grant.conversation, s.conversation) || c->grant.level < 0)
        return task_fail(t, E_DENIED, "The permission that came along is another conversation's.");
    if (scratch_lock(t, s.conversation, &lock) != E_OK)
        return t->err;
    enum err e = follower_work_open(t, &s.made.folder, &s.made.lock);
    if (e == E_OK)
        e = run(t, c, &s);
    if (s.made.folder)
        follower_work_close(t, s.made.folder, s.made.lock);
    close(lock);
    if (e == E_OK)
        frame_put(c->reply, "out", json_dump(t, told(t, &s.made)));
    return e;
}

enum err
serve_scratch_drop(struct task *t, struct call *c)
{
    struct span conversation;
    int lock = -1;
    if (call_id(t, c, "conversation", 'c', &conversation) != E_OK ||
        call_check(t, c, "scratch.drop", (const struct span[]){SPAN("scratch.drop"), conversation}, 2) != E_OK ||
        scratch_lock(t, conversation, &lock) != E_OK)
        return t->err;
    enum err e = scratch_drop(t, conversation);
    close(lock);
    return e;
}
