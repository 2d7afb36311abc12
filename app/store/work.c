/* work: opening a mode's work database, and its transactions. */
#include "store/work.h"

#include "base/conf.h"
#include "base/must.h"
#include "store/migrate.h"
#include "store/work_priv.h"

#include <string.h>

static void
close_at_end(void *arg)
{
    work_close(arg);
}

static enum err
open_as(struct task *t, const char *path, enum db_use use, struct work **out)
{
    struct work *w = task_new(t, struct work);
    *out = w;
    task_defer(t, close_at_end, w);
    if (db_open(t, path, use, &w->db) != E_OK)
        return t->err;
    return use == DB_WORK ? migrate(t, &w->db, &migrations_work) : E_OK;
}

static const char *
path_of(struct task *t, const char *mode)
{
    must(strcmp(mode, "public") == 0 || strcmp(mode, "private") == 0);
    return conf_path(t, task_printf(t, "%s/work.db", mode));
}

enum err
work_open(struct task *t, const char *mode, struct work **out)
{
    return open_as(t, path_of(t, mode), DB_WORK, out);
}

enum err
work_open_reader(struct task *t, const char *mode, struct work **out)
{
    return open_as(t, path_of(t, mode), DB_WORK_READER, out);
}

enum err
work_open_path(struct task *t, const char *path, struct work **out)
{
    return open_as(t, path, DB_WORK, out);
}

void
work_close(struct work *w)
{
    db_close(&w->db);
}

enum err
work_begin(struct task *t, struct work *w)
{
    must(!w->open);
    enum err e = db_begin(t, &w->db);
    w->open = e == E_OK;
    return e;
}

enum err
work_end(struct task *t, struct work *w, enum err e)
{
    must(w->open);
    w->open = false;
    return db_end(t, &w->db, e);
}

void
work_no_checkpoints(struct work *w)
{
    sqlite3_wal_autocheckpoint(w->db.handle, 0);
}

enum err
work_checkpoint(struct task *t, struct work *w)
{
    return db_checkpoint(t, &w->db);
}

enum err
work_change_one(
    struct task *t, struct work *w, const char *sql, const struct db_arg *args, size_t n, const char *else_sentence)
{
    int64_t changed;
    if (db_run(t, &w->db, sql, args, n, &changed) != E_OK)
        return t->err;
    return changed == 1 ? E_OK : task_fail(t, E_CONFLICT, "%s", else_sentence);
}

void *
work_list_room(struct task *t, void **list, size_t *n, size_t *room, size_t item_bytes)
{
    if (*n == *room) {
        size_t more = *room ? *room * 2 : 16;
        void *grown = task_array(t, more, item_bytes);
        if (*n > 0)
            memcpy(grown, *list, *n * item_bytes);
        *list = grown;
        *room = more;
    }
    return (char *)*list + (*n)++ * item_bytes;
}
