/* support: folders, files and imports for effect's tests. */
#ifndef TESTS_UNIT_EFFECT_SUPPORT_H
#define TESTS_UNIT_EFFECT_SUPPORT_H

#include "base/conf.h"
#include "base/fsio.h"
#include "base/id.h"
#include "base/json.h"
#include "base/must.h"
#include "effect/import.h"

#include <dirent.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One import in a folder of its own. */
struct trial {
    struct task t;
    char folder[64];
    json_t *report;
    sqlite3 *made; /* new.db, when the import went well */
    enum err e;
};

static inline const char *
trial_path(struct trial *x, const char *name)
{
    return task_printf(&x->t, "%s/%s", x->folder, name);
}

static inline void
trial_begin(struct trial *x)
{
    *x = (struct trial){.e = E_OK};
    id_init();
    task_begin(&x->t, 60000);
    must(conf_load_file(&x->t, NULL) == E_OK);
    strcpy(x->folder, "/tmp/lyceum-import-XXXXXX");
    must(mkdtemp(x->folder) != NULL);
}

/* Builds the source by SQL. */
static inline void
trial_source_sql(struct trial *x, const char *sql)
{
    sqlite3 *db;
    char *why = NULL;
    must(sqlite3_open(trial_path(x, "source"), &db) == SQLITE_OK);
    sqlite3_exec(db, sql, NULL, NULL, &why);
    if (why)
        fprintf(stderr, "source: %s\n", why);
    must(why == NULL);
    must(sqlite3_close(db) == SQLITE_OK);
}

static inline void
trial_source_bytes(struct trial *x, struct span bytes)
{
    must(fsio_write_atomic(&x->t, trial_path(x, "source"), bytes, 0600) == E_OK);
}

static inline void
trial_import(struct trial *x, const char *format, const char *meta)
{
    json_t *m = NULL;
    if (meta)
        must(json_read(&x->t, span_of(meta), &m) == E_OK);
    struct import_job job = {
        .folder = x->folder, .dataset = SPAN("tested"), .format = span_of(format), .meta = m, .limit_bytes = 1 << 30};
    x->e = import_run(&x->t, &job, -1, &x->report);
    if (x->e == E_OK)
        must(sqlite3_open_v2(trial_path(x, "new.db"), &x->made, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
}

/* First column of the first row of a query on what was made, as text: "(none)" without a row, "(null)". */
static inline const char *
trial_ask(struct trial *x, const char *sql)
{
    sqlite3_stmt *st = NULL;
    const char *out = "(none)";
    if (sqlite3_prepare_v2(x->made, sql, -1, &st, NULL) != SQLITE_OK)
        return task_printf(&x->t, "(%s)", sqlite3_errmsg(x->made));
    if (sqlite3_step(st) == SQLITE_ROW)
        out =
            sqlite3_column_text(st, 0) ? task_printf(&x->t, "%s", (const char *)sqlite3_column_text(st, 0)) : "(null)";
    sqlite3_finalize(st);
    return out;
}

/* Does the report's list name it? */
static inline bool
trial_dropped(struct trial *x, const char *kind, const char *name)
{
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(x->report, "dropped"), i, row)
    {
        if (span_is(json_text(row, "kind"), kind) && span_is(json_text(row, "name"), name))
            return true;
    }
    return false;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static inline void
remove_folder(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void
trial_end(struct trial *x)
{
    sqlite3_close(x->made);
    remove_folder(x->folder);
    task_end(&x->t);
}

#endif
