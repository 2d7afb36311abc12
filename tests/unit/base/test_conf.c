/* test_conf: settings from a file and the environment; what is wrong is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/conf.h"
#include "base/fsio.h"
#include "base/id.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum err
load(struct task *t, const char *text)
{
    const char *path = task_printf(t, "/tmp/lyceum-conf-%d-%s", (int)getpid(), t->id);
    assert_int_equal(fsio_write_atomic(t, path, span_of(text), 0600), E_OK);
    enum err e = conf_load_file(t, path);
    unlink(path);
    return e;
}

static void
a_file_and_the_environment(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    setenv("LYCEUM_LIMITS_ROWS", "77", 1);
    assert_int_equal(
        load(&t, "state = \"/x\";\nlimits: { query_ms = 250; rows = 5; };\ntest: { alias_tools = true; };\n"), E_OK);
    unsetenv("LYCEUM_LIMITS_ROWS");
    assert_string_equal(conf_text("state"), "/x");
    assert_int_equal(conf_int("limits.query_ms"), 250);
    assert_int_equal(conf_int("limits.rows"), 77); /* the environment wins */
    assert_true(conf_flag("test.alias_tools"));
    assert_int_equal(conf_int("web.workers"), 4);
    assert_string_equal(conf_path(&t, "run/web.sock"), "/x/run/web.sock");
    task_end(&t);
}

static void
mistakes_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *named;
    } cases[] = {
        {"limits: { qurey_ms = 5; };", "limits.qurey_ms"},
        {"limits: { query_ms = 1; };", "limits.query_ms"},
        {"limits: { query_ms = \"soon\"; };", "limits.query_ms"},
        {"test: { alias_tools = \"perhaps\"; };", "test.alias_tools"},
        {"limits: { rows = 5; rows = 6; };", "line 1"},
        {"state = ", "line 1"},
        {"web: { workers = [1, 2]; };", "web.workers"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct task t;
        task_begin(&t, 0);
        assert_int_equal(load(&t, cases[i].text), E_INVALID);
        if (!strstr(t.cause, cases[i].named))
            print_error("%s: %s\n", cases[i].text, t.cause);
        assert_non_null(strstr(t.cause, cases[i].named));
        task_end(&t);
    }
}

static void
every_default_is_in_its_own_range(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    assert_int_equal(conf_load_file(&t, NULL), E_OK);
    size_t n;
    const struct conf_key *keys = conf_keys(&n);
    for (size_t i = 0; i < n; i++)
        assert_true(strlen(keys[i].about) > 10);
    task_end(&t);
}

/* deploy/up writes them all to a file, which may open a group only once. */
static void
settings_of_a_group_stand_together(void **state)
{
    (void)state;
    size_t n;
    const struct conf_key *keys = conf_keys(&n);
    for (size_t i = 1; i < n; i++) {
        size_t group = strcspn(keys[i].name, ".");
        if (keys[i].name[group] == '\0' || strncmp(keys[i].name, keys[i - 1].name, group + 1) == 0)
            continue;
        for (size_t k = 0; k < i; k++)
            if (strncmp(keys[i].name, keys[k].name, group + 1) == 0)
                fail_msg("%s stands apart from %s", keys[i].name, keys[k].name);
    }
}

int
main(void)
{
    id_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_and_the_environment),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(every_default_is_in_its_own_range),
        cmocka_unit_test(settings_of_a_group_stand_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
