/* ledger: ledger.db. */
#include "effect/ledger.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/id.h"
#include "store/migrate.h"

/* A grant lives for a minute; its digest is kept far longer, in case a clock goes back. */
static const int64_t CONSUMED_KEPT_MS = (int64_t)30 * 24 * 3600 * 1000;
enum { OLD_AT_ONCE = 1000 };

static const struct migration rows[] = {
    {"0001_init.sql",
        "CREATE TABLE consumed (digest BLOB PRIMARY KEY, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
        "CREATE INDEX consumed_by_time ON consumed (at_ms);"
        "CREATE TABLE revision (dataset TEXT NOT NULL, sha TEXT NOT NULL, n INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
        " rows INTEGER NOT NULL, bytes INTEGER NOT NULL, tables INTEGER NOT NULL, report TEXT NOT NULL,"
        " PRIMARY KEY (dataset, sha)) STRICT;"},
    {"0002_leaders.sql",
        "ALTER TABLE revision ADD COLUMN labels TEXT NOT NULL DEFAULT '';"
        "CREATE TABLE variant (dataset TEXT NOT NULL, revision TEXT NOT NULL, k INTEGER NOT NULL CHECK (k BETWEEN 1 "
        "AND 3),"
        " sha TEXT NOT NULL, PRIMARY KEY (dataset, revision, k)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE leader (dataset TEXT PRIMARY KEY, sha TEXT NOT NULL, revision TEXT NOT NULL,"
        " held INTEGER NOT NULL, detail TEXT NOT NULL, meta TEXT NOT NULL, generated TEXT NOT NULL,"
        " at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
        "CREATE TABLE consumed_approval (approval TEXT PRIMARY KEY, dataset TEXT NOT NULL, state TEXT NOT NULL"
        " CHECK (state IN ('begun', 'done', 'void')), detail TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT, WITHOUT "
        "ROWID;"
        "CREATE TABLE change (id TEXT PRIMARY KEY, dataset TEXT NOT NULL, at_ms INTEGER NOT NULL,"
        " expires_ms INTEGER NOT NULL, inserted INTEGER NOT NULL, updated INTEGER NOT NULL, deleted INTEGER NOT NULL,"
        " by_file INTEGER NOT NULL, after_sha TEXT NOT NULL, undone INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
        "CREATE INDEX change_by_dataset ON change (dataset, at_ms);"},
};
static const struct migration_list migrations = {rows, sizeof rows / sizeof rows[0]};

enum err
ledger_open(struct task *t, struct db *db)
{
    if (db_open(t, conf_path(t, "leaders/ledger.db"), DB_AUTHORITY, db) != E_OK)
        return t->err;
    enum err e = migrate(t, db, &migrations);
    if (e != E_OK)
        db_close(db);
    return e;
}

enum err
ledger_consume(struct task *t, struct db *db, struct span sealed, int64_t now_ms)
{
    static const char forget_sql[] = "DELETE FROM consumed WHERE at_ms < ?";
    static const char insert_sql[] = "INSERT INTO consumed (digest, at_ms) VALUES (?, ?) ON CONFLICT DO NOTHING";
    unsigned char digest[HASH_BYTES];
    int64_t changed = 0;
    hash_bytes(sealed, digest);
    struct span d = {(const char *)digest, sizeof digest};
    if (db_begin(t, db) != E_OK)
        return t->err;
    enum err e = db_run(t, db, forget_sql, DB_ARGS(DB_I64(now_ms - CONSUMED_KEPT_MS)), NULL);
    if (e == E_OK)
        e = db_run(t, db, insert_sql, DB_ARGS(DB_BLOB(d), DB_I64(now_ms)), &changed);
    if (e == E_OK && changed == 0)
        e = task_fail(t, E_DENIED, "This permission was used already.");
    return db_end(t, db, e);
}

enum err
ledger_add(struct task *t, struct db *db, struct span dataset, const struct ledger_revision *r)
{
    static const char sql[] =
        "INSERT INTO revision (dataset, sha, n, at_ms, rows, bytes, tables, report, labels)"
        " SELECT ?1, ?2, coalesce((SELECT max(n) FROM revision WHERE dataset = ?1), 0) + 1, ?3, ?4, ?5, ?6, ?7, ?8"
        " WHERE true ON CONFLICT (dataset, sha) DO UPDATE SET at_ms = excluded.at_ms, n = excluded.n,"
        " report = excluded.report, labels = excluded.labels";
    return db_run(t, db, sql,
        DB_ARGS(DB_TEXT(dataset), DB_TEXT(r->sha), DB_I64(r->at_ms), DB_I64(r->rows), DB_I64(r->bytes),
            DB_I64(r->tables), DB_TEXT(r->report), DB_TEXT(r->labels)),
        NULL);
}

enum err
ledger_find(struct task *t, struct db *db, struct span dataset, struct span sha, struct ledger_revision *out)
{
    static const char sql[] =
        "SELECT sha, n, at_ms, rows, bytes, tables, report, labels FROM revision WHERE dataset = ? AND sha = ?";
    struct db_rows r;
    *out = (struct ledger_revision){.n = 0};
    if (!db_first(t, db, sql, DB_ARGS(DB_TEXT(dataset), DB_TEXT(sha)), &r))
        return t->err != E_OK ? t->err : task_fail(t, E_NOTFOUND, "The dataset has no such revision any more.");
    *out = (struct ledger_revision){.sha = db_text(t, &r, 0),
        .n = db_i64(&r, 1),
        .at_ms = db_i64(&r, 2),
        .rows = db_i64(&r, 3),
        .bytes = db_i64(&r, 4),
        .tables = db_i64(&r, 5),
        .report = db_text(t, &r, 6),
        .labels = db_text(t, &r, 7)};
    db_rows_end(&r);
    return E_OK;
}

enum err
ledger_old(
    struct task *t, struct db *db, struct span dataset, int64_t keep, int64_t since_ms, struct span **out, size_t *n)
{
    static const char sql[] = "SELECT sha FROM (SELECT sha, at_ms FROM revision WHERE dataset = ? ORDER BY n DESC"
                              " LIMIT -1 OFFSET ?) WHERE at_ms < ? LIMIT 1000";
    struct db_rows r;
    *n = 0;
    *out = task_array(t, OLD_AT_ONCE, sizeof **out);
    if (db_rows(t, db, sql, DB_ARGS(DB_TEXT(dataset), DB_I64(keep), DB_I64(since_ms)), &r) != E_OK)
        return t->err;
    while (db_next(t, &r))
        (*out)[(*n)++] = db_text(t, &r, 0);
    return t->err;
}

enum err
ledger_forget(struct task *t, struct db *db, struct span dataset, struct span sha)
{
    static const char revision_sql[] = "DELETE FROM revision WHERE dataset = ? AND sha = ?";
    static const char variant_sql[] = "DELETE FROM variant WHERE dataset = ? AND revision = ?";
    if (db_run(t, db, revision_sql, DB_ARGS(DB_TEXT(dataset), DB_TEXT(sha)), NULL) != E_OK)
        return t->err;
    return db_run(t, db, variant_sql, DB_ARGS(DB_TEXT(dataset), DB_TEXT(sha)), NULL);
}

enum err
ledger_forget_all(struct task *t, struct db *db, struct span dataset)
{
    static const char revision_sql[] = "DELETE FROM revision WHERE dataset = ?";
    static const char variant_sql[] = "DELETE FROM variant WHERE dataset = ?";
    if (db_run(t, db, revision_sql, DB_ARGS(DB_TEXT(dataset)), NULL) != E_OK)
        return t->err;
    return db_run(t, db, variant_sql, DB_ARGS(DB_TEXT(dataset)), NULL);
}
