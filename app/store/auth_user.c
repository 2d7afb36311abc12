/* auth_user: SQL of accounts. */
#include "store/auth_user.h"

#define COLUMNS "id, name, role, password, disabled, idle_min, created_ms"
static const char by_name_sql[] = "SELECT " COLUMNS " FROM user WHERE name = ?";
static const char by_id_sql[] = "SELECT " COLUMNS " FROM user WHERE id = ?";
static const char list_sql[] = "SELECT " COLUMNS " FROM user ORDER BY name LIMIT 10000";
static const char count_sql[] = "SELECT min(count(*), 10000) FROM user";
static const char add_sql[] = "INSERT INTO user (id, name, role, password, disabled, idle_min, created_ms, changed_ms)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
static const char change_sql[] =
    "UPDATE user SET role = ?, password = ?, disabled = ?, idle_min = ?, changed_ms = ? WHERE id = ?";
static const char admins_sql[] = "SELECT count(*) FROM user WHERE role = 'admin' AND disabled = 0";

static void
read_row(struct task *t, const struct db_rows *rows, struct auth_user *out)
{
    *out = (struct auth_user){
        .id = db_text(t, rows, 0),
        .name = db_text(t, rows, 1),
        .role = db_text(t, rows, 2),
        .password = db_text(t, rows, 3),
        .disabled = db_i64(rows, 4) != 0,
        .idle_min = db_i64(rows, 5),
        .created_ms = db_i64(rows, 6),
    };
}

static enum err
find(struct task *t, struct db *db, const char *sql, struct span key, struct auth_user *out)
{
    struct db_rows rows;
    *out = (struct auth_user){0};
    if (!db_first(t, db, sql, DB_ARGS(DB_TEXT(key)), &rows))
        return t->err;
    read_row(t, &rows, out);
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_user_by_name(struct task *t, struct db *db, struct span name, struct auth_user *out)
{
    return find(t, db, by_name_sql, name, out);
}

enum err
auth_user_by_id(struct task *t, struct db *db, struct span id, struct auth_user *out)
{
    return find(t, db, by_id_sql, id, out);
}

enum err
auth_user_list(struct task *t, struct db *db, struct auth_user **out, size_t *n)
{
    struct db_rows rows;
    int64_t most = 0;
    *n = 0;
    if (db_number(t, db, count_sql, DB_NO_ARGS, 0, &most) != E_OK ||
        db_rows(t, db, list_sql, DB_NO_ARGS, &rows) != E_OK)
        return t->err;
    *out = task_array(t, (size_t)most, sizeof **out);
    while (*n < (size_t)most && db_next(t, &rows))
        read_row(t, &rows, &(*out)[(*n)++]);
    db_rows_end(&rows);
    return t->err;
}

enum err
auth_user_add(struct task *t, struct db *db, const struct auth_user *u, int64_t now_ms)
{
    return db_run(t, db, add_sql,
        DB_ARGS(DB_TEXT(u->id), DB_TEXT(u->name), DB_TEXT(u->role), DB_TEXT(u->password), DB_I64(u->disabled),
            DB_I64(u->idle_min), DB_I64(now_ms), DB_I64(now_ms)),
        NULL);
}

enum err
auth_user_change(struct task *t, struct db *db, const struct auth_user *u, int64_t now_ms)
{
    return db_run(t, db, change_sql,
        DB_ARGS(DB_TEXT(u->role), DB_TEXT(u->password), DB_I64(u->disabled), DB_I64(u->idle_min), DB_I64(now_ms),
            DB_TEXT(u->id)),
        NULL);
}

enum err
auth_user_admins(struct task *t, struct db *db, int64_t *out)
{
    return db_number(t, db, admins_sql, DB_NO_ARGS, 0, out);
}
