/* test_sql: lyceum sql: its JSON is an interface that other tools read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "cli/cli_sql.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS = 8 };

static char folder[64];
static char database[96], walled[96], noise[96];

/* Runs the command in a child with its output in a file; *out is what it printed. */
static int
run(struct task *t, const char *const *argv, struct span *out)
{
    char name[96];
    char *copy[ARGUMENTS];
    int argc = 0, status = -1;
    for (; argv[argc]; argc++)
        copy[argc] = task_z(t, span_of(argv[argc]));
    snprintf(name, sizeof name, "%s/out", folder);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        struct task child;
        int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
            _exit(9);
        task_begin(&child, 0);
        _exit(cli_sql(&child, argc, copy));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    char *text = task_alloc(t, 1 << 20);
    int fd = open(name, O_RDONLY);
    ssize_t n = read(fd, text, 1 << 20);
    close(fd);
    unlink(name);
    *out = (struct span){text, n > 0 ? (size_t)n : 0};
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
values_keep_their_types(void **state)
{
    (void)state;
    struct task t;
    struct span out;
    json_t *j;
    task_begin(&t, 0);
    const char *const argv[] = {"sql", database,
        "SELECT 1 AS a, 9007199254740993 AS b, x'00ff' AS c, NULL AS d, 0.5 AS e, :p AS f", "--json", "--param",
        "p=x y", NULL};
    assert_int_equal(run(&t, argv, &out), 0);
    assert_int_equal(json_read(&t, out, &j), E_OK);
    json_t *row = json_array_get(json_object_get(j, "rows"), 0);
    assert_int_equal(json_integer_value(json_array_get(row, 0)), 1);
    assert_string_equal(json_string_value(json_array_get(row, 1)), "9007199254740993");
    assert_true(json_flag(json_array_get(row, 2), "$base64", false));
    assert_true(span_is(json_text(json_array_get(row, 2), "encoded"), "AP8="));
    assert_true(json_is_null(json_array_get(row, 3)));
    assert_string_equal(json_string_value(json_array_get(row, 5)), "x y");
    assert_true(json_object_get(j, "truncated") && json_object_get(j, "ms") && json_object_get(j, "notes"));
    task_end(&t);
}

static void
failures_are_objects(void **state)
{
    (void)state;
    static const struct {
        const char *database, *sql, *code;
    } rows[] = {
        {database, "SELECT nmae FROM t", "no_such_column"},
        {database, "DELETE FROM t", "not_allowed"},
        {database, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c", "timeout"},
        {noise, "SELECT 1", "corrupt"},
        {"/nowhere/at/all.db", "SELECT 1", "notfound"},
        {"no-such-dataset", "SELECT 1", "unavailable"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        struct span out;
        json_t *j;
        task_begin(&t, 0);
        const char *const argv[] = {"sql", rows[i].database, rows[i].sql, "--json", "--deadline", "100", NULL};
        assert_int_equal(run(&t, argv, &out), 1);
        assert_int_equal(json_read(&t, out, &j), E_OK);
        json_t *e = json_object_get(j, "error");
        if (!span_is(json_text(e, "code"), rows[i].code))
            fail_msg("%s: %.*s", rows[i].sql, SPAN_ARG(out));
        assert_true(json_text(e, "message").n > 0 && json_object_get(e, "offset") && json_object_get(e, "hint"));
        task_end(&t);
    }
}

static void
a_write_ahead_log_is_told(void **state)
{
    (void)state;
    struct task t;
    struct span out;
    task_begin(&t, 0);
    const char *const argv[] = {"sql", walled, "SELECT count(*) FROM t", "--json", NULL};
    assert_int_equal(run(&t, argv, &out), 0);
    assert_true(span_find(out, SPAN("write-ahead log")) > 0);
    task_end(&t);
}

static void
wrong_arguments_are_two(void **state)
{
    (void)state;
    struct task t;
    struct span out;
    task_begin(&t, 0);
    const char *const few[] = {"sql", database, NULL}, *const odd[] = {
                                                           "sql", database, "SELECT 1", "--deadline", "soon", NULL};
    assert_int_equal(run(&t, few, &out), 2);
    assert_int_equal(run(&t, odd, &out), 2);
    task_end(&t);
}

static bool
make(const char *path, const char *sql, sqlite3 **db)
{
    return sqlite3_open(path, db) == SQLITE_OK && sqlite3_exec(*db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static sqlite3 *writer; /* keeps the write-ahead log in being */

static int
set_up(void **state)
{
    (void)state;
    struct task t;
    sqlite3 *db;
    id_init();
    task_begin(&t, 0);
    snprintf(folder, sizeof folder, "/tmp/lyceum-cli-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    setenv("LYCEUM_STATE", folder, 1);
    snprintf(database, sizeof database, "%s/data.db", folder);
    snprintf(walled, sizeof walled, "%s/wal.db", folder);
    snprintf(noise, sizeof noise, "%s/noise.db", folder);
    FILE *f = fopen(noise, "w");
    for (int i = 0; f && i < 1000; i++)
        fputs("noise ", f);
    bool ok =
        f && fclose(f) == 0 && conf_load(&t) == E_OK && make(database, "CREATE TABLE t(name TEXT)", &db) &&
        sqlite3_close(db) == SQLITE_OK &&
        make(walled,
            "CREATE TABLE t(a); PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; INSERT INTO t VALUES (1)",
            &writer);
    task_end(&t);
    return ok ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    sqlite3_close(writer);
    unlink(database);
    unlink(walled);
    unlink(noise);
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_keep_their_types),
        cmocka_unit_test(failures_are_objects),
        cmocka_unit_test(a_write_ahead_log_is_told),
        cmocka_unit_test(wrong_arguments_are_two),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
