/* auth_session: SQL of sessions. */
#include "store/auth_session.h"

#define COLUMNS "hash, user, agent, created_ms, used_ms"
static const char find_sql[] = "SELECT " COLUMNS " FROM session WHERE hash = ?";
static const char list_sql[] = "SELECT " COLUMNS " FROM session WHERE user = ? ORDER BY used_ms DESC LIMIT 100";
static const char add_sql[] = "INSERT INTO session (hash, user, agent, created_ms, used_ms) VALUES (?, ?, ?, ?, ?)";
static const char touch_sql[] = "UPDATE session SET used_ms = max(used_ms, ?) WHERE hash = ?";
static const char end_sql[] = "DELETE FROM session WHERE user = ? AND hash = ?";
static const char end_all_sql[] = "DELETE FROM session WHERE user = ? AND hash <> ?";
static const char forget_sql[] = "DELETE FROM session WHERE used_ms < ?";

static void
read_row(struct task *t, const struct db_rows *rows, struct auth_session *out)
{
    *out = (struct auth_session){
        .hash = db_text(t, rows, 0),
        .user = db_text(t, rows, 1),
        .agent = db_text(t, rows, 2),
        .created_ms = db_i64(rows, 3),
        .used_ms = db_i64(rows, 4),
    };
}

enum err
auth_session_find(struct task *t, struct db *db, struct span hash, struct auth_session *out)
{
    struct db_rows rows;
    *out = (struct auth_session){0};
    if (!db_first(t, db, find_sql, DB_ARGS(DB_TEXT(hash)), &rows))
        return t->err;
    read_row(t, &rows, out);
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_session_add(struct task *t, struct db *db, const struct auth_session *s)
{
    return db_run(t, db, add_sql,
        DB_ARGS(DB_TEXT(s->hash), DB_TEXT(s->user), DB_TEXT(s->agent), DB_I64(s->created_ms), DB_I64(s->used_ms)),
        NULL);
}

enum err
auth_session_touch(struct task *t, struct db *db, struct span hash, int64_t now_ms)
{
    return db_run(t, db, touch_sql, DB_ARGS(DB_I64(now_ms), DB_TEXT(hash)), NULL);
}

enum err
auth_session_end(struct task *t, struct db *db, struct span user, struct span hash, bool *ended)
{
    int64_t n = 0;
    enum err e = db_run(t, db, end_sql, DB_ARGS(DB_TEXT(user), DB_TEXT(hash)), &n);
    *ended = n > 0;
    return e;
}

enum err
auth_session_list(struct task *t, struct db *db, struct span user, struct auth_session **out, size_t *n)
{
    struct db_rows rows;
    *n = 0;
    *out = task_array(t, AUTH_SESSIONS_LISTED, sizeof **out);
    if (db_rows(t, db, list_sql, DB_ARGS(DB_TEXT(user)), &rows) != E_OK)
        return t->err;
    while (*n < AUTH_SESSIONS_LISTED && db_next(t, &rows))
        read_row(t, &rows, &(*out)[(*n)++]);
    db_rows_end(&rows);
    return t->err;
}

enum err
auth_session_end_all(struct task *t, struct db *db, struct span user, struct span keep)
{
    return db_run(t, db, end_all_sql, DB_ARGS(DB_TEXT(user), DB_TEXT(keep)), NULL);
}

enum err
auth_session_forget(struct task *t, struct db *db, int64_t before_ms)
{
    return db_run(t, db, forget_sql, DB_ARGS(DB_I64(before_ms)), NULL);
}
