/* db: connections to our own databases. */
#include "store/db.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { AGAIN_MS = 5 };

static const struct {
    mode_t mode;
    int flags;
    const char *pragmas;
} uses[] = {
    [DB_AUTHORITY] = {0600, SQLITE_OPEN_READWRITE,
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=FAST;"},
    /* The automatic checkpoint is a safety net alone: it stalls the writer that meets it. */
    [DB_WORK] = {0660, SQLITE_OPEN_READWRITE,
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=16384;"
        "PRAGMA journal_size_limit=67108864;"},
    [DB_WORK_READER] = {0660, SQLITE_OPEN_READONLY, "PRAGMA query_only=ON;"},
};

static const struct {
    int rc;
    enum err e;
    const char *sentence;
} meanings[] = {
    {SQLITE_FULL, E_UNAVAILABLE, "The disk is full: the change could not be saved. Nothing was changed."},
    {SQLITE_BUSY, E_UNAVAILABLE,
        "The database is busy with another change. Nothing was changed; try again in a moment."},
    {SQLITE_LOCKED, E_UNAVAILABLE,
        "The database is busy with another change. Nothing was changed; try again in a moment."},
    {SQLITE_CONSTRAINT, E_CONFLICT, "That is already there, or goes against what is stored. Nothing was changed."},
    {SQLITE_READONLY, E_UNAVAILABLE,
        "The database can't be written. Nothing was changed; an admin must check the state folder's rights."},
    {SQLITE_PERM, E_UNAVAILABLE, "The database can't be opened: an admin must check the state folder's rights."},
    {SQLITE_CANTOPEN, E_UNAVAILABLE, "The database can't be opened: an admin must check the state folder."},
    {SQLITE_IOERR, E_UNAVAILABLE,
        "The disk failed while the database was used. Nothing was changed; an admin must look at it."},
    {SQLITE_CORRUPT, E_CORRUPT, "The database is damaged: an admin must restore it from a backup."},
    {SQLITE_NOTADB, E_CORRUPT, "The database's file is not a database: an admin must restore it from a backup."},
    {SQLITE_INTERRUPT, E_DEADLINE, "The database did not finish in time. Nothing was changed."},
    {SQLITE_TOOBIG, E_LIMIT, "A value is too long to be stored."},
};

enum err
db_fail(struct task *t, struct db *db, int rc)
{
    /* A full disk shows itself as an input/output error too, depending on the file that met it. */
    if ((rc & 0xff) == SQLITE_IOERR && db->handle && sqlite3_system_errno(db->handle) == ENOSPC)
        rc = SQLITE_FULL;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].rc == (rc & 0xff))
            return task_fail(t, meanings[i].e, "%s", meanings[i].sentence);
    log_line(t, "database: result %d: %s", rc, db->handle ? sqlite3_errmsg(db->handle) : "not open");
    return task_fail(t, E_INTERNAL, "The database refused a statement of ours. Nothing was changed.");
}

/* Creates the file with its mode, whatever the umask: SQLite gives the WAL the same. */
static enum err
create_file(struct task *t, const char *path, mode_t mode)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0 && errno == EEXIST)
        return E_OK;
    if (fd < 0 && (errno == ENOSPC || errno == EDQUOT))
        return task_fail(
            t, E_UNAVAILABLE, "The disk is full: the database %s can't be created. Nothing was changed.", path);
    if (fd < 0)
        return task_fail(t, E_UNAVAILABLE, "The database %s can't be created: %s.", path, strerror(errno));
    bool ok = fchmod(fd, mode) == 0;
    close(fd);
    return ok ? E_OK : task_fail(t, E_UNAVAILABLE, "The database %s can't be given its mode.", path);
}

/* Of several processes that make a new database a WAL one at once, all but one are told BUSY without being let wait. */
static enum err
first_pragmas(struct task *t, struct db *db, const char *pragmas)
{
    int64_t end_ms = clock_mono_ms() + DB_BUSY_MS;
    for (;;) {
        int rc = sqlite3_exec(db->handle, pragmas, NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            return E_OK;
        if ((rc & 0xff) != SQLITE_BUSY || clock_mono_ms() > end_ms)
            return db_fail(t, db, rc);
        sqlite3_sleep(AGAIN_MS);
    }
}

static enum err
configure(struct task *t, struct db *db, enum db_use use)
{
    static const struct {
        int option, value;
    } options[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
        {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},
    };
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, DB_BUSY_MS);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        int rc = sqlite3_db_config(db->handle, options[i].option, options[i].value, NULL);
        if (rc != SQLITE_OK)
            return db_fail(t, db, rc);
    }
    if (db_exec(t, db, "PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY;") != E_OK)
        return t->err;
    return first_pragmas(t, db, uses[use].pragmas);
}

enum err
db_open(struct task *t, const char *path, enum db_use use, struct db *db)
{
    *db = (struct db){0};
    if (use != DB_WORK_READER && create_file(t, path, uses[use].mode) != E_OK)
        return t->err;
    if (use == DB_WORK_READER && access(path, F_OK) != 0)
        return task_fail(t, E_NOTFOUND, "The database %s is not there yet.", path);
    int rc = sqlite3_open_v2(path, &db->handle, uses[use].flags | SQLITE_OPEN_NOMUTEX, NULL);
    enum err e = rc == SQLITE_OK ? configure(t, db, use) : db_fail(t, db, rc);
    if (e != E_OK)
        db_close(db);
    return e;
}

void
db_close(struct db *db)
{
    for (size_t i = 0; i < DB_STATEMENTS; i++)
        sqlite3_finalize(db->slots[i].st);
    if (db->handle)
        must(sqlite3_close(db->handle) == SQLITE_OK);
    *db = (struct db){0};
}

static struct db_slot *
slot_of(struct db *db, const char *sql)
{
    size_t i = ((uintptr_t)sql >> 3) * 31 % DB_STATEMENTS;
    must(db->used < DB_STATEMENTS - 1);
    while (db->slots[i].sql && db->slots[i].sql != sql)
        i = (i + 1) % DB_STATEMENTS;
    return &db->slots[i];
}

static enum err
prepared(struct task *t, struct db *db, const char *sql, sqlite3_stmt **out)
{
    struct db_slot *slot = slot_of(db, sql);
    if (!slot->sql) {
        int rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &slot->st, NULL);
        if (rc != SQLITE_OK)
            return db_fail(t, db, rc);
        slot->sql = sql;
        db->used++;
    }
    must(!sqlite3_stmt_busy(slot->st)); /* one use at a time: see db_rows */
    *out = slot->st;
    return E_OK;
}

static int
bind_one(sqlite3_stmt *st, int at, const struct db_arg *a)
{
    /* "" and not NULL: an absent text is stored as an empty one. */
    const char *p = a->s.p ? a->s.p : "";
    switch (a->kind) {
    case DB_ARG_I64: return sqlite3_bind_int64(st, at, a->i);
    case DB_ARG_TEXT: return sqlite3_bind_text64(st, at, p, a->s.n, SQLITE_STATIC, SQLITE_UTF8);
    case DB_ARG_BLOB: return sqlite3_bind_blob64(st, at, p, a->s.n, SQLITE_STATIC);
    case DB_ARG_NULL: return sqlite3_bind_null(st, at);
    }
    return SQLITE_MISUSE;
}

static void
release(sqlite3_stmt *st)
{
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
}

enum err
db_rows(struct task *t, struct db *db, const char *sql, const struct db_arg *args, size_t n, struct db_rows *out)
{
    *out = (struct db_rows){.db = db};
    sqlite3_stmt *st = NULL;
    if (prepared(t, db, sql, &st) != E_OK)
        return t->err;
    must(n == (size_t)sqlite3_bind_parameter_count(st));
    for (size_t i = 0; i < n; i++) {
        int rc = bind_one(st, (int)i + 1, &args[i]);
        if (rc != SQLITE_OK) {
            release(st);
            return db_fail(t, db, rc);
        }
    }
    out->st = st;
    return E_OK;
}

bool
db_next(struct task *t, struct db_rows *rows)
{
    if (!rows->st)
        return false;
    int rc = sqlite3_step(rows->st);
    if (rc == SQLITE_ROW)
        return true;
    if (rc != SQLITE_DONE)
        db_fail(t, rows->db, rc);
    db_rows_end(rows);
    return false;
}

void
db_rows_end(struct db_rows *rows)
{
    if (rows->st)
        release(rows->st);
    rows->st = NULL;
}

bool
db_first(struct task *t, struct db *db, const char *sql, const struct db_arg *args, size_t n, struct db_rows *out)
{
    return db_rows(t, db, sql, args, n, out) == E_OK && db_next(t, out);
}

enum err
db_run(struct task *t, struct db *db, const char *sql, const struct db_arg *args, size_t n, int64_t *changed)
{
    struct db_rows rows;
    if (db_rows(t, db, sql, args, n, &rows) != E_OK)
        return t->err;
    int rc = sqlite3_step(rows.st);
    must(rc != SQLITE_ROW);
    enum err e = rc == SQLITE_DONE ? E_OK : db_fail(t, db, rc);
    db_rows_end(&rows);
    if (changed)
        *changed = e == E_OK ? sqlite3_changes64(db->handle) : 0;
    return e;
}

enum err
db_number(
    struct task *t, struct db *db, const char *sql, const struct db_arg *args, size_t n, int64_t fallback, int64_t *out)
{
    struct db_rows rows;
    *out = fallback;
    if (db_rows(t, db, sql, args, n, &rows) != E_OK)
        return t->err;
    if (db_next(t, &rows))
        *out = db_i64(&rows, 0);
    db_rows_end(&rows);
    return t->err;
}

int64_t
db_i64(const struct db_rows *rows, int column)
{
    return sqlite3_column_int64(rows->st, column);
}

struct span
db_text(struct task *t, const struct db_rows *rows, int column)
{
    if (sqlite3_column_type(rows->st, column) == SQLITE_NULL)
        return SPAN_NONE;
    const void *p = sqlite3_column_blob(rows->st, column); /* TEXT is UTF-8 here: its blob form is the same bytes */
    int n = sqlite3_column_bytes(rows->st, column);
    return task_dup(t, (struct span){p, (size_t)n});
}

enum err
db_begin(struct task *t, struct db *db)
{
    int left = task_left_ms(t);
    sqlite3_busy_timeout(db->handle, left < DB_BUSY_MS ? left : DB_BUSY_MS);
    enum err e = db_run(t, db, "BEGIN IMMEDIATE", DB_NO_ARGS, NULL);
    sqlite3_busy_timeout(db->handle, DB_BUSY_MS);
    return e;
}

enum err
db_end(struct task *t, struct db *db, enum err e)
{
    if (e == E_OK)
        e = db_run(t, db, "COMMIT", DB_NO_ARGS, NULL);
    /* SQLite rolls some failures back by itself. */
    if (e != E_OK && !sqlite3_get_autocommit(db->handle) &&
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
        log_line(t, "database: a rollback failed: %s", sqlite3_errmsg(db->handle));
    return e;
}

enum err
db_durable(struct task *t, struct db *db, bool durable)
{
    must(sqlite3_get_autocommit(db->handle));
    return db_run(t, db, durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", DB_NO_ARGS, NULL);
}

enum err
db_checkpoint(struct task *t, struct db *db)
{
    int rc = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return rc == SQLITE_OK || rc == SQLITE_BUSY ? E_OK : db_fail(t, db, rc);
}

enum err
db_exec(struct task *t, struct db *db, const char *sql)
{
    int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? E_OK : db_fail(t, db, rc);
}
