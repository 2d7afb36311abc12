/* guard: opening and arming a connection. */
#include "query/guard.h"

#include "base/clock.h"
#include "base/must.h"
#include "query/functions.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { PROGRESS_OPS = 1000 };

#ifdef LYCEUM_TEST_LAYERS
unsigned guard_layers_off;
#endif

bool
guard_process_init(int64_t heap_bytes)
{
    sqlite3_shutdown();
    if (sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 1) != SQLITE_OK || sqlite3_initialize() != SQLITE_OK)
        return false;
    if (heap_bytes > 0 && GUARD_ON(GUARD_HEAP))
        sqlite3_hard_heap_limit64(heap_bytes);
    return true;
}

/* What may be asked with pragma_x('table'): the pragmas that only tell of the schema; data_version is what FTS5 asks.
 */
static bool
pragma_is_harmless(const char *name)
{
    static const char *const rows[] = {"table_info", "table_xinfo", "table_list", "foreign_key_list", "index_list",
        "index_info", "index_xinfo", "data_version"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcasecmp(name, rows[i]) == 0)
            return true;
    return false;
}

static bool
table_may_be_read(const char *table, const char *schema)
{
    static const char *const own[] = {"sqlite_schema", "sqlite_master", "sqlite_sequence"};
    if (schema && schema[0] && strcasecmp(schema, "main") != 0)
        return false;
    if (strncasecmp(table, "pragma_", 7) == 0)
        return pragma_is_harmless(table + 7);
    if (strncasecmp(table, "sqlite_", 7) != 0)
        return strcasecmp(table, "dbstat") != 0;
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcasecmp(table, own[i]) == 0)
            return true;
    return false;
}

static int
deny(struct guard *g, const char *what, const char *which)
{
    snprintf(g->denied, sizeof g->denied, "%s%s%.80s is not allowed.", what, which[0] ? " " : "", which);
    return SQLITE_DENY;
}

static void
note_read(struct guard *g, const char *table, const char *column)
{
    for (size_t i = 0; i < g->n_reads; i++)
        if (span_is(g->reads[i].table, table) && span_is(g->reads[i].column, column))
            return;
    g->more_reads = g->more_reads || g->n_reads == GUARD_READS || !g->t;
    if (g->more_reads)
        return;
    if (!g->reads)
        g->reads = task_array(g->t, GUARD_READS, sizeof *g->reads);
    g->reads[g->n_reads++] = (struct query_read){task_dup(g->t, span_of(table)), task_dup(g->t, span_of(column))};
}

static const char *
action_word(int action)
{
    static const struct {
        int action;
        const char *word;
    } rows[] = {{SQLITE_ATTACH, "ATTACH"}, {SQLITE_DETACH, "DETACH"}, {SQLITE_PRAGMA, "PRAGMA"},
        {SQLITE_TRANSACTION, "A transaction"}, {SQLITE_SAVEPOINT, "SAVEPOINT"}, {SQLITE_INSERT, "INSERT into"},
        {SQLITE_UPDATE, "UPDATE of"}, {SQLITE_DELETE, "DELETE from"}, {SQLITE_ANALYZE, "ANALYZE"},
        {SQLITE_REINDEX, "REINDEX"}, {SQLITE_ALTER_TABLE, "ALTER TABLE"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].action == action)
            return rows[i].word;
    return "Changing the database";
}

/* Default deny. The sixth argument names CTEs too, so nothing is ever granted by it. */
static int
authorize(void *arg, int action, const char *a, const char *b, const char *schema, const char *by)
{
    struct guard *g = arg;
    (void)by;
    if (!GUARD_ON(GUARD_AUTHORIZER))
        return SQLITE_OK;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_READ:
        if (!a || !table_may_be_read(a, schema))
            return deny(g, "Reading", a ? a : "");
        if (!g->ours && !g->stepping)
            note_read(g, a, b ? b : "");
        return SQLITE_OK;
    case SQLITE_FUNCTION: return b && functions_allow(b) ? SQLITE_OK : deny(g, "The function", b ? b : "");
    case SQLITE_PRAGMA:
        if (g->stepping && a && pragma_is_harmless(a))
            return SQLITE_OK;
        return deny(g, "PRAGMA", a ? a : "");
    default:
        return deny(g, action_word(action),
            action == SQLITE_INSERT || action == SQLITE_UPDATE || action == SQLITE_DELETE ? a : "");
    }
}

/* Called every thousand instructions, and by the parser. A soft stop: a statement can go for seconds without a call. */
static int
progress(void *arg)
{
    struct guard *g = arg;
    if (g->due_us == 0 || clock_mono_us() < g->due_us)
        return 0;
    g->late = true;
    return 1;
}

struct limit_row {
    int limit, foreign, ours;
};
static const struct limit_row limit_rows[] = {
    {SQLITE_LIMIT_LENGTH, 1000000, 100000000},
    {SQLITE_LIMIT_SQL_LENGTH, 100000, 100000},
    {SQLITE_LIMIT_COLUMN, 500, 2000},
    {SQLITE_LIMIT_EXPR_DEPTH, 200, 1000},
    {SQLITE_LIMIT_COMPOUND_SELECT, 100, 100},
    {SQLITE_LIMIT_VDBE_OP, 100000, 100000},
    {SQLITE_LIMIT_FUNCTION_ARG, 127, 127},
    {SQLITE_LIMIT_ATTACHED, 0, 0},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000, 1000},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 500, 500},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 1, 1},
    {SQLITE_LIMIT_WORKER_THREADS, 0, 0},
};

static void
set_limits(sqlite3 *db, bool foreign)
{
    for (size_t i = 0; i < sizeof limit_rows / sizeof limit_rows[0]; i++)
        sqlite3_limit(db, limit_rows[i].limit, foreign ? limit_rows[i].foreign : limit_rows[i].ours);
}

static bool
set_config(sqlite3 *db)
{
    static const struct {
        int option, value;
    } rows[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},
#ifdef SQLITE_DBCONFIG_ENABLE_ATTACH_CREATE
        {SQLITE_DBCONFIG_ENABLE_ATTACH_CREATE, 0},
        {SQLITE_DBCONFIG_ENABLE_ATTACH_WRITE, 0},
#endif
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (sqlite3_db_config(db, rows[i].option, rows[i].value, NULL) != SQLITE_OK)
            return false;
    return true;
}

/* file: URI of an absolute path: what has a meaning in a URI is escaped. */
static const char *
uri_of(struct task *t, const char *path)
{
    static const char hex[] = "0123456789ABCDEF";
    struct buf *b = task_buf(t, strlen(path) * 3 + 64);
    buf_puts(b, "file://");
    for (const char *c = path; *c; c++) {
        if (strchr("?#%", *c)) {
            buf_putc(b, '%');
            buf_putc(b, hex[(unsigned char)*c >> 4]);
            buf_putc(b, hex[(unsigned char)*c & 15]);
        } else {
            buf_putc(b, *c);
        }
    }
    buf_puts(b, GUARD_ON(GUARD_CONFIG) ? "?immutable=1" : "");
    return buf_z(b);
}

static enum err
open_failure(struct task *t, sqlite3 *db, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_CANTOPEN: return task_fail(t, E_NOTFOUND, "The database file can't be opened.");
    case SQLITE_NOTADB: return task_fail(t, E_CORRUPT, "The file is not an SQLite database, or it is encrypted.");
    case SQLITE_CORRUPT: return task_fail(t, E_CORRUPT, "The database file is damaged: %s.", sqlite3_errmsg(db));
    default: return task_fail(t, E_UNAVAILABLE, "The database file can't be opened: %s.", sqlite3_errmsg(db));
    }
}

/* Reads the header and the schema, so that a bad file is told here and every descriptor is open from here on. */
static int
first_read(struct guard *g)
{
    static const char sql[] = "SELECT count(*) FROM sqlite_schema WHERE rootpage = 0 AND type = 'table'";
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(g->db, sql, -1, &st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    g->virtual_tables = rc == SQLITE_ROW && sqlite3_column_int64(st, 0) > 0;
    sqlite3_finalize(st);
    return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int
arm(struct guard *g, bool foreign)
{
    static const char *const modules[] = {"fts5", NULL}; /* json_each and the pragma functions come as they are named */
    sqlite3 *db = g->db;
    bool ok = !GUARD_ON(GUARD_CONFIG) || set_config(db);
    ok = ok && sqlite3_drop_modules(db, (const char **)(uintptr_t)modules) == SQLITE_OK;
    ok = ok && (!GUARD_ON(GUARD_FUNCTIONS) || functions_install(db));
    if (!ok)
        return SQLITE_ERROR;
    int rc = sqlite3_exec(db, "PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=1;", NULL, NULL, NULL);
    if (rc == SQLITE_OK && GUARD_ON(GUARD_CONFIG))
        rc = sqlite3_exec(db, "PRAGMA query_only=1", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "PRAGMA mmap_size=1073741824", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = first_read(g);
    if (GUARD_ON(GUARD_LIMITS))
        set_limits(db, foreign);
    sqlite3_set_authorizer(db, authorize, g);
    if (GUARD_ON(GUARD_PROGRESS))
        sqlite3_progress_handler(db, PROGRESS_OPS, progress, g);
    return rc;
}

enum err
guard_open(struct task *t, struct guard *g, const char *path, bool foreign)
{
    int flags =
        SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX;
    if (!GUARD_ON(GUARD_CONFIG))
        flags ^= SQLITE_OPEN_READONLY | SQLITE_OPEN_READWRITE;
    must(path[0] == '/');
    *g = (struct guard){.t = t, .ours = true};
    int rc = sqlite3_open_v2(uri_of(t, path), &g->db, flags, NULL);
    if (rc == SQLITE_OK)
        rc = arm(g, foreign);
    g->ours = false;
    if (rc == SQLITE_OK)
        return E_OK;
    open_failure(t, g->db, rc);
    guard_close(g);
    return t->err;
}

void
guard_close(struct guard *g)
{
    sqlite3_close_v2(g->db);
    g->db = NULL;
}

void
guard_begin(struct guard *g, struct task *t, int64_t deadline_ms)
{
    g->t = t;
    g->due_us = deadline_ms > 0 ? clock_mono_us() + deadline_ms * 1000 : 0;
    g->late = false;
    g->stepping = false;
    g->reads = NULL;
    g->n_reads = 0;
    g->more_reads = false;
    g->denied[0] = '\0';
}
