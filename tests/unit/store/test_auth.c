/* test_auth: what many processes of gate may do at once: budgets and one-time links stay exact, the record stays a
 * chain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "folder.h"
#include "store/auth_audit.h"
#include "store/auth_session.h"
#include "store/auth_user.h"
#include "store/migrate.h"

#include <string.h>
#include <sys/wait.h>

enum { CHILDREN = 6, TRIES = 20, MOST = 50 };

static void
ready(struct folder *f, struct db *db)
{
    struct auth_user u = {.id = SPAN("u_x"), .name = SPAN("x"), .role = SPAN("member")};
    assert_int_equal(db_open(&f->t, f->file, DB_AUTHORITY, db), E_OK);
    assert_int_equal(migrate(&f->t, db, &migrations_authority), E_OK);
    assert_int_equal(auth_user_add(&f->t, db, &u, 1), E_OK);
    db_close(db);
}

typedef int child_fn(struct task *t, struct db *db);

/* How many times the children together succeeded. */
static int
run(struct folder *f, child_fn *fn)
{
    int sum = 0, status;
    for (int i = 0; i < CHILDREN; i++) {
        if (fork() != 0)
            continue;
        struct task t;
        struct db db;
        task_begin(&t, 0);
        int n = db_open(&t, f->file, DB_AUTHORITY, &db) == E_OK ? fn(&t, &db) : 255;
        if (t.err != E_OK)
            fprintf(stderr, "%s\n", t.cause);
        _exit(t.err == E_OK ? n : 255);
    }
    while (wait(&status) > 0)
        sum += WIFEXITED(status) ? WEXITSTATUS(status) : 255;
    return sum;
}

static int
take_budgets(struct task *t, struct db *db)
{
    int n = 0;
    for (int i = 0; i < TRIES; i++) {
        bool taken = false;
        if (db_begin(t, db) != E_OK || db_end(t, db, auth_budget_take(t, db, SPAN("a_x"), 1000, MOST, &taken)) != E_OK)
            return 255;
        n += taken;
    }
    return n;
}

static int
take_links(struct task *t, struct db *db)
{
    struct span user;
    if (db_begin(t, db) != E_OK || db_end(t, db, auth_link_take(t, db, SPAN("h"), 5, &user)) != E_OK)
        return 255;
    return user.n > 0;
}

static int
write_record(struct task *t, struct db *db)
{
    for (int i = 0; i < TRIES; i++) {
        struct auth_audit a = {
            .at_ms = i, .actor = SPAN("u_x"), .action = SPAN("test"), .object = SPAN(""), .detail = SPAN("{}")};
        if (db_begin(t, db) != E_OK || db_end(t, db, auth_audit_append(t, db, &a)) != E_OK)
            return 255;
    }
    return TRIES;
}

static void
a_budget_is_exact_under_load(void **state)
{
    struct folder *f = *state;
    struct db db;
    ready(f, &db);
    assert_int_equal(run(f, take_budgets), MOST);
}

static void
a_link_is_taken_by_one(void **state)
{
    struct folder *f = *state;
    struct db db;
    ready(f, &db);
    assert_int_equal(db_open(&f->t, f->file, DB_AUTHORITY, &db), E_OK);
    assert_int_equal(auth_link_add(&f->t, &db, SPAN("h"), SPAN("u_x"), 10), E_OK);
    db_close(&db);
    assert_int_equal(run(f, take_links), 1);
}

static void
the_record_is_one_chain_whoever_writes(void **state)
{
    struct folder *f = *state;
    struct db db;
    struct auth_audit *a = NULL;
    int64_t bad = -1;
    size_t n = 0;
    ready(f, &db);
    assert_int_equal(run(f, write_record), CHILDREN * TRIES);
    assert_int_equal(db_open(&f->t, f->file, DB_AUTHORITY, &db), E_OK);
    assert_int_equal(auth_audit_verify(&f->t, &db, &bad), E_OK);
    assert_int_equal(bad, 0);
    assert_int_equal(auth_audit_tail(&f->t, &db, 1, &a, &n), E_OK);
    assert_int_equal(a[0].seq, CHILDREN * TRIES);
    db_close(&db);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_budget_is_exact_under_load, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(a_link_is_taken_by_one, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(the_record_is_one_chain_whoever_writes, folder_up, folder_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
