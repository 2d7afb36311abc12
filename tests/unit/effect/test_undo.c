/* test_undo: changes that are taken back: every row as it was before, or nothing at all. */
#include "support.h"

#include "effect/change.h"
#include "effect/change_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A database at folder/change.db. */
struct bench {
    struct task t;
    char folder[64];
    struct import_job job;
};

static sqlite3 *
open_file(struct bench *b)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(task_printf(&b->t, "%s/change.db", b->folder), &db), SQLITE_OK);
    return db;
}

/* By a hand that keeps no record. */
static void
run(struct bench *b, const char *sql)
{
    sqlite3 *db = open_file(b);
    char *why = NULL;
    sqlite3_exec(db, "PRAGMA foreign_keys=ON", NULL, NULL, NULL);
    sqlite3_exec(db, sql, NULL, NULL, &why);
    if (why)
        fail_msg("%s: %s", sql, why);
    sqlite3_close(db);
}

static void
begin(struct bench *b, const char *sql)
{
    *b = (struct bench){.job.what = "test"};
    id_init();
    task_begin(&b->t, 0);
    strcpy(b->folder, "/tmp/lyceum-undo-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    b->job.folder = b->folder;
    run(b, sql);
}

static void
end(struct bench *b)
{
    remove_folder(b->folder);
    task_end(&b->t);
}

static void
put_rows(sqlite3 *db, struct buf *out, const char *table)
{
    sqlite3_stmt *st = NULL;
    char *with = sqlite3_mprintf("SELECT _rowid_, * FROM \"%w\" NOT INDEXED ORDER BY 1", table);
    char *without = sqlite3_mprintf("SELECT * FROM \"%w\" ORDER BY 1, 2", table);
    if (sqlite3_prepare_v2(db, with, -1, &st, NULL) != SQLITE_OK)
        assert_int_equal(sqlite3_prepare_v2(db, without, -1, &st, NULL), SQLITE_OK);
    while (sqlite3_step(st) == SQLITE_ROW) {
        buf_printf(out, "%s:", table);
        for (int i = 0; i < sqlite3_column_count(st); i++) {
            buf_printf(out, " %d ", sqlite3_column_type(st, i));
            buf_put(out, sqlite3_column_blob(st, i), (size_t)sqlite3_column_bytes(st, i));
        }
        buf_putc(out, '\n');
    }
    sqlite3_finalize(st);
    sqlite3_free(with);
    sqlite3_free(without);
}

/* All rows of all tables, with types and rowids. */
static struct span
dump(struct bench *b)
{
    struct buf *out = task_buf(&b->t, 32 << 20);
    sqlite3_stmt *st = NULL;
    sqlite3 *db = open_file(b);
    assert_int_equal(sqlite3_prepare_v2(db,
                         "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                         " ORDER BY name",
                         -1, &st, NULL),
        SQLITE_OK);
    while (sqlite3_step(st) == SQLITE_ROW)
        put_rows(db, out, (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
    sqlite3_close(db);
    assert_false(out->failed);
    return buf_view(out);
}

/* A dry run, then the change for good, which leaves undo.log. */
static void
change(struct bench *b, const char *sql)
{
    struct change c = {.sql = span_of(sql), .now_ms = 1700000000000, .ceiling = 3};
    json_t *out = NULL;
    assert_int_equal(change_try(&b->t, &c, &b->job, &out), E_OK);
    if (json_object_get(out, "failed"))
        fail_msg("%s: %s", sql, task_z(&b->t, json_text(out, "sentence")));
    c.expected = json_text(out, "digest");
    assert_int_equal(change_try(&b->t, &c, &b->job, &out), E_OK);
    assert_null(json_object_get(out, "failed"));
    assert_true(json_flag(out, "logged", false));
}

/* The fixed word, or "". */
static const char *
undo(struct bench *b, json_t **out)
{
    json_t *mine = NULL;
    assert_int_equal(change_undo(&b->t, &b->job, &mine), E_OK);
    if (out)
        *out = mine;
    return task_z(&b->t, json_text(mine, "failed"));
}

#define T "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n INTEGER);"
#define ROWS "INSERT INTO t VALUES (1, 'a', 10), (2, 'b', 20), (3, NULL, 30);"
#define FAMILY                                                                                                         \
    "CREATE TABLE p (id INTEGER PRIMARY KEY, k TEXT UNIQUE);"                                                          \
    "CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE);"             \
    "CREATE TABLE n (k TEXT REFERENCES p (k) ON DELETE SET NULL ON UPDATE CASCADE);"                                   \
    "INSERT INTO p VALUES (1, 'one'), (2, 'two'); INSERT INTO c VALUES (1, 1), (2, 1), (3, 2);"                        \
    "INSERT INTO n VALUES ('one'), ('two'), (NULL);"

static void
every_row_comes_back(void **unused)
{
    static const char *const cases[][2] = {
        {T ROWS, "INSERT INTO t VALUES (4, 'd', 40)"},
        {T ROWS, "UPDATE t SET name = name || '!', n = n + 1"},
        {T ROWS, "DELETE FROM t"},
        {T ROWS, "UPDATE t SET id = id + 10"},
        {T ROWS, "UPDATE t SET id = -id; INSERT INTO t VALUES (1, 'new', 0); DELETE FROM t WHERE id = -1"},
        {T ROWS, "INSERT OR REPLACE INTO t VALUES (2, 'x', 0), (9, 'y', 0)"},
        {T ROWS, "INSERT INTO t VALUES (2, 'x', 0) ON CONFLICT DO UPDATE SET name = excluded.name"},
        {T ROWS, "INSERT INTO t VALUES (4, 'd', 0); UPDATE t SET n = 7; DELETE FROM t WHERE id <> 4"},
        {T ROWS, "DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (2, 'b', 20)"},
        {T ROWS "CREATE UNIQUE INDEX i ON t (n);", "UPDATE t SET n = n - 10; UPDATE t SET n = n + 100 WHERE id = 2"},
        {T ROWS "CREATE UNIQUE INDEX i ON t (name);", "UPDATE OR REPLACE t SET name = 'a' WHERE id = 3"},
        {"CREATE TABLE t (a, b); INSERT INTO t VALUES (1, x'00ff'), ('1', ''), (1.5, x''), (NULL, 'a\xc3\xa9');",
            "UPDATE t SET a = b, b = a; DELETE FROM t WHERE rowid = 2"},
        {"CREATE TABLE t (a REAL, b NUMERIC, c BLOB); INSERT INTO t VALUES (1, '5', 5.0), (2.5, 1e300, '5');",
            "UPDATE t SET a = a + 1, c = a; DELETE FROM t WHERE a = 2; INSERT INTO t VALUES (9, 9, 9)"},
        {"CREATE TABLE t (k TEXT COLLATE NOCASE, l INTEGER, v, PRIMARY KEY (l, k)) WITHOUT ROWID;"
         "INSERT INTO t VALUES ('a', 1, 1), ('b', 1, 2);",
            "UPDATE t SET k = upper(k), v = 0; INSERT INTO t VALUES ('c', 1, 3); DELETE FROM t WHERE k = 'B'"},
        {"CREATE TABLE t (a INTEGER, s AS (a * 2) STORED, v AS (a * 3)); INSERT INTO t VALUES (1), (2);",
            "UPDATE t SET a = a + 1; DELETE FROM t WHERE a = 2; INSERT INTO t VALUES (7)"},
        {"CREATE TABLE t (rowid TEXT, _rowid_ INTEGER); INSERT INTO t VALUES ('x', 5);",
            "UPDATE t SET _rowid_ = 6; INSERT INTO t VALUES ('y', 7)"},
        {"CREATE TABLE \"a \"\"b\" (\"c \"\"d\", \"select\"); INSERT INTO \"a \"\"b\" VALUES (1, 2);",
            "UPDATE \"a \"\"b\" SET \"c \"\"d\" = 3; DELETE FROM \"a \"\"b\""},
        {"CREATE TABLE t (a INT, b TEXT, c ANY) STRICT; INSERT INTO t VALUES (1, 'b', '1'), (2, 'c', 1);",
            "UPDATE t SET c = b; DELETE FROM t WHERE a = 1"},
        {FAMILY, "DELETE FROM p WHERE id = 1"},
        {FAMILY, "UPDATE p SET id = id + 10, k = upper(k)"},
        {FAMILY, "INSERT INTO p VALUES (3, 'three'); INSERT INTO c VALUES (4, 3); UPDATE c SET p = 3 WHERE id = 1"},
        {"CREATE TABLE s (id INTEGER PRIMARY KEY, up INTEGER REFERENCES s ON DELETE CASCADE);"
         "INSERT INTO s VALUES (1, NULL), (2, 1), (3, 2), (4, 4);",
            "DELETE FROM s WHERE id = 1; UPDATE s SET id = 5, up = 5"},
        {"CREATE TABLE t (id INTEGER PRIMARY KEY, b); INSERT INTO t VALUES (1, zeroblob(900000)), (2, zeroblob(10));",
            "DELETE FROM t"},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        begin(&b, cases[i][0]);
        struct span was = dump(&b);
        change(&b, cases[i][1]);
        const char *word = undo(&b, NULL);
        if (word[0] || !span_eq(was, dump(&b)))
            fail_msg("case %zu (%s): %s", i, cases[i][1], word[0] ? word : "other rows");
        end(&b);
    }
}

static void
what_was_changed_since_is_a_conflict_and_nothing_is_written(void **unused)
{
    static const char *const cases[][3] = {
        {T ROWS, "UPDATE t SET n = 0 WHERE id < 3", "UPDATE t SET n = 1 WHERE id = 1"},
        {T ROWS, "UPDATE t SET n = 0 WHERE id < 3", "UPDATE t SET name = 'A' WHERE id = 1"},
        {T ROWS, "UPDATE t SET n = 0", "DELETE FROM t WHERE id = 2"},
        {T ROWS, "UPDATE t SET name = 'x'", "UPDATE t SET name = x'78' WHERE id = 1"},
        {T ROWS, "INSERT INTO t VALUES (4, 'd', 40)", "UPDATE t SET n = 41 WHERE id = 4"},
        {T ROWS, "INSERT INTO t VALUES (4, 'd', 40)", "DELETE FROM t WHERE id = 4"},
        {T ROWS, "DELETE FROM t WHERE id = 2", "INSERT INTO t VALUES (2, 'b', 20)"},
        {T ROWS "CREATE UNIQUE INDEX i ON t (name);", "DELETE FROM t WHERE id = 2", "INSERT INTO t VALUES (9, 'b', 9)"},
        {T ROWS "CREATE UNIQUE INDEX i ON t (name);", "UPDATE t SET name = 'z' WHERE id = 2",
            "INSERT INTO t VALUES (9, 'b', 9)"},
        {T ROWS, "UPDATE t SET n = 0", "ALTER TABLE t ADD COLUMN more"},
        {T ROWS, "UPDATE t SET n = 0", "DROP TABLE t"},
        {T ROWS, "UPDATE t SET n = 0", "ALTER TABLE t RENAME TO u"},
        {"CREATE TABLE w (k TEXT COLLATE NOCASE PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO w VALUES ('a', 1);",
            "UPDATE w SET v = 2", "UPDATE w SET k = 'A'"},
        {FAMILY, "INSERT INTO p VALUES (3, 'three')", "INSERT INTO c VALUES (9, 3)"},
        {FAMILY, "INSERT INTO p VALUES (3, 'three')", "INSERT INTO n VALUES ('three')"},
        {FAMILY, "UPDATE p SET id = 5 WHERE id = 2", "INSERT INTO c VALUES (9, 5)"},
        {FAMILY, "DELETE FROM c WHERE id = 3", "DELETE FROM p WHERE id = 2"},
        {FAMILY, "DELETE FROM p WHERE id = 1", "UPDATE n SET k = 'two' WHERE rowid = 1"},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        json_t *out;
        begin(&b, cases[i][0]);
        change(&b, cases[i][1]);
        run(&b, cases[i][2]);
        struct span was = dump(&b);
        const char *word = undo(&b, &out);
        if (strcmp(word, "conflict") != 0 || !span_eq(was, dump(&b)))
            fail_msg("case %zu (%s): %s", i, cases[i][2], word[0] ? word : "no conflict");
        assert_true(span_is(json_text(out, "err"), "conflict") && json_text(out, "sentence").n > 20);
        end(&b);
    }
}

/* What does not meet the change's rows does not stand in its way, and stays. */
static void
later_changes_elsewhere_stay(void **unused)
{
    static const char later[] = "UPDATE t SET n = 99 WHERE id = 3; INSERT INTO t VALUES (8, 'e', 8); DELETE FROM c;";
    struct bench b, want;
    json_t *out;
    (void)unused;
    begin(&b, T ROWS FAMILY);
    change(&b, "UPDATE t SET n = 0 WHERE id = 1; DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (7, 's', 7)");
    run(&b, later);
    assert_string_equal(undo(&b, &out), "");
    assert_true(
        json_int(out, "inserted", 0) == 1 && json_int(out, "updated", 0) == 1 && json_int(out, "deleted", 0) == 1);
    begin(&want, T ROWS FAMILY);
    run(&want, later);
    assert_true(span_eq(dump(&b), dump(&want)));
    end(&b);
    end(&want);
}

/* Small numbers that look random and are the same each time. */
static uint32_t
next(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % n;
}

static const char *
any_statement(struct bench *b, uint32_t *seed)
{
    unsigned a = next(seed, 12), c = next(seed, 12);
    switch (next(seed, 9)) {
    case 0: return task_printf(&b->t, "INSERT OR REPLACE INTO p VALUES (%u, 'k%u');", a, c);
    case 1: return task_printf(&b->t, "INSERT OR IGNORE INTO p VALUES (%u, 'k%u');", a, c);
    case 2: return task_printf(&b->t, "DELETE FROM p WHERE id = %u;", a);
    case 3: return task_printf(&b->t, "UPDATE OR REPLACE p SET id = %u, k = 'k%u' WHERE id = %u;", a, c, c);
    case 4: return task_printf(&b->t, "UPDATE OR IGNORE p SET k = 'k%u' WHERE id > %u;", a, c);
    case 5: return task_printf(&b->t, "INSERT INTO c SELECT NULL, id FROM p WHERE id %% 3 = %u;", a % 3);
    case 6: return task_printf(&b->t, "DELETE FROM c WHERE id %% 5 = %u;", a % 5);
    case 7: return task_printf(&b->t, "INSERT INTO n SELECT k FROM p WHERE id < %u;", a);
    default: return task_printf(&b->t, "UPDATE n SET k = (SELECT max(k) FROM p) WHERE rowid %% 4 = %u;", a % 4);
    }
}

static void
any_changes_taken_back_from_the_last_to_the_first(void **unused)
{
    enum { ROUNDS = 40, DEEP = 4, STATEMENTS = 8 };
    uint32_t seed = 20261121;
    (void)unused;
    for (int round = 0; round < ROUNDS; round++) {
        struct bench b;
        struct span was[DEEP];
        begin(&b, FAMILY);
        for (int i = 0; i < DEEP; i++) {
            struct buf *sql = task_buf(&b.t, 10000);
            for (int k = 0; k < STATEMENTS; k++)
                buf_puts(sql, any_statement(&b, &seed));
            was[i] = dump(&b);
            change(&b, buf_z(sql));
            rename(task_printf(&b.t, "%s/undo.log", b.folder), task_printf(&b.t, "%s/%d", b.folder, i));
        }
        for (int i = DEEP; i-- > 0;) {
            rename(task_printf(&b.t, "%s/%d", b.folder, i), task_printf(&b.t, "%s/undo.log", b.folder));
            const char *word = undo(&b, NULL);
            if (word[0] || !span_eq(was[i], dump(&b)))
                fail_msg("round %d, change %d: %s", round, i, word[0] ? word : "other rows");
        }
        end(&b);
    }
}

/* Each prefix of the record and each changed byte: refused or harmless, and never half done. */
static void
a_damaged_record_changes_nothing(void **unused)
{
    struct bench b;
    struct span log;
    (void)unused;
    begin(&b, T ROWS);
    change(&b, "UPDATE t SET n = 0; DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (5, 'e', 5)");
    struct span was = dump(&b);
    const char *path = task_printf(&b.t, "%s/undo.log", b.folder);
    assert_int_equal(fsio_read(&b.t, path, CHANGE_LOG_BYTES, &log), E_OK);
    for (size_t n = 1; n < log.n; n++) {
        struct task t;
        json_t *out = NULL;
        size_t *at, events;
        task_begin(&t, 0);
        assert_int_equal(fsio_write_atomic(&t, path, span_first(log, n), 0600), E_OK);
        bool whole = change_log_index(&t, span_first(log, n), &at, &events) == E_OK;
        task_clear_error(&t);
        if (!whole) {
            assert_int_equal(change_undo(&t, &b.job, &out), E_CORRUPT);
            assert_true(span_eq(was, dump(&b)));
        }
        task_end(&t);
    }
    end(&b);
}

static void
without_a_record_there_is_no_undoing(void **unused)
{
    struct bench b;
    json_t *out;
    (void)unused;
    begin(&b, T ROWS);
    assert_int_equal(change_undo(&b.t, &b.job, &out), E_NOTFOUND);
    end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_comes_back),
        cmocka_unit_test(what_was_changed_since_is_a_conflict_and_nothing_is_written),
        cmocka_unit_test(later_changes_elsewhere_stay),
        cmocka_unit_test(any_changes_taken_back_from_the_last_to_the_first),
        cmocka_unit_test(a_damaged_record_changes_nothing),
        cmocka_unit_test(without_a_record_there_is_no_undoing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
