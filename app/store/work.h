/* work: a connection to the work database of a mode: conversations, turns and what they did. */
#ifndef STORE_WORK_H
#define STORE_WORK_H

#include "base/task.h"

/* One connection, for one thread, never carried over a fork. It lives in the task that opened it (a process's own, not
 * a request's) and is closed when that ends. */
struct work;

/* Opens <state>/<mode>/work.db ("public" or "private"), brings it to this program's version, and sets WAL, foreign keys
 * and a busy timeout. E_UNAVAILABLE or E_CORRUPT with a sentence. */
enum err work_open(struct task *t, const char *mode, struct work **out);
/* The same, for a process that only reads (stream): every write is refused, and it never creates or migrates. */
enum err work_open_reader(struct task *t, const char *mode, struct work **out);
/* A database file by its path, for tests and tools. */
enum err work_open_path(struct task *t, const char *path, struct work **out);
/* Closes it earlier. */
void work_close(struct work *w);

/* One transaction; functions of work_*.h join it when one is open and otherwise are one of their own. A full disk is
 * E_UNAVAILABLE with a sentence: nothing was written, reads go on. */
enum err work_begin(struct task *t, struct work *w);
/* Commits when e is E_OK, else rolls back; returns e, or the failure of the commit. */
enum err work_end(struct task *t, struct work *w, enum err e);
/* Turns SQLite's own checkpoints off: for writers on the hot path. Somebody must then call work_checkpoint. */
void work_no_checkpoints(struct work *w);
/* Moves the WAL's pages into the file without waiting for anybody; also empties the WAL file when nobody reads it. */
enum err work_checkpoint(struct task *t, struct work *w);

#endif
