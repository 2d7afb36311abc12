/* auth_plugin: SQL of plugins, their versions and consents. */
#include "store/auth_plugin.h"

#define VERSION                                                                                                        \
    "SELECT digest, id, serial, version, level, market, publisher, key, manifest, facts, reviewers, vet_ms,"           \
    " log_index, revoked, by_who, added_ms FROM plugin_version "
#define PLUGIN                                                                                                         \
    "SELECT id, digest, state, previous, held, held_why, staged, staged_group, scope, mode, reads, settings,"          \
    " endpoints, installed_ms, changed_ms, public_reads FROM plugin "

static const char version_find_sql[] = VERSION "WHERE digest = ?";
static const char version_list_sql[] = VERSION "WHERE id = ? ORDER BY serial DESC, added_ms DESC LIMIT 50";
static const char version_add_sql[] =
    "INSERT INTO plugin_version (digest, id, serial, version, level, market, publisher, key, manifest, facts,"
    " reviewers, vet_ms, log_index, revoked, by_who, added_ms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO UPDATE SET"
    " level = excluded.level, market = excluded.market, reviewers = excluded.reviewers, vet_ms = excluded.vet_ms,"
    " log_index = excluded.log_index";
static const char version_revoke_sql[] =
    "UPDATE plugin_version SET revoked = ?3 WHERE id = ?1 AND (?2 = '' OR digest = ?2)";
static const char version_forget_sql[] = "DELETE FROM plugin_version WHERE id = ? AND revoked = ''";
static const char find_sql[] = PLUGIN "WHERE id = ?";
static const char list_sql[] = PLUGIN "WHERE ? = 0 OR state = 'on' ORDER BY id LIMIT 200";
static const char put_sql[] =
    "INSERT INTO plugin (id, digest, state, previous, held, held_why, staged, staged_group, scope, mode, reads,"
    " settings, endpoints, installed_ms, changed_ms, public_reads)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14, ?15)"
    " ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, state = excluded.state, previous = excluded.previous,"
    " held = excluded.held, held_why = excluded.held_why, staged = excluded.staged,"
    " staged_group = excluded.staged_group, scope = excluded.scope, mode = excluded.mode, reads = excluded.reads,"
    " settings = excluded.settings, endpoints = excluded.endpoints, public_reads = excluded.public_reads,"
    " changed_ms = excluded.changed_ms";
static const char remove_sql[] = "DELETE FROM plugin WHERE id = ?";
static const char fingerprint_sql[] =
    "SELECT coalesce(group_concat(line, char(10)), '') FROM (SELECT id || ' ' || digest || ' ' || staged || ' ' ||"
    " staged_group || ' ' || state || ' ' || scope || ' ' || mode || ' ' || reads || ' ' || settings || ' ' ||"
    " endpoints || ' ' || public_reads AS line"
    " FROM plugin WHERE state = 'on' ORDER BY id)";
static const char consent_add_sql[] =
    "INSERT INTO plugin_consent (plugin, digest, by_who, at_ms, what) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET what = excluded.what";
static const char consent_list_sql[] =
    "SELECT digest, by_who, what, at_ms FROM plugin_consent WHERE plugin = ? ORDER BY at_ms DESC LIMIT 50";

static void
read_version(struct task *t, const struct db_rows *r, struct auth_plugin_version *out)
{
    *out = (struct auth_plugin_version){
        .digest = db_text(t, r, 0),
        .id = db_text(t, r, 1),
        .serial = db_i64(r, 2),
        .version = db_text(t, r, 3),
        .level = db_text(t, r, 4),
        .market = db_text(t, r, 5),
        .publisher = db_text(t, r, 6),
        .key = db_text(t, r, 7),
        .manifest = db_text(t, r, 8),
        .facts = db_text(t, r, 9),
        .reviewers = db_text(t, r, 10),
        .vet_ms = db_i64(r, 11),
        .log_index = db_i64(r, 12),
        .revoked = db_text(t, r, 13),
        .by_who = db_text(t, r, 14),
        .added_ms = db_i64(r, 15),
    };
}

enum err
auth_plugin_version_find(struct task *t, struct db *db, struct span digest, struct auth_plugin_version *out)
{
    struct db_rows rows;
    *out = (struct auth_plugin_version){0};
    if (!db_first(t, db, version_find_sql, DB_ARGS(DB_TEXT(digest)), &rows))
        return t->err;
    read_version(t, &rows, out);
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_plugin_version_add(struct task *t, struct db *db, const struct auth_plugin_version *v)
{
    return db_run(t, db, version_add_sql,
        DB_ARGS(DB_TEXT(v->digest), DB_TEXT(v->id), DB_I64(v->serial), DB_TEXT(v->version), DB_TEXT(v->level),
            DB_TEXT(v->market), DB_TEXT(v->publisher), DB_TEXT(v->key), DB_TEXT(v->manifest), DB_TEXT(v->facts),
            DB_TEXT(v->reviewers.n > 0 ? v->reviewers : SPAN("[]")), DB_I64(v->vet_ms), DB_I64(v->log_index),
            DB_TEXT(v->revoked), DB_TEXT(v->by_who), DB_I64(v->added_ms)),
        NULL);
}

enum err
auth_plugin_version_list(struct task *t, struct db *db, struct span id, struct auth_plugin_version **out, size_t *n)
{
    struct db_rows rows;
    *n = 0;
    *out = task_array(t, AUTH_PLUGIN_VERSIONS, sizeof **out);
    if (db_rows(t, db, version_list_sql, DB_ARGS(DB_TEXT(id)), &rows) != E_OK)
        return t->err;
    while (*n < AUTH_PLUGIN_VERSIONS && db_next(t, &rows))
        read_version(t, &rows, &(*out)[(*n)++]);
    db_rows_end(&rows);
    return t->err;
}

enum err
auth_plugin_version_revoke(
    struct task *t, struct db *db, struct span id, struct span digest, struct span why, int64_t *changed)
{
    return db_run(t, db, version_revoke_sql, DB_ARGS(DB_TEXT(id), DB_TEXT(digest), DB_TEXT(why)), changed);
}

enum err
auth_plugin_version_forget(struct task *t, struct db *db, struct span id)
{
    return db_run(t, db, version_forget_sql, DB_ARGS(DB_TEXT(id)), NULL);
}

static void
read_plugin(struct task *t, const struct db_rows *r, struct auth_plugin *out)
{
    *out = (struct auth_plugin){
        .id = db_text(t, r, 0),
        .digest = db_text(t, r, 1),
        .state = db_text(t, r, 2),
        .previous = db_text(t, r, 3),
        .held = db_text(t, r, 4),
        .held_why = db_text(t, r, 5),
        .staged = db_text(t, r, 6),
        .staged_group = db_text(t, r, 7),
        .scope = db_text(t, r, 8),
        .mode = db_text(t, r, 9),
        .reads = db_i64(r, 10),
        .settings = db_text(t, r, 11),
        .endpoints = db_text(t, r, 12),
        .installed_ms = db_i64(r, 13),
        .changed_ms = db_i64(r, 14),
        .public_reads = db_i64(r, 15),
    };
}

enum err
auth_plugin_find(struct task *t, struct db *db, struct span id, struct auth_plugin *out)
{
    struct db_rows rows;
    *out = (struct auth_plugin){0};
    if (!db_first(t, db, find_sql, DB_ARGS(DB_TEXT(id)), &rows))
        return t->err;
    read_plugin(t, &rows, out);
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_plugin_list(struct task *t, struct db *db, bool on, struct auth_plugin **out, size_t *n)
{
    struct db_rows rows;
    *n = 0;
    *out = task_array(t, AUTH_PLUGINS, sizeof **out);
    if (db_rows(t, db, list_sql, DB_ARGS(DB_I64(on)), &rows) != E_OK)
        return t->err;
    while (*n < AUTH_PLUGINS && db_next(t, &rows))
        read_plugin(t, &rows, &(*out)[(*n)++]);
    db_rows_end(&rows);
    return t->err;
}

static struct span
or_text(struct span s, struct span fallback)
{
    return s.n > 0 ? s : fallback;
}

enum err
auth_plugin_put(struct task *t, struct db *db, const struct auth_plugin *p, int64_t now_ms)
{
    return db_run(t, db, put_sql,
        DB_ARGS(DB_TEXT(p->id), DB_TEXT(p->digest), DB_TEXT(p->state), DB_TEXT(p->previous), DB_TEXT(p->held),
            DB_TEXT(or_text(p->held_why, SPAN("[]"))), DB_TEXT(p->staged), DB_TEXT(p->staged_group),
            DB_TEXT(or_text(p->scope, SPAN("[]"))), DB_TEXT(p->mode), DB_I64(p->reads),
            DB_TEXT(or_text(p->settings, SPAN("{}"))), DB_TEXT(or_text(p->endpoints, SPAN("{}"))), DB_I64(now_ms),
            DB_I64(p->public_reads)),
        NULL);
}

enum err
auth_plugin_remove(struct task *t, struct db *db, struct span id)
{
    return db_run(t, db, remove_sql, DB_ARGS(DB_TEXT(id)), NULL);
}

enum err
auth_plugin_fingerprint(struct task *t, struct db *db, struct span *out)
{
    struct db_rows rows;
    *out = SPAN_NONE;
    if (!db_first(t, db, fingerprint_sql, DB_NO_ARGS, &rows))
        return t->err;
    *out = db_text(t, &rows, 0);
    db_rows_end(&rows);
    return E_OK;
}

enum err
auth_plugin_consent_add(struct task *t, struct db *db, struct span plugin, struct span digest, struct span by_who,
    struct span what, int64_t now_ms)
{
    return db_run(t, db, consent_add_sql,
        DB_ARGS(DB_TEXT(plugin), DB_TEXT(digest), DB_TEXT(by_who), DB_I64(now_ms), DB_TEXT(what)), NULL);
}

enum err
auth_plugin_consent_list(struct task *t, struct db *db, struct span plugin, struct auth_plugin_consent **out, size_t *n)
{
    struct db_rows rows;
    *n = 0;
    *out = task_array(t, AUTH_PLUGIN_VERSIONS, sizeof **out);
    if (db_rows(t, db, consent_list_sql, DB_ARGS(DB_TEXT(plugin)), &rows) != E_OK)
        return t->err;
    while (*n < AUTH_PLUGIN_VERSIONS && db_next(t, &rows))
        (*out)[(*n)++] = (struct auth_plugin_consent){
            db_text(t, &rows, 0), db_text(t, &rows, 1), db_text(t, &rows, 2), db_i64(&rows, 3)};
    db_rows_end(&rows);
    return t->err;
}
