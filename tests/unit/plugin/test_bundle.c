/* test_bundle: a bundle's folder is exactly its manifest; installations are whole or not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "market_world.h"

static struct world world, *w = &world;

static int
world_up(void **state)
{
    (void)state;
    world_begin(w);
    return 0;
}

static int
world_down(void **state)
{
    (void)state;
    world_end(w);
    return 0;
}

static void
refused(const char *bundle, const struct manifest *m, const char *code, const char *word)
{
    const char *seen = "";
    enum err e = bundle_check(w->t, bundle, m, &seen);
    if (e == E_OK || strcmp(seen, code) != 0 || !strstr(w->t->cause, word))
        fail_msg("%s instead of %s: \"%s\" should speak of %s", seen, code, w->t->cause, word);
    task_clear_error(w->t);
}

static void
a_folder_is_exactly_its_manifest(void **state)
{
    const struct version one = {.serial = 1};
    struct manifest *m = task_new(w->t, struct manifest);
    const char *code = "";
    (void)state;
    const char *b = world_bundle(w, &one, m), *py = task_printf(w->t, "%s/geo.py", b);
    const char *kept = task_printf(w->t, "%s/kept", w->folder), *more = task_printf(w->t, "%s/more", b);
    world_must(w, bundle_check(w->t, b, m, &code));
    /* Each kind of change, and back. */
    world_write(w, py, "print(2)\n");
    refused(b, m, "file-hash", "geo.py");
    world_write(w, py, "print(1)\n\n");
    refused(b, m, "file-size", "geo.py has 10 bytes");
    unlink(py);
    refused(b, m, "file-missing", "geo.py");
    world_write(w, kept, "print(1)\n");
    assert_int_equal(symlink(kept, py), 0);
    refused(b, m, "file-link", "geo.py");
    unlink(py);
    assert_int_equal(link(kept, py), 0);
    refused(b, m, "file-link", "hard link");
    unlink(py);
    assert_int_equal(mkfifo(py, 0644), 0);
    refused(b, m, "file-kind", "geo.py");
    unlink(py);
    assert_int_equal(mkdir(py, 0755), 0);
    refused(b, m, "file-extra", "geo.py");
    rmdir(py);
    world_write(w, py, "print(1)\n");
    world_must(w, bundle_check(w->t, b, m, &code));
    world_write(w, more, "x");
    refused(b, m, "file-extra", "more");
    unlink(more);
    assert_int_equal(mkdir(more, 0755), 0);
    refused(b, m, "file-extra", "more");
    rmdir(more);
    assert_int_equal(symlink("geo.py", more), 0);
    refused(b, m, "file-link", "more");
    unlink(more);
    const char *hidden = task_printf(w->t, "%s/tools/.hidden", b);
    world_write(w, hidden, "x");
    refused(b, m, "file-extra", ".hidden");
    unlink(hidden);
    /* A folder on the way that leads elsewhere. */
    const char *tools = task_printf(w->t, "%s/tools", b), *away = task_printf(w->t, "%s/away", w->folder);
    rename(tools, away);
    assert_int_equal(symlink(away, tools), 0);
    refused(b, m, "file-link", "tools");
    unlink(tools);
    rename(away, tools);
    world_must(w, bundle_check(w->t, b, m, &code));
}

/* Also where the bytes are the same again: whoever hashed it before has to hash it anew. */
static void
a_touched_folder_has_another_stamp(void **state)
{
    const struct version one = {.serial = 1};
    struct manifest *m = task_new(w->t, struct manifest);
    struct span first, same, other;
    (void)state;
    const char *b = world_bundle(w, &one, m), *py = task_printf(w->t, "%s/geo.py", b);
    world_must(w, bundle_stamp(w->t, b, m, &first));
    world_must(w, bundle_stamp(w->t, b, m, &same));
    assert_true(span_eq(first, same));
    assert_int_equal(rename(py, task_printf(w->t, "%s/kept", w->folder)), 0);
    assert_int_equal(bundle_stamp(w->t, b, m, &other), E_UNAVAILABLE);
    task_clear_error(w->t);
    world_write(w, py, "print(1)\n");
    world_must(w, bundle_stamp(w->t, b, m, &other));
    assert_false(span_eq(first, other));
}

/* A tool's file that its line does not describe: the manifest's author can't lie to the reviewer's diff. */
static void
tools_say_what_the_manifest_says(void **state)
{
    const struct version one = {.serial = 1};
    struct manifest *m = task_new(w->t, struct manifest), lie;
    (void)state;
    const char *b = world_bundle(w, &one, m);
    lie = *m;
    lie.tool = task_array(w->t, 1, sizeof *lie.tool);
    lie.tool[0] = m->tool[0];
    lie.tool[0].desc[0] ^= 1;
    refused(b, &lie, "tool-file", "something else");
    lie.tool[0] = m->tool[0];
    lie.tool[0].schema[31] ^= 1;
    refused(b, &lie, "tool-file", "something else");
    lie.tool[0] = m->tool[0];
    lie.tool[0].name = SPAN("other");
    refused(b, &lie, "tool-file", "something else");
}

static void
an_installation_is_whole_or_not_there(void **state)
{
    const struct version one = {.serial = 1};
    struct manifest *m = task_new(w->t, struct manifest);
    const char *code = "", *plugins = task_printf(w->t, "%s/plugins", w->folder);
    struct stat st;
    (void)state;
    const char *b = world_bundle(w, &one, m), *py = task_printf(w->t, "%s/geo.py", b);
    world_must(w, fsio_mkdir(w->t, plugins, 0755));
    world_write(w, py, "print(2)\n");
    assert_int_equal(bundle_install(w->t, b, plugins, m, &code), E_DENIED);
    assert_string_equal(code, "file-hash");
    task_clear_error(w->t);
    assert_int_equal(rmdir(plugins), 0); /* nothing was left in it */
    world_must(w, fsio_mkdir(w->t, plugins, 0755));
    world_write(w, py, "print(1)\n");
    world_must(w, bundle_install(w->t, b, plugins, m, &code));
    world_must(w, bundle_install(w->t, b, plugins, m, &code)); /* again: it is there */
    const char *at = task_printf(w->t, "%s/%s", plugins, m->digest);
    world_must(w, bundle_check(w->t, at, m, &code));
    assert_int_equal(stat(task_printf(w->t, "%s/geo.py", at), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0555);
    assert_int_equal(stat(task_printf(w->t, "%s/tools/geo.json", at), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0444);
    world_must(w, bundle_remove(w->t, plugins, span_of(m->digest)));
    assert_int_equal(rmdir(plugins), 0);
    world_must(w, fsio_mkdir(w->t, plugins, 0755));
    assert_int_equal(bundle_remove(w->t, plugins, span_of(m->digest)), E_NOTFOUND);
    task_clear_error(w->t);
    assert_int_equal(bundle_remove(w->t, plugins, SPAN("../plugins")), E_INVALID);
    task_clear_error(w->t);
}

static void
a_market_takes_what_its_owner_signed_in_order(void **state)
{
    const struct version one = {.serial = 1}, two = {.serial = 2}, evil = {.serial = 1, .key = &world.evil};
    struct manifest *m = task_new(w->t, struct manifest);
    (void)state;
    const char *b1 = world_bundle(w, &one, m), *b2 = world_bundle(w, &two, m);
    assert_int_equal(market_publish(w->t, w->market, b2, m), E_CONFLICT); /* serial 1 is not there */
    task_clear_error(w->t);
    world_must(w, market_publish(w->t, w->market, b1, m));
    assert_int_equal(market_publish(w->t, w->market, b1, m), E_CONFLICT); /* a version never changes */
    task_clear_error(w->t);
    world_must(w, market_publish(w->t, w->market, b2, m));
    rename(b1, task_printf(w->t, "%s/gone", w->folder));
    assert_int_equal(market_publish(w->t, w->market, world_bundle(w, &evil, m), m), E_DENIED);
    task_clear_error(w->t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_folder_is_exactly_its_manifest, world_up, world_down),
        cmocka_unit_test_setup_teardown(a_touched_folder_has_another_stamp, world_up, world_down),
        cmocka_unit_test_setup_teardown(tools_say_what_the_manifest_says, world_up, world_down),
        cmocka_unit_test_setup_teardown(an_installation_is_whole_or_not_there, world_up, world_down),
        cmocka_unit_test_setup_teardown(a_market_takes_what_its_owner_signed_in_order, world_up, world_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
