/* test_change: what a script may do to a copy, what is told of it, and that it is done for good once or not at all. */
#include "service.h"

#include "effect/change.h"
#include "effect/follower.h"
#include "effect/leader.h"
#include "effect/ledger_change.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A copy in a folder, changed in a jailed child as the service does it. */
struct bench {
    struct task t;
    char folder[64], word[40];
    struct change change;
    json_t *out;
};

static const int64_t NOW_MS = 1700000000123;

static void
begin(struct bench *b, const char *sql)
{
    sqlite3 *db = NULL;
    char *why = NULL;
    *b = (struct bench){.change = {.now_ms = NOW_MS, .ceiling = 3}};
    id_init();
    task_begin(&b->t, 0);
    must(conf_load_file(&b->t, NULL) == E_OK);
    strcpy(b->folder, "/tmp/lyceum-change-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    assert_int_equal(sqlite3_open(task_printf(&b->t, "%s/change.db", b->folder), &db), SQLITE_OK);
    sqlite3_exec(db, sql, NULL, NULL, &why);
    if (why)
        fail_msg("%s: %s", sql, why);
    sqlite3_close(db);
}

static void
end(struct bench *b)
{
    remove_folder(b->folder);
    task_end(&b->t);
}

static enum err
try(struct bench *b, const char *sql)
{
    task_clear_error(&b->t);
    b->change.sql = span_of(sql);
    return change_child(&b->t, CHANGE_TRY, &b->change, b->folder, b->word, &b->out);
}

static const char *
ask(struct bench *b, const char *sql)
{
    struct trial x = {.e = E_OK};
    assert_int_equal(
        sqlite3_open_v2(task_printf(&b->t, "%s/change.db", b->folder), &x.made, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    task_begin(&x.t, 0);
    const char *out = task_printf(&b->t, "%s", trial_ask(&x, sql));
    sqlite3_close(x.made);
    task_end(&x.t);
    return out;
}

/* The same for good. */
static enum err
keep(struct bench *b, const char *sql)
{
    if (try(b, sql) != E_OK)
        return b->t.err;
    b->change.expected = task_dup(&b->t, json_text(b->out, "digest"));
    return try(b, sql);
}

static const json_t *
table(const struct bench *b, const char *name)
{
    size_t i;
    const json_t *one;
    json_array_foreach(json_object_get(b->out, "tables"), i, one) if (span_is(json_text(one, "name"), name)) return one;
    fail_msg("the table %s is not told of", name);
    return NULL;
}

static void
is_json(struct bench *b, const json_t *j, const char *text)
{
    const char *found = task_z(&b->t, json_dump(&b->t, j));
    assert_string_equal(found, text);
}

#define T "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n INTEGER NOT NULL CHECK (n < 1000));"
#define ROWS "INSERT INTO t VALUES (1, 'a', 10), (2, 'b', 20), (3, NULL, 30);"

static void
two_statements_and_what_they_do_to_rows(void **unused)
{
    struct bench b;
    (void)unused;
    begin(&b, T ROWS);
    assert_int_equal(try(&b, "UPDATE t SET n = n + 1 WHERE id < 3;\n-- and\nDELETE FROM t WHERE id = 3;;"), E_OK);
    const json_t *t = table(&b, "t");
    is_json(&b, json_object_get(t, "columns"), "[\"id\",\"name\",\"n\"]");
    is_json(&b, json_object_get(t, "changes"),
        "[{\"op\":\"update\",\"rowid\":1,\"old\":[1,\"a\",10],\"new\":[1,\"a\",11]},"
        "{\"op\":\"update\",\"rowid\":2,\"old\":[2,\"b\",20],\"new\":[2,\"b\",21]},"
        "{\"op\":\"delete\",\"rowid\":3,\"old\":[3,null,30]}]");
    assert_int_equal(json_int(t, "before", -1), 3);
    assert_int_equal(json_int(t, "after", -1), 2);
    assert_int_equal(json_int(b.out, "updated", -1), 2);
    assert_int_equal(json_int(b.out, "deleted", -1), 1);
    assert_int_equal(json_int(b.out, "inserted", -1), 0);
    assert_int_equal(json_int(b.out, "before", -1), 3);
    assert_int_equal(json_int(b.out, "after", -1), 2);
    assert_int_equal(json_array_size(json_object_get(b.out, "schema")), 0);
    assert_false(
        json_flag(b.out, "ddl", true) || json_flag(b.out, "dropped", true) || json_flag(b.out, "emptied", true));
    assert_true(json_flag(b.out, "logged", false));
    assert_string_equal(ask(&b, "SELECT group_concat(n) FROM t"), "10,20,30"); /* a dry run leaves nothing */
    end(&b);
}

static void
the_first_rows_are_shown_and_all_are_counted(void **unused)
{
    struct bench b;
    (void)unused;
    begin(&b,
        "CREATE TABLE t (a, b); WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 1000)"
        " INSERT INTO t SELECT i, zeroblob(100000) FROM r WHERE i < 20 UNION ALL SELECT i, 'x' FROM r WHERE i >= 20");
    assert_int_equal(try(&b, "UPDATE t SET a = a + 1"), E_OK);
    assert_int_equal(json_array_size(json_object_get(table(&b, "t"), "changes")), 200);
    assert_int_equal(json_int(b.out, "more", -1), 800);
    assert_int_equal(json_int(b.out, "updated", -1), 1000);
    end(&b);
}

static void
it_is_done_when_it_does_what_was_approved(void **unused)
{
    struct bench b;
    (void)unused;
    begin(&b, T ROWS);
    assert_int_equal(keep(&b, "UPDATE t SET n = n + 1"), E_OK);
    assert_string_equal(ask(&b, "SELECT group_concat(n) FROM t"), "11,21,31");
    /* The same statement with the same digest: the rows are others now. */
    assert_int_equal(try(&b, "UPDATE t SET n = n + 1"), E_CONFLICT);
    assert_string_equal(b.word, "conflict");
    assert_string_equal(ask(&b, "SELECT group_concat(n) FROM t"), "11,21,31");
    end(&b);
    /* What others changed elsewhere is no matter. */
    begin(&b, T ROWS "CREATE TABLE other (a);");
    assert_int_equal(try(&b, "UPDATE t SET n = 0 WHERE id = 1"), E_OK);
    struct span digest = task_dup(&b.t, json_text(b.out, "digest"));
    assert_int_equal(keep(&b, "INSERT INTO other VALUES (1); UPDATE t SET name = 'z' WHERE id = 2"), E_OK);
    b.change.expected = digest;
    assert_int_equal(try(&b, "UPDATE t SET n = 0 WHERE id = 1"), E_OK);
    assert_string_equal(ask(&b, "SELECT group_concat(n || coalesce(name, '')) FROM t"), "0a,20z,30");
    end(&b);
}

static void
the_digest_knows_rows_order_statements_key_and_clock(void **unused)
{
    static const char *const scripts[] = {"UPDATE t SET n = 1 WHERE id = 1", "UPDATE t SET n = 1 WHERE id = 2",
        "UPDATE t SET n = 2 WHERE id = 1", "UPDATE t SET n = 1 WHERE id = 1;",
        "UPDATE t SET n = 1 WHERE id = 1; CREATE TABLE x (a)", "UPDATE t SET n = 1 WHERE id = 1; CREATE TABLE x (b)",
        "CREATE TABLE x AS SELECT 1 AS a", "CREATE TABLE x AS SELECT 2 AS a",
        "INSERT INTO t VALUES (9, datetime(), 9)"};
    enum { N = sizeof scripts / sizeof scripts[0] };
    struct bench b;
    struct span seen[N + 2];
    (void)unused;
    begin(&b, T ROWS);
    for (size_t i = 0; i < N + 2; i++) {
        b.change.now_ms = i > N ? NOW_MS + 1000 : NOW_MS;
        b.change.key[0] = i == N; /* the last script, once with another key, once at another time */
        assert_int_equal(try(&b, scripts[i < N ? i : N - 1]), E_OK);
        seen[i] = task_dup(&b.t, json_text(b.out, "digest"));
        assert_int_equal(seen[i].n, 64);
        for (size_t k = 0; k < i; k++)
            assert_false(span_eq(seen[k], seen[i]));
    }
    end(&b);
}

static void
now_stands_still_between_dry_run_and_change(void **unused)
{
    struct bench b;
    (void)unused;
    begin(&b, "CREATE TABLE t (a, b, c DEFAULT CURRENT_TIMESTAMP, d)");
    const char *sql = "INSERT INTO t (a, b, d) VALUES (datetime('now'), strftime('%f'), unixepoch())";
    assert_int_equal(try(&b, sql), E_OK);
    b.change.expected = task_dup(&b.t, json_text(b.out, "digest"));
    int64_t until_ms = clock_unix_ms() + 1100; /* another second begins, for whoever looks at the real clock */
    while (clock_unix_ms() < until_ms)
        continue;
    assert_int_equal(try(&b, sql), E_OK);
    assert_string_equal(ask(&b, "SELECT a || ' ' || b || ' ' || c || ' ' || d FROM t"),
        "2023-11-14 22:13:20 20.123 2023-11-14 22:13:20 1700000000");
    end(&b);
}

/* What is refused, by which word; nothing of it stays. */
static void
refused(const char *schema, const char *sql, enum err e, const char *word)
{
    struct bench b;
    begin(&b, schema);
    const char *before = ask(&b, "SELECT count(*) || group_concat(sql) FROM sqlite_schema");
    const char *rows = ask(&b, "SELECT group_concat(n) FROM t");
    b.change.expected = SPAN("0000000000000000000000000000000000000000000000000000000000000000");
    enum err found = try(&b, sql);
    if (found != e || strcmp(b.word, word) != 0 || b.t.cause[0] == '\0')
        fail_msg("%s: %s (%s) %s", sql, err_word(found), b.word, b.t.cause);
    assert_string_equal(ask(&b, "SELECT count(*) || group_concat(sql) FROM sqlite_schema"), before);
    assert_string_equal(ask(&b, "SELECT group_concat(n) FROM t"), rows);
    end(&b);
}

static void
what_no_change_may_do(void **unused)
{
    static const char *const denied[] = {"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT x", "RELEASE x",
        "PRAGMA user_version=3", "PRAGMA writable_schema=ON", "PRAGMA foreign_keys=OFF", "ATTACH 'x.db' AS x",
        "ATTACH ':memory:' AS x", "DETACH main", "ANALYZE", "EXPLAIN DELETE FROM t", "CREATE TEMP TABLE x (a)",
        "CREATE TEMP VIEW x AS SELECT 1", "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END",

        "INSERT INTO t SELECT 9, name, 9 FROM pragma_database_list", "UPDATE t SET name = zeroblob(9)"};
    static const char *const syntax[] = {"", "  -- nothing", ";;", "UPDATE nope SET a = 1",
        "UPDATE t SET name = load_extension('x')", "DELETE FROM t WHERE x",
        "INSERT INTO temp.sqlite_master VALUES (1,2,3,4,5)", "ALTER TABLE nope ADD COLUMN x", "VACUUM",
        "VACUUM INTO '/tmp/lyceum-never.db'", "UPDATE t SET name = \"b\"", "UPDATE t", "INSERT INTO t VALUES (1)",
        "CREATE VIRTUAL TABLE x USING fts5(a)", "INSERT INTO sqlite_master VALUES (1,2,3,4,5)",
        "UPDATE sqlite_schema SET sql = ''", "DROP TABLE sqlite_master"};
    (void)unused;
    for (size_t i = 0; i < sizeof denied / sizeof denied[0]; i++) {
        refused(T ROWS, denied[i], E_INVALID, "not-allowed");
        struct task t;
        task_begin(&t, 0); /* behind an innocent one, too */
        refused(T ROWS, task_printf(&t, "UPDATE t SET n = 1;%s", denied[i]), E_INVALID, "not-allowed");
        task_end(&t);
    }
    for (size_t i = 0; i < sizeof syntax / sizeof syntax[0]; i++) {
        struct bench b;
        begin(&b, T ROWS);
        assert_int_equal(try(&b, syntax[i]), E_INVALID);
        assert_true(strcmp(b.word, "syntax") == 0 || strcmp(b.word, "not-allowed") == 0);
        end(&b);
    }
    assert_int_not_equal(access("/tmp/lyceum-never.db", F_OK), 0);
}

static void
random_values_are_refused(void **unused)
{
    static const char *const sql[] = {"UPDATE t SET n = abs(random()) % 100", "DELETE FROM t WHERE random() > 0",
        "UPDATE t SET name = hex(randomblob(4))", "INSERT INTO d (n) VALUES (1)", "SELECT random()"};
    (void)unused;
    for (size_t i = 0; i < sizeof sql / sizeof sql[0]; i++)
        refused(T ROWS "CREATE TABLE d (n, r DEFAULT (random()));", sql[i], E_INVALID, "not-deterministic");
}

static void
a_failed_constraint_leaves_all_as_it_was(void **unused)
{
    static const char *const sql[] = {"UPDATE t SET n = 5; INSERT INTO t VALUES (1, 'x', 1)",
        "UPDATE t SET n = 5 WHERE id = 1; UPDATE t SET n = NULL", "UPDATE t SET n = n * 100",
        "INSERT OR ROLLBACK INTO t VALUES (1, 'x', 1)", "INSERT INTO c VALUES (99)", "INSERT INTO late VALUES (99)",
        "DELETE FROM t WHERE id = 1"};
    (void)unused;
    for (size_t i = 0; i < sizeof sql / sizeof sql[0]; i++)
        refused(T ROWS "CREATE TABLE c (t INTEGER REFERENCES t); INSERT INTO c VALUES (1);"
                       "CREATE TABLE late (t INTEGER REFERENCES t DEFERRABLE INITIALLY DEFERRED);",
            sql[i], E_INVALID, "constraint");
}

static void
definitions_are_told_before_and_after(void **unused)
{
    struct bench b;
    (void)unused;
    begin(&b, T ROWS);
    assert_int_equal(try(&b, "ALTER TABLE t ADD COLUMN extra TEXT; CREATE INDEX i ON t (n);"
                             "CREATE TABLE made AS SELECT id, n FROM t; UPDATE t SET extra = 'x' WHERE id = 1"),
        E_OK);
    assert_true(json_flag(b.out, "ddl", false));
    assert_false(json_flag(b.out, "dropped", true) || json_flag(b.out, "logged", true));
    const json_t *schema = json_object_get(b.out, "schema");
    assert_int_equal(json_array_size(schema), 3);
    assert_true(span_starts(json_text(json_array_get(schema, 0), "before"), "CREATE TABLE t (id"));
    assert_true(span_find(json_text(json_array_get(schema, 0), "after"), SPAN("extra TEXT")) > 0);
    assert_true(span_is(json_text(json_array_get(schema, 1), "before"), ""));
    is_json(&b, json_object_get(table(&b, "t"), "columns"), "[\"id\",\"name\",\"n\",\"extra\"]");
    is_json(&b, json_object_get(table(&b, "t"), "changes"),
        "[{\"op\":\"update\",\"rowid\":1,\"old\":[1,\"a\",10,null],\"new\":[1,\"a\",10,\"x\"]}]");
    assert_int_equal(json_int(table(&b, "made"), "inserted", -1), 3);
    assert_int_equal(json_int(table(&b, "made"), "before", -1), 0);
    assert_int_equal(json_int(table(&b, "made"), "after", -1), 3);
    end(&b);
}

/* No row may stand under a name that it was not under. */
static void
rows_never_stand_under_other_columns(void **unused)
{
    struct bench b;
    (void)unused;
    begin(&b, T ROWS);
    assert_int_equal(try(&b, "UPDATE t SET n = 1 WHERE id = 1; ALTER TABLE t DROP COLUMN name;"
                             "UPDATE t SET n = 2 WHERE id = 2"),
        E_OK);
    is_json(&b, json_object_get(table(&b, "t"), "columns"), "[\"id\",\"name\",\"n\"]");
    assert_int_equal(json_array_size(json_object_get(table(&b, "t"), "changes")), 1);
    assert_int_equal(json_int(b.out, "updated", -1), 2);
    assert_int_equal(json_int(b.out, "more", -1), 1);
    assert_true(json_flag(b.out, "dropped", false));
    assert_int_equal(try(&b, "ALTER TABLE t RENAME COLUMN name TO title; UPDATE t SET title = 'x' WHERE id = 2"), E_OK);
    is_json(&b, json_object_get(table(&b, "t"), "columns"), "[\"id\",\"title\",\"n\"]");
    assert_false(json_flag(b.out, "dropped", true));
    end(&b);
}

static void
what_destroys_is_told(void **unused)
{
    static const struct {
        const char *sql;
        int64_t deleted;
        bool dropped, emptied;
    } cases[] = {
        {"DELETE FROM t", 3, false, true},
        {"DELETE FROM t WHERE id > 1", 2, false, false},
        {"DELETE FROM t; INSERT INTO t VALUES (9, 'one', 9)", 3, false, true},
        {"DELETE FROM empty", 0, false, false},
        {"DROP TABLE t", 3, true, true},
        {"DROP TABLE T", 3, true, true},
        {"DELETE FROM t WHERE id = 1; DROP TABLE t", 3, true, true},
        {"DROP TABLE empty", 0, true, false},
        {"DROP TABLE parent", 2, true, true},
        {"DROP TABLE IF EXISTS nope; UPDATE t SET n = 0", 0, false, false},
        {"DROP VIEW v", 0, true, false},
        {"DROP INDEX i", 0, true, false},
        {"ALTER TABLE t DROP COLUMN name", 0, true, false},
        {"ALTER TABLE t RENAME TO u", 0, false, false},
        {"ALTER TABLE t RENAME COLUMN name TO m; ALTER TABLE t ADD COLUMN x", 0, false, false},
        {"CREATE TABLE u AS SELECT * FROM t; DROP TABLE t; ALTER TABLE u RENAME TO t", 3, true, true},
        {"REPLACE INTO t VALUES (1, 'x', 1)", 1, false, false},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        begin(&b,
            T ROWS "CREATE TABLE empty (a); CREATE VIEW v AS SELECT 1; CREATE TABLE s (a); CREATE INDEX i ON s (a);"
                   "CREATE TABLE parent (id INTEGER PRIMARY KEY); INSERT INTO parent VALUES (1), (2);"
                   "CREATE TABLE child (p REFERENCES parent);");
        if (try(&b, cases[i].sql) != E_OK)
            fail_msg("%s: %s", cases[i].sql, b.t.cause);
        if (json_int(b.out, "deleted", -1) != cases[i].deleted ||
            json_flag(b.out, "dropped", !cases[i].dropped) != cases[i].dropped ||
            json_flag(b.out, "emptied", !cases[i].emptied) != cases[i].emptied)
            fail_msg("%s: %s", cases[i].sql, task_z(&b.t, json_dump(&b.t, b.out)));
        end(&b);
    }
}

static void
what_is_labelled_above_is_neither_read_nor_changed(void **unused)
{
    static const char *const sql[] = {"UPDATE t SET name = (SELECT a FROM hidden)", "DELETE FROM hidden",
        "INSERT INTO hidden VALUES (1)", "UPDATE part SET a = 1", "DELETE FROM part", "DROP TABLE hidden",
        "ALTER TABLE part ADD COLUMN x", "ALTER TABLE hidden RENAME TO x",
        "DELETE FROM t WHERE n IN (SELECT b FROM part)", "CREATE TABLE x AS SELECT * FROM part",
        "CREATE INDEX x ON part (b)", "DELETE FROM t WHERE id = 3",
        "UPDATE t SET name = 'x' WHERE EXISTS (SELECT 1 FROM HIDDEN)", "UPDATE t SET n = (SELECT count(*) FROM hidden)",
        "DROP TABLE IF EXISTS hidden", "CREATE TABLE secret_to_be (a)",
        "UPDATE t SET name = (SELECT group_concat(sql) FROM sqlite_schema)",
        "UPDATE t SET n = (SELECT count(*) FROM sqlite_master)",
        "UPDATE t SET n = (SELECT max(rowid) FROM sqlite_schema)", "CREATE TABLE x AS SELECT name FROM sqlite_schema",
        "CREATE TABLE x AS SELECT rowid AS n FROM sqlite_schema",
        "CREATE TABLE x (a); INSERT INTO x SELECT rowid FROM sqlite_schema",
        "DELETE FROM t WHERE EXISTS (SELECT 1 FROM sqlite_schema)"};
    static const char *const fine[] = {"CREATE TABLE x (a UNIQUE); CREATE INDEX i ON x (a); DROP INDEX i; DROP TABLE x",
        "CREATE TABLE x AS SELECT name FROM t", "CREATE VIEW v AS SELECT name FROM t; DROP VIEW v", "REINDEX t",
        ("CREATE TABLE x (a, b); ALTER TABLE x ADD COLUMN c; ALTER TABLE x RENAME COLUMN a TO d;"
         "ALTER TABLE x DROP COLUMN b; ALTER TABLE x RENAME TO y")};
    struct label_entry entries[] = {{SPAN("hidden"), SPAN_NONE, 2}, {SPAN("part"), SPAN("b"), 2},
        {SPAN("secret_to_be"), SPAN_NONE, 2}, {SPAN("family"), SPAN_NONE, 2}};
    struct labels labels = {.level = 1, .entries = entries, .n = sizeof entries / sizeof entries[0]};
    struct bench b;
    (void)unused;
    begin(&b, T ROWS "CREATE TABLE hidden (a); INSERT INTO hidden VALUES (7);"
                     "CREATE TABLE part (a, b); INSERT INTO part VALUES (1, 10);"
                     "CREATE TABLE family (t REFERENCES t ON DELETE CASCADE); INSERT INTO family VALUES (3);");
    b.change.labels = &labels;
    b.change.ceiling = 1;
    for (size_t i = 0; i < sizeof sql / sizeof sql[0]; i++) {
        if (try(&b, sql[i]) != E_INVALID || strcmp(b.word, "not-allowed") != 0)
            fail_msg("%s: %s (%s)", sql[i], b.t.cause, b.word);
    }
    assert_int_equal(try(&b, "UPDATE t SET n = (SELECT max(a) FROM part)"), E_OK); /* what is not hidden is read */
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        if (try(&b, fine[i]) != E_OK)
            fail_msg("%s: %s (%s)", fine[i], b.t.cause, b.word);
    }
    b.change.ceiling = 2;
    assert_int_equal(try(&b, "UPDATE part SET b = (SELECT a FROM hidden); DELETE FROM t WHERE id = 3"), E_OK);
    assert_int_equal(json_int(table(&b, "family"), "deleted", -1), 1); /* by cascade */
    end(&b);
}

#define BOMB "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r)"

static void
bombs_end_with_a_sentence(void **unused)
{
    static const struct {
        const char *sql, *word;
    } cases[] = {
        {"UPDATE t SET n = (" BOMB " SELECT count(*) FROM r)", "timeout"},
        {"INSERT INTO t SELECT i + 100, printf('%900000s', 'x'), 1 FROM (" BOMB " SELECT i FROM r)", "too-large"},
        {"UPDATE t SET name = replace(printf('%99999s', ' '), ' ', printf('%99999s', 'x'))", "too-large"},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        begin(&b, T ROWS);
        b.t.deadline_ms = clock_mono_ms() + 2000;
        assert_int_not_equal(try(&b, cases[i].sql), E_OK);
        if (strcmp(b.word, cases[i].word) != 0 && strcmp(b.word, "timeout") != 0)
            fail_msg("%s: %s (%s)", cases[i].sql, b.t.cause, b.word);
        assert_true(strlen(b.t.cause) > 20);
        assert_string_equal(ask(&b, "SELECT group_concat(n) FROM t"), "10,20,30");
        end(&b);
    }
}

/* The service. */

#define P1 "p_aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define P2 "p_bbbbbbbbbbbbbbbbbbbbbbbbba"
#define P3 "p_ccccccccccccccccccccccccca"
#define DETAIL "{\"level\":1,\"labels\":[],\"change_rows\":2,\"undo_days\":7}"
#define HOLD "{\"level\":1,\"labels\":[],\"change_rows\":2,\"undo_days\":7,\"hold\":true}"
#define CURRENT "followers/d/current.db"

static int
set_up(void **state)
{
    struct service *s = calloc(1, sizeof *s);
    must(s);
    *state = s;
    service_begin(s);
    return service_publish(s, "d", "id,n\n1,10\n2,20\n3,30\n", "{\"level\":1,\"labels\":[]}") == E_OK ? 0 : 1;
}

static int
tear_down(void **state)
{
    service_end(*state);
    free(*state);
    return 0;
}

static json_t *
dryrun(struct service *s, const char *sql)
{
    const struct span bound[] = {SPAN("dryrun"), SPAN("d"), span_of(sql)};
    const struct pass pass = {.capability = "dryrun", .dataset = "d", .detail = DETAIL, .level = 1};
    struct span receipt;
    if (effect_dryrun(&s->t, service_grant(s, &pass, bound, 3), SPAN("d"), span_of(sql), &receipt) != E_OK)
        fail_msg("%s: %s", sql, s->t.cause);
    return service_receipt(s, receipt);
}

static enum err
apply(struct service *s, const json_t *tried, const char *approval, const char *detail, json_t **out)
{
    struct span proposal = json_text(tried, "proposal"), digest = json_text(tried, "digest"), receipt;
    const struct span bound[] = {SPAN("apply"), SPAN("d"), proposal, digest, span_of(approval)};
    const struct pass pass = {.capability = "apply", .dataset = "d", .detail = detail, .level = 1};
    task_clear_error(&s->t);
    enum err e = effect_apply(
        &s->t, service_grant(s, &pass, bound, 5), SPAN("d"), proposal, digest, span_of(approval), &receipt);
    *out = e == E_OK ? service_receipt(s, receipt) : NULL;
    return e;
}

static enum err
status(struct service *s, const char *approval, json_t **out)
{
    const struct span bound[] = {SPAN("status"), span_of(approval)};
    const struct pass pass = {.capability = "status", .dataset = "", .level = 0};
    struct span receipt;
    task_clear_error(&s->t);
    enum err e = effect_status(&s->t, service_grant(s, &pass, bound, 2), span_of(approval), &receipt);
    *out = e == E_OK ? service_receipt(s, receipt) : NULL;
    return e;
}

static void
a_dry_run_is_shown_and_done_once(void **state)
{
    struct service *s = *state;
    json_t *done, *again, *diff;
    json_t *tried = dryrun(s, "UPDATE d SET n = n + 1; INSERT INTO d VALUES (4, 40)");
    assert_true(span_is(json_text(tried, "operation"), "dryrun"));
    assert_int_equal(json_int(tried, "updated", 0), 3);
    assert_int_equal(json_int(tried, "before", 0), 3);
    assert_int_equal(json_int(tried, "after", 0), 4);
    assert_int_equal(json_int(tried, "tables", 0), 1);
    assert_false(json_flag(tried, "destructive", true) || json_flag(tried, "ddl", true));
    assert_true(json_flag(tried, "undoable", false));
    assert_string_equal(service_ask(s, CURRENT, "SELECT sum(n) FROM d"), "60");

    struct span proposal = json_text(tried, "proposal");
    const struct pass pass = {.capability = "diff", .dataset = "d", .level = 1};
    const struct pass other = {.capability = "diff", .dataset = "e", .level = 1};
    const struct span bound[] = {SPAN("diff"), proposal};
    assert_int_equal(effect_diff(&s->t, service_grant(s, &other, bound, 2), proposal, &diff), E_DENIED);
    task_clear_error(&s->t);
    assert_int_equal(effect_diff(&s->t, service_grant(s, &pass, bound, 2), proposal, &diff), E_OK);
    assert_true(span_is(json_text(diff, "sql"), "UPDATE d SET n = n + 1; INSERT INTO d VALUES (4, 40)"));
    assert_int_equal(
        json_array_size(json_object_get(json_array_get(json_object_get(diff, "tables"), 0), "changes")), 4);

    assert_int_equal(apply(s, tried, P1, DETAIL, &done), E_OK);
    assert_true(span_is(json_text(done, "operation"), "apply") && span_is(json_text(done, "approval"), P1));
    assert_true(span_eq(json_text(done, "sha"), follower_current(&s->t, SPAN("d"))));
    assert_true(id_is(json_text(done, "change"), 'g'));
    assert_int_equal(json_int(done, "rows", 0), 4);
    assert_false(json_flag(done, "held", true));
    assert_string_equal(service_ask(s, CURRENT, "SELECT sum(n) FROM d"), "103");

    assert_int_equal(apply(s, tried, P1, DETAIL, &again), E_CONFLICT); /* one approval */
    assert_int_equal(apply(s, tried, P2, DETAIL, &again), E_CONFLICT); /* other rows than were shown */
    assert_string_equal(effect_word(), "conflict");
    assert_string_equal(service_ask(s, CURRENT, "SELECT sum(n) FROM d"), "103");

    assert_int_equal(status(s, P1, &again), E_OK);
    assert_true(json_equal(done, again));
    assert_int_equal(status(s, P2, &again), E_NOTFOUND);
    assert_int_equal(status(s, P3, &again), E_NOTFOUND);
    /* Who was told "never" can rely on it. */
    assert_int_equal(apply(s, dryrun(s, "UPDATE d SET n = 0"), P3, DETAIL, &again), E_CONFLICT);
    assert_string_equal(service_ask(s, CURRENT, "SELECT sum(n) FROM d"), "103");
}

static void
much_is_destructive(void **state)
{
    struct service *s = *state;
    assert_false(json_flag(dryrun(s, "DELETE FROM d WHERE id < 3"), "destructive", true));
    assert_true(json_flag(dryrun(s, "DELETE FROM d"), "destructive", false));
    assert_true(json_flag(dryrun(s, "DROP TABLE d"), "destructive", false));
    assert_true(json_flag(
        dryrun(s, "INSERT INTO d VALUES (4, 1), (5, 1), (6, 1); DELETE FROM d WHERE id > 3"), "destructive", false));
}

static void
a_script_that_fails_has_a_word(void **state)
{
    struct service *s = *state;
    const struct span sql = SPAN("UPDATE d SET n = random()"), bound[] = {SPAN("dryrun"), SPAN("d"), sql};
    const struct pass pass = {.capability = "dryrun", .dataset = "d", .detail = DETAIL, .level = 1};
    struct span receipt;
    assert_int_equal(effect_dryrun(&s->t, service_grant(s, &pass, bound, 3), SPAN("d"), sql, &receipt), E_INVALID);
    assert_string_equal(effect_word(), "not-deterministic");
    task_clear_error(&s->t);
}

static void
a_held_change_waits_for_its_release(void **state)
{
    struct service *s = *state;
    const struct span bound[] = {SPAN("release"), SPAN("d")};
    const struct pass pass = {.capability = "release", .dataset = "d", .detail = DETAIL, .level = 1};
    struct span receipt, was = follower_current(&s->t, SPAN("d"));
    json_t *done;
    assert_int_equal(apply(s, dryrun(s, "UPDATE d SET n = 1"), P1, HOLD, &done), E_OK);
    assert_true(json_flag(done, "held", false) && span_eq(json_text(done, "sha"), was));
    assert_true(span_eq(follower_current(&s->t, SPAN("d")), was));
    assert_string_equal(service_ask(s, "leaders/d.db", "SELECT sum(n) FROM d"), "3");
    /* The next one is held with it, whatever its own detail says. */
    assert_int_equal(apply(s, dryrun(s, "UPDATE d SET n = n + 1"), P2, DETAIL, &done), E_OK);
    assert_true(json_flag(done, "held", false));
    assert_string_equal(service_ask(s, CURRENT, "SELECT sum(n) FROM d"), "60");
    assert_int_equal(effect_release(&s->t, service_grant(s, &pass, bound, 2), SPAN("d"), &receipt), E_OK);
    assert_string_equal(service_ask(s, CURRENT, "SELECT sum(n) FROM d"), "6");
    assert_true(span_eq(json_text(service_receipt(s, receipt), "operation"), SPAN("release")));
    assert_int_equal(apply(s, dryrun(s, "UPDATE d SET n = 5"), P3, DETAIL, &done), E_OK);
    assert_false(json_flag(done, "held", true));
    assert_string_equal(service_ask(s, CURRENT, "SELECT sum(n) FROM d"), "15");
}

/* Approved, and the service is killed at any moment: afterwards it was done wholly or not at all, status tells which,
 * and the approval can't be used again. */
static void
a_kill_at_any_moment_does_it_once_or_never(void **state)
{
    enum { KILLS = 40 };
    struct service *s = *state;
    int64_t whole_us = 0, sum = 60, seen[2] = {0, 0};
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    for (int i = 0; i <= KILLS; i++) {
        char id[ID_BYTES + 1];
        json_t *out;
        id_new('p', id);
        json_t *tried = dryrun(s, "UPDATE d SET n = n + 1");
        int64_t begun_us = clock_mono_us();
        pid_t caller = fork();
        if (caller == 0)
            _exit(apply(s, tried, id, DETAIL, &out) == E_OK ? 0 : 1);
        while (i > 0 && clock_mono_us() < begun_us + whole_us * 5 / 4 * i / KILLS)
            continue;
        if (i > 0)
            kill(s->pid, SIGKILL);
        while (i == 0 ? waitpid(caller, NULL, 0) > 0 : waitpid(-1, NULL, 0) > 0)
            continue;
        whole_us = i == 0 ? clock_mono_us() - begun_us : whole_us;
        if (i > 0) {
            task_clear_error(&s->t);
            assert_int_equal(effect_start(&s->t), E_OK);
            service_start(s);
        }
        bool was_done = status(s, id, &out) == E_OK;
        sum += was_done ? 3 : 0;
        seen[was_done]++;
        const char *expected = task_printf(&s->t, "%lld", (long long)sum);
        assert_string_equal(service_ask(s, CURRENT, "SELECT sum(n) FROM d"), expected);
        assert_string_equal(service_ask(s, "leaders/d.db", "SELECT sum(n) FROM d"), expected);
        assert_int_equal(apply(s, tried, id, DETAIL, &out), E_CONFLICT);
        assert_true(!was_done || span_eq(follower_current(&s->t, SPAN("d")), follower_current(&s->t, SPAN("d"))));
    }
    assert_true(seen[0] > 0 && seen[1] > 0);
}

int
main(void)
{
#define SERVED(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_statements_and_what_they_do_to_rows),
        cmocka_unit_test(the_first_rows_are_shown_and_all_are_counted),
        cmocka_unit_test(it_is_done_when_it_does_what_was_approved),
        cmocka_unit_test(the_digest_knows_rows_order_statements_key_and_clock),
        cmocka_unit_test(now_stands_still_between_dry_run_and_change),
        cmocka_unit_test(what_no_change_may_do),
        cmocka_unit_test(random_values_are_refused),
        cmocka_unit_test(a_failed_constraint_leaves_all_as_it_was),
        cmocka_unit_test(definitions_are_told_before_and_after),
        cmocka_unit_test(rows_never_stand_under_other_columns),
        cmocka_unit_test(what_destroys_is_told),
        cmocka_unit_test(what_is_labelled_above_is_neither_read_nor_changed),
        cmocka_unit_test(bombs_end_with_a_sentence),
        SERVED(a_dry_run_is_shown_and_done_once),
        SERVED(much_is_destructive),
        SERVED(a_script_that_fails_has_a_word),
        SERVED(a_held_change_waits_for_its_release),
        SERVED(a_kill_at_any_moment_does_it_once_or_never),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
