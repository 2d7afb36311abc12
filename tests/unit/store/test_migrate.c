/* test_migrate: forward only, all or nothing, once, and never over a database that is newer or was changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "folder.h"
#include "store/migrate.h"

#include <string.h>
#include <sys/wait.h>

static const struct migration two_rows[] = {
    {"0001_a.sql", "CREATE TABLE a (x INTEGER) STRICT;"},
    {"0002_b.sql", "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO b VALUES (7);"},
};
static const struct migration_list one = {two_rows, 1}, two = {two_rows, 2};

static void
goes_forward_and_stays(void **state)
{
    struct folder *f = *state;
    struct db db;
    int64_t n = 0;
    assert_int_equal(db_open(&f->t, f->file, DB_WORK, &db), E_OK);
    assert_int_equal(migrate(&f->t, &db, &one), E_OK);
    assert_int_equal(migrate(&f->t, &db, &two), E_OK);
    assert_int_equal(migrate(&f->t, &db, &two), E_OK);
    assert_int_equal(db_number(&f->t, &db, "SELECT count(*) FROM b", DB_NO_ARGS, 0, &n), E_OK);
    assert_int_equal(n, 1);
    db_close(&db);
}

static void
a_newer_database_is_refused(void **state)
{
    struct folder *f = *state;
    struct db db;
    assert_int_equal(db_open(&f->t, f->file, DB_WORK, &db), E_OK);
    assert_int_equal(migrate(&f->t, &db, &two), E_OK);
    assert_int_equal(migrate(&f->t, &db, &one), E_CONFLICT);
    assert_non_null(strstr(f->t.cause, "newer version"));
    db_close(&db);
}

static void
a_changed_old_migration_is_refused(void **state)
{
    struct folder *f = *state;
    struct db db;
    const struct migration other[] = {{"0001_a.sql", "CREATE TABLE a (x TEXT) STRICT;"}, two_rows[1]};
    const struct migration_list changed = {other, 2};
    int64_t n = 0;
    assert_int_equal(db_open(&f->t, f->file, DB_WORK, &db), E_OK);
    assert_int_equal(migrate(&f->t, &db, &one), E_OK);
    assert_int_equal(migrate(&f->t, &db, &changed), E_CONFLICT);
    assert_non_null(strstr(f->t.cause, "0001_a.sql was changed"));
    task_clear_error(&f->t);
    assert_int_equal(db_number(&f->t, &db, "SELECT count(*) FROM migration", DB_NO_ARGS, 0, &n), E_OK);
    assert_int_equal(n, 1);
    db_close(&db);
}

static void
a_migration_that_fails_leaves_the_old_state(void **state)
{
    struct folder *f = *state;
    struct db db;
    const struct migration bad[] = {
        two_rows[0], {"0002_b.sql", "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1);"}};
    const struct migration_list list = {bad, 2};
    int64_t n = -1;
    assert_int_equal(db_open(&f->t, f->file, DB_WORK, &db), E_OK);
    assert_int_equal(migrate(&f->t, &db, &one), E_OK);
    assert_int_not_equal(migrate(&f->t, &db, &list), E_OK);
    task_clear_error(&f->t);
    assert_int_equal(
        db_number(&f->t, &db, "SELECT count(*) FROM sqlite_schema WHERE name = 'b'", DB_NO_ARGS, -1, &n), E_OK);
    assert_int_equal(n, 0);
    assert_int_equal(migrate(&f->t, &db, &two), E_OK);
    db_close(&db);
}

static int
migrate_in_child(const char *file, int go)
{
    struct task t;
    struct db db;
    char c;
    task_begin(&t, 0);
    if (read(go, &c, 1) != 0) /* the parent closes its end: all start at once */
        return 1;
    if (db_open(&t, file, DB_WORK, &db) != E_OK || migrate(&t, &db, &migrations_work) != E_OK) {
        fprintf(stderr, "%s\n", t.cause);
        return 1;
    }
    db_close(&db);
    task_end(&t);
    return 0;
}

static void
many_processes_may_start_at_once(void **state)
{
    enum { CHILDREN = 8 };
    struct folder *f = *state;
    int go[2];
    pid_t pid[CHILDREN];
    assert_int_equal(pipe(go), 0);
    for (int i = 0; i < CHILDREN; i++) {
        pid[i] = fork();
        if (pid[i] == 0) {
            close(go[1]);
            _exit(migrate_in_child(f->file, go[0]));
        }
    }
    close(go[1]);
    for (int i = 0; i < CHILDREN; i++) {
        int status = -1;
        assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
        assert_int_equal(status, 0);
    }
    close(go[0]);
}

static void
the_compiled_in_lists_apply(void **state)
{
    struct folder *f = *state;
    struct db db;
    assert_true(migrations_work.n >= 1 && migrations_authority.n >= 1);
    assert_int_equal(db_open(&f->t, f->file, DB_AUTHORITY, &db), E_OK);
    assert_int_equal(migrate(&f->t, &db, &migrations_authority), E_OK);
    assert_int_equal(migrate(&f->t, &db, &migrations_work), E_CONFLICT); /* not the same kind of database */
    db_close(&db);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(goes_forward_and_stays, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(a_newer_database_is_refused, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(a_changed_old_migration_is_refused, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(a_migration_that_fails_leaves_the_old_state, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(many_processes_may_start_at_once, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(the_compiled_in_lists_apply, folder_up, folder_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
