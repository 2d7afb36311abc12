/* lite: SQLite on a publisher's file and on the one that we make of it. */
#include "effect/lite.h"

#include "base/utf8.h"

#include <errno.h>

static const struct {
    int rc;
    enum err e;
    const char *sentence;
} meanings[] = {
    {SQLITE_FULL, E_UNAVAILABLE, "The disk is full: the import could not be finished. Nothing was changed."},
    {SQLITE_IOERR, E_UNAVAILABLE, "The disk failed during the import. Nothing was changed."},
    {SQLITE_NOMEM, E_LIMIT, "The file needs more memory than an import may use."},
    {SQLITE_NOTADB, E_INVALID,
        "The file begins like a SQLite database but is not one: it may be encrypted or damaged. Decrypt it first."},
    {SQLITE_INTERRUPT, E_DEADLINE, "The import did not finish in time."},
};

enum err
lite_fail(struct task *t, sqlite3 *db, int rc)
{
    int kind = rc & 0xff;
    if (kind == SQLITE_IOERR && sqlite3_system_errno(db) == ENOSPC)
        kind = SQLITE_FULL;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].rc == kind)
            return task_fail(t, meanings[i].e, "%s", meanings[i].sentence);
    struct buf *text = task_buf(t, 4096);
    utf8_clean(text, utf8_first(span_of(sqlite3_errmsg(db)), 300));
    if (kind == SQLITE_CORRUPT)
        return task_fail(t, E_INVALID,
            "The file is damaged (%s). Restore it from a backup, or rescue what is left with "
            "the sqlite3 program's .recover command.",
            buf_z(text));
    return task_fail(t, E_INVALID, "SQLite refuses the file: %s.", buf_z(text));
}

enum err
lite_prepare(struct task *t, sqlite3 *db, const char *sql, sqlite3_stmt **out)
{
    int rc = sqlite3_prepare_v2(db, sql, -1, out, NULL);
    return rc == SQLITE_OK ? E_OK : lite_fail(t, db, rc);
}

enum err
lite_step(struct task *t, sqlite3_stmt *st, bool *row)
{
    int rc = sqlite3_step(st);
    *row = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? E_OK : lite_fail(t, sqlite3_db_handle(st), rc);
}

enum err
lite_each(struct task *t, sqlite3 *db, const char *sql, lite_row *fn, void *arg)
{
    sqlite3_stmt *st = NULL;
    bool row = true;
    enum err e = lite_prepare(t, db, sql, &st);
    while (e == E_OK && (e = lite_step(t, st, &row)) == E_OK && row)
        e = fn ? fn(t, st, arg) : E_OK;
    sqlite3_finalize(st);
    return e;
}

enum err
lite_exec(struct task *t, sqlite3 *db, const char *sql)
{
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? E_OK : lite_fail(t, db, rc);
}

void
lite_bind(sqlite3_stmt *st, int at, struct span s)
{
    if (s.p)
        sqlite3_bind_text64(st, at, s.p, s.n, SQLITE_STATIC, SQLITE_UTF8);
    else
        sqlite3_bind_null(st, at);
}

struct span
lite_text(sqlite3_stmt *row, int column)
{
    const unsigned char *p = sqlite3_column_text(row, column);
    return p ? (struct span){(const char *)p, (size_t)sqlite3_column_bytes(row, column)} : SPAN_NONE;
}

void
lite_put_name(struct buf *b, struct span name)
{
    buf_quoted(b, name, '"');
}
