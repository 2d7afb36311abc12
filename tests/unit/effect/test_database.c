/* test_database: SQLite files through the import gate, honest and hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support.h"

#include "base/clock.h"

#include <fcntl.h>

#define REFUSED(x, words)                                                                                              \
    do {                                                                                                               \
        assert_int_not_equal((x)->e, E_OK);                                                                            \
        if (!strstr((x)->t.cause, (words)))                                                                            \
            fail_msg("said: %s", (x)->t.cause);                                                                        \
    } while (0)

static void
tables_keep_rows_types_keys_and_order(void **state)
{
    (void)state;
    struct trial x;
    trial_begin(&x);
    trial_source_sql(&x,
        "CREATE TABLE country (code TEXT PRIMARY KEY COLLATE NOCASE, name VARCHAR(40) NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'x', country TEXT REFERENCES country (code),"
        " people INT CHECK (people >= 0), area REAL, density AS (people / area), photo BLOB, UNIQUE (name, country));"
        "CREATE TABLE strict_one (a ANY, b INT) STRICT;"
        "CREATE TABLE \"odd \"\"name\" (\"a b\" \"PRIMARY KEY\", rowid, x 'weird (type');"
        "CREATE INDEX city_people ON city (people DESC); CREATE INDEX partial ON city (people) WHERE people > 5;"
        "CREATE INDEX expression ON city (lower(name));"
        "INSERT INTO country VALUES ('nl', 'Netherlands'), ('BE', 'Belgium');"
        "INSERT INTO city (id, name, country, people, area, photo) VALUES (7, 'Gent', 'be', 260000, 156.2, x'00ff'), "
        "(3, 'Delft', 'NL', 100000, 24, NULL);"
        "INSERT INTO strict_one VALUES (1, 2), ('1', 3), (1.0, 4);"
        "INSERT INTO \"odd \"\"name\" VALUES (1, 'mine', 'z');");
    trial_import(&x, "db", NULL);
    assert_int_equal(x.e, E_OK);
    assert_string_equal(trial_ask(&x, "SELECT group_concat(id || name || round(density, 3), ';') FROM city"),
        "3Delft4166.667;7Gent1664.533");
    assert_string_equal(trial_ask(&x, "SELECT name FROM country WHERE code = 'be'"), "Belgium");
    assert_string_equal(trial_ask(&x, "SELECT group_concat(typeof(a)) FROM strict_one"), "integer,text,real");
    assert_string_equal(trial_ask(&x, "SELECT hex(photo) FROM city WHERE id = 7"), "00FF");
    assert_string_equal(trial_ask(&x, "SELECT group_concat(type, ';') FROM pragma_table_info('odd \"name')"),
        "PRIMARY KEY;;weird (type");
    assert_string_equal(trial_ask(&x, "SELECT \"table\" || \"from\" || \"to\" FROM pragma_foreign_key_list('city')"),
        "countrycountrycode");
    assert_string_equal(trial_ask(&x, "SELECT strict || wr FROM pragma_table_list('strict_one')"), "10");
    assert_string_equal(trial_ask(&x, "SELECT wr FROM pragma_table_list('country')"), "1");
    assert_string_equal(trial_ask(&x, "SELECT group_concat(name || \"unique\", ' ') FROM (SELECT * FROM "
                                      "pragma_index_list('city') ORDER BY name)"),
        "city_people0 unique_city_name_country1");
    assert_string_equal(
        trial_ask(&x, "SELECT count(*) FROM sqlite_schema WHERE sql LIKE '%CHECK%' OR sql LIKE '%DEFAULT%'"), "0");
    assert_string_equal(trial_ask(&x, "PRAGMA integrity_check"), "ok");
    assert_string_equal(trial_ask(&x, "PRAGMA journal_mode"), "delete");
    assert_string_equal(trial_ask(&x, "PRAGMA page_size"), "4096");
    assert_true(trial_dropped(&x, "check", "city") && trial_dropped(&x, "default", "city"));
    assert_true(trial_dropped(&x, "index", "partial") && trial_dropped(&x, "index", "expression"));
    assert_true(trial_dropped(&x, "generated column", "city.density"));
    trial_end(&x);
}

static void
rowids_are_kept_and_the_same_content_has_the_same_hash(void **state)
{
    (void)state;
    char sha[2][HASH_HEX_BYTES];
    for (int i = 0; i < 2; i++) {
        struct trial x;
        trial_begin(&x);
        trial_source_sql(&x, "CREATE TABLE t (v); INSERT INTO t (rowid, v) VALUES (900, 'b'), (5, 'a');"
                             "CREATE INDEX covering ON t (v DESC)");
        trial_import(&x, "db", NULL);
        assert_int_equal(x.e, E_OK);
        assert_string_equal(trial_ask(&x, "SELECT group_concat(rowid || v) FROM t NOT INDEXED"), "5a,900b");
        int fd = open(trial_path(&x, "new.db"), O_RDONLY);
        assert_true(hash_file_sha256(fd, sha[i]));
        close(fd);
        trial_end(&x);
    }
    assert_string_equal(sha[0], sha[1]);
}

static void
nothing_of_the_publishers_runs(void **state)
{
    (void)state;
    struct trial x;
    trial_begin(&x);
    trial_source_sql(&x,
        "CREATE TABLE t (a); INSERT INTO t VALUES (1);"
        "CREATE TRIGGER bite AFTER INSERT ON t BEGIN INSERT INTO t VALUES (zeroblob(1000000000)); END;"
        "CREATE VIEW good AS SELECT a + 1 AS b FROM t; CREATE VIEW over AS SELECT * FROM good, gone;"
        "CREATE VIEW gone AS SELECT load_extension('x') FROM t; CREATE VIEW master AS SELECT * FROM sqlite_stat1;"
        "CREATE VIEW tokens AS SELECT fts3_tokenizer('simple');"
        "CREATE VIRTUAL TABLE words USING fts5(body); INSERT INTO words VALUES ('hello');"
        "CREATE TABLE words_notes (a);");
    trial_import(&x, "db", NULL);
    assert_int_equal(x.e, E_OK);
    assert_string_equal(trial_ask(&x, "SELECT count(*) FROM t"), "1");
    assert_string_equal(trial_ask(&x, "SELECT b FROM good"), "2");
    assert_string_equal(trial_ask(&x, "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema WHERE name "
                                      "NOT LIKE 'sqlite%' ORDER BY name)"),
        "good t words_notes");
    assert_true(
        trial_dropped(&x, "trigger", "bite") && trial_dropped(&x, "view", "gone") && trial_dropped(&x, "view", "over"));
    assert_true(trial_dropped(&x, "view", "master") && trial_dropped(&x, "view", "tokens"));
    assert_true(trial_dropped(&x, "virtual table", "words") && trial_dropped(&x, "virtual table", "words_data"));
    trial_end(&x);
}

static void
a_view_that_never_ends_to_prepare_is_shot_and_the_rest_is_kept(void **state)
{
    (void)state;
    struct trial x;
    struct buf *sql;
    trial_begin(&x);
    sql = task_buf(&x.t, 1 << 20);
    buf_puts(sql, "CREATE TABLE t (a); CREATE VIEW fine AS SELECT a FROM t; CREATE VIEW v0 AS SELECT a");
    for (int i = 1; i < 400; i++)
        buf_printf(sql, ", a + %d AS c%d", i, i);
    buf_puts(sql, " FROM t;");
    for (int i = 1; i < 25; i++)
        buf_printf(sql, "CREATE VIEW v%d AS SELECT * FROM v%d UNION SELECT * FROM v%d;", i, i - 1, i - 1);
    trial_source_sql(&x, buf_z(sql));
    trial_import(&x, "db", NULL);
    assert_int_equal(x.e, E_OK);
    assert_string_equal(trial_ask(&x, "SELECT count(*) FROM sqlite_schema WHERE name = 'fine'"), "1");
    assert_true(trial_dropped(&x, "view", "v24"));
    trial_end(&x);
}

static void
a_schema_that_says_view_and_holds_something_else_makes_nothing(void **state)
{
    (void)state;
    struct trial x;
    trial_begin(&x);
    trial_source_sql(&x,
        "CREATE TABLE t (a); CREATE VIEW v AS SELECT 1; PRAGMA writable_schema=ON;"
        "UPDATE sqlite_schema SET sql = 'CREATE VIEW v AS SELECT 1; CREATE TABLE sneaked (a)' WHERE name = 'v'");
    trial_import(&x, "db", NULL);
    if (x.e == E_OK)
        assert_string_equal(trial_ask(&x, "SELECT count(*) FROM sqlite_schema WHERE name = 'sneaked'"), "0");
    trial_end(&x);
}

static void
what_is_not_a_database_is_told_what_it_is(void **state)
{
    (void)state;
    const struct {
        struct span bytes;
        const char *says;
    } rows[] = {
        {{"", 0}, "is empty"},
        {SPAN("a,b\n1,2\n"), "but text"},
        {SPAN("\x1f\x8b\x08 whatever it is"), "gzip"},
        {SPAN("PK\x03\x04 sheet"), "ZIP"},
        {SPAN("PAR1 columns"), "Parquet"},
        {SPAN("SQLite format 3\0\x10"), "truncated"},
        {SPAN("\0\1\2\3 something binary"), "does not begin with"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct trial x;
        trial_begin(&x);
        trial_source_bytes(&x, rows[i].bytes);
        trial_import(&x, "db", NULL);
        REFUSED(&x, rows[i].says);
        trial_end(&x);
    }
}

static void
an_encrypted_file_is_recognised(void **state)
{
    (void)state;
    struct trial x;
    char bytes[8192];
    uint32_t r = 12345;
    for (size_t i = 0; i < sizeof bytes; i++) {
        r = r * 1664525 + 1013904223;
        bytes[i] = (char)(r >> 24);
    }
    trial_begin(&x);
    trial_source_bytes(&x, (struct span){bytes, sizeof bytes});
    trial_import(&x, "db", NULL);
    REFUSED(&x, "encrypted");
    trial_end(&x);
    /* A real header and noise behind it. */
    memcpy(bytes, "SQLite format 3\0\x10\x00\x01\x01\x00\x40\x20\x20", 24);
    trial_begin(&x);
    trial_source_bytes(&x, (struct span){bytes, sizeof bytes});
    trial_import(&x, "db", NULL);
    assert_int_equal(x.e, E_INVALID);
    trial_end(&x);
}

/* A database of some hundred pages whose bytes the caller then breaks. */
static void
big_source(struct trial *x)
{
    trial_source_sql(x, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX i ON t (b);"
                        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5000)"
                        "INSERT INTO t SELECT x, hex(x * 7919) || printf('%064d', x) FROM n");
}

static void
truncated_and_corrupt_files_are_refused(void **state)
{
    (void)state;
    struct trial x;
    trial_begin(&x);
    big_source(&x);
    assert_int_equal(truncate(trial_path(&x, "source"), 100000), 0);
    trial_import(&x, "db", NULL);
    REFUSED(&x, "truncated");
    trial_end(&x);
    trial_begin(&x);
    big_source(&x);
    int fd = open(trial_path(&x, "source"), O_RDWR);
    for (off_t at = 4096 * 20; at < 4096 * 30; at += 4096)
        assert_int_equal(pwrite(fd, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12, at), 12);
    close(fd);
    trial_import(&x, "db", NULL);
    REFUSED(&x, "damaged");
    trial_end(&x);
}

static void
any_flipped_byte_ends_in_a_sentence_or_in_a_sound_follower(void **state)
{
    (void)state;
    uint32_t r = 7;
    for (int i = 0; i < 60; i++) {
        struct trial x;
        trial_begin(&x);
        big_source(&x);
        int fd = open(trial_path(&x, "source"), O_RDWR);
        for (int k = 0; k < 8; k++) {
            r = r * 1664525 + 1013904223;
            char c = (char)(r >> 24);
            assert_int_equal(pwrite(fd, &c, 1, (off_t)((r >> 4) % (i < 30 ? 4096u : 400000u))), 1);
        }
        close(fd);
        trial_import(&x, "db", NULL);
        if (x.e == E_OK)
            assert_string_equal(trial_ask(&x, "PRAGMA integrity_check"), "ok");
        else
            assert_true(strlen(x.t.cause) > 10 && x.e != E_INTERNAL);
        trial_end(&x);
    }
}

static void
two_thousand_columns_are_too_many(void **state)
{
    (void)state;
    struct trial x;
    struct buf *sql;
    trial_begin(&x);
    sql = task_buf(&x.t, 1 << 20);
    buf_puts(sql, "CREATE TABLE wide (c0");
    for (int i = 1; i < 2000; i++)
        buf_printf(sql, ", c%d", i);
    buf_puts(sql, ")");
    trial_source_sql(&x, buf_z(sql));
    trial_import(&x, "db", NULL);
    REFUSED(&x, "2000 columns");
    trial_end(&x);
    /* Beside tables that can be published it is left out and named. */
    trial_begin(&x);
    sql = task_buf(&x.t, 1 << 20);
    buf_puts(sql, "CREATE TABLE narrow (a); CREATE TABLE wide (c0");
    for (int i = 1; i < 501; i++)
        buf_printf(sql, ", c%d", i);
    buf_puts(sql, ")");
    trial_source_sql(&x, buf_z(sql));
    trial_import(&x, "db", NULL);
    assert_int_equal(x.e, E_OK);
    assert_true(trial_dropped(&x, "table", "wide"));
    trial_end(&x);
}

static void
tables_time_and_size_have_limits(void **state)
{
    (void)state;
    struct trial x;
    struct buf *sql;
    trial_begin(&x);
    sql = task_buf(&x.t, 1 << 20);
    buf_puts(sql, "BEGIN;");
    for (int i = 0; i <= IMPORT_TABLES; i++)
        buf_printf(sql, "CREATE TABLE t%d (a);", i);
    buf_puts(sql, "COMMIT");
    trial_source_sql(&x, buf_z(sql));
    trial_import(&x, "db", NULL);
    REFUSED(&x, "more than 2000 tables");
    trial_end(&x);
    trial_begin(&x);
    big_source(&x);
    x.t.deadline_ms = clock_mono_ms(); /* has passed */
    trial_import(&x, "db", NULL);
    assert_int_equal(x.e, E_DEADLINE);
    trial_end(&x);
}

static void
a_nul_in_a_name_is_refused(void **state)
{
    (void)state;
    static const char *const sources[] = {
        "CREATE TABLE t (a); PRAGMA writable_schema=ON; UPDATE sqlite_schema SET name = 'a' || char(0) || 'b'",
        "CREATE TABLE t (a); PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE t (a' || char(0) "
        "|| 'b)'",
    };
    for (size_t i = 0; i < 2; i++) {
        struct trial x;
        trial_begin(&x);
        trial_source_sql(&x, sources[i]);
        trial_import(&x, "db", NULL);
        assert_int_equal(x.e, E_INVALID);
        trial_end(&x);
    }
}

static void
a_wal_database_is_imported_and_the_publisher_is_told(void **state)
{
    (void)state;
    struct trial x;
    trial_begin(&x);
    trial_source_sql(&x, "PRAGMA journal_mode=WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    trial_import(&x, "db", NULL);
    assert_int_equal(x.e, E_OK);
    assert_string_equal(trial_ask(&x, "SELECT a FROM t"), "1");
    assert_non_null(strstr(json_string_value(json_array_get(json_object_get(x.report, "notes"), 0)), "WAL mode"));
    trial_end(&x);
}

static void
rules_that_the_rows_break_are_left_out(void **state)
{
    (void)state;
    struct trial x;
    trial_begin(&x);
    trial_source_sql(&x,
        "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 1), (NULL, 1); CREATE INDEX u ON t (b);"
        "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE t (a NOT NULL, b)' WHERE name = 't';"
        "UPDATE sqlite_schema SET sql = 'CREATE UNIQUE INDEX u ON t (b)' WHERE name = 'u'");
    trial_import(&x, "db", NULL);
    assert_int_equal(x.e, E_OK);
    assert_string_equal(trial_ask(&x, "SELECT count(*) FROM t"), "2");
    assert_string_equal(trial_ask(&x, "PRAGMA integrity_check"), "ok");
    assert_true(trial_dropped(&x, "not null", "t.a") && trial_dropped(&x, "index", "u"));
    trial_end(&x);
}

static void
the_sidecar_describes_the_follower(void **state)
{
    (void)state;
    struct trial x;
    trial_begin(&x);
    trial_source_sql(&x,
        "CREATE TABLE people (id INTEGER PRIMARY KEY, firstName TEXT, born REAL, boss INTEGER);"
        "INSERT INTO people VALUES (1, 'Ada', 1815.5, NULL), (2, 'Ada', 1900, 1), (3, 'Zoë', NULL, 1);");
    trial_import(&x, "db",
        "{\"tables\":{\"people\":{\"description\":\"Staff\",\"foreign_keys\":[{\"columns\":[\"boss\"],"
        "\"table\":\"people\",\"to\":[\"id\"]}],\"columns\":{\"born\":{\"description\":\"Birth\",\"unit\":\"year\"},"
        "\"gone\":{}}}}}");
    assert_int_equal(x.e, E_OK);
    sqlite3_close(x.made);
    assert_int_equal(sqlite3_open_v2(trial_path(&x, "new.idx"), &x.made, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_string_equal(trial_ask(&x, "SELECT name || kind || rows || description FROM tbl"), "peopletable3Staff");
    assert_string_equal(
        trial_ask(
            &x, "SELECT distinct_n || ' ' || null_n || ' ' || min || ' ' || max || samples FROM col WHERE pos = 1"),
        "2 0 Ada Zoë[\"Ada\",\"Zoë\"]");
    assert_string_equal(
        trial_ask(&x, "SELECT distinct_n || ' ' || null_n || ' ' || min || unit || samples FROM col WHERE pos = 2"),
        "2 1 1815.5year[1815.5,1900.0]");
    assert_string_equal(trial_ask(&x, "SELECT col || to_tbl || to_col FROM fk"), "bosspeopleid");
    assert_string_equal(trial_ask(&x, "SELECT rowid FROM find WHERE find MATCH 'first name staff zoe'"), "1");
    assert_string_equal(trial_ask(&x, "SELECT length(value) FROM meta WHERE key = 'sha256'"), "64");
    assert_non_null(strstr(json_dump(&x.t, x.report).p, "gone"));
    trial_end(&x);
}

/* A NUL-ended folder of databases beside the repository: all must be imported. */
static void
the_shared_databases_are_imported(void **state)
{
    (void)state;
    const char *shared = getenv("LYCEUM_SHARED");
    char path[512];
    snprintf(path, sizeof path, "%s/data/db/ambrosia", shared ? shared : LYCEUM_SOURCE_DIR "/../shared");
    DIR *d = opendir(path);
    struct dirent *e;
    int n = 0;
    if (!d) {
        printf("skipped: %s is not there\n", path);
        skip();
    }
    while ((e = readdir(d)) && n < 40) {
        struct trial x;
        struct span bytes;
        if (!span_ends(span_of(e->d_name), ".sqlite"))
            continue;
        trial_begin(&x);
        assert_int_equal(fsio_read(&x.t, task_printf(&x.t, "%s/%s", path, e->d_name), 64 << 20, &bytes), E_OK);
        trial_source_bytes(&x, bytes);
        trial_import(&x, "db", NULL);
        if (x.e != E_OK)
            fail_msg("%s: %s", e->d_name, x.t.cause);
        trial_end(&x);
        n++;
    }
    closedir(d);
    assert_true(n > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_keep_rows_types_keys_and_order),
        cmocka_unit_test(rowids_are_kept_and_the_same_content_has_the_same_hash),
        cmocka_unit_test(nothing_of_the_publishers_runs),
        cmocka_unit_test(a_view_that_never_ends_to_prepare_is_shot_and_the_rest_is_kept),
        cmocka_unit_test(a_schema_that_says_view_and_holds_something_else_makes_nothing),
        cmocka_unit_test(what_is_not_a_database_is_told_what_it_is),
        cmocka_unit_test(an_encrypted_file_is_recognised),
        cmocka_unit_test(truncated_and_corrupt_files_are_refused),
        cmocka_unit_test(any_flipped_byte_ends_in_a_sentence_or_in_a_sound_follower),
        cmocka_unit_test(two_thousand_columns_are_too_many),
        cmocka_unit_test(tables_time_and_size_have_limits),
        cmocka_unit_test(a_nul_in_a_name_is_refused),
        cmocka_unit_test(a_wal_database_is_imported_and_the_publisher_is_told),
        cmocka_unit_test(rules_that_the_rows_break_are_left_out),
        cmocka_unit_test(the_sidecar_describes_the_follower),
        cmocka_unit_test(the_shared_databases_are_imported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
