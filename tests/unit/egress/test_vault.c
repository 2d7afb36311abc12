/* test_vault: secrets come back, and only as they were: another name, deployment, byte or key opens nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/conf.h"
#include "base/fsio.h"
#include "base/id.h"
#include "base/json.h"
#include "egress/vault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/lyceum-vault.XXXXXX";

static const char *
path(struct task *t, const char *name)
{
    return task_printf(t, "%s/secrets/%s", root, name);
}

static int
set_up(void **state)
{
    struct task t;
    (void)state;
    id_init();
    if (!mkdtemp(root))
        return -1;
    setenv("LYCEUM_STATE", root, 1);
    task_begin(&t, 0);
    int bad = conf_load(&t) != E_OK || fsio_mkdir(&t, path(&t, ""), 0700) != E_OK;
    task_end(&t);
    return bad ? -1 : 0;
}

static int
tear_down(void **state)
{
    static const char *const files[] = {"A_KEY.secret", "B_KEY.secret", "OPENAI_API_KEY.secret", "master.key"};
    struct task t;
    (void)state;
    task_begin(&t, 0);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        unlink(path(&t, files[i]));
    rmdir(path(&t, ""));
    task_end(&t);
    return rmdir(root);
}

static void
secrets_come_back(void **state)
{
    struct task t;
    struct vault *v;
    struct vault_value x;
    struct stat st;
    (void)state;
    task_begin(&t, 0);
    assert_int_equal(vault_open(&t, &v), E_OK);
    assert_int_equal(stat(path(&t, "master.key"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0400);
    assert_int_equal(vault_set(&t, v, SPAN("A_KEY"), SPAN("sk-first")), E_OK);
    assert_int_equal(vault_set(&t, v, SPAN("A_KEY"), SPAN("sk-second")), E_OK);
    vault_close(v);
    assert_int_equal(vault_open(&t, &v), E_OK); /* as after a restart */
    assert_int_equal(vault_get(&t, v, SPAN("A_KEY"), &x), E_OK);
    assert_true(span_is((struct span){x.p, x.n}, "sk-second"));
    vault_free(&x);
    struct span file;
    assert_int_equal(fsio_read(&t, path(&t, "A_KEY.secret"), 9000, &file), E_OK);
    assert_true(span_find(file, SPAN("sk-second")) < 0);
    assert_int_equal(vault_get(&t, v, SPAN("NO_KEY"), &x), E_NOTFOUND);
    assert_non_null(strstr(t.cause, "lyceum secret set NO_KEY"));
    vault_close(v);
    task_end(&t);
}

static void
changed_files_do_not_open(void **state)
{
    struct task t;
    struct vault *v;
    struct span file;
    (void)state;
    task_begin(&t, 0);
    assert_int_equal(vault_open(&t, &v), E_OK);
    assert_int_equal(vault_set(&t, v, SPAN("A_KEY"), SPAN("sk-good")), E_OK);
    assert_int_equal(fsio_read(&t, path(&t, "A_KEY.secret"), 9000, &file), E_OK);
    for (size_t i = 0; i < file.n; i++) { /* each byte matters: magic, time, nonce, text, tag */
        struct vault_value x;
        struct task one;
        task_begin(&one, 0);
        struct span bad = task_dup(&one, file);
        ((char *)(uintptr_t)bad.p)[i] ^= 1;
        assert_int_equal(fsio_write_atomic(&one, path(&t, "A_KEY.secret"), bad, 0400), E_OK);
        assert_int_equal(vault_get(&one, v, SPAN("A_KEY"), &x), E_CORRUPT);
        task_end(&one);
    }
    /* Whole, but under another name; then cut short. */
    struct vault_value x;
    assert_int_equal(fsio_write_atomic(&t, path(&t, "B_KEY.secret"), file, 0400), E_OK);
    assert_int_equal(vault_get(&t, v, SPAN("B_KEY"), &x), E_CORRUPT);
    task_clear_error(&t);
    assert_int_equal(fsio_write_atomic(&t, path(&t, "B_KEY.secret"), span_first(file, file.n - 1), 0400), E_OK);
    assert_int_equal(vault_get(&t, v, SPAN("B_KEY"), &x), E_CORRUPT);
    task_clear_error(&t);
    json_t *list;
    assert_int_equal(vault_list(&t, v, &list), E_OK);
    assert_int_equal(json_array_size(list), 2);
    assert_null(strstr(task_z(&t, json_dump(&t, list)), "sk-"));
    assert_non_null(strstr(task_z(&t, json_dump(&t, list)), "\"damaged\":true"));
    /* In another deployment. */
    assert_int_equal(fsio_write_atomic(&t, path(&t, "A_KEY.secret"), file, 0400), E_OK);
    setenv("LYCEUM_DEPLOYMENT_ID", "other", 1);
    assert_int_equal(conf_load(&t), E_OK);
    assert_int_equal(vault_get(&t, v, SPAN("A_KEY"), &x), E_CORRUPT);
    unsetenv("LYCEUM_DEPLOYMENT_ID");
    task_clear_error(&t);
    assert_int_equal(conf_load(&t), E_OK);
    assert_int_equal(vault_get(&t, v, SPAN("A_KEY"), &x), E_OK);
    vault_free(&x);
    vault_close(v);
    task_end(&t);
}

static void
names_and_values_are_checked(void **state)
{
    static const char *const names[] = {"", "a_key", "1KEY", "_KEY", "A-KEY", "../A", "A/B", "A B",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    static const char *const values[] = {"", "two words", "line\nX-Injected: y", "tab\t", "caf\xc3\xa9", "\x7f"};
    struct task t;
    struct vault *v;
    (void)state;
    task_begin(&t, 0);
    assert_int_equal(vault_open(&t, &v), E_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(vault_set(&t, v, span_of(names[i]), SPAN("x")), E_INVALID);
        task_clear_error(&t);
    }
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        assert_int_equal(vault_set(&t, v, SPAN("A_KEY"), span_of(values[i])), E_INVALID);
        task_clear_error(&t);
    }
    vault_close(v);
    task_end(&t);
}

static void
the_environment_is_taken_and_wiped(void **state)
{
    struct task t;
    struct vault *v;
    struct vault_value x;
    (void)state;
    setenv("OPENAI_API_KEY", "sk-from-environment", 1);
    const char *where = getenv("OPENAI_API_KEY");
    task_begin(&t, 0);
    assert_int_equal(vault_open(&t, &v), E_OK);
    assert_null(getenv("OPENAI_API_KEY"));
    assert_int_equal(where[0], 0);
    assert_int_equal(where[8], 0);
    assert_int_equal(vault_get(&t, v, SPAN("OPENAI_API_KEY"), &x), E_OK);
    assert_true(span_is((struct span){x.p, x.n}, "sk-from-environment"));
    vault_free(&x);
    assert_int_equal(vault_set(&t, v, SPAN("OPENAI_API_KEY"), SPAN("sk-stored")), E_OK);
    assert_int_equal(vault_get(&t, v, SPAN("OPENAI_API_KEY"), &x), E_OK);
    assert_true(span_is((struct span){x.p, x.n}, "sk-stored")); /* what an admin set comes first */
    vault_free(&x);
    vault_close(v);
    task_end(&t);
}

static void
a_lost_master_key_is_told(void **state)
{
    struct task t;
    struct vault *v;
    (void)state;
    task_begin(&t, 0);
    assert_int_equal(unlink(path(&t, "master.key")), 0);
    assert_int_equal(vault_open(&t, &v), E_CORRUPT);
    assert_int_equal(access(path(&t, "master.key"), F_OK), -1); /* none was made over the old secrets */
    task_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_come_back),
        cmocka_unit_test(changed_files_do_not_open),
        cmocka_unit_test(names_and_values_are_checked),
        cmocka_unit_test(the_environment_is_taken_and_wiped),
        cmocka_unit_test(a_lost_master_key_is_told),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
