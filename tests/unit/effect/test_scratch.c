/* test_scratch: tables of a conversation's own: what they may hold, who gets them, and their end. */
#include "service.h"

#include "effect/scratch.h"

#include <sys/time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ONE "c_aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TWO "c_bbbbbbbbbbbbbbbbbbbbbbbbba"
#define CURRENT(conversation) "scratch/" conversation "/current.db"

static struct service s;

static int
set_up(void **unused)
{
    (void)unused;
    service_begin(&s);
    return service_publish(&s, "d", "a,b\n1,one\n2,two\n3,three\n", "{\"level\":1,\"labels\":[[\"d\",\"b\",2]]}") ==
                   E_OK
               ? 0
               : 1;
}

static int
tear_down(void **unused)
{
    (void)unused;
    service_end(&s);
    return 0;
}

struct script {
    const char *conversation, *dataset, *sql;
    int64_t level;
    const char *granted; /* another conversation's grant; NULL: its own */
};

static enum err
run(const struct script *x, json_t **out)
{
    json_t *mine;
    const struct span bound[] = {SPAN("scratch"), span_of(x->conversation), span_of(x->dataset), span_of(x->sql)};
    const struct pass pass = {.capability = "scratch",
        .dataset = x->dataset,
        .conversation = x->granted ? x->granted : x->conversation,
        .level = x->level};
    task_clear_error(&s.t);
    return effect_scratch(&s.t, service_grant(&s, &pass, bound, 4), span_of(x->conversation), span_of(x->dataset),
        span_of(x->sql), out ? out : &mine);
}

static enum err
alone(const char *conversation, const char *sql, json_t **out)
{
    const struct script x = {.conversation = conversation, .dataset = "", .sql = sql};
    return run(&x, out);
}

static enum err
drop(const char *conversation)
{
    const struct span bound[] = {SPAN("scratch.drop"), span_of(conversation)};
    const struct pass pass = {.capability = "scratch.drop", .conversation = conversation};
    task_clear_error(&s.t);
    return effect_scratch_drop(&s.t, service_grant(&s, &pass, bound, 2), span_of(conversation));
}

static size_t
entries(const char *folder)
{
    DIR *d = opendir(conf_path(&s.t, folder));
    size_t n = 0;
    for (const struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

static void
tables_are_made_changed_and_kept(void **unused)
{
    json_t *out;
    (void)unused;
    assert_int_equal(run(&(struct script){.conversation = ONE,
                             .dataset = "d",
                             .sql = "CREATE TABLE big AS SELECT a FROM data.d WHERE a > 1; CREATE INDEX i ON big (a)",
                             .level = 1},
                         &out),
        E_OK);
    assert_int_equal(json_array_size(json_object_get(out, "tables")), 1);
    const json_t *table = json_array_get(json_object_get(out, "tables"), 0);
    assert_true(span_is(json_text(table, "name"), "big") && json_int(table, "rows", 0) == 2);
    assert_true(json_int(out, "bytes", 0) > 0);
    assert_string_equal(service_ask(&s, CURRENT(ONE), "SELECT group_concat(a) FROM big"), "2,3");
    assert_int_equal(alone(ONE,
                         "INSERT INTO big VALUES (9); CREATE TABLE two (x); "
                         "INSERT INTO two SELECT sum(a) FROM big; DELETE FROM big WHERE a = 2",
                         &out),
        E_OK);
    assert_int_equal(json_array_size(json_object_get(out, "tables")), 2);
    assert_string_equal(service_ask(&s, CURRENT(ONE), "SELECT group_concat(a) FROM big"), "3,9");
    assert_string_equal(service_ask(&s, CURRENT(ONE), "SELECT x FROM two"), "14");
    assert_string_equal(service_ask(&s, "scratch/" ONE "/current.idx", "SELECT count(*) > 0 FROM sqlite_schema"), "1");
    assert_int_equal(entries("scratch/" ONE), 4); /* one revision and its links */
    assert_int_equal(alone(ONE, "DROP TABLE big; DROP TABLE two", &out), E_OK);
    assert_int_equal(json_array_size(json_object_get(out, "tables")), 0);
    assert_int_equal(entries("leaders/tmp"), 0);
}

/* The ceiling decides which file is attached: what lies above it is not in there. */
static void
the_dataset_is_read_up_to_the_grants_level_and_never_written(void **unused)
{
    static const char *const refused[] = {"VACUUM INTO 'x.db'", "INSERT INTO data.d VALUES (4, 'four')",
        "DROP TABLE data.d", "CREATE TABLE data.x (a)", "ATTACH 'x.db' AS x", "PRAGMA writable_schema=1",
        "CREATE TRIGGER g AFTER INSERT ON y BEGIN SELECT 1; END", "CREATE TEMP TABLE x (a)", "BEGIN", "COMMIT",
        "CREATE VIRTUAL TABLE x USING fts5(a)"};
    (void)unused;
    assert_int_equal(
        run(
            &(struct script){
                .conversation = ONE, .dataset = "d", .sql = "CREATE TABLE x AS SELECT b FROM data.d", .level = 1},
            NULL),
        E_INVALID);
    assert_string_equal(effect_word(), "syntax");
    assert_int_equal(
        run(
            &(struct script){
                .conversation = ONE, .dataset = "d", .sql = "CREATE TABLE y AS SELECT b FROM data.d", .level = 2},
            NULL),
        E_OK);
    assert_string_equal(service_ask(&s, CURRENT(ONE), "SELECT count(*) FROM y WHERE b = 'two'"), "1");
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        enum err e = run(&(struct script){.conversation = ONE, .dataset = "d", .sql = refused[i], .level = 2}, NULL);
        if (e != E_INVALID || strcmp(effect_word(), i == 0 ? "syntax" : "not-allowed") != 0)
            fail_msg("%s: %s, %s: %s", refused[i], err_word(e), effect_word(), s.t.cause);
    }
    assert_int_equal(
        run(&(struct script){.conversation = ONE, .dataset = "none", .sql = "CREATE TABLE z (a)", .level = 2}, NULL),
        E_NOTFOUND);
}

static void
a_script_that_fails_leaves_what_was(void **unused)
{
    static const struct {
        const char *sql, *word;
    } cases[] = {
        {"CREATE TABLE half (a); INSERT INTO half VALUES (1); INSERT INTO missing VALUES (1)", "syntax"},
        {"CREATE TABLE half (a); CREATE UNIQUE INDEX u ON half (a); INSERT INTO half VALUES (1), (1)", "constraint"},
        {"CREATE TABLE half (a); INSERT INTO half VALUES (random())", "not-deterministic"},
        {"CREATE TABLE half AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)"
         " SELECT hex(printf('%01000d', i)) AS x FROM n",
            "too-large"},
        {"", "syntax"},
        {" -- nothing", "syntax"},
    };
    (void)unused;
    assert_int_equal(alone(ONE, "CREATE TABLE kept AS SELECT 7 AS a", NULL), E_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum err e = alone(ONE, cases[i].sql, NULL);
        if (e == E_OK || strcmp(effect_word(), cases[i].word) != 0)
            fail_msg("%s: %s, %s: %s", cases[i].sql, err_word(e), effect_word(), s.t.cause);
        assert_string_equal(
            service_ask(&s, CURRENT(ONE), "SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), "0");
        assert_string_equal(service_ask(&s, CURRENT(ONE), "SELECT a FROM kept"), "7");
    }
    assert_int_equal(entries("leaders/tmp"), 0);
}

static void
each_conversation_has_its_own(void **unused)
{
    (void)unused;
    assert_int_equal(alone(ONE, "CREATE TABLE mine (a)", NULL), E_OK);
    assert_int_equal(alone(TWO, "INSERT INTO mine VALUES (1)", NULL), E_INVALID);
    assert_int_equal(alone(TWO, "CREATE TABLE other (a)", NULL), E_OK);
    assert_string_equal(service_ask(&s, CURRENT(TWO),
                            "SELECT group_concat(name) FROM sqlite_schema"
                            " WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"),
        "other");
    assert_int_equal(
        run(&(struct script){.conversation = TWO, .dataset = "", .sql = "CREATE TABLE stolen (a)", .granted = ONE},
            NULL),
        E_DENIED);
    assert_int_equal(alone("c_../../followers/d", "CREATE TABLE x (a)", NULL), E_INVALID);
    assert_int_equal(alone("", "CREATE TABLE x (a)", NULL), E_INVALID);
}

static void
dropped_it_is_gone_and_the_others_stay(void **unused)
{
    (void)unused;
    assert_int_equal(alone(ONE, "CREATE TABLE a (a)", NULL), E_OK);
    assert_int_equal(alone(TWO, "CREATE TABLE a (a)", NULL), E_OK);
    assert_int_equal(drop(ONE), E_OK);
    assert_int_equal(access(conf_path(&s.t, "scratch/" ONE), F_OK), -1);
    assert_string_equal(service_ask(&s, CURRENT(TWO), "SELECT count(*) FROM a"), "0");
    assert_int_equal(drop(ONE), E_OK); /* a second time too */
    assert_int_equal(alone(ONE, "CREATE TABLE a (b)", NULL), E_OK);
    const struct span bound[] = {SPAN("scratch.drop"), SPAN(ONE)};
    const struct pass pass = {.capability = "scratch.drop"};
    assert_int_equal(effect_scratch_drop(&s.t, service_grant(&s, &pass, bound, 2), SPAN(TWO)), E_DENIED);
    assert_int_equal(access(conf_path(&s.t, CURRENT(TWO)), F_OK), 0);
}

static void
at_start_old_ones_go_and_what_a_crash_left(void **unused)
{
    struct timeval old[2] = {{.tv_sec = clock_unix_ms() / 1000 - (SCRATCH_DAYS + 1) * 24 * 3600}, {0}};
    (void)unused;
    old[1] = old[0];
    assert_int_equal(alone(ONE, "CREATE TABLE IF NOT EXISTS a (a)", NULL), E_OK);
    assert_int_equal(alone(TWO, "CREATE TABLE IF NOT EXISTS a (a)", NULL), E_OK);
    const char *left = conf_path(&s.t, "scratch/" TWO "/0000.db"),
               *unborn = conf_path(&s.t, "scratch/c_ccccccccccccccccccccccccca");
    must(fsio_write_atomic(&s.t, left, SPAN("x"), 0600) == E_OK && fsio_mkdir(&s.t, unborn, 0755) == E_OK);
    assert_int_equal(utimes(conf_path(&s.t, "scratch/" ONE), old), 0);
    scratch_clean(&s.t);
    assert_int_equal(access(conf_path(&s.t, "scratch/" ONE), F_OK), -1);
    assert_int_equal(access(unborn, F_OK), -1);
    assert_int_equal(access(left, F_OK), -1);
    assert_string_equal(service_ask(&s, CURRENT(TWO), "SELECT count(*) FROM a"), "0");
}

/* Turns of one conversation may meet: none loses what the other wrote. */
static void
scripts_at_once_follow_each_other(void **unused)
{
    enum { WRITERS = 6 };
    (void)unused;
    assert_int_equal(alone(ONE, "CREATE TABLE IF NOT EXISTS at_once (a)", NULL), E_OK);
    pid_t second = s.pid;
    service_start(&s);
    for (int i = 0; i < WRITERS; i++) {
        if (fork() == 0)
            _exit(alone(ONE, task_printf(&s.t, "INSERT INTO at_once VALUES (%d)", i), NULL) != E_OK);
    }
    for (int i = 0; i < WRITERS; i++) {
        int status = -1;
        assert_true(wait(&status) > 0 && status == 0);
    }
    assert_string_equal(service_ask(&s, CURRENT(ONE), "SELECT count(DISTINCT a) FROM at_once"), "6");
    kill(second, SIGKILL);
    waitpid(second, NULL, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_made_changed_and_kept),
        cmocka_unit_test(the_dataset_is_read_up_to_the_grants_level_and_never_written),
        cmocka_unit_test(a_script_that_fails_leaves_what_was),
        cmocka_unit_test(each_conversation_has_its_own),
        cmocka_unit_test(dropped_it_is_gone_and_the_others_stay),
        cmocka_unit_test(at_start_old_ones_go_and_what_a_crash_left),
        cmocka_unit_test(scripts_at_once_follow_each_other),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
