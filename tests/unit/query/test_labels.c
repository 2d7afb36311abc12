/* test_labels: what rows are worth: the join over what was read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../support/query_variants.h"

static const char labels[] = "{\"level\":0,\"integrity\":2,\"labels\":[[\"staff\",\"room\",1],[\"staff\",\"pay\",3],"
                             "[\"audit\",\"\",3,4],[\"words_of_wisdom\",\"\",0,3]]}";

/* Labels ---------------------------------------------------------------------------------------------------------- */

static void
rows_carry_the_label_of_what_was_read(void **state)
{
    static const struct {
        const char *sql;
        int64_t ceiling;
        int level, integrity;
    } rows[] = {
        {"SELECT 1", 3, 0, 2},
        {"SELECT id, name FROM staff", 3, 0, 2},
        {"SELECT name FROM staff WHERE room = 'r1'", 3, 1, 2},
        {"SELECT NAME FROM Staff ORDER BY PAY", 3, 3, 2},
        {"SELECT count(*) FROM staff", 3, 3, 2},
        {"SELECT count(*) FROM staff", 1, 1, 2},
        {"SELECT count(*) FROM staff", 0, 0, 2},
        {"SELECT EXISTS (SELECT 1 FROM staff)", 3, 3, 2},
        {"WITH name AS (SELECT pay FROM staff) SELECT count(*) FROM name", 3, 3, 2},
        {"WITH pay AS (SELECT name FROM staff) SELECT * FROM pay", 3, 0, 2},
        {"SELECT name FROM staff UNION SELECT what FROM audit", 3, 3, 4},
        {"SELECT what FROM audit", 3, 3, 4},
        {"SELECT text FROM words_of_wisdom", 3, 0, 3},
        {"SELECT room FROM rooms", 3, 1, 2},
        {"SELECT name FROM sqlite_schema", 3, 3, 4},
        {"SELECT name FROM sqlite_master", 1, 1, 3},
        {"SELECT name FROM pragma_table_info('staff')", 3, 3, 4},
        {"SELECT s.name FROM staff AS s, pragma_table_list LIMIT 1", 1, 1, 3},
        {"SELECT text FROM words WHERE words MATCH 'plain'", 3, 3, 4},
        {"SELECT count(*) FROM words_data", 3, 3, 4},
        {"SELECT value FROM json_each('[1,2]')", 3, 0, 2},
        {"EXPLAIN QUERY PLAN SELECT pay FROM staff", 3, 3, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        struct query_rows r;
        struct grant g = at_level(rows[i].ceiling);
        task_begin(&t, 0);
        g.detail = span_of(labels);
        if (ask(&t, g, rows[i].sql, &r) != E_OK || r.level != rows[i].level || r.integrity != rows[i].integrity)
            fail_msg("%s at %d: %d, %d (%s)", rows[i].sql, (int)rows[i].ceiling, r.level, r.integrity, t.cause);
        /* Without a detail: all that the grant reaches, of the worst integrity. */
        if (ask(&t, at_level(rows[i].ceiling), rows[i].sql, &r) != E_OK || r.level != rows[i].ceiling ||
            r.integrity != 4)
            fail_msg("%s without labels: %d, %d", rows[i].sql, r.level, r.integrity);
        task_end(&t);
    }
}

/* More columns are read than are noted. */
static void
too_many_reads_are_worth_everything(void **state)
{
    struct task t;
    struct query_rows r;
    struct grant g = {.dataset = SPAN("wide"), .level = 3};
    (void)state;
    task_begin(&t, 0);
    g.detail = SPAN("{\"level\":0,\"integrity\":2,\"labels\":[[\"last\",\"c0\",3]]}");
    assert_int_equal(ask(&t, g, "SELECT count(*) FROM (SELECT * FROM a)", &r), E_OK);
    assert_int_equal(r.level, 0);
    assert_int_equal(
        ask(&t, g, "SELECT (SELECT count(*) FROM a WHERE (c0,c1) > (0,0)), (SELECT c0 FROM last)", &r), E_OK);
    assert_int_equal(r.level, 3);
    struct buf *b = task_buf(&t, 1 << 20);
    buf_puts(b, "SELECT 1");
    for (char table = 'a'; table <= 'c'; table++)
        for (int i = 0; i < 400; i += 50) {
            buf_printf(b, " + (SELECT count(*) FROM %c WHERE 1", table);
            for (int c = i; c < i + 50; c++)
                buf_printf(b, " AND c%d IS NULL", c);
            buf_puts(b, ")");
        }
    buf_puts(b, " + (SELECT count(c0) FROM last)");
    assert_int_equal(ask(&t, g, buf_z(b), &r), E_OK);
    assert_int_equal(r.level, 3);
    task_end(&t);
}

static void
pages_carry_labels(void **state)
{
    static const struct {
        const char *table;
        int64_t ceiling;
        int level, integrity;
    } rows[] = {{"staff", 3, 3, 2}, {"staff", 2, 1, 2}, {"staff", 0, 0, 2}, {"audit", 3, 3, 4}, {"rooms", 1, 1, 3},
        {"rooms", 3, 3, 4}, {"words", 3, 3, 4}, {"words_of_wisdom", 3, 0, 3}};
    (void)state;
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        struct query_rows r;
        struct grant g = at_level(rows[i / 2].ceiling);
        struct query_table q = {.dataset = SPAN("staff"), .table = span_of(rows[i / 2].table), .size = 5};
        task_begin(&t, 0);
        g.detail = span_of(labels);
        g.capability = SPAN("read");
        q.grant = sealed(&t, g);
        for (int again = 0; again < 6; again++) { /* a kept grant keeps its labels */
            assert_int_equal(query_table(&t, &q, &r), E_OK);
            if (r.level != rows[i / 2].level || r.integrity != rows[i / 2].integrity)
                fail_msg("%s at %d: %d, %d", rows[i / 2].table, (int)rows[i / 2].ceiling, r.level, r.integrity);
        }
        task_end(&t);
    }
}

static void
labels_that_cannot_be_are_refused(void **state)
{
    static const char *const details[] = {"{", "[]", "{\"level\":4,\"integrity\":1}", "{\"level\":-1,\"integrity\":1}",
        "{\"level\":0}", "{\"level\":0,\"integrity\":5}", "{\"level\":0,\"integrity\":1,\"labels\":{}}",
        "{\"level\":0,\"integrity\":1,\"labels\":[[\"a\",\"b\"]]}",
        "{\"level\":0,\"integrity\":1,\"labels\":[[\"a\",\"b\",4]]}",
        "{\"level\":0,\"integrity\":1,\"labels\":[[\"a\",1,2]]}",
        "{\"level\":0,\"integrity\":1,\"labels\":[[\"a\",\"b\",1,9]]}",
        "{\"level\":3,\"integrity\":1}" /* the dataset lies above the grant */};
    (void)state;
    for (size_t i = 0; i < sizeof details / sizeof details[0]; i++) {
        struct task t;
        struct query_rows r;
        struct grant g = at_level(2);
        struct query_table q = {.dataset = SPAN("staff"), .table = SPAN("staff"), .size = 5};
        task_begin(&t, 0);
        g.detail = span_of(details[i]);
        if (ask(&t, g, "SELECT name FROM staff", &r) != E_DENIED)
            fail_msg("%s", details[i]);
        g.capability = SPAN("read");
        q.grant = sealed(&t, g);
        task_clear_error(&t);
        if (query_table(&t, &q, &r) != E_DENIED)
            fail_msg("%s", details[i]);
        task_end(&t);
    }
}

/* Set-up ---------------------------------------------------------------------------------------------------------- */

static int
set_up(void **state)
{
    struct task t;
    (void)state;
    world_begin();
    publish_staff();
    task_begin(&t, 0);
    struct buf *b = task_buf(&t, 1 << 20);
    for (const char *name = "abc"; *name; name++) {
        buf_printf(b, "CREATE TABLE %c(c0", *name);
        for (int i = 1; i < 400; i++)
            buf_printf(b, ", c%d", i);
        buf_puts(b, ");");
    }
    buf_puts(b, "CREATE TABLE last(c0);");
    world_publish("wide", buf_z(b), NULL);
    task_end(&t);
    world_serve();
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    return world_end() ? 0 : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_carry_the_label_of_what_was_read),
        cmocka_unit_test(too_many_reads_are_worth_everything),
        cmocka_unit_test(pages_carry_labels),
        cmocka_unit_test(labels_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
