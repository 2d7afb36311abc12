/* auth_visitor: SQL of visitors, budgets, one-time links and failed sign-ins. */
#include "store/auth_session.h"

static const char visitor_find_sql[] = "SELECT id FROM visitor WHERE hash = ?";
static const char visitor_known_sql[] = "SELECT 1 FROM visitor WHERE id = ?";
static const char visitor_add_sql[] = "INSERT INTO visitor (id, hash, created_ms, used_ms) VALUES (?, ?, ?, ?)";
static const char visitor_touch_sql[] = "UPDATE visitor SET used_ms = max(used_ms, ?) WHERE id = ?";
static const char visitor_forget_sql[] =
    "DELETE FROM visitor WHERE id IN (SELECT v.id FROM visitor v WHERE v.used_ms < ?"
    " AND NOT EXISTS (SELECT 1 FROM conversation c WHERE c.owner = v.id) ORDER BY v.used_ms LIMIT 20)";
static const char budget_sql[] = "INSERT INTO budget (who, hour, used) VALUES (?, ?, 1)"
                                 " ON CONFLICT (who, hour) DO UPDATE SET used = used + 1 WHERE used < ?";
static const char budget_forget_sql[] = "DELETE FROM budget WHERE hour < ?";
static const char link_add_sql[] = "INSERT INTO signin_link (hash, user, expires_ms) VALUES (?, ?, ?)";
static const char link_look_sql[] = "SELECT user FROM signin_link WHERE hash = ? AND used_ms = 0 AND expires_ms > ?";
static const char link_take_sql[] =
    "UPDATE signin_link SET used_ms = ? WHERE hash = ? AND used_ms = 0 AND expires_ms > ?";
static const char failure_sql[] = "SELECT count, last_ms FROM signin_failure WHERE who = ? AND last_ms >= ?";
static const char failure_add_sql[] =
    "INSERT INTO signin_failure (who, count, last_ms) VALUES (?, 1, ?) ON CONFLICT (who) DO UPDATE SET"
    " count = CASE WHEN last_ms < ? THEN 1 ELSE count + 1 END, last_ms = excluded.last_ms";
static const char failure_forget_sql[] = "DELETE FROM signin_failure WHERE last_ms < ?";
static const char failure_clear_sql[] = "DELETE FROM signin_failure WHERE who = ?";

/* First column of the first row, or empty. */
static enum err
one_text(struct task *t, struct db *db, const char *sql, const struct db_arg *args, size_t n, struct span *out)
{
    struct db_rows rows;
    *out = SPAN_NONE;
    if (!db_first(t, db, sql, args, n, &rows))
        return t->err;
    *out = db_text(t, &rows, 0);
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_visitor_find(struct task *t, struct db *db, struct span hash, struct span *id)
{
    return one_text(t, db, visitor_find_sql, DB_ARGS(DB_TEXT(hash)), id);
}

enum err
auth_visitor_known(struct task *t, struct db *db, struct span id, bool *out)
{
    int64_t there = 0;
    enum err e = db_number(t, db, visitor_known_sql, DB_ARGS(DB_TEXT(id)), 0, &there);
    *out = there == 1;
    return e;
}

enum err
auth_visitor_add(struct task *t, struct db *db, struct span id, struct span hash, int64_t now_ms)
{
    return db_run(t, db, visitor_add_sql, DB_ARGS(DB_TEXT(id), DB_TEXT(hash), DB_I64(now_ms), DB_I64(now_ms)), NULL);
}

enum err
auth_visitor_touch(struct task *t, struct db *db, struct span id, int64_t now_ms)
{
    return db_run(t, db, visitor_touch_sql, DB_ARGS(DB_I64(now_ms), DB_TEXT(id)), NULL);
}

enum err
auth_visitor_forget(struct task *t, struct db *db, int64_t before_ms)
{
    return db_run(t, db, visitor_forget_sql, DB_ARGS(DB_I64(before_ms)), NULL);
}

enum err
auth_budget_take(struct task *t, struct db *db, struct span who, int64_t hour, int64_t most, bool *taken)
{
    int64_t n = 0;
    *taken = false;
    if (most <= 0)
        return E_OK;
    if (db_run(t, db, budget_forget_sql, DB_ARGS(DB_I64(hour - 24)), NULL) != E_OK ||
        db_run(t, db, budget_sql, DB_ARGS(DB_TEXT(who), DB_I64(hour), DB_I64(most)), &n) != E_OK)
        return t->err;
    *taken = n == 1;
    return E_OK;
}

enum err
auth_link_add(struct task *t, struct db *db, struct span hash, struct span user, int64_t expires_ms)
{
    return db_run(t, db, link_add_sql, DB_ARGS(DB_TEXT(hash), DB_TEXT(user), DB_I64(expires_ms)), NULL);
}

enum err
auth_link_look(struct task *t, struct db *db, struct span hash, int64_t now_ms, struct span *user)
{
    return one_text(t, db, link_look_sql, DB_ARGS(DB_TEXT(hash), DB_I64(now_ms)), user);
}

enum err
auth_link_take(struct task *t, struct db *db, struct span hash, int64_t now_ms, struct span *user)
{
    int64_t n = 0;
    if (auth_link_look(t, db, hash, now_ms, user) != E_OK ||
        db_run(t, db, link_take_sql, DB_ARGS(DB_I64(now_ms), DB_TEXT(hash), DB_I64(now_ms)), &n) != E_OK)
        return t->err;
    if (n != 1)
        *user = SPAN_NONE;
    return E_OK;
}

enum err
auth_failure_count(struct task *t, struct db *db, struct span who, int64_t since_ms, int64_t *count, int64_t *last_ms)
{
    struct db_rows rows;
    *count = *last_ms = 0;
    if (!db_first(t, db, failure_sql, DB_ARGS(DB_TEXT(who), DB_I64(since_ms)), &rows))
        return t->err;
    *count = db_i64(&rows, 0);
    *last_ms = db_i64(&rows, 1);
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_failure_add(struct task *t, struct db *db, struct span who, int64_t since_ms, int64_t now_ms)
{
    if (db_run(t, db, failure_forget_sql, DB_ARGS(DB_I64(since_ms)), NULL) != E_OK)
        return t->err;
    return db_run(t, db, failure_add_sql, DB_ARGS(DB_TEXT(who), DB_I64(now_ms), DB_I64(since_ms)), NULL);
}

enum err
auth_failure_clear(struct task *t, struct db *db, struct span who)
{
    return db_run(t, db, failure_clear_sql, DB_ARGS(DB_TEXT(who)), NULL);
}
