/* serve_undo: what was changed in a dataset, and taking one change back. */
#include "effect/change_commit.h"

#include "effect/change.h"
#include "effect/ledger_change.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/must.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The file that undoes it, in leaders/changes. */
static const char *
kept_file(struct task *t, const struct ledger_change *change)
{
    return task_printf(
        t, "%s/%s", change_folder(t, change->id), change->by_file ? CHANGE_BEFORE_FILE : CHANGE_LOG_FILE);
}

static bool
can_undo(struct task *t, const struct ledger_change *change, int64_t now_ms)
{
    return !change->undone && change->expires_ms > now_ms && access(kept_file(t, change), R_OK) == 0;
}

static enum err
check(struct task *t, const struct ledger_change *change)
{
    if (change->undone)
        return task_fail(t, E_CONFLICT, "That change was taken back already.");
    if (!can_undo(t, change, clock_unix_ms()))
        return task_fail(t, E_NOTFOUND, "What is needed to take that change back is not kept any more.");
    return E_OK;
}

/* A change of the schema is taken back by the file that was there before it, as long as nothing came after it. */
static enum err
put_file_back(struct task *t, struct call *c, const struct change_run *run, const struct ledger_change *change,
    const char *change_db)
{
    if (!span_eq(run->leader.sha, change->after_sha)) {
        snprintf(c->word, sizeof c->word, "conflict");
        return task_fail(t, E_CONFLICT,
            "The dataset was changed again since, and a change of its tables can only be taken back as the last one. "
            "Nothing was taken back.");
    }
    if (unlink(change_db) != 0)
        return task_fail(t, E_UNAVAILABLE, "The change could not be taken back: %s.", strerror(errno));
    return leader_copy(t, kept_file(t, change), change_db);
}

/* Makes folder/change.db what it was before; *detail: the counts. */
static enum err
take_back(
    struct task *t, struct call *c, const struct change_run *run, const struct ledger_change *change, json_t **detail)
{
    if (change->by_file) {
        *detail = task_json(t, json_pack("{s:I,s:I,s:I}", "inserted", (json_int_t)change->deleted, "updated",
                                   (json_int_t)change->updated, "deleted", (json_int_t)change->inserted));
        return put_file_back(t, c, run, change, task_printf(t, "%s/change.db", run->folder));
    }
    if (leader_copy(t, kept_file(t, change), task_printf(t, "%s/" CHANGE_LOG_FILE, run->folder)) != E_OK)
        return t->err;
    return change_child(t, CHANGE_UNDO, NULL, run->folder, c->word, detail);
}

static enum err
record(struct task *t, struct db *ledger, struct span sha, void *arg)
{
    const struct ledger_change *change = arg;
    (void)sha;
    return ledger_change_undone(t, ledger, change->id);
}

static enum err
undo(struct task *t, struct call *c, struct change_run *run, struct span id)
{
    struct ledger_change change;
    json_t *counts = NULL;
    if (ledger_change_find(t, &c->ledger, c->dataset, id, &change) != E_OK || check(t, &change) != E_OK ||
        take_back(t, c, run, &change, &counts) != E_OK)
        return t->err;
    json_t *detail = task_json(
        t, json_pack("{s:s%,s:I,s:I,s:I}", "change", id.p, id.n, "inserted",
               (json_int_t)json_int(counts, "inserted", 0), "updated", (json_int_t)json_int(counts, "updated", 0),
               "deleted", (json_int_t)json_int(counts, "deleted", 0)));
    const struct change_commit commit = {.operation = "undo", .detail = detail, .record = record, .arg = &change};
    must(detail);
    return change_commit(t, c, run, &commit);
}

enum err
serve_undo(struct task *t, struct call *c)
{
    struct span change, approval;
    struct change_run run;
    if (call_id(t, c, "change", 'g', &change) != E_OK || call_id(t, c, "approval", 'p', &approval) != E_OK)
        return t->err;
    const struct span bound[] = {SPAN("undo"), c->dataset, change, approval};
    if (call_check(t, c, "undo", bound, 4) != E_OK)
        return t->err;
    if (change_run_open(t, c, approval, &run) == E_OK && undo(t, c, &run, change) == E_OK)
        log_line(t, "took a change of %.*s back", SPAN_ARG(c->dataset));
    change_run_close(t, c, &run);
    return t->err;
}

enum err
serve_changes(struct task *t, struct call *c)
{
    struct ledger_change *list;
    size_t n;
    int64_t now_ms = clock_unix_ms();
    json_t *out = task_json(t, json_array());
    if (call_check(t, c, "changes", (const struct span[]){SPAN("changes"), c->dataset}, 2) != E_OK ||
        ledger_change_list(t, &c->ledger, c->dataset, &list, &n) != E_OK)
        return t->err;
    for (size_t i = 0; i < n; i++) {
        const struct ledger_change *x = &list[i];
        json_t *row = json_pack("{s:s%,s:I,s:I,s:I,s:I,s:b,s:b,s:I}", "change", x->id.p, x->id.n, "at_ms",
            (json_int_t)x->at_ms, "inserted", (json_int_t)x->inserted, "updated", (json_int_t)x->updated, "deleted",
            (json_int_t)x->deleted, "undoable", can_undo(t, x, now_ms), "undone", x->undone, "expires_ms",
            (json_int_t)x->expires_ms);
        must(row && json_array_append_new(out, row) == 0);
    }
    frame_put(c->reply, "out", json_dump(t, out));
    return E_OK;
}
