/* auth_own: SQL of saved queries and links. */
#include "store/auth_own.h"

#define SAVED "id, owner, name, dataset, sql, params, about, level, integrity, shared, created_ms, changed_ms"
#define SHARE "hash, ref, owner, conversation, turn, level, created_ms"

static const char saved_find_sql[] = "SELECT " SAVED " FROM saved_query WHERE id = ?";
static const char saved_named_sql[] = "SELECT " SAVED " FROM saved_query WHERE owner = ? AND dataset = ? AND name = ?";
static const char saved_list_sql[] = "SELECT " SAVED " FROM saved_query WHERE (owner = ?1 OR shared) AND"
                                     " (?2 = '' OR dataset = ?2) ORDER BY owner <> ?1, dataset, name LIMIT 500";
static const char saved_count_sql[] = "SELECT count(*) FROM saved_query WHERE owner = ?";
static const char saved_put_sql[] =
    "INSERT INTO saved_query (" SAVED ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
    " name = excluded.name, dataset = excluded.dataset, sql = excluded.sql, params = excluded.params,"
    " about = excluded.about, level = excluded.level, integrity = excluded.integrity, shared = excluded.shared,"
    " changed_ms = excluded.changed_ms";
static const char saved_share_sql[] = "UPDATE saved_query SET shared = ?, changed_ms = ? WHERE id = ?";
static const char saved_remove_sql[] = "DELETE FROM saved_query WHERE id = ?";
static const char share_find_sql[] = "SELECT " SHARE " FROM share_link WHERE hash = ?";
static const char share_turn_sql[] =
    "SELECT " SHARE " FROM share_link WHERE owner = ? AND conversation = ? AND turn = ? ORDER BY created_ms LIMIT 1";
static const char share_list_sql[] =
    "SELECT " SHARE " FROM share_link WHERE owner = ? AND conversation = ? ORDER BY created_ms DESC LIMIT 200";
static const char share_count_sql[] = "SELECT count(*) FROM share_link WHERE owner = ?";
static const char share_add_sql[] = "INSERT INTO share_link (" SHARE ") VALUES (?, ?, ?, ?, ?, ?, ?)";
static const char share_end_sql[] = "DELETE FROM share_link WHERE hash = ?";
static const char asked_sql[] =
    "SELECT a.id, a.kind, a.state, a.why, coalesce(u.name, a.user), a.dataset, a.created_ms, a.expires_ms"
    " FROM approval a LEFT JOIN user u ON u.id = a.user WHERE NOT ?1 OR (a.state IN ('pending', 'approved') AND"
    " a.expires_ms > ?2) OR (a.state = 'consumed' AND a.kind NOT IN ('fetch', 'plugin')) ORDER BY a.created_ms DESC "
    "LIMIT 200";
static const char used_before_sql[] = "SELECT count(*) FROM used WHERE what = ?";

static struct auth_saved
read_saved(struct task *t, const struct db_rows *rows)
{
    return (struct auth_saved){
        .id = db_text(t, rows, 0),
        .owner = db_text(t, rows, 1),
        .name = db_text(t, rows, 2),
        .dataset = db_text(t, rows, 3),
        .sql = db_text(t, rows, 4),
        .params = db_text(t, rows, 5),
        .about = db_text(t, rows, 6),
        .level = db_i64(rows, 7),
        .integrity = db_i64(rows, 8),
        .shared = db_i64(rows, 9) != 0,
        .created_ms = db_i64(rows, 10),
        .changed_ms = db_i64(rows, 11),
    };
}

static enum err
one_saved(struct task *t, struct db *db, const char *sql, const struct db_arg *args, size_t n, struct auth_saved *out)
{
    struct db_rows rows;
    *out = (struct auth_saved){0};
    if (!db_first(t, db, sql, args, n, &rows))
        return t->err;
    *out = read_saved(t, &rows);
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_saved_find(struct task *t, struct db *db, struct span id, struct auth_saved *out)
{
    return one_saved(t, db, saved_find_sql, DB_ARGS(DB_TEXT(id)), out);
}

enum err
auth_saved_named(
    struct task *t, struct db *db, struct span owner, struct span dataset, struct span name, struct auth_saved *out)
{
    return one_saved(t, db, saved_named_sql, DB_ARGS(DB_TEXT(owner), DB_TEXT(dataset), DB_TEXT(name)), out);
}

enum err
auth_saved_list(
    struct task *t, struct db *db, struct span owner, struct span dataset, struct auth_saved **out, size_t *n)
{
    struct db_rows rows;
    struct span of = dataset.n > 0 ? dataset : SPAN("");
    *n = 0;
    *out = task_array(t, AUTH_SAVED_LISTED, sizeof **out);
    if (db_rows(t, db, saved_list_sql, DB_ARGS(DB_TEXT(owner), DB_TEXT(of)), &rows) != E_OK)
        return t->err;
    while (*n < AUTH_SAVED_LISTED && db_next(t, &rows))
        (*out)[(*n)++] = read_saved(t, &rows);
    db_rows_end(&rows);
    return t->err;
}

enum err
auth_saved_put(struct task *t, struct db *db, const struct auth_saved *s, int64_t now_ms)
{
    int64_t count = 0;
    if (db_number(t, db, saved_count_sql, DB_ARGS(DB_TEXT(s->owner)), 0, &count) != E_OK)
        return t->err;
    if (count >= AUTH_SAVED_MOST)
        return task_fail(t, E_LIMIT, "At most %d queries can be saved: remove some first.", AUTH_SAVED_MOST);
    return db_run(t, db, saved_put_sql,
        DB_ARGS(DB_TEXT(s->id), DB_TEXT(s->owner), DB_TEXT(s->name), DB_TEXT(s->dataset), DB_TEXT(s->sql),
            DB_TEXT(s->params), DB_TEXT(s->about.n > 0 ? s->about : SPAN("")), DB_I64(s->level), DB_I64(s->integrity),
            DB_I64(s->shared), DB_I64(s->created_ms), DB_I64(now_ms)),
        NULL);
}

enum err
auth_saved_share(struct task *t, struct db *db, struct span id, bool shared, int64_t now_ms)
{
    return db_run(t, db, saved_share_sql, DB_ARGS(DB_I64(shared), DB_I64(now_ms), DB_TEXT(id)), NULL);
}

enum err
auth_saved_remove(struct task *t, struct db *db, struct span id)
{
    return db_run(t, db, saved_remove_sql, DB_ARGS(DB_TEXT(id)), NULL);
}

static struct auth_share
read_share(struct task *t, const struct db_rows *rows)
{
    return (struct auth_share){
        .hash = db_text(t, rows, 0),
        .ref = db_text(t, rows, 1),
        .owner = db_text(t, rows, 2),
        .conversation = db_text(t, rows, 3),
        .turn = db_text(t, rows, 4),
        .level = db_i64(rows, 5),
        .created_ms = db_i64(rows, 6),
    };
}

static enum err
one_share(struct task *t, struct db *db, const char *sql, const struct db_arg *args, size_t n, struct auth_share *out)
{
    struct db_rows rows;
    *out = (struct auth_share){0};
    if (!db_first(t, db, sql, args, n, &rows))
        return t->err;
    *out = read_share(t, &rows);
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_share_find(struct task *t, struct db *db, struct span hash, struct auth_share *out)
{
    return one_share(t, db, share_find_sql, DB_ARGS(DB_TEXT(hash)), out);
}

enum err
auth_share_of_turn(struct task *t, struct db *db, struct span owner, struct span conversation, struct span turn,
    struct auth_share *out)
{
    return one_share(t, db, share_turn_sql, DB_ARGS(DB_TEXT(owner), DB_TEXT(conversation), DB_TEXT(turn)), out);
}

enum err
auth_share_list(
    struct task *t, struct db *db, struct span owner, struct span conversation, struct auth_share **out, size_t *n)
{
    struct db_rows rows;
    *n = 0;
    *out = task_array(t, AUTH_SHARES_LISTED, sizeof **out);
    if (db_rows(t, db, share_list_sql, DB_ARGS(DB_TEXT(owner), DB_TEXT(conversation)), &rows) != E_OK)
        return t->err;
    while (*n < AUTH_SHARES_LISTED && db_next(t, &rows))
        (*out)[(*n)++] = read_share(t, &rows);
    db_rows_end(&rows);
    return t->err;
}

enum err
auth_share_add(struct task *t, struct db *db, const struct auth_share *s)
{
    int64_t count = 0;
    if (db_number(t, db, share_count_sql, DB_ARGS(DB_TEXT(s->owner)), 0, &count) != E_OK)
        return t->err;
    if (count >= AUTH_SHARES_MOST)
        return task_fail(t, E_LIMIT, "At most %d links can be kept: end some first.", AUTH_SHARES_MOST);
    return db_run(t, db, share_add_sql,
        DB_ARGS(DB_TEXT(s->hash), DB_TEXT(s->ref), DB_TEXT(s->owner), DB_TEXT(s->conversation), DB_TEXT(s->turn),
            DB_I64(s->level), DB_I64(s->created_ms)),
        NULL);
}

enum err
auth_share_end(struct task *t, struct db *db, struct span hash)
{
    return db_run(t, db, share_end_sql, DB_ARGS(DB_TEXT(hash)), NULL);
}

enum err
auth_used_before(struct task *t, struct db *db, struct span what, bool *out)
{
    int64_t n = 0;
    if (db_number(t, db, used_before_sql, DB_ARGS(DB_TEXT(what)), 0, &n) != E_OK)
        return t->err;
    *out = n > 0;
    return E_OK;
}

enum err
auth_asked_list(struct task *t, struct db *db, bool open, int64_t now_ms, struct auth_asked **out, size_t *n)
{
    struct db_rows rows;
    *n = 0;
    *out = task_array(t, AUTH_ASKED_LISTED, sizeof **out);
    if (db_rows(t, db, asked_sql, DB_ARGS(DB_I64(open), DB_I64(now_ms)), &rows) != E_OK)
        return t->err;
    while (*n < AUTH_ASKED_LISTED && db_next(t, &rows))
        (*out)[(*n)++] = (struct auth_asked){.id = db_text(t, &rows, 0),
            .kind = db_text(t, &rows, 1),
            .state = db_text(t, &rows, 2),
            .why = db_text(t, &rows, 3),
            .user = db_text(t, &rows, 4),
            .dataset = db_text(t, &rows, 5),
            .created_ms = db_i64(&rows, 6),
            .expires_ms = db_i64(&rows, 7)};
    db_rows_end(&rows);
    return t->err;
}
