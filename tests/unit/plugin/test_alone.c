/* test_alone: a bundle's own tests run by its author, and with capabilities taken away by a reviewer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../support/plugin_world.h"

#include "plugin/alone.h"
#include "plugin/talk.h"

static const char plain_json[] =
    "{\"name\":\"plain\",\"description\":\"Does what it should not.\",\"input_schema\":{\"type\":\"object\","
    "\"properties\":{\"what\":{\"type\":\"string\"}},\"required\":[\"what\"]}}";
static const char manifest[] = "id acme/alone\nversion 1\npublisher acme.example/test\nruntime python3 plugin.py\n"
                               "cap read.dataset public\ntool plain E0 tools/plain.json\n";
static const char tests_json[] =
    "[{\"name\":\"asks\",\"tool\":\"plain\",\"args\":{\"what\":\"ask\"},\"told\":[{\"method\":\"host/"
    "query\",\"result\":"
    "{\"rows\":[[1],[2]]}}],\"expect\":{\"text\":\"2 rows\"}},"
    "{\"name\":\"is told no\",\"tool\":\"plain\",\"args\":{\"what\":\"ask\"},\"told\":[{\"error\":\"Not today.\"}],"
    "\"expect\":{\"fails\":\"tool\"}},"
    "{\"name\":\"crashes\",\"tool\":\"plain\",\"args\":{\"what\":\"crash\"},\"expect\":{\"fails\":\"crash\"}},"
    "{\"name\":\"is well again\",\"tool\":\"plain\",\"args\":{\"what\":\"noise\"},\"expect\":{\"blocks\":[{\"type\":"
    "\"text\",\"text\":\"quiet\"}]}},"
    "{\"name\":\"garbage\",\"tool\":\"plain\",\"args\":{\"what\":\"garbage\"},\"expect\":{\"fails\":\"protocol\"}},"
    "{\"name\":\"schema\",\"tool\":\"plain\",\"args\":{},\"expect\":{\"fails\":\"schema\"}},"
    "{\"name\":\"wrong on purpose\",\"tool\":\"plain\",\"args\":{\"what\":\"noise\"},\"expect\":{\"text\":\"loud\"}},"
    "{\"name\":\"asks less than told\",\"tool\":\"plain\",\"args\":{\"what\":\"noise\"},\"told\":[{\"result\":1}],"
    "\"expect\":{\"text\":\"quiet\"}}]";

static char digest[HOST_DIGEST_BYTES];

static void
collect(void *arg, bool ok, const char *name, const char *why)
{
    assert_null(strstr(why, "in time")); /* what it asks in vain is refused at once: it never waits for the deadline */
    if (!ok) {
        buf_puts(arg, name);
        buf_putc(arg, ';');
    }
}

static struct alone *
open_it(struct task *t, unsigned without)
{
    struct alone *a;
    if (alone_open(t, world_path(t, task_printf(t, "plugins/%s", digest)), without, &a) != E_OK)
        fail_msg("%s", t->cause);
    return a;
}

static void
tests_are_judged(struct task *t, unsigned without, const char *failing)
{
    struct alone_tests n;
    struct buf *failed = task_buf(t, 4096);
    struct alone *a = open_it(t, without);
    const char *bundle = world_path(t, task_printf(t, "plugins/%s", digest));
    if (alone_test(t, a, bundle, collect, failed, &n) != E_OK)
        fail_msg("%s", t->cause);
    assert_int_equal(n.passed + n.failed, 8);
    assert_string_equal(buf_z(failed), failing);
    alone_close(a);
}

static void
a_bundles_tests_run_in_its_jail(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    tests_are_judged(&t, 0, "wrong on purpose;asks less than told;");
    task_end(&t);
}

/* A reviewer's question: does it need what it declares? */
static void
without_a_capability_the_tests_that_need_it_fail(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    tests_are_judged(&t, TALK_MAY_QUERY, "asks;is told no;wrong on purpose;asks less than told;");
    task_end(&t);
}

static void
the_offered_tools_are_listed(void **state)
{
    (void)state;
    struct task t;
    json_t *list;
    task_begin(&t, 0);
    struct alone *a = open_it(&t, 0);
    assert_int_equal(alone_list(&t, a, &list), E_OK);
    assert_int_equal(json_array_size(json_object_get(list, "tools")), 2);
    alone_close(a);
    task_end(&t);
}

static void
what_is_no_bundle_is_refused(void **state)
{
    (void)state;
    struct task t;
    struct alone *a;
    task_begin(&t, 0);
    assert_int_equal(alone_open(&t, "/tmp", 0, &a), E_NOTFOUND);
    assert_null(a);
    task_end(&t);
}

/* main names an interpreter that is not there. */
static void
an_interpreter_that_is_missing_is_named(void **state)
{
    (void)state;
    const struct world_file files[] = {{"plugin.mjs", "plugins/sdk/js/template/plugin.mjs", NULL, false},
        {"tools/count_words.json", "plugins/sdk/js/template/tools/count_words.json", NULL, false},
        {"manifest", "plugins/sdk/js/template/manifest", NULL, false}, {0}};
    struct task t;
    struct alone *a;
    char node[HOST_DIGEST_BYTES], word[PLUGIN_WORD_BYTES];
    json_t *blocks;
    task_begin(&t, 0);
    world_install(files, node);
    assert_int_equal(alone_open(&t, world_path(&t, task_printf(&t, "plugins/%s", node)), 0, &a), E_OK);
    const struct plugin_call c = {.tool = SPAN("count_words"), .args = SPAN("{\"text\":\"a\"}"), .wake_fd = -1};
    assert_int_equal(alone_call(&t, a, &c, word, &blocks), E_UNAVAILABLE);
    assert_string_equal(t.cause, "This plugin needs /nowhere/node, which is not installed on this machine: apt install "
                                 "nodejs, or set plugin.node.");
    alone_close(a);
    task_end(&t);
}

int
main(void)
{
    static const struct world_file files[] = {{"plugin.py", "tests/support/plugins/hostile.py", NULL, false},
        {"lyceum.py", "plugins/sdk/python/lyceum.py", NULL, false}, {"tools/plain.json", NULL, plain_json, false},
        {"tests.json", NULL, tests_json, false}, {"manifest", NULL, manifest, false}, {0}};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bundles_tests_run_in_its_jail),
        cmocka_unit_test(without_a_capability_the_tests_that_need_it_fail),
        cmocka_unit_test(the_offered_tools_are_listed),
        cmocka_unit_test(what_is_no_bundle_is_refused),
        cmocka_unit_test(an_interpreter_that_is_missing_is_named),
    };
    setenv("LYCEUM_PLUGIN_NODE", "/nowhere/node", 1);
    world_begin();
    world_install(files, digest);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    host_jail_remove(world.state);
    return failed;
}
