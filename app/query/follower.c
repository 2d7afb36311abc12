/* follower: a small cache of connections and statements. */
#include "query/follower.h"

#include "base/conf.h"

#include <stdio.h>
#include <string.h>

static struct follower places[FOLLOWERS];
static uint64_t clock_of_use;

static void
forget(struct follower *f)
{
    for (size_t i = 0; i < FOLLOWER_STATEMENTS; i++) {
        sqlite3_finalize(f->statements[i].st);
        sqlite3_free(f->statements[i].sql);
    }
    guard_close(&f->guard);
    memset(f, 0, sizeof *f);
}

/* With zeroes behind its texts, so that keys are compared as bytes. */
static void
make_key(const struct dataset_ask *ask, int variant, bool sidecar, struct follower_key *out)
{
    memset(out, 0, sizeof *out);
    snprintf(out->dataset, sizeof out->dataset, "%.*s", SPAN_ARG(ask->name));
    if (span_is(ask->name, DATASET_SCRATCH))
        snprintf(out->conversation, sizeof out->conversation, "%.*s", SPAN_ARG(ask->conversation));
    out->variant = variant;
    out->sidecar = sidecar;
}

static struct follower *
find(const struct follower_key *key)
{
    for (size_t i = 0; i < FOLLOWERS; i++)
        if (places[i].used > 0 && memcmp(&places[i].key, key, sizeof *key) == 0)
            return &places[i];
    return NULL;
}

static struct follower *
least_used(void)
{
    struct follower *least = &places[0];
    for (size_t i = 1; i < FOLLOWERS; i++)
        if (places[i].used < least->used)
            least = &places[i];
    return least;
}

enum err
follower_get(struct task *t, const struct dataset_ask *ask, bool sidecar, struct follower **out)
{
    struct dataset_file file;
    struct follower_key key;
    if (dataset_find(t, ask, sidecar ? "idx" : "db", &file) != E_OK)
        return t->err;
    make_key(ask, file.variant, sidecar, &key);
    struct follower *f = find(&key);
    if (!f || !span_is(file.revision, f->revision)) { /* a revision's file never changes: its name is its hash */
        f = f ? f : least_used();
        forget(f);
        if (guard_open(t, &f->guard, file.path, false) != E_OK)
            return t->err;
        memcpy(&f->key, &key, sizeof key);
        snprintf(f->revision, sizeof f->revision, "%.*s", SPAN_ARG(file.revision));
    }
    f->used = ++clock_of_use;
    guard_begin(&f->guard, t, conf_int("limits.page_ms"));
    f->guard.ours = true;
    f->guard.stepping = true; /* our statements ask pragma functions */
    *out = f;
    return E_OK;
}

enum err
follower_sidecar(struct task *t, const struct follower *f, struct follower **out)
{
    const struct dataset_ask ask = {.name = span_of(f->key.dataset),
        .revision = span_of(f->revision),
        .conversation = span_of(f->key.conversation)};
    return follower_get(t, &ask, true, out);
}

enum err
follower_fail(struct task *t, struct follower *f, int rc)
{
    if (f->guard.late || rc == SQLITE_INTERRUPT)
        return task_fail(t, E_DEADLINE, "Reading the dataset took longer than it may.");
    if ((rc & 0xff) == SQLITE_NOMEM || (rc & 0xff) == SQLITE_TOOBIG)
        return task_fail(t, E_LIMIT, "Reading this needs more memory than it may use.");
    if ((rc & 0xff) == SQLITE_ERROR || rc == SQLITE_AUTH)
        return task_fail(t, E_INVALID, "This can't be read: %s.", sqlite3_errmsg(f->guard.db));
    return task_fail(t, E_CORRUPT, "The dataset's file can't be read: %s.", sqlite3_errstr(rc));
}

enum err
follower_prepare(struct task *t, struct follower *f, const char *sql, sqlite3_stmt **out)
{
    struct follower_statement *s = &f->statements[0];
    for (size_t i = 0; i < FOLLOWER_STATEMENTS; i++) {
        if (f->statements[i].sql && strcmp(f->statements[i].sql, sql) == 0) {
            s = &f->statements[i];
            break;
        }
        if (f->statements[i].used < s->used)
            s = &f->statements[i];
    }
    if (!s->sql || strcmp(s->sql, sql) != 0) {
        sqlite3_finalize(s->st);
        sqlite3_free(s->sql);
        *s = (struct follower_statement){0};
        int rc = sqlite3_prepare_v3(f->guard.db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->st, NULL);
        if (rc != SQLITE_OK)
            return follower_fail(t, f, rc);
        s->sql = sqlite3_mprintf("%s", sql);
        if (!s->sql)
            return follower_fail(t, f, SQLITE_NOMEM);
    }
    s->used = ++clock_of_use;
    sqlite3_reset(s->st);
    sqlite3_clear_bindings(s->st);
    *out = s->st;
    return E_OK;
}
