/* test_db: opening, binding, transactions, and failures as sentences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "folder.h"

#include <string.h>
#include <sys/stat.h>

static const char create[] = "CREATE TABLE x (a INTEGER PRIMARY KEY, b TEXT, c BLOB) STRICT";
static const char insert[] = "INSERT INTO x (a, b, c) VALUES (?, ?, ?)";
static const char count[] = "SELECT count(*) FROM x";

static void
values_come_back_as_they_went_in(void **state)
{
    struct folder *f = *state;
    struct task *t = &f->t;
    struct db db;
    struct db_rows rows;
    int64_t changed = 0;
    assert_int_equal(db_open(t, f->file, DB_AUTHORITY, &db), E_OK);
    assert_int_equal(db_exec(t, &db, create), E_OK);
    struct span blob = {"\0\1\0", 3};
    assert_int_equal(
        db_run(t, &db, insert, DB_ARGS(DB_I64(INT64_MIN), DB_TEXT(SPAN("a\0b")), DB_BLOB(blob)), &changed), E_OK);
    assert_int_equal(changed, 1);
    struct db_arg empty[3] = {DB_I64(2), DB_TEXT(SPAN_NONE), {.kind = DB_ARG_NULL}};
    assert_int_equal(db_run(t, &db, insert, empty, 3, NULL), E_OK);
    static const char all[] = "SELECT a, b, c FROM x ORDER BY a";
    assert_int_equal(db_rows(t, &db, all, DB_NO_ARGS, &rows), E_OK);
    assert_true(db_next(t, &rows));
    assert_true(db_i64(&rows, 0) == INT64_MIN);
    assert_true(span_eq(db_text(t, &rows, 1), SPAN("a\0b")));
    assert_true(span_eq(db_text(t, &rows, 2), blob));
    assert_true(db_next(t, &rows));
    assert_true(db_text(t, &rows, 1).p && db_text(t, &rows, 1).n == 0);
    assert_null(db_text(t, &rows, 2).p);
    assert_false(db_next(t, &rows));
    assert_int_equal(t->err, E_OK);
    db_close(&db);
}

static void
the_file_has_its_mode_whatever_the_umask(void **state)
{
    struct folder *f = *state;
    struct stat st;
    struct db db;
    mode_t old = umask(077);
    assert_int_equal(db_open(&f->t, f->file, DB_WORK, &db), E_OK);
    assert_int_equal(db_exec(&f->t, &db, create), E_OK);
    char wal[128];
    snprintf(wal, sizeof wal, "%s-wal", f->file);
    assert_int_equal(stat(f->file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    assert_int_equal(stat(wal, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    umask(old);
    db_close(&db);
}

static void
settings_protect_the_database(void **state)
{
    struct folder *f = *state;
    struct db db;
    int64_t v = 0;
    assert_int_equal(db_open(&f->t, f->file, DB_AUTHORITY, &db), E_OK);
    assert_int_equal(db_number(&f->t, &db, "PRAGMA foreign_keys", DB_NO_ARGS, 0, &v), E_OK);
    assert_int_equal(v, 1);
    assert_int_equal(db_number(&f->t, &db, "PRAGMA trusted_schema", DB_NO_ARGS, 9, &v), E_OK);
    assert_int_equal(v, 0);
    assert_int_equal(db_number(&f->t, &db, "PRAGMA synchronous", DB_NO_ARGS, 0, &v), E_OK);
    assert_int_equal(v, 2);
    assert_int_equal(db_exec(&f->t, &db, create), E_OK);
    assert_int_not_equal(db_exec(&f->t, &db, "PRAGMA writable_schema=ON; DELETE FROM sqlite_schema"), E_OK);
    db_close(&db);
}

static void
a_failed_transaction_leaves_nothing(void **state)
{
    struct folder *f = *state;
    struct task *t = &f->t;
    struct db db;
    int64_t n = -1;
    assert_int_equal(db_open(t, f->file, DB_WORK, &db), E_OK);
    assert_int_equal(db_exec(t, &db, create), E_OK);
    assert_int_equal(db_begin(t, &db), E_OK);
    assert_int_equal(
        db_run(t, &db, insert, DB_ARGS(DB_I64(1), DB_Z("a"), DB_Z("")), NULL), E_CONFLICT); /* text in BLOB */
    task_clear_error(t);
    assert_int_equal(db_run(t, &db, insert, DB_ARGS(DB_I64(1), DB_Z("a"), DB_BLOB(SPAN(""))), NULL), E_OK);
    enum err e = db_run(t, &db, insert, DB_ARGS(DB_I64(1), DB_Z("b"), DB_BLOB(SPAN(""))), NULL);
    assert_int_equal(e, E_CONFLICT);
    assert_int_equal(db_end(t, &db, e), E_CONFLICT);
    task_clear_error(t);
    assert_int_equal(db_number(t, &db, count, DB_NO_ARGS, -1, &n), E_OK);
    assert_int_equal(n, 0);
    db_close(&db);
}

static void
a_full_disk_is_a_sentence_and_harms_nothing(void **state)
{
    struct folder *f = *state;
    struct task *t = &f->t;
    struct db db;
    int64_t n = -1;
    assert_int_equal(db_open(t, f->file, DB_WORK, &db), E_OK);
    assert_int_equal(db_exec(t, &db, create), E_OK);
    assert_int_equal(db_run(t, &db, insert, DB_ARGS(DB_I64(1), DB_Z("a"), DB_BLOB(SPAN(""))), NULL), E_OK);
    sqlite3_exec(db.handle, "PRAGMA max_page_count=3", NULL, NULL, NULL);
    char *big = task_alloc(t, 100000);
    memset(big, 'x', 99999);
    assert_int_equal(db_begin(t, &db), E_OK);
    enum err e = db_run(t, &db, insert, DB_ARGS(DB_I64(2), DB_Z(big), DB_BLOB(SPAN(""))), NULL);
    assert_int_equal(db_end(t, &db, e), E_UNAVAILABLE);
    assert_non_null(strstr(t->cause, "The disk is full"));
    assert_non_null(strstr(t->cause, "Nothing was changed"));
    task_clear_error(t);
    assert_int_equal(db_number(t, &db, count, DB_NO_ARGS, -1, &n), E_OK);
    assert_int_equal(n, 1);
    db_close(&db);
}

static void
a_second_writer_waits_for_its_deadline_alone(void **state)
{
    struct folder *f = *state;
    struct task *t = &f->t, hurried;
    struct db one, two;
    assert_int_equal(db_open(t, f->file, DB_WORK, &one), E_OK);
    assert_int_equal(db_open(t, f->file, DB_WORK, &two), E_OK);
    assert_int_equal(db_begin(t, &one), E_OK);
    task_begin(&hurried, 1);
    assert_int_equal(db_begin(&hurried, &two), E_UNAVAILABLE);
    assert_non_null(strstr(hurried.cause, "busy"));
    task_end(&hurried);
    assert_int_equal(db_end(t, &one, E_OK), E_OK);
    assert_int_equal(db_begin(t, &two), E_OK);
    assert_int_equal(db_end(t, &two, E_OK), E_OK);
    db_close(&one);
    db_close(&two);
}

static void
a_reader_reads_and_never_writes(void **state)
{
    struct folder *f = *state;
    struct task *t = &f->t;
    struct db db, reader;
    int64_t n = -1;
    assert_int_equal(db_open(t, f->file, DB_WORK_READER, &reader), E_NOTFOUND);
    task_clear_error(t);
    assert_int_equal(db_open(t, f->file, DB_WORK, &db), E_OK);
    assert_int_equal(db_exec(t, &db, create), E_OK);
    assert_int_equal(db_open(t, f->file, DB_WORK_READER, &reader), E_OK);
    assert_int_equal(db_number(t, &reader, count, DB_NO_ARGS, -1, &n), E_OK);
    assert_int_equal(n, 0);
    assert_int_equal(db_run(t, &reader, insert, DB_ARGS(DB_I64(1), DB_Z("a"), DB_BLOB(SPAN(""))), NULL), E_UNAVAILABLE);
    db_close(&reader);
    db_close(&db);
}

static void
a_file_that_is_no_database_is_told(void **state)
{
    struct folder *f = *state;
    struct db db;
    FILE *w = fopen(f->file, "w");
    for (int i = 0; i < 100; i++)
        fputs("this is not a database, it only has its name. ", w);
    fclose(w);
    assert_int_equal(db_open(&f->t, f->file, DB_AUTHORITY, &db), E_CORRUPT);
    assert_null(db.handle);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_come_back_as_they_went_in, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(the_file_has_its_mode_whatever_the_umask, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(settings_protect_the_database, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(a_failed_transaction_leaves_nothing, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(a_full_disk_is_a_sentence_and_harms_nothing, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(a_second_writer_waits_for_its_deadline_alone, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(a_reader_reads_and_never_writes, folder_up, folder_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_no_database_is_told, folder_up, folder_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
