/* auth_plugin_more: SQL of groups, notices, granted calls and marketplaces. */
#include "store/auth_plugin.h"

static const int64_t CALL_KEEP_MS = (int64_t)24 * 3600 * 1000;

static const char group_clear_sql[] = "DELETE FROM plugin_group WHERE name = ?";
static const char group_add_sql[] = "INSERT INTO plugin_group (name, user) VALUES (?, ?) ON CONFLICT DO NOTHING";
static const char group_has_sql[] = "SELECT count(*) FROM plugin_group WHERE name = ? AND user = ?";
static const char group_meets_sql[] =
    "SELECT count(*) FROM plugin_group a JOIN plugin_group b ON b.user = a.user WHERE a.name = ? AND b.name = ?";
static const char group_list_sql[] = "SELECT g.name, group_concat(u.name, ', ') FROM plugin_group g JOIN user u ON"
                                     " u.id = g.user GROUP BY g.name ORDER BY g.name LIMIT 100";
static const char notice_end_sql[] =
    "UPDATE plugin_notice SET gone = 1 WHERE plugin = ?1 AND (?2 = '' OR kind = ?2) AND gone = 0";
static const char notice_add_sql[] = "INSERT INTO plugin_notice (plugin, kind, text, at_ms) VALUES (?, ?, ?, ?)";
static const char notice_list_sql[] =
    "SELECT seq, plugin, kind, text, at_ms FROM plugin_notice WHERE gone = 0 ORDER BY seq DESC LIMIT 100";
static const char call_forget_sql[] =
    "DELETE FROM plugin_call WHERE (turn, ordinal) IN (SELECT turn, ordinal FROM plugin_call WHERE at_ms < ?"
    " ORDER BY at_ms LIMIT 10)";
static const char call_add_sql[] =
    "INSERT INTO plugin_call (turn, ordinal, plugin, digest, tool, effect, approval, at_ms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
static const char call_find_sql[] = "SELECT turn, ordinal, plugin, digest, tool, approval, effect, fetches, at_ms"
                                    " FROM plugin_call WHERE turn = ? AND ordinal = ?";
static const char call_fetched_sql[] = "UPDATE plugin_call SET fetches = fetches + 1 WHERE turn = ? AND ordinal = ?";
#define MARKET "SELECT name, place, root_key, state, checked_ms, stale_ms, ends_ms FROM market "
static const char market_find_sql[] = MARKET "WHERE name = ?";
static const char market_list_sql[] = MARKET "ORDER BY name LIMIT 50";
static const char market_put_sql[] =
    "INSERT INTO market (name, place, root_key, state, checked_ms, stale_ms, ends_ms, added_ms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET place = excluded.place,"
    " root_key = excluded.root_key, state = excluded.state, checked_ms = excluded.checked_ms,"
    " stale_ms = excluded.stale_ms, ends_ms = excluded.ends_ms";
static const char market_remove_sql[] = "DELETE FROM market WHERE name = ?";

enum err
auth_plugin_group_put(struct task *t, struct db *db, struct span name, const struct span *users, size_t n)
{
    enum err e = db_run(t, db, group_clear_sql, DB_ARGS(DB_TEXT(name)), NULL);
    for (size_t i = 0; i < n && e == E_OK; i++)
        e = db_run(t, db, group_add_sql, DB_ARGS(DB_TEXT(name), DB_TEXT(users[i])), NULL);
    return e;
}

enum err
auth_plugin_group_has(struct task *t, struct db *db, struct span name, struct span user, bool *out)
{
    int64_t n = 0;
    enum err e = db_number(t, db, group_has_sql, DB_ARGS(DB_TEXT(name), DB_TEXT(user)), 0, &n);
    *out = n > 0;
    return e;
}

enum err
auth_plugin_group_meets(struct task *t, struct db *db, struct span a, struct span b, bool *out)
{
    int64_t n = 0;
    enum err e = db_number(t, db, group_meets_sql, DB_ARGS(DB_TEXT(a), DB_TEXT(b)), 0, &n);
    *out = n > 0;
    return e;
}

enum err
auth_plugin_group_list(struct task *t, struct db *db, struct auth_plugin_group **out, size_t *n)
{
    enum { GROUPS = 100 };
    struct db_rows rows;
    *n = 0;
    *out = task_array(t, GROUPS, sizeof **out);
    if (db_rows(t, db, group_list_sql, DB_NO_ARGS, &rows) != E_OK)
        return t->err;
    while (*n < GROUPS && db_next(t, &rows))
        (*out)[(*n)++] = (struct auth_plugin_group){db_text(t, &rows, 0), db_text(t, &rows, 1)};
    db_rows_end(&rows);
    return t->err;
}

enum err
auth_plugin_notice_end(struct task *t, struct db *db, struct span plugin, const char *kind)
{
    return db_run(t, db, notice_end_sql, DB_ARGS(DB_TEXT(plugin), DB_Z(kind ? kind : "")), NULL);
}

enum err
auth_plugin_notice_put(
    struct task *t, struct db *db, struct span plugin, const char *kind, struct span text, int64_t now_ms)
{
    if (auth_plugin_notice_end(t, db, plugin, kind) != E_OK)
        return t->err;
    return db_run(t, db, notice_add_sql, DB_ARGS(DB_TEXT(plugin), DB_Z(kind), DB_TEXT(text), DB_I64(now_ms)), NULL);
}

enum err
auth_plugin_notice_list(struct task *t, struct db *db, struct auth_plugin_notice **out, size_t *n)
{
    struct db_rows rows;
    *n = 0;
    *out = task_array(t, AUTH_PLUGIN_NOTICES, sizeof **out);
    if (db_rows(t, db, notice_list_sql, DB_NO_ARGS, &rows) != E_OK)
        return t->err;
    while (*n < AUTH_PLUGIN_NOTICES && db_next(t, &rows))
        (*out)[(*n)++] = (struct auth_plugin_notice){
            db_i64(&rows, 0), db_text(t, &rows, 1), db_text(t, &rows, 2), db_text(t, &rows, 3), db_i64(&rows, 4)};
    db_rows_end(&rows);
    return t->err;
}

enum err
auth_plugin_call_add(struct task *t, struct db *db, const struct auth_plugin_call *c)
{
    if (db_run(t, db, call_forget_sql, DB_ARGS(DB_I64(c->at_ms - CALL_KEEP_MS)), NULL) != E_OK)
        return t->err;
    return db_run(t, db, call_add_sql,
        DB_ARGS(DB_TEXT(c->turn), DB_I64(c->ordinal), DB_TEXT(c->plugin), DB_TEXT(c->digest), DB_TEXT(c->tool),
            DB_I64(c->effect), DB_TEXT(c->approval), DB_I64(c->at_ms)),
        NULL);
}

enum err
auth_plugin_call_find(struct task *t, struct db *db, struct span turn, int64_t ordinal, struct auth_plugin_call *out)
{
    struct db_rows rows;
    *out = (struct auth_plugin_call){0};
    if (!db_first(t, db, call_find_sql, DB_ARGS(DB_TEXT(turn), DB_I64(ordinal)), &rows))
        return t->err;
    *out = (struct auth_plugin_call){
        .turn = db_text(t, &rows, 0),
        .ordinal = db_i64(&rows, 1),
        .plugin = db_text(t, &rows, 2),
        .digest = db_text(t, &rows, 3),
        .tool = db_text(t, &rows, 4),
        .approval = db_text(t, &rows, 5),
        .effect = db_i64(&rows, 6),
        .fetches = db_i64(&rows, 7),
        .at_ms = db_i64(&rows, 8),
    };
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_plugin_call_fetched(struct task *t, struct db *db, struct span turn, int64_t ordinal)
{
    return db_run(t, db, call_fetched_sql, DB_ARGS(DB_TEXT(turn), DB_I64(ordinal)), NULL);
}

static void
read_market(struct task *t, const struct db_rows *r, struct auth_market *out)
{
    *out = (struct auth_market){
        .name = db_text(t, r, 0),
        .place = db_text(t, r, 1),
        .root_key = db_text(t, r, 2),
        .state = db_text(t, r, 3),
        .checked_ms = db_i64(r, 4),
        .stale_ms = db_i64(r, 5),
        .ends_ms = db_i64(r, 6),
    };
}

enum err
auth_market_find(struct task *t, struct db *db, struct span name, struct auth_market *out)
{
    struct db_rows rows;
    *out = (struct auth_market){0};
    if (!db_first(t, db, market_find_sql, DB_ARGS(DB_TEXT(name)), &rows))
        return t->err;
    read_market(t, &rows, out);
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_market_list(struct task *t, struct db *db, struct auth_market **out, size_t *n)
{
    enum { MARKETS = 50 };
    struct db_rows rows;
    *n = 0;
    *out = task_array(t, MARKETS, sizeof **out);
    if (db_rows(t, db, market_list_sql, DB_NO_ARGS, &rows) != E_OK)
        return t->err;
    while (*n < MARKETS && db_next(t, &rows))
        read_market(t, &rows, &(*out)[(*n)++]);
    db_rows_end(&rows);
    return t->err;
}

enum err
auth_market_put(struct task *t, struct db *db, const struct auth_market *m, int64_t now_ms)
{
    return db_run(t, db, market_put_sql,
        DB_ARGS(DB_TEXT(m->name), DB_TEXT(m->place), DB_TEXT(m->root_key), DB_TEXT(m->state), DB_I64(m->checked_ms),
            DB_I64(m->stale_ms), DB_I64(m->ends_ms), DB_I64(now_ms)),
        NULL);
}

enum err
auth_market_remove(struct task *t, struct db *db, struct span name)
{
    return db_run(t, db, market_remove_sql, DB_ARGS(DB_TEXT(name)), NULL);
}
