/* auth_label: SQL of labels. */
#include "store/auth_label.h"

static const int64_t TURN_KEEP_MS = (int64_t)7 * 24 * 3600 * 1000;

static const char list_sql[] =
    "SELECT tbl, col, level, integrity FROM label WHERE dataset = ? ORDER BY tbl, col LIMIT 200";
static const char clear_sql[] = "DELETE FROM label WHERE dataset = ?";
static const char add_sql[] = "INSERT INTO label (dataset, tbl, col, level, integrity) VALUES (?, ?, ?, ?, ?)";
static const char dataset_sql[] =
    "UPDATE dataset SET level = ?, integrity = ?, writable = ?, held = ?, stale = ?, changed_ms = ? WHERE name = ?";
static const char taint_sql[] =
    "UPDATE conversation SET level = ?, categories = ?, integrity = ?, sources = ? WHERE id = ?";
static const char read_sql[] =
    "INSERT INTO conversation_read (conversation, dataset, ceiling) VALUES (?, ?, ?) ON CONFLICT (conversation, "
    "dataset) DO UPDATE SET ceiling = excluded.ceiling WHERE excluded.ceiling > ceiling";
static const char relabel_sql[] =
    "UPDATE conversation SET level = max(level, ?), integrity = max(integrity, ?), categories = CASE ? WHEN '' THEN"
    " categories ELSE (SELECT json_group_array(u.value) FROM (SELECT value FROM json_each(conversation.categories)"
    " UNION SELECT ? ORDER BY 1) u) END"
    " WHERE deleted = 0 AND id IN (SELECT conversation FROM conversation_read WHERE dataset = ? AND ceiling >= ?)";
static const char use_sql[] = "SELECT calls, refusals FROM turn_use WHERE turn = ?";
static const char declines_sql[] = "SELECT count(*) FROM approval WHERE conversation = ? AND conversation <> ''"
                                   " AND turn = ? AND state = 'declined'";
static const char use_add_sql[] =
    "INSERT INTO turn_use (turn, calls, refusals, begun_ms) VALUES (?, ?, ?, ?) ON CONFLICT (turn) DO UPDATE SET"
    " calls = calls + excluded.calls, refusals = refusals + excluded.refusals";
static const char use_forget_sql[] =
    "DELETE FROM turn_use WHERE turn IN (SELECT turn FROM turn_use WHERE begun_ms < ? ORDER BY begun_ms LIMIT 10)";

enum err
auth_label_list(struct task *t, struct db *db, struct span dataset, struct auth_label **out, size_t *n)
{
    struct db_rows rows;
    *n = 0;
    *out = task_array(t, AUTH_LABELS, sizeof **out);
    if (db_rows(t, db, list_sql, DB_ARGS(DB_TEXT(dataset)), &rows) != E_OK)
        return t->err;
    while (*n < AUTH_LABELS && db_next(t, &rows))
        (*out)[(*n)++] =
            (struct auth_label){db_text(t, &rows, 0), db_text(t, &rows, 1), db_i64(&rows, 2), db_i64(&rows, 3)};
    db_rows_end(&rows);
    return t->err;
}

enum err
auth_label_put(struct task *t, struct db *db, struct span dataset, const struct auth_label *labels, size_t n)
{
    enum err e = db_run(t, db, clear_sql, DB_ARGS(DB_TEXT(dataset)), NULL);
    for (size_t i = 0; i < n && e == E_OK; i++)
        e = db_run(t, db, add_sql,
            DB_ARGS(DB_TEXT(dataset), DB_TEXT(labels[i].table), DB_TEXT(labels[i].column), DB_I64(labels[i].level),
                DB_I64(labels[i].integrity)),
            NULL);
    return e;
}

enum err
auth_dataset_label(struct task *t, struct db *db, const struct auth_dataset *d, int64_t now_ms)
{
    return db_run(t, db, dataset_sql,
        DB_ARGS(DB_I64(d->level), DB_I64(d->integrity), DB_I64(d->writable), DB_I64(d->held), DB_I64(d->stale),
            DB_I64(now_ms), DB_TEXT(d->name)),
        NULL);
}

enum err
auth_taint_put(struct task *t, struct db *db, const struct auth_conversation *c)
{
    return db_run(t, db, taint_sql,
        DB_ARGS(DB_I64(c->level), DB_TEXT(c->categories), DB_I64(c->integrity), DB_TEXT(c->sources), DB_TEXT(c->id)),
        NULL);
}

enum err
auth_taint_read(struct task *t, struct db *db, struct span conversation, struct span dataset, int64_t ceiling)
{
    return db_run(t, db, read_sql, DB_ARGS(DB_TEXT(conversation), DB_TEXT(dataset), DB_I64(ceiling)), NULL);
}

enum err
auth_taint_relabel(
    struct task *t, struct db *db, struct span dataset, int64_t was, int64_t level, int64_t integrity, bool category)
{
    struct span name = category ? dataset : SPAN("");
    return db_run(t, db, relabel_sql,
        DB_ARGS(DB_I64(level), DB_I64(integrity), DB_TEXT(name), DB_TEXT(name), DB_TEXT(dataset), DB_I64(was)), NULL);
}

enum err
auth_turn_use_read(struct task *t, struct db *db, struct span turn, struct auth_turn_use *out)
{
    struct db_rows rows;
    *out = (struct auth_turn_use){0};
    if (!db_first(t, db, use_sql, DB_ARGS(DB_TEXT(turn)), &rows))
        return t->err;
    *out = (struct auth_turn_use){db_i64(&rows, 0), db_i64(&rows, 1)};
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_turn_declines(struct task *t, struct db *db, struct span conversation, struct span turn, int64_t *out)
{
    return db_number(t, db, declines_sql, DB_ARGS(DB_TEXT(conversation), DB_TEXT(turn)), 0, out);
}

enum err
auth_turn_use_add(struct task *t, struct db *db, struct span turn, const struct auth_turn_use *more, int64_t now_ms)
{
    if (db_run(t, db, use_forget_sql, DB_ARGS(DB_I64(now_ms - TURN_KEEP_MS)), NULL) != E_OK)
        return t->err;
    return db_run(
        t, db, use_add_sql, DB_ARGS(DB_TEXT(turn), DB_I64(more->calls), DB_I64(more->refusals), DB_I64(now_ms)), NULL);
}
