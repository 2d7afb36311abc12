/* auth_approve: SQL of the way to the approvals' origin. */
#include "store/auth_approve.h"

static const char code_prune_sql[] = "DELETE FROM approve_code WHERE expires_ms <= ?";
static const char code_add_sql[] =
    "INSERT INTO approve_code (hash, user, session, approval, expires_ms) VALUES (?, ?, ?, ?, ?)";
static const char code_look_sql[] =
    "SELECT hash, user, session, approval, expires_ms FROM approve_code WHERE hash = ? AND expires_ms > ?";
static const char code_take_sql[] = "DELETE FROM approve_code WHERE hash = ? AND approval = ? AND expires_ms > ?"
                                    " RETURNING hash, user, session, approval, expires_ms";
static const char session_prune_sql[] = "DELETE FROM approve_session WHERE expires_ms <= ?";
static const char session_add_sql[] = "INSERT INTO approve_session (hash, session, expires_ms) VALUES (?, ?, ?)";
static const char session_find_sql[] = "SELECT session FROM approve_session WHERE hash = ? AND expires_ms > ?";
static const char phrase_get_sql[] = "SELECT phrase FROM user WHERE id = ?";
static const char phrase_set_sql[] = "UPDATE user SET phrase = ? WHERE id = ?";

enum err
auth_approve_code_add(struct task *t, struct db *db, const struct auth_approve_code *c, int64_t now_ms)
{
    if (db_run(t, db, code_prune_sql, DB_ARGS(DB_I64(now_ms)), NULL) != E_OK)
        return t->err;
    return db_run(t, db, code_add_sql,
        DB_ARGS(DB_TEXT(c->hash), DB_TEXT(c->user), DB_TEXT(c->session), DB_TEXT(c->approval), DB_I64(c->expires_ms)),
        NULL);
}

static enum err
read_code(
    struct task *t, struct db *db, const char *sql, const struct db_arg *args, size_t n, struct auth_approve_code *out)
{
    struct db_rows rows;
    *out = (struct auth_approve_code){0};
    if (!db_first(t, db, sql, args, n, &rows))
        return t->err;
    *out = (struct auth_approve_code){.hash = db_text(t, &rows, 0),
        .user = db_text(t, &rows, 1),
        .session = db_text(t, &rows, 2),
        .approval = db_text(t, &rows, 3),
        .expires_ms = db_i64(&rows, 4)};
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_approve_code_look(struct task *t, struct db *db, struct span hash, int64_t now_ms, struct auth_approve_code *out)
{
    return read_code(t, db, code_look_sql, DB_ARGS(DB_TEXT(hash), DB_I64(now_ms)), out);
}

enum err
auth_approve_code_take(struct task *t, struct db *db, struct span hash, struct span approval, int64_t now_ms,
    struct auth_approve_code *out)
{
    return read_code(t, db, code_take_sql, DB_ARGS(DB_TEXT(hash), DB_TEXT(approval), DB_I64(now_ms)), out);
}

enum err
auth_approve_session_add(
    struct task *t, struct db *db, struct span hash, struct span session, int64_t now_ms, int64_t expires_ms)
{
    if (db_run(t, db, session_prune_sql, DB_ARGS(DB_I64(now_ms)), NULL) != E_OK)
        return t->err;
    return db_run(t, db, session_add_sql, DB_ARGS(DB_TEXT(hash), DB_TEXT(session), DB_I64(expires_ms)), NULL);
}

enum err
auth_approve_session_find(struct task *t, struct db *db, struct span hash, int64_t now_ms, struct span *session)
{
    struct db_rows rows;
    *session = SPAN_NONE;
    if (!db_first(t, db, session_find_sql, DB_ARGS(DB_TEXT(hash), DB_I64(now_ms)), &rows))
        return t->err;
    *session = db_text(t, &rows, 0);
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_phrase_get(struct task *t, struct db *db, struct span user, struct span *out)
{
    struct db_rows rows;
    *out = SPAN_NONE;
    if (!db_first(t, db, phrase_get_sql, DB_ARGS(DB_TEXT(user)), &rows))
        return t->err;
    *out = db_text(t, &rows, 0);
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_phrase_set(struct task *t, struct db *db, struct span user, struct span phrase)
{
    return db_run(t, db, phrase_set_sql, DB_ARGS(DB_TEXT(phrase), DB_TEXT(user)), NULL);
}
