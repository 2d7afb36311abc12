/* test_chart_view: a block of whatever plugin becomes a figure whose words are ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "pages/chart_view.h"

#include <cmocka.h>

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

static const struct view_chart *
view(const char *block, enum err expected)
{
    json_t *j = NULL;
    const struct view_chart *out = NULL;
    assert_int_equal(json_read(&t, span_of(block), &j), E_OK);
    assert_int_equal(chart_view(&t, j, SPAN("r1-1"), SPAN("/movies/-/query?sql=x"), &out), expected);
    task_clear_error(&t);
    return out;
}

static void
a_block_is_drawn_with_words_of_ours(void **state)
{
    (void)state;
    const struct view_chart *v = view(
        "{\"type\":\"chart\",\"spec\":{\"mark\":\"barY\",\"x\":\"g\",\"y\":\"n\"},\"columns\":[\"g\",{\"name\":\"n\"}],"
        "\"rows\":[[\"</script>\",3],[\"b\",1]],\"summary\":\"Buy now\",\"note\":\"18 rows are added up to 2 "
        "values.\"}",
        E_OK);
    assert_true(span_is(v->title, "n by g"));
    assert_true(span_is(v->summary, "A bar chart of n by g: 2 rows. Highest: </script>, 3; lowest: b, 1."));
    assert_int_equal(v->notes.n, 1);
    assert_true(span_is(v->count, "2 rows"));
    assert_true(span_find(v->data, SPAN("\"spec\":{\"mark\":\"barY\"")) >= 0);
    assert_true(span_find(v->data, SPAN("\"name\":\"geo\"")) > 0);
    assert_int_equal(v->rows->rows.n, 2);
}

static void
what_cannot_be_drawn_is_rows_and_the_reason(void **state)
{
    (void)state;
    const struct view_chart *v = view(
        "{\"spec\":{\"mark\":\"pie\"},\"columns\":[\"g\"],\"rows\":[[1]],\"title\":\"T\",\"summary\":\"S\"}", E_OK);
    assert_int_equal(v->data.n, 0);
    assert_true(span_is(v->title, "T"));
    assert_true(span_is(v->summary, "S"));
    assert_int_equal(v->notes.n, 1);
    assert_true(span_starts(v->notes.at[0], "It can't be drawn. There is no mark \"pie\"."));
    assert_int_equal(v->rows->rows.n, 1);
    v = view("{\"columns\":[\"g\"],\"rows\":[[{\"deep\":[]}]]}", E_OK);
    assert_true(span_is(v->title, "Chart"));
}

static void
what_holds_no_rows_is_no_chart(void **state)
{
    (void)state;
    static const char *const blocks[] = {"{}", "[]", "{\"columns\":[],\"rows\":[]}",
        "{\"columns\":[\"a\"],\"rows\":[[1,2]]}", "{\"columns\":[\"a\"],\"rows\":[1]}", "{\"columns\":{},\"rows\":[]}"};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        view(blocks[i], E_INVALID);
}

static void
long_tables_are_cut_and_it_is_told(void **state)
{
    (void)state;
    struct buf *b = task_buf(&t, 1 << 20);
    buf_puts(b, "{\"spec\":{\"mark\":\"rect\",\"x\":\"n\"},\"columns\":[\"n\"],\"rows\":[[0]");
    for (int i = 1; i < 1000; i++)
        buf_printf(b, ",[%d]", i);
    buf_puts(b, "]}");
    const struct view_chart *v = view(buf_z(b), E_OK);
    assert_int_equal(v->rows->rows.n, CHART_VIEW_ROWS);
    assert_true(span_is(v->count, "1,000 rows"));
    assert_true(span_starts(v->more, "The first 200 are listed."));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_block_is_drawn_with_words_of_ours, begin, end),
        cmocka_unit_test_setup_teardown(what_cannot_be_drawn_is_rows_and_the_reason, begin, end),
        cmocka_unit_test_setup_teardown(what_holds_no_rows_is_no_chart, begin, end),
        cmocka_unit_test_setup_teardown(long_tables_are_cut_and_it_is_told, begin, end),
    };
    return cmocka_run_group_tests_name("chart_view", tests, NULL, NULL);
}
