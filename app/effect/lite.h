/* lite: the few SQLite calls of an import, on files that are not ours, with failures as sentences for the publisher. */
#ifndef EFFECT_LITE_H
#define EFFECT_LITE_H

#include "base/task.h"

#include <sqlite3.h>

/* One row of a statement; anything but E_OK ends it. */
typedef enum err lite_row(struct task *t, sqlite3_stmt *row, void *arg);

/* Runs one or more statements without rows. */
enum err lite_exec(struct task *t, sqlite3 *db, const char *sql);
/* Runs one statement and calls fn (may be NULL) for each row. */
enum err lite_each(struct task *t, sqlite3 *db, const char *sql, lite_row *fn, void *arg);
enum err lite_prepare(struct task *t, sqlite3 *db, const char *sql, sqlite3_stmt **out);
/* Steps; *row tells whether there is one. */
enum err lite_step(struct task *t, sqlite3_stmt *st, bool *row);
/* Binds text (malformed or not, it is stored as it is); a NULL pointer binds NULL. */
void lite_bind(sqlite3_stmt *st, int at, struct span s);
/* Text of a column of the current row, borrowed until the next step; NULL gives SPAN_NONE. */
struct span lite_text(sqlite3_stmt *row, int column);

/* Appends "name" in double quotes, as SQL wants it. */
void lite_put_name(struct buf *b, struct span name);
/* What the last failure of db means to the person who publishes. */
enum err lite_fail(struct task *t, sqlite3 *db, int rc);

#endif
