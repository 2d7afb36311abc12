/* ledger_change: consumed_approval and change. */
#include "effect/ledger_change.h"

#include "base/clock.h"

static const struct {
    const char *word;
    enum ledger_state state;
} states[] = {{"begun", APPROVAL_BEGUN}, {"done", APPROVAL_DONE}, {"void", APPROVAL_VOID}};

/* One row per approval, for ever: the primary key is what makes it once. */
static enum err
insert(struct task *t, struct db *db, struct span approval, struct span dataset, const char *state, bool *first)
{
    static const char sql[] = "INSERT INTO consumed_approval (approval, dataset, state, detail, at_ms)"
                              " VALUES (?, ?, ?, '', ?) ON CONFLICT DO NOTHING";
    int64_t changed = 0;
    enum err e = db_run(
        t, db, sql, DB_ARGS(DB_TEXT(approval), DB_TEXT(dataset), DB_Z(state), DB_I64(clock_unix_ms())), &changed);
    *first = changed > 0;
    return e;
}

enum err
ledger_approval_begin(struct task *t, struct db *db, struct span approval, struct span dataset)
{
    bool first = false;
    if (insert(t, db, approval, dataset, "begun", &first) != E_OK)
        return t->err;
    return first ? E_OK : task_fail(t, E_CONFLICT, "This approval was used already. Nothing was changed again.");
}

enum err
ledger_approval_refuse(struct task *t, struct db *db, struct span approval)
{
    bool first = false;
    return insert(t, db, approval, SPAN(""), "void", &first);
}

enum err
ledger_approval_done(struct task *t, struct db *db, struct span approval, struct span detail)
{
    static const char sql[] = "UPDATE consumed_approval SET state = 'done', detail = ?2"
                              " WHERE approval = ?1 AND state IN ('begun', 'done')";
    int64_t changed = 0;
    if (db_run(t, db, sql, DB_ARGS(DB_TEXT(approval), DB_TEXT(detail)), &changed) != E_OK)
        return t->err;
    return changed == 1 ? E_OK : task_fail(t, E_CONFLICT, "This approval can't be used any more.");
}

enum err
ledger_approval_void(struct task *t, struct db *db, struct span dataset)
{
    static const char sql[] = "UPDATE consumed_approval SET state = 'void' WHERE dataset = ? AND state = 'begun'";
    return db_run(t, db, sql, DB_ARGS(DB_TEXT(dataset)), NULL);
}

enum err
ledger_approval(struct task *t, struct db *db, struct span approval, struct ledger_approval *out)
{
    static const char sql[] = "SELECT state, dataset, detail FROM consumed_approval WHERE approval = ?";
    struct db_rows r;
    *out = (struct ledger_approval){.state = APPROVAL_UNKNOWN};
    if (!db_first(t, db, sql, DB_ARGS(DB_TEXT(approval)), &r))
        return t->err;
    struct span state = db_text(t, &r, 0);
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (span_is(state, states[i].word))
            out->state = states[i].state;
    out->dataset = db_text(t, &r, 1);
    out->detail = db_text(t, &r, 2);
    db_rows_end(&r);
    return E_OK;
}

enum err
ledger_change_add(struct task *t, struct db *db, struct span dataset, const struct ledger_change *c)
{
    static const char sql[] = "INSERT INTO change (id, dataset, at_ms, expires_ms, inserted, updated, deleted, by_file,"
                              " after_sha, undone) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)";
    return db_run(t, db, sql,
        DB_ARGS(DB_TEXT(c->id), DB_TEXT(dataset), DB_I64(c->at_ms), DB_I64(c->expires_ms), DB_I64(c->inserted),
            DB_I64(c->updated), DB_I64(c->deleted), DB_I64(c->by_file), DB_TEXT(c->after_sha)),
        NULL);
}

enum err
ledger_change_undone(struct task *t, struct db *db, struct span id)
{
    static const char sql[] = "UPDATE change SET undone = 1 WHERE id = ?";
    return db_run(t, db, sql, DB_ARGS(DB_TEXT(id)), NULL);
}

static struct ledger_change
row_of(struct task *t, const struct db_rows *r)
{
    return (struct ledger_change){.id = db_text(t, r, 0),
        .at_ms = db_i64(r, 1),
        .expires_ms = db_i64(r, 2),
        .inserted = db_i64(r, 3),
        .updated = db_i64(r, 4),
        .deleted = db_i64(r, 5),
        .by_file = db_i64(r, 6) != 0,
        .after_sha = db_text(t, r, 7),
        .undone = db_i64(r, 8) != 0};
}

enum err
ledger_change_find(struct task *t, struct db *db, struct span dataset, struct span id, struct ledger_change *out)
{
    static const char sql[] = "SELECT id, at_ms, expires_ms, inserted, updated, deleted, by_file, after_sha, undone"
                              " FROM change WHERE dataset = ? AND id = ?";
    struct db_rows r;
    if (!db_first(t, db, sql, DB_ARGS(DB_TEXT(dataset), DB_TEXT(id)), &r))
        return t->err != E_OK ? t->err : task_fail(t, E_NOTFOUND, "The dataset has no such change.");
    *out = row_of(t, &r);
    db_rows_end(&r);
    return E_OK;
}

enum err
ledger_change_list(struct task *t, struct db *db, struct span dataset, struct ledger_change **out, size_t *n)
{
    static const char sql[] = "SELECT id, at_ms, expires_ms, inserted, updated, deleted, by_file, after_sha, undone"
                              " FROM change WHERE dataset = ? ORDER BY at_ms DESC, id LIMIT 200";
    struct db_rows r;
    *n = 0;
    *out = task_array(t, LEDGER_CHANGES, sizeof **out);
    if (db_rows(t, db, sql, DB_ARGS(DB_TEXT(dataset)), &r) != E_OK)
        return t->err;
    while (db_next(t, &r))
        (*out)[(*n)++] = row_of(t, &r);
    return t->err;
}

enum err
ledger_change_kept(struct task *t, struct db *db, struct span id, int64_t now_ms, bool *out)
{
    static const char sql[] = "SELECT count(*) FROM change WHERE id = ? AND expires_ms > ? AND undone = 0";
    int64_t n = 0;
    enum err e = db_number(t, db, sql, DB_ARGS(DB_TEXT(id), DB_I64(now_ms)), 0, &n);
    *out = n > 0;
    return e;
}
