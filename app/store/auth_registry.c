/* auth_registry: SQL of conversations' owners, models, settings and the clock. */
#include "store/auth_registry.h"

#include "base/must.h"

#include <string.h>

static const char conversation_find_sql[] =
    "SELECT id, owner, mode, level, datasets, deleted, created_ms, integrity, categories, sources, message"
    " FROM conversation WHERE id = ?";
static const char conversation_add_sql[] =
    "INSERT INTO conversation (id, owner, mode, level, datasets, created_ms, categories, message)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
static const char conversation_delete_sql[] = "UPDATE conversation SET deleted = 1 WHERE id = ?";
static const char model_find_sql[] = "SELECT name, body FROM model WHERE name = ?";
static const char model_list_sql[] = "SELECT name, body FROM model ORDER BY name LIMIT 200";
static const char model_put_sql[] = "INSERT INTO model (name, body, changed_ms) VALUES (?, ?, ?) ON CONFLICT (name)"
                                    " DO UPDATE SET body = excluded.body, changed_ms = excluded.changed_ms";
static const char model_remove_sql[] = "DELETE FROM model WHERE name = ?";
static const char setting_get_sql[] = "SELECT value FROM setting WHERE name = ?";
static const char setting_set_sql[] =
    "INSERT INTO setting (name, value, changed_ms) VALUES (?, ?, ?) ON CONFLICT (name)"
    " DO UPDATE SET value = excluded.value, changed_ms = excluded.changed_ms";
static const char used_sql[] = "INSERT INTO used (what, used_ms) VALUES (?, ?)";
static const char clock_read_sql[] = "SELECT value FROM deployment WHERE name = 'high_water_ms'";
static const char clock_raise_sql[] = "UPDATE deployment SET value = max(value, ?) WHERE name = 'high_water_ms'";

enum err
auth_conversation_find(struct task *t, struct db *db, struct span id, struct auth_conversation *out)
{
    struct db_rows rows;
    *out = (struct auth_conversation){0};
    if (!db_first(t, db, conversation_find_sql, DB_ARGS(DB_TEXT(id)), &rows))
        return t->err;
    *out = (struct auth_conversation){
        .id = db_text(t, &rows, 0),
        .owner = db_text(t, &rows, 1),
        .mode = db_text(t, &rows, 2),
        .level = db_i64(&rows, 3),
        .datasets = db_text(t, &rows, 4),
        .deleted = db_i64(&rows, 5) != 0,
        .created_ms = db_i64(&rows, 6),
        .integrity = db_i64(&rows, 7),
        .categories = db_text(t, &rows, 8),
        .sources = db_text(t, &rows, 9),
        .message = db_i64(&rows, 10),
    };
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_conversation_add(struct task *t, struct db *db, const struct auth_conversation *c)
{
    return db_run(t, db, conversation_add_sql,
        DB_ARGS(DB_TEXT(c->id), DB_TEXT(c->owner), DB_TEXT(c->mode), DB_I64(c->level), DB_TEXT(c->datasets),
            DB_I64(c->created_ms), DB_TEXT(c->categories.n > 0 ? c->categories : SPAN("[]")), DB_I64(c->message)),
        NULL);
}

enum err
auth_conversation_delete(struct task *t, struct db *db, struct span id)
{
    return db_run(t, db, conversation_delete_sql, DB_ARGS(DB_TEXT(id)), NULL);
}

enum err
auth_model_find(struct task *t, struct db *db, struct span name, struct auth_model *out)
{
    struct db_rows rows;
    *out = (struct auth_model){0};
    if (!db_first(t, db, model_find_sql, DB_ARGS(DB_TEXT(name)), &rows))
        return t->err;
    *out = (struct auth_model){db_text(t, &rows, 0), db_text(t, &rows, 1)};
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_model_list(struct task *t, struct db *db, struct auth_model **out, size_t *n)
{
    struct db_rows rows;
    *n = 0;
    *out = task_array(t, AUTH_MODELS, sizeof **out);
    if (db_rows(t, db, model_list_sql, DB_NO_ARGS, &rows) != E_OK)
        return t->err;
    while (*n < AUTH_MODELS && db_next(t, &rows))
        (*out)[(*n)++] = (struct auth_model){db_text(t, &rows, 0), db_text(t, &rows, 1)};
    db_rows_end(&rows);
    return t->err;
}

enum err
auth_model_put(struct task *t, struct db *db, const struct auth_model *m, int64_t now_ms)
{
    return db_run(t, db, model_put_sql, DB_ARGS(DB_TEXT(m->name), DB_TEXT(m->body), DB_I64(now_ms)), NULL);
}

enum err
auth_model_remove(struct task *t, struct db *db, struct span name, bool *removed)
{
    int64_t n = 0;
    enum err e = db_run(t, db, model_remove_sql, DB_ARGS(DB_TEXT(name)), &n);
    *removed = n > 0;
    return e;
}

enum err
auth_setting_get(struct task *t, struct db *db, const char *name, struct span *out)
{
    struct db_rows rows;
    *out = SPAN_NONE;
    if (!db_first(t, db, setting_get_sql, DB_ARGS(DB_Z(name)), &rows))
        return t->err;
    *out = db_text(t, &rows, 0);
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_setting_set(struct task *t, struct db *db, const char *name, struct span value, int64_t now_ms)
{
    return db_run(t, db, setting_set_sql, DB_ARGS(DB_Z(name), DB_TEXT(value), DB_I64(now_ms)), NULL);
}

enum err
auth_used_once(struct task *t, struct db *db, struct span what, int64_t now_ms)
{
    return db_run(t, db, used_sql, DB_ARGS(DB_TEXT(what), DB_I64(now_ms)), NULL);
}

enum err
auth_clock_read(struct task *t, struct db *db, int64_t *out)
{
    return db_number(t, db, clock_read_sql, DB_NO_ARGS, 0, out);
}

enum err
auth_clock_raise(struct task *t, struct db *db, int64_t now_ms)
{
    return db_run(t, db, clock_raise_sql, DB_ARGS(DB_I64(now_ms)), NULL);
}

enum err
auth_count(struct task *t, struct db *db, const char *table, int64_t *out)
{
    static const struct {
        const char *table, *sql;
    } rows[] = {
        {"user", "SELECT count(*) FROM user"},
        {"dataset", "SELECT count(*) FROM dataset"},
        {"conversation", "SELECT count(*) FROM conversation WHERE deleted = 0"},
        {"session", "SELECT count(*) FROM session"},
        {"audit", "SELECT coalesce(max(seq), 0) FROM audit"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].table, table) == 0)
            return db_number(t, db, rows[i].sql, DB_NO_ARGS, 0, out);
    must_fail("a table with a row above", __FILE__, __LINE__);
}
