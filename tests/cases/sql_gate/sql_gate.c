/* sql_gate: every escape and bomb against the query child, with all layers and with each taken away in turn. */
#include "rows.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/id.h"
#include "query/child.h"
#include "query/guard.h"
#include "query/rows.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEADLINE_MS = 400, HEAP_BYTES = 64 << 20, BOMB_COLUMNS = 500, BOMB_LEVELS = 13 };

static char folder[64], database[128], other[128], made[128];
static const char secret[] = "the other database's secret";
static struct {
    int runs, failed, killed, stopped, refused, rows;
    double slowest; /* of the deadline */
} tally;

static const struct {
    const char *name;
    unsigned layer;
} layers[] = {{"all layers", 0}, {"without the first word and one statement", GUARD_WORD},
    {"without the authorizer", GUARD_AUTHORIZER}, {"without config", GUARD_CONFIG}, {"without limits", GUARD_LIMITS},
    {"without the heap limit", GUARD_HEAP}, {"without linear functions", GUARD_FUNCTIONS},
    {"without the progress handler", GUARD_PROGRESS}, {"without Landlock", GUARD_LANDLOCK},
    {"without seccomp", GUARD_SECCOMP}};

static void
fail(const struct gate_row *r, const char *layer, const char *why)
{
    printf("FAILED %s, %s: %s\n", r->name, layer, why);
    tally.failed++;
}

static void
run_sql(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) == SQLITE_OK)
        return;
    printf("set-up: %s: %s\n", why, sql);
    exit(1);
}

/* bomb0 has 500 columns; each level joins the one before with itself. */
static void
make_bomb(struct task *t, sqlite3 *db)
{
    for (int level = 0; level <= BOMB_LEVELS; level++) {
        struct buf *b = task_buf(t, 1 << 20);
        buf_printf(b, "CREATE VIEW bomb%d AS SELECT ", level);
        for (int c = 0; c < BOMB_COLUMNS; c++)
            buf_printf(b, level ? "%s p.c%d + q.c%d AS c%d" : "%s %d + 0 * %d AS c%d", c ? "," : "", c, c, c);
        if (level)
            buf_printf(b, " FROM bomb%d AS p, bomb%d AS q", level - 1, level - 1);
        run_sql(db, buf_z(b));
    }
}

static void
make_database(struct task *t)
{
    static const char sql[] =
        "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT); INSERT INTO t VALUES (1, 'one'), (2, 'two');"
        "CREATE VIEW v AS SELECT a * 2 AS d FROM t; CREATE VIEW v_random AS SELECT randomblob(10) AS r;"
        "CREATE INDEX t_b ON t(b); CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO f VALUES ('a word of it');"
        "CREATE TABLE big(x INTEGER PRIMARY KEY, s TEXT); WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM "
        "c "
        "WHERE x < 3000) INSERT INTO big SELECT x, 'text ' || (x * 7919 % 3001) FROM c; ANALYZE;";
    sqlite3 *db;
    if (sqlite3_open(database, &db) != SQLITE_OK)
        exit(1);
    run_sql(db, sql);
    make_bomb(t, db);
    sqlite3_close(db);
    if (sqlite3_open(other, &db) != SQLITE_OK)
        exit(1);
    run_sql(db, "CREATE TABLE secret(s); INSERT INTO secret VALUES ('the other database''s secret');");
    sqlite3_close(db);
}

static void
repeat(struct buf *b, const char *head, const char *part, int n, const char *tail)
{
    buf_puts(b, head);
    for (int i = 0; i < n; i++)
        buf_puts(b, part);
    buf_puts(b, tail);
}

/* The statements that are made by repetition. */
static struct span
made_sql(struct task *t, const char *name)
{
    static const struct {
        const char *name, *head, *part;
        int n;
        const char *tail;
    } rows[] = {
        {"deep expression", "SELECT ", "(1+", 5000, "1"},
        {"deep subqueries", "SELECT * FROM ", "(SELECT * FROM ", 3000, "t"},
        {"huge in", "SELECT count(*) FROM big WHERE x IN (1", ",12345", 15000, ")"},
        {"many unions", "SELECT 1", " UNION ALL SELECT 1", 3000, ""},
        {"many columns", "SELECT 1", ",1", 3000, ""},
        {"many arguments", "SELECT coalesce(1", ",1", 3000, ")"},
        {"many joins", "SELECT count(*) FROM big", " JOIN big", 2000, ""},
    };
    struct buf *b = task_buf(t, 1 << 20);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, name) == 0)
            repeat(b, rows[i].head, rows[i].part, rows[i].n, rows[i].tail);
    if (strcmp(name, "deep expression") == 0)
        repeat(b, "", ")", 5000, "");
    if (strcmp(name, "deep subqueries") == 0)
        repeat(b, "", ")", 3000, "");
    return buf_view(b);
}

/* OUT and OTHER become paths. */
static struct span
statement_of(struct task *t, const struct gate_row *r)
{
    struct buf *b = task_buf(t, 1 << 16);
    if (!r->sql)
        return made_sql(t, r->name);
    for (const char *c = r->sql; *c;) {
        bool out = strncmp(c, "OUT'", 4) == 0 || (strncmp(c, "OUT", 3) == 0 && c > r->sql && c[-1] == ' '),
             in = strncmp(c, "OTHER", 5) == 0;
        if (out || in) {
            buf_puts(b, out ? made : other);
            c += out ? 3 : 5;
        } else {
            buf_putc(b, *c++);
        }
    }
    return buf_view(b);
}

static bool
hash_of(const char *path, char out[HASH_HEX_BYTES])
{
    int fd = open(path, O_RDONLY);
    bool ok = fd >= 0 && hash_file_sha256(fd, out);
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool
is_unchanged(const char *path, const char *want)
{
    char hash[HASH_HEX_BYTES];
    return hash_of(path, hash) && strcmp(hash, want) == 0;
}

static bool
holds_secret(const struct frame *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (span_find(f->field[i].value, span_of(secret)) >= 0)
            return true;
    return false;
}

/* Counts the outcome; true for rows. */
static bool
outcome(struct task *t, const struct frame *f, struct query_problem *p)
{
    if (frame_is(f, "rows")) {
        tally.rows++;
        return true;
    }
    rows_read_problem(t, f, p);
    if (span_is(p->code, "timeout") || span_is(p->code, "memory"))
        tally.stopped++;
    else if (span_starts(p->message, "The statement was stopped: its process"))
        tally.killed++;
    else
        tally.refused++;
    return false;
}

static void
try_row(const struct gate_row *r, size_t layer, const char *hash, const char *other_hash)
{
    struct task t;
    struct frame f;
    struct query_problem p = {0};
    task_begin(&t, 0);
    struct child_request q = {.path = database,
        .sql = statement_of(&t, r),
        .rows = 1000,
        .bytes = 1 << 20,
        .deadline_ms = DEADLINE_MS,
        .heap_bytes = HEAP_BYTES};
    guard_layers_off = layers[layer].layer;
    int64_t begin = clock_mono_us();
    enum err e = child_run_alone(&t, &q, &f);
    double share = (double)(clock_mono_us() - begin) / (DEADLINE_MS * 1000.0);
    guard_layers_off = 0;
    tally.runs++;
    tally.slowest = share > tally.slowest ? share : tally.slowest;
    if (e != E_OK) {
        fail(r, layers[layer].name, t.cause);
    } else {
        bool rows = outcome(&t, &f, &p);
        if (rows && layer == 0 && (r->kind == ROW_ESCAPE || r->kind == ROW_BOMB))
            fail(r, layers[layer].name, "it gave rows");
        if (!rows && layer == 0 && r->kind == ROW_FINE)
            fail(r, layers[layer].name, t.cause);
        if (holds_secret(&f))
            fail(r, layers[layer].name, "it read another database");
        if (getenv("VERBOSE") && !rows)
            printf("%s, %s: %.*s: %s (%.2f)\n", r->name, layers[layer].name, SPAN_ARG(p.code), t.cause, share);
    }
    if (!is_unchanged(database, hash) || !is_unchanged(other, other_hash))
        fail(r, layers[layer].name, "a database was changed");
    if (access(made, F_OK) == 0) {
        fail(r, layers[layer].name, "a file was made");
        unlink(made);
    }
    task_end(&t);
}

static bool
is_tried(const struct gate_row *r, size_t layer)
{
    /* Bombs take their whole deadline: only the layers that bound work are taken away from them. */
    return layer == 0 || r->kind == ROW_ESCAPE ||
           (r->kind != ROW_FINE &&
               layers[layer].layer & (GUARD_LIMITS | GUARD_HEAP | GUARD_FUNCTIONS | GUARD_PROGRESS | GUARD_AUTHORIZER));
}

int
main(void)
{
    struct task t;
    char hash[HASH_HEX_BYTES], other_hash[HASH_HEX_BYTES];
    id_init();
    task_begin(&t, 0);
    snprintf(folder, sizeof folder, "/tmp/lyceum-gate-XXXXXX");
    if (conf_load_file(&t, NULL) != E_OK || !mkdtemp(folder))
        return 1;
    snprintf(database, sizeof database, "%s/data.db", folder);
    snprintf(other, sizeof other, "%s/other.db", folder);
    snprintf(made, sizeof made, "%s/made", folder);
    make_database(&t);
    if (!hash_of(database, hash) || !hash_of(other, other_hash))
        return 1;
    for (size_t i = 0; i < gate_rows_n; i++)
        for (size_t k = 0; k < sizeof layers / sizeof layers[0]; k++)
            if (is_tried(&gate_rows[i], k))
                try_row(&gate_rows[i], k, hash, other_hash);
    unlink(database);
    unlink(other);
    rmdir(folder);
    task_end(&t);
    printf("sql_gate: %zu statements, %d runs: %d refused, %d stopped in time or memory, %d ended by the kernel, %d "
           "gave rows; "
           "slowest %.2f of its deadline; %d failed\n",
        gate_rows_n, tally.runs, tally.refused, tally.stopped, tally.killed, tally.rows, tally.slowest, tally.failed);
    printf("%d passed, %d failed\n", tally.runs - tally.failed, tally.failed);
    return tally.failed == 0 ? 0 : 1;
}
