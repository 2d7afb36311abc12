/* migrate: forward-only migrations with checksums. */
#include "store/migrate.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/must.h"

enum { NUMBER_DIGITS = 4, MIGRATE_LOCK_MS = 60000 };

static const char create_sql[] = "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
                                 " checksum TEXT NOT NULL, applied_ms INTEGER NOT NULL) STRICT";
static const char applied_sql[] = "SELECT number, name, checksum FROM migration ORDER BY number";
static const char record_sql[] = "INSERT INTO migration (number, name, checksum, applied_ms) VALUES (?, ?, ?, ?)";

static void
check_list(const struct migration_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        int64_t number = 0;
        must(span_i64(span_first(span_of(list->rows[i].name), NUMBER_DIGITS), &number) && number == (int64_t)i + 1);
    }
}

/* Compares what the database says was applied with what this program has; *count: how many were. */
static enum err
check_applied(struct task *t, struct db *db, const struct migration_list *list, size_t *count)
{
    struct db_rows rows;
    *count = 0;
    if (db_rows(t, db, applied_sql, DB_NO_ARGS, &rows) != E_OK)
        return t->err;
    while (db_next(t, &rows)) {
        char sum[HASH_HEX_BYTES];
        struct span name = db_text(t, &rows, 1);
        if (*count == list->n) {
            db_rows_end(&rows);
            return task_fail(t, E_CONFLICT,
                "The database was made by a newer version of Lyceum (it has the migration %.*s): use that version, or "
                "restore a backup from before the update.",
                SPAN_ARG(name));
        }
        hash_hex(span_of(list->rows[*count].sql), sum);
        if (db_i64(&rows, 0) != (int64_t)*count + 1 || !span_is(db_text(t, &rows, 2), sum)) {
            db_rows_end(&rows);
            return task_fail(t, E_CONFLICT,
                "The migration %.*s was changed after it was applied to this database: use the version of Lyceum that "
                "belongs to the database.",
                SPAN_ARG(name));
        }
        ++*count;
    }
    return t->err;
}

static enum err
apply(struct task *t, struct db *db, const struct migration *m, int64_t number)
{
    char sum[HASH_HEX_BYTES];
    if (db_exec(t, db, m->sql) != E_OK)
        return t->err;
    must(!sqlite3_get_autocommit(db->handle)); /* a migration holds no COMMIT */
    hash_hex(span_of(m->sql), sum);
    return db_run(t, db, record_sql, DB_ARGS(DB_I64(number), DB_Z(m->name), DB_Z(sum), DB_I64(clock_unix_ms())), NULL);
}

static enum err
forward(struct task *t, struct db *db, const struct migration_list *list)
{
    size_t done = 0;
    if (db_exec(t, db, create_sql) != E_OK || check_applied(t, db, list, &done) != E_OK)
        return t->err;
    for (size_t i = done; i < list->n; i++) {
        if (apply(t, db, &list->rows[i], (int64_t)i + 1) != E_OK)
            return t->err;
        log_line(t, "applied the migration %s", list->rows[i].name);
    }
    return E_OK;
}

enum err
migrate(struct task *t, struct db *db, const struct migration_list *list)
{
    check_list(list);
    sqlite3_busy_timeout(db->handle, MIGRATE_LOCK_MS);
    enum err e = db_exec(t, db, "BEGIN EXCLUSIVE");
    if (e == E_OK)
        e = db_end(t, db, forward(t, db, list));
    sqlite3_busy_timeout(db->handle, DB_BUSY_MS);
    return e;
}
