/* db: one connection to a database of ours: opening, statements, transactions, failures as sentences. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/task.h"

#include <sqlite3.h>

/* What a database is for decides how hard it is synced and who may read its file. */
enum db_use {
    DB_AUTHORITY,   /* gate's own: 0600, synchronous FULL */
    DB_WORK,        /* shared by a group: 0660, synchronous NORMAL, the WAL checkpointed by db_checkpoint */
    DB_WORK_READER, /* the same, opened for reading alone */
};
enum { DB_STATEMENTS = 256, DB_BUSY_MS = 5000 };

/* Caller's storage; the fields are db.c's. One thread uses it, and a fork never inherits it open. */
struct db {
    sqlite3 *handle;
    struct db_slot {
        const char *sql; /* the address is the key: statements are static const strings */
        sqlite3_stmt *st;
    } slots[DB_STATEMENTS];
    size_t used;
};

/* Opens (a reader: only an existing file) with WAL, foreign keys, untrusted schema, defensive. E_UNAVAILABLE,
 * E_CORRUPT, E_NOTFOUND with a sentence; then db is closed. */
enum err db_open(struct task *t, const char *path, enum db_use use, struct db *db);
/* Finalizes every statement and closes. A db of zeroes is let through. */
void db_close(struct db *db);

/* Values for the ? of a statement, in order. The bytes live until the call returns or the rows end. */
struct db_arg {
    enum db_arg_kind { DB_ARG_NULL, DB_ARG_I64, DB_ARG_TEXT, DB_ARG_BLOB } kind;
    int64_t i;
    struct span s;
};
#define DB_I64(v) ((struct db_arg){.kind = DB_ARG_I64, .i = (v)})
#define DB_TEXT(v) ((struct db_arg){.kind = DB_ARG_TEXT, .s = (v)})
#define DB_Z(z) ((struct db_arg){.kind = DB_ARG_TEXT, .s = span_of(z)})
#define DB_BLOB(v) ((struct db_arg){.kind = DB_ARG_BLOB, .s = (v)})
/* Two arguments at once: db_run(t, db, sql, DB_ARGS(DB_TEXT(id), DB_I64(now)), NULL). */
#define DB_ARGS(...)                                                                                                   \
    (const struct db_arg[]){__VA_ARGS__}, sizeof((const struct db_arg[]){__VA_ARGS__}) / sizeof(struct db_arg)
#define DB_NO_ARGS NULL, 0

/* Runs a statement that gives no rows; *changed (may be NULL) is the number of rows that it changed. E_CONFLICT: a
 * constraint; E_UNAVAILABLE: busy, or the disk is full; E_CORRUPT. sql must be a static string: it stays prepared. */
enum err db_run(struct task *t, struct db *db, const char *sql, const struct db_arg *args, size_t n, int64_t *changed);

/* Rows of a statement. while (db_next(t, &rows)) ...; then t->err tells an end from a failure. db_rows_end when leaving
 * early. The same statement can't be open twice on one connection. */
struct db_rows {
    struct db *db;
    sqlite3_stmt *st; /* NULL: ended */
};
enum err db_rows(
    struct task *t, struct db *db, const char *sql, const struct db_arg *args, size_t n, struct db_rows *out);
bool db_next(struct task *t, struct db_rows *rows);
void db_rows_end(struct db_rows *rows);
/* Columns of the current row from 0. Text and blobs are copied into the task; NULL gives SPAN_NONE, or 0. */
int64_t db_i64(const struct db_rows *rows, int column);
struct span db_text(struct task *t, const struct db_rows *rows, int column);
/* Opens the rows and steps to the first. True: a row is there (call db_rows_end); false: none, or t->err. */
bool db_first(struct task *t, struct db *db, const char *sql, const struct db_arg *args, size_t n, struct db_rows *out);
/* First column of the first row; fallback without a row. */
enum err db_number(struct task *t, struct db *db, const char *sql, const struct db_arg *args, size_t n,
    int64_t fallback, int64_t *out);

/* BEGIN IMMEDIATE: waits for other writers at most DB_BUSY_MS or until the task's deadline. */
enum err db_begin(struct task *t, struct db *db);
/* Ends the transaction: commits when e is E_OK and the commit succeeds, else rolls back. Returns what became of it. */
enum err db_end(struct task *t, struct db *db, enum err e);

/* Whether commits from now on wait for the disk. Not durable: the last moments before a loss of power may be lost,
 * never anything else. Not within a transaction. */
enum err db_durable(struct task *t, struct db *db, bool durable);
/* Moves the WAL into the database without waiting for readers; for a thread or timer of its own on a DB_WORK. */
enum err db_checkpoint(struct task *t, struct db *db);
/* Runs text of several statements (migrations, pragmas). */
enum err db_exec(struct task *t, struct db *db, const char *sql);
/* Fails the task with what SQLite's last failure means to people: for folders that call SQLite themselves. */
enum err db_fail(struct task *t, struct db *db, int rc);

#endif
