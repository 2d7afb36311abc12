/* test_views: what pages make of SQL's parameters, plans, rows and addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pages/link.h"
#include "pages/plan.h"
#include "pages/rowset.h"
#include "pages/rowsout.h"
#include "pages/sqlparams.h"

static struct task t;

static int
begin(void **state)
{
    (void)state;
    task_begin(&t, 0);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    task_end(&t);
    return 0;
}

static const struct {
    const char *sql, *params;
} statements[] = {
    {"select 1", ""},
    {"select :a, @b, $c, :a", ":a @b $c"},
    {"select ':no', \":no\", [:no], `:no`, :yes", ":yes"},
    {"select 'it''s :no', :yes", ":yes"},
    {"-- :no\nselect :yes /* :no */", ":yes"},
    {"select ?, ?2, ?", "?1 ?2"},
    {"select a:: b, 12:30", ":30"},
    {"select ':half", ""},
    {"/* half :no", ""},
    {"select :\xc3\xa9t\xc3\xa9", ":\xc3\xa9t\xc3\xa9"},
};

static void
parameters_are_found_outside_of_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        struct span found[SQLPARAMS_MOST];
        struct buf *b = task_buf(&t, 256);
        size_t n = sqlparams_find(&t, span_of(statements[i].sql), found);
        for (size_t k = 0; k < n; k++) {
            buf_puts(b, k ? " " : "");
            buf_span(b, found[k]);
        }
        assert_string_equal(buf_z(b), statements[i].params);
    }
}

static void
typed_values_are_numbers_when_they_look_like_it(void **state)
{
    (void)state;
    assert_int_equal(sqlparams_value(SPAN("12")).kind, CELL_INT);
    assert_int_equal(sqlparams_value(SPAN("-1.5e3")).kind, CELL_REAL);
    assert_int_equal(sqlparams_value(SPAN("12 ")).kind, CELL_TEXT);
    assert_int_equal(sqlparams_value(SPAN("")).kind, CELL_TEXT);
}

static void
plans_become_lines_with_depths(void **state)
{
    (void)state;
    struct query_column columns[] = {
        {.name = SPAN("id")}, {.name = SPAN("parent")}, {.name = SPAN("notused")}, {.name = SPAN("detail")}};
    struct cell cells[] = {
        {.kind = CELL_INT, .i = 2},
        {.kind = CELL_INT},
        {.kind = CELL_INT},
        {.kind = CELL_TEXT, .s = SPAN("CO-ROUTINE x")},
        {.kind = CELL_INT, .i = 5},
        {.kind = CELL_INT, .i = 2},
        {.kind = CELL_INT},
        {.kind = CELL_TEXT, .s = SPAN("SCAN movies")},
        {.kind = CELL_INT, .i = 9},
        {.kind = CELL_INT},
        {.kind = CELL_INT},
        {.kind = CELL_TEXT, .s = SPAN("SCAN a USING INDEX b")},
    };
    struct query_rows rows = {.columns = columns, .n_columns = 4, .cells = cells, .n_rows = 3};
    const struct view_plan_line *lines = NULL;
    size_t n;
    plan_lines(&t, &rows, &lines, &n);
    assert_int_equal(n, 3);
    assert_true(span_is(lines[0].class, "d0") && span_is(lines[1].class, "d1") && span_is(lines[2].class, "d0"));
    assert_true(!lines[0].is_scan && lines[1].is_scan && !lines[2].is_scan);
    rows.n_columns = 2;
    plan_lines(&t, &rows, &lines, &n);
    assert_int_equal(n, 0);
}

static void
addresses_are_encoded(void **state)
{
    (void)state;
    assert_true(span_is(link_table(&t, SPAN("d"), SPAN("a/b c?")), "/d/a%2Fb%20c%3F"));
    assert_true(span_is(link_sql(&t, SPAN("d"), SPAN("select 1&2")), "/d/-/query?sql=select%201%262"));
    char *longest = task_alloc(&t, LINK_SQL_BYTES + 1);
    assert_int_equal(link_sql(&t, SPAN("d"), (struct span){longest, LINK_SQL_BYTES + 1}).n, 0);
}

static void
columns_of_one_name_are_told_apart(void **state)
{
    (void)state;
    const struct span names[] = {SPAN("n"), SPAN("n"), SPAN("n_2"), SPAN("n")};
    struct span *out = rowset_distinct(&t, names, 4);
    assert_true(span_is(out[0], "n") && span_is(out[1], "n_2") && span_is(out[2], "n_2_2") && span_is(out[3], "n_3"));
}

static void
json_has_datasettes_shape(void **state)
{
    (void)state;
    const struct span names[] = {SPAN("a"), SPAN("b")};
    const struct cell cells[] = {{.kind = CELL_INT, .i = 9007199254740993}, {.kind = CELL_NULL},
        {.kind = CELL_INT, .i = 1}, {.kind = CELL_TEXT, .s = SPAN("</x>"), .full_bytes = 4}};
    struct http_response out;
    http_response_begin(&t, &out);
    struct rowsout r = {.names = names,
        .columns = 2,
        .cells = cells,
        .rows = 2,
        .pages = true,
        .next = SPAN("k"),
        .next_url = SPAN("/d/t.json?_next=k"),
        .revision = SPAN("abc"),
        .took_us = 1500};
    rowsout_json(&out, &r);
    assert_string_equal(buf_z(out.body),
        "{\"ok\":true,\"rows\":[{\"a\":\"9007199254740993\",\"b\":null},{\"a\":1,\"b\":\"\\u003c/x\\u003e\"}],"
        "\"truncated\":false,\"next\":\"k\",\"next_url\":\"/d/t.json?_next=k\",\"columns\":[\"a\",\"b\"],"
        "\"revision\":\"abc\",\"query_ms\":1.500}\n");
}

static void
tables_of_rows_know_their_numbers(void **state)
{
    (void)state;
    const struct span names[] = {SPAN("a"), SPAN("b")};
    const struct cell cells[] = {{.kind = CELL_NULL}, {.kind = CELL_TEXT, .s = SPAN("x"), .full_bytes = 1},
        {.kind = CELL_REAL, .r = 1.5}, {.kind = CELL_NULL}};
    struct view_rowset *v = rowset_make(&t, names, 2, cells, 2, "Rows");
    assert_true(span_is(v->heads.at[0].class, "num"));
    assert_int_equal(v->heads.at[1].class.n, 0);
    assert_true(span_is(v->rows.at[1].cells.at[0].text, "1.5"));
    assert_false(v->is_empty);
    assert_true(rowset_make(&t, names, 2, cells, 0, "Rows")->is_empty);
    assert_true(span_is(rowset_count(&t, 1, false), "1 row"));
    assert_true(span_is(rowset_count(&t, 100000, true), "more than 100,000 rows"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(parameters_are_found_outside_of_texts, begin, end),
        cmocka_unit_test_setup_teardown(typed_values_are_numbers_when_they_look_like_it, begin, end),
        cmocka_unit_test_setup_teardown(plans_become_lines_with_depths, begin, end),
        cmocka_unit_test_setup_teardown(addresses_are_encoded, begin, end),
        cmocka_unit_test_setup_teardown(columns_of_one_name_are_told_apart, begin, end),
        cmocka_unit_test_setup_teardown(json_has_datasettes_shape, begin, end),
        cmocka_unit_test_setup_teardown(tables_of_rows_know_their_numbers, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
