/* test_batch: lyceum hint, link and check: as many lines out as in, in their order, whatever comes in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "cli/cli_batch.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], one[96], two[96];

typedef int command(struct task *t, int argc, char **argv);

static void
write_file(const char *name, struct span text)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n);
    close(fd);
}

/* Runs the command on lines; *out are its lines as JSON. */
static size_t
run(struct task *t, command *c, struct span lines, json_t *out[16])
{
    char in[96], name[96], word[] = "x", batch[] = "--batch";
    int status = -1;
    size_t n = 0;
    snprintf(in, sizeof in, "%s/in", folder);
    snprintf(name, sizeof name, "%s/out", folder);
    write_file(in, lines);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        struct task child;
        char *argv[] = {word, batch, NULL};
        int from = open(in, O_RDONLY), to = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (dup2(from, STDIN_FILENO) < 0 || dup2(to, STDOUT_FILENO) < 0)
            _exit(9);
        task_begin(&child, 0);
        _exit(c(&child, 2, argv));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    char *text = task_alloc(t, 1 << 20);
    int fd = open(name, O_RDONLY);
    ssize_t bytes = read(fd, text, 1 << 20);
    close(fd);
    unlink(name);
    unlink(in);
    struct span rest = {text, bytes > 0 ? (size_t)bytes : 0}, line;
    while (span_cut(&rest, '\n', &line) && line.n > 0 && n < 16)
        assert_int_equal(json_read(t, line, &out[n++]), E_OK);
    return n;
}

static struct span
code_of(const json_t *j)
{
    return json_text(json_object_get(j, "error"), "code");
}

static void
lines_keep_their_order_over_files(void **state)
{
    (void)state;
    struct task t;
    json_t *out[16];
    task_begin(&t, 0);
    struct span lines = task_format(&t,
        "{\"id\":\"a\",\"db\":\"%s\",\"sql\":\"SELECT nmae FROM pet\"}\n"
        "{\"id\":2,\"db\":\"%s\",\"sql\":\"SELECT town FROM place\"}\n"
        "\n"
        "{\"id\":\"c\",\"db\":\"%s\",\"sql\":\"SELECT name FROM pet WHERE name = 'rex'\"}\n",
        one, two, one);
    assert_int_equal(run(&t, cli_hint, lines, out), 3);
    assert_true(span_is(json_text(out[0], "id"), "a") && json_int(out[1], "id", 0) == 2);
    json_t *e = json_object_get(out[0], "error");
    assert_true(span_is(json_text(e, "code"), "no_such_column") && json_int(e, "offset", -1) == 7);
    assert_string_equal(json_string_value(json_array_get(json_object_get(e, "suggestions"), 0)), "name");
    assert_true(json_is_array(json_object_get(e, "columns")) && json_text(e, "hint").n > 0);
    assert_true(json_is_null(json_object_get(out[1], "error")));
    const json_t *note = json_array_get(json_object_get(out[2], "notes"), 0);
    assert_true(span_is(json_text(note, "code"), "value_spelled_otherwise"));
    assert_true(span_find(json_text(note, "text"), SPAN("'Rex'")) >= 0);
    task_end(&t);
}

static void
questions_are_linked(void **state)
{
    (void)state;
    struct task t;
    json_t *out[16];
    task_begin(&t, 0);
    struct span lines =
        task_format(&t, "{\"id\":1,\"db\":\"%s\",\"question\":\"How old is the pet called rex?\"}\n", one);
    assert_int_equal(run(&t, cli_link, lines, out), 1);
    assert_string_equal(json_string_value(json_array_get(json_object_get(out[0], "tables"), 0)), "pet");
    const json_t *value = json_array_get(json_object_get(out[0], "values"), 0);
    assert_true(span_is(json_text(value, "table"), "pet") && span_is(json_text(value, "column"), "name") &&
                span_is(json_text(value, "value"), "Rex"));
    task_end(&t);
}

static void
rows_are_counted(void **state)
{
    (void)state;
    struct task t;
    json_t *out[16];
    task_begin(&t, 0);
    struct span lines = task_format(&t,
        "{\"id\":1,\"db\":\"%s\",\"sql\":\"SELECT * FROM pet\"}\n"
        "{\"id\":2,\"db\":\"%s\",\"sql\":\"DROP TABLE pet\"}\n"
        "{\"id\":3,\"db\":\"%s\",\"sql\":\"SELECT * FROM pet\"}\n",
        one, one, one);
    assert_int_equal(run(&t, cli_check, lines, out), 3);
    assert_true(json_int(out[0], "rows", -1) == 2 && json_array_size(json_object_get(out[0], "notes")) == 0);
    assert_true(json_is_null(json_object_get(out[1], "rows")) && span_is(code_of(out[1]), "not_allowed"));
    assert_int_equal(json_int(out[2], "rows", -1), 2);
    task_end(&t);
}

static void
bad_lines_are_answered_by_errors(void **state)
{
    (void)state;
    static const struct {
        const char *line, *code;
    } rows[] = {{"not json", "malformed_line"}, {"[1]", "malformed_line"}, {"{\"id\":1}", "malformed_line"},
        {"{\"id\":1,\"db\":5,\"sql\":\"SELECT 1\"}", "malformed_line"},
        {"{\"id\":1,\"db\":\"x\",\"sql\":7}", "malformed_line"}, {"{\"id\":{},\"db\":\"", "malformed_line"},
        {"{\"id\":1,\"db\":\"/nowhere/x.db\",\"sql\":\"SELECT 1\"}", "database"},
        {"{\"id\":1,\"db\":\"/etc/hostname\",\"sql\":\"SELECT 1\"}", "database"},
        {"{\"id\":1,\"db\":\"No Dataset\",\"sql\":\"SELECT 1\"}", "database"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        json_t *out[16];
        command *const commands[] = {cli_hint, cli_check};
        task_begin(&t, 0);
        for (size_t k = 0; k < 2; k++) {
            struct span lines =
                task_format(&t, "%s\n{\"id\":9,\"db\":\"%s\",\"sql\":\"SELECT 1\"}\n", rows[i].line, one);
            assert_int_equal(run(&t, commands[k], lines, out), 2);
            if (!span_is(code_of(out[0]), rows[i].code))
                fail_msg("%s: %.*s", rows[i].line, SPAN_ARG(code_of(out[0])));
            assert_int_equal(json_int(out[1], "id", 0), 9);
            assert_true(json_array_size(json_object_get(out[1], "notes")) == 0);
        }
        task_end(&t);
    }
}

static bool
make(const char *name, const char *sql)
{
    sqlite3 *db;
    return sqlite3_open(name, &db) == SQLITE_OK && sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK &&
           sqlite3_close(db) == SQLITE_OK;
}

static int
set_up(void **state)
{
    (void)state;
    struct task t;
    id_init();
    task_begin(&t, 0);
    snprintf(folder, sizeof folder, "/tmp/lyceum-batch-XXXXXX");
    if (!mkdtemp(folder) || conf_load_file(&t, NULL) != E_OK)
        return -1;
    snprintf(one, sizeof one, "%s/one.db", folder);
    snprintf(two, sizeof two, "%s/two.db", folder);
    task_end(&t);
    bool ok = make(one, "CREATE TABLE pet(name TEXT, age INTEGER); INSERT INTO pet VALUES ('Rex', 3), ('Ada', 4)") &&
              make(two, "CREATE TABLE place(town TEXT); INSERT INTO place VALUES ('Ulm')");
    return ok ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    unlink(one);
    unlink(two);
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_keep_their_order_over_files),
        cmocka_unit_test(questions_are_linked),
        cmocka_unit_test(rows_are_counted),
        cmocka_unit_test(bad_lines_are_answered_by_errors),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
