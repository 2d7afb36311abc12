/* change_rules: clock, limits, functions, authorizer. */
#include "effect/change_rules.h"

#include "base/clock.h"
#include "base/must.h"
#include "base/utf8.h"
#include "query/functions.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { PROGRESS_OPS = 1000, PAGE_BYTES = 4096 };
#define FIXED_VFS "lyceum-fixed"
static const sqlite3_int64 JULIAN_1970_MS = 210866760000000LL;

static sqlite3_vfs fixed;
static sqlite3_int64 fixed_ms;

static int
now_int64(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
    (void)vfs;
    *out = fixed_ms + JULIAN_1970_MS;
    return SQLITE_OK;
}

static int
now_double(sqlite3_vfs *vfs, double *out)
{
    (void)vfs;
    *out = (double)(fixed_ms + JULIAN_1970_MS) / 86400000.0;
    return SQLITE_OK;
}

/* The usual files under a clock that stands still: a change is the same when it is run again. */
static bool
stop_clock(int64_t now_ms)
{
    const sqlite3_vfs *usual = sqlite3_vfs_find(NULL);
    fixed_ms = now_ms;
    if (fixed.zName)
        return true;
    if (!usual)
        return false;
    fixed = *usual;
    fixed.zName = FIXED_VFS;
    fixed.pNext = NULL;
    fixed.xCurrentTime = now_double;
    fixed.xCurrentTimeInt64 = now_int64;
    return sqlite3_vfs_register(&fixed, 0) == SQLITE_OK;
}

static int
deny(struct rules *r, const char *word, const char *what, const char *which)
{
    r->word = word;
    snprintf(r->why, sizeof r->why, "%s%s%.120s is not allowed here.", what, which && which[0] ? " " : "",
        which ? which : "");
    return SQLITE_DENY;
}

static bool
is_own(const char *table)
{
    return strncasecmp(table, "sqlite_", 7) == 0;
}

static bool
is_schema(const char *table)
{
    return strcasecmp(table, "sqlite_master") == 0 || strcasecmp(table, "sqlite_schema") == 0;
}

static bool
in_main(const char *schema)
{
    return !schema || strcasecmp(schema, "main") == 0;
}

/* ALTER TABLE goes through temporary objects as well, of which there are none. */
static bool
is_temporary(const struct rules *r, const char *table)
{
    return r->altering && strcasecmp(table, "sqlite_temp_master") == 0;
}

/* What the schema says of hidden parts is as hidden as they are: then it is read by SQLite's own statements alone,
 * those of ALTER and DROP, and by rowid the one of CREATE: the authorizer is asked for that update of the schema first,
 * which no script gets to make, and after all that the script reads. */
static bool
may_read_schema(const struct rules *r, const char *column)
{
    bool hides = r->labels && labels_top(r->labels) > r->ceiling;
    return !hides || r->altering || (r->making && strcasecmp(column, "ROWID") == 0);
}

static int
read_own(struct rules *r, const char *table, const char *column)
{
    if (!is_schema(table))
        return r->altering ? SQLITE_OK : deny(r, WORD_DENIED, "Reading", table);
    if (may_read_schema(r, column))
        return SQLITE_OK;
    return deny(r, WORD_DENIED, "Reading a schema that speaks of what is labelled above this conversation:", table);
}

static int
read_of(struct rules *r, const char *table, const char *column, const char *schema)
{
    if (r->data && schema && strcasecmp(schema, "data") == 0 && !is_own(table))
        return SQLITE_OK;
    if (is_temporary(r, table))
        return SQLITE_OK;
    if (!in_main(schema) || strncasecmp(table, "pragma_", 7) == 0 || strcasecmp(table, "dbstat") == 0)
        return deny(r, WORD_DENIED, "Reading", table);
    if (is_own(table))
        return read_own(r, table, column);
    if (labels_hide_table(r->labels, r->ceiling, span_of(table)) ||
        labels_hide_column(r->labels, r->ceiling, span_of(table), span_of(column)))
        return deny(r, WORD_DENIED, "Reading what is labelled above this conversation in", table);
    return SQLITE_OK;
}

/* SQLite itself keeps people from writing into the schema's table; our own statements never do. */
static int
write_of(struct rules *r, const char *table, const char *schema)
{
    if (is_temporary(r, table))
        return SQLITE_OK;
    if (!in_main(schema))
        return deny(r, WORD_DENIED, "Writing into", schema);
    if (is_own(table))
        return is_schema(table) || r->altering ? SQLITE_OK : deny(r, WORD_DENIED, "Changing", table);
    if (labels_touch(r->labels, r->ceiling, span_of(table)))
        return deny(r, WORD_DENIED, "Changing what is labelled above this conversation in", table);
    return SQLITE_OK;
}

static int
function_of(struct rules *r, const char *name)
{
    static const char *const inner[] = {"sqlite_rename_column", "sqlite_rename_table", "sqlite_rename_test",
        "sqlite_rename_quotefix", "sqlite_drop_column", "sqlite_drop_constraint", "sqlite_add_constraint",
        "sqlite_find_constraint", "sqlite_fail"};
    if (strcasecmp(name, "random") == 0 || strcasecmp(name, "randomblob") == 0)
        return deny(r, WORD_RANDOM, "A change must give the same rows each time that it runs: the function", name);
    for (size_t i = 0; r->altering && i < sizeof inner / sizeof inner[0]; i++)
        if (strcasecmp(name, inner[i]) == 0)
            return SQLITE_OK;
    return functions_allow(name) ? SQLITE_OK : deny(r, WORD_DENIED, "The function", name);
}

static const char *
action_word(int action)
{
    static const struct {
        int action;
        const char *word;
    } rows[] = {{SQLITE_ATTACH, "ATTACH"}, {SQLITE_DETACH, "DETACH"}, {SQLITE_PRAGMA, "PRAGMA"},
        {SQLITE_TRANSACTION, "A transaction of its own"}, {SQLITE_SAVEPOINT, "SAVEPOINT"}, {SQLITE_ANALYZE, "ANALYZE"},
        {SQLITE_CREATE_TRIGGER, "A trigger"}, {SQLITE_DROP_TRIGGER, "A trigger"},
        {SQLITE_CREATE_VTABLE, "A virtual table"}, {SQLITE_DROP_VTABLE, "A virtual table"},
        {SQLITE_CREATE_TEMP_TABLE, "A temporary table"}, {SQLITE_CREATE_TEMP_VIEW, "A temporary view"},
        {SQLITE_CREATE_TEMP_INDEX, "A temporary index"}, {SQLITE_CREATE_TEMP_TRIGGER, "A trigger"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].action == action)
            return rows[i].word;
    return "That";
}

static const char *
or_none(const char *z)
{
    return z ? z : "";
}

static int
drop_of(struct rules *r, const char *table, const char *schema, bool whole)
{
    r->altering = r->dropped = true;
    if (whole)
        snprintf(r->drop, sizeof r->drop, "%s", table);
    return write_of(r, table, schema);
}

/* Default deny. */
static int
authorize(void *arg, int action, const char *a, const char *b, const char *schema, const char *by)
{
    struct rules *r = arg;
    (void)by;
    if (r->ours)
        return SQLITE_OK;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
    case SQLITE_REINDEX: return SQLITE_OK;
    case SQLITE_READ: return read_of(r, or_none(a), or_none(b), schema);
    case SQLITE_FUNCTION: return function_of(r, or_none(b));
    case SQLITE_DROP_TABLE: return drop_of(r, or_none(a), schema, true);
    case SQLITE_DROP_VIEW: return drop_of(r, or_none(a), schema, false);
    case SQLITE_DROP_INDEX: return drop_of(r, or_none(b), schema, false);
    case SQLITE_ALTER_TABLE: r->altering = true; return write_of(r, or_none(b), a);
    case SQLITE_CREATE_INDEX: return write_of(r, or_none(b), schema);
    case SQLITE_UPDATE: r->making = r->making || is_schema(or_none(a)); return write_of(r, or_none(a), schema);
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_VIEW:
    case SQLITE_INSERT:
    case SQLITE_DELETE: return write_of(r, or_none(a), schema);
    default: return deny(r, WORD_DENIED, action_word(action), "");
    }
}

static int
progress(void *arg)
{
    struct rules *r = arg;
    r->late = r->late || (r->due_us > 0 && clock_mono_us() >= r->due_us);
    return r->late;
}

/* In the place of SQLite's: a DEFAULT calls a function without asking the authorizer. */
static void
refuse_random(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
    struct rules *r = sqlite3_user_data(ctx);
    (void)argc, (void)argv;
    r->random = true;
    sqlite3_result_error(ctx, "random values are not allowed", -1);
}

static const struct {
    int limit, value;
} limits[] = {
    {SQLITE_LIMIT_LENGTH, 1000000},
    {SQLITE_LIMIT_SQL_LENGTH, 100000},
    {SQLITE_LIMIT_COLUMN, 500},
    {SQLITE_LIMIT_EXPR_DEPTH, 200},
    {SQLITE_LIMIT_COMPOUND_SELECT, 100},
    {SQLITE_LIMIT_VDBE_OP, 100000},
    {SQLITE_LIMIT_FUNCTION_ARG, 127},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 500},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 20}, /* of cascades */
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

static bool
set_config(sqlite3 *db)
{
    static const struct {
        int option, value;
    } rows[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
        {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (sqlite3_db_config(db, rows[i].option, rows[i].value, NULL) != SQLITE_OK)
            return false;
    return true;
}

/* The copy is thrown away unless all went well, and synced by the caller then. */
static const char pragmas[] = "PRAGMA journal_mode=DELETE; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;"
                              "PRAGMA secure_delete=ON; PRAGMA temp_store=FILE; PRAGMA cell_size_check=ON;"
                              "PRAGMA mmap_size=0; PRAGMA cache_size=-65536";

static enum err
attach(struct task *t, struct rules *r, const char *path)
{
    sqlite3_stmt *st = NULL;
    const char *uri = task_printf(t, "file:%s?mode=ro&immutable=1", path); /* a path of ours: no ? or # in it */
    int rc = sqlite3_prepare_v2(r->db, "ATTACH ? AS data", -1, &st, NULL);
    if (rc == SQLITE_OK)
        sqlite3_bind_text(st, 1, uri, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        sqlite3_step(st);
    rc = sqlite3_finalize(st);
    r->data = true;
    return rc == SQLITE_OK ? E_OK : rules_fail(t, r, rc, 0);
}

static enum err
arm(struct task *t, struct rules *r, const struct rules_setup *s)
{
    static const char *const no_modules[] = {NULL};
    const int flags = SQLITE_UTF8 | SQLITE_INNOCUOUS;
    bool ok =
        set_config(r->db) && sqlite3_drop_modules(r->db, (const char **)(uintptr_t)no_modules) == SQLITE_OK &&
        functions_install(r->db) &&
        sqlite3_create_function_v2(r->db, "random", 0, flags, r, refuse_random, NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_create_function_v2(r->db, "randomblob", 1, flags, r, refuse_random, NULL, NULL, NULL) == SQLITE_OK;
    if (!ok)
        return task_fail(t, E_INTERNAL, "SQLite could not be set up for a change.");
    if (rules_exec(t, r, pragmas) != E_OK || (s->data && attach(t, r, s->data) != E_OK))
        return t->err;
    if (s->most_bytes > 0 &&
        rules_exec(t, r, task_printf(t, "PRAGMA max_page_count=%lld", (long long)(s->most_bytes / PAGE_BYTES))) != E_OK)
        return t->err;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        sqlite3_limit(r->db, limits[i].limit, limits[i].value);
    sqlite3_limit(r->db, SQLITE_LIMIT_ATTACHED, 0); /* no further one */
    sqlite3_set_authorizer(r->db, authorize, r);
    sqlite3_progress_handler(r->db, PROGRESS_OPS, progress, r);
    return E_OK;
}

enum err
rules_open(struct task *t, struct rules *r, const struct rules_setup *s)
{
    *r = (struct rules){.labels = s->labels, .ceiling = s->ceiling, .ours = true};
    if (!stop_clock(s->now_ms))
        return task_fail(t, E_INTERNAL, "SQLite could not be set up for a change.");
    int rc = sqlite3_open_v2(s->path, &r->db,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE |
            SQLITE_OPEN_NOMUTEX,
        FIXED_VFS);
    if (rc != SQLITE_OK)
        return rules_fail(t, r, rc, 0);
    if (arm(t, r, s) != E_OK)
        return t->err;
    r->ours = false;
    r->due_us = s->budget_ms > 0 ? clock_mono_us() + s->budget_ms * 1000 : 0;
    return E_OK;
}

void
rules_close(struct rules *r)
{
    sqlite3_close(r->db);
    r->db = NULL;
}

enum err
rules_exec(struct task *t, struct rules *r, const char *sql)
{
    bool was = r->ours;
    r->ours = true;
    int rc = sqlite3_exec(r->db, sql, NULL, NULL, NULL);
    r->ours = was;
    return rc == SQLITE_OK ? E_OK : rules_fail(t, r, rc, 0);
}

enum err
rules_refuse(struct task *t, struct rules *r, enum err e, const char *word, const char *sentence)
{
    r->word = word;
    return task_fail(t, e, "%s", sentence);
}

enum err
rules_tell(struct task *t, const struct rules *r, json_t **out)
{
    if (t->err == E_OK || !r->word)
        return t->err;
    *out = task_json(t, json_pack("{s:s,s:s,s:s}", "failed", r->word, "err", err_word(t->err), "sentence", t->cause));
    must(*out);
    task_clear_error(t);
    return E_OK;
}

static const struct {
    int rc;
    enum err e;
    const char *word, *sentence;
} meanings[] = {
    {SQLITE_INTERRUPT, E_DEADLINE, WORD_TIME, "The change takes longer than it may."},
    {SQLITE_TOOBIG, E_LIMIT, WORD_LARGE, "The change makes or touches a value that is too long."},
    {SQLITE_NOMEM, E_LIMIT, WORD_LARGE, "The change is too complex, or needs more memory than it may use."},
    {SQLITE_FULL, E_LIMIT, WORD_LARGE, "The change needs more room than there is."},
    {SQLITE_IOERR, E_UNAVAILABLE, WORD_LARGE, "The disk failed, or the change writes more than it may."},
    {SQLITE_CORRUPT, E_CORRUPT, WORD_SYNTAX, "The dataset's file is damaged."},
    {SQLITE_NOTADB, E_CORRUPT, WORD_SYNTAX, "The dataset's file is damaged."},
};

enum err
rules_fail(struct task *t, struct rules *r, int rc, size_t n)
{
    int kind = rc & 0xff;
    if (r->late)
        return rules_refuse(t, r, E_DEADLINE, WORD_TIME, "The change takes longer than it may.");
    if (r->random)
        return rules_refuse(t, r, E_INVALID, WORD_RANDOM,
            "A change must give the same rows each time that it runs: random values are not-deterministic.");
    if (kind == SQLITE_AUTH || r->why[0])
        return rules_refuse(t, r, E_INVALID, r->word ? r->word : WORD_DENIED,
            task_printf(t, "Statement %zu: %s", n, r->why[0] ? r->why : "That is not allowed here."));
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].rc == kind)
            return rules_refuse(t, r, meanings[i].e, meanings[i].word, meanings[i].sentence);
    struct buf *text = task_buf(t, 2048);
    utf8_clean(text, utf8_first(span_of(sqlite3_errmsg(r->db)), 300));
    return rules_refuse(t, r, E_INVALID, kind == SQLITE_CONSTRAINT ? WORD_CONSTRAINT : WORD_SYNTAX,
        task_printf(t, "Statement %zu: %s.", n, buf_z(text)));
}
