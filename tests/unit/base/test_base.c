/* test_base: spans, buffers, tasks, ids, UTF-8 and JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/id.h"
#include "base/json.h"
#include "base/task.h"
#include "base/utf8.h"

#include <string.h>

static void
spans_are_cut_to_the_last_empty_field(void **state)
{
    (void)state;
    struct span rest = SPAN("a,,b,");
    struct span f;
    const char *want[] = {"a", "", "b", ""};
    for (size_t i = 0; i < 4; i++) {
        assert_true(span_cut(&rest, ',', &f));
        assert_true(span_is(f, want[i]));
    }
    assert_false(span_cut(&rest, ',', &f));
}

static void
a_span_of_only_a_set_holds_nothing_else(void **state)
{
    (void)state;
    assert_true(span_only(SPAN("cab"), "abc"));
    assert_true(span_only(SPAN(""), "abc"));
    assert_false(span_only(SPAN("abd"), "abc"));
    assert_false(span_only((struct span){"ab\0", 3}, "abc")); /* the set's own end is not of the set */
}

static void
numbers_are_whole_or_refused(void **state)
{
    (void)state;
    int64_t v;
    assert_true(span_i64(SPAN("-9223372036854775808"), &v) && v == INT64_MIN);
    assert_true(span_i64(SPAN("9223372036854775807"), &v) && v == INT64_MAX);
    assert_false(span_i64(SPAN("9223372036854775808"), &v));
    assert_false(span_i64(SPAN("1 "), &v));
    assert_false(span_i64(SPAN(""), &v));
    assert_false(span_i64(SPAN("-"), &v));
}

static void
a_buffer_past_its_cap_fails_and_stays_failed(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4);
    buf_puts(&b, "abc");
    buf_puts(&b, "de");
    assert_true(b.failed);
    buf_puts(&b, "d");
    assert_int_equal(b.n, 3);
    buf_reset(&b);
}

static void
the_first_cause_wins(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    assert_int_equal(task_fail(&t, E_DENIED, "first"), E_DENIED);
    assert_int_equal(task_fail(&t, E_LIMIT, "second"), E_DENIED);
    assert_string_equal(t.cause, "first");
    task_end(&t);
}

static void
ids_have_a_kind(void **state)
{
    (void)state;
    char id[ID_BYTES + 1];
    id_new('c', id);
    assert_true(id_is(span_of(id), 'c'));
    assert_false(id_is(span_of(id), 't'));
    id[5] = '!';
    assert_false(id_is(span_of(id), 'c'));
}

static void
malformed_utf8_is_found_and_cleaned(void **state)
{
    (void)state;
    static const char *const bad[] = {"\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\x80", "\xE2\x82"};
    struct buf b;
    for (size_t i = 0; i < 5; i++) {
        assert_false(utf8_valid(span_of(bad[i])));
        buf_init(&b, 100);
        utf8_clean(&b, span_of(bad[i]));
        assert_true(utf8_valid(buf_view(&b)));
        buf_reset(&b);
    }
    assert_true(utf8_valid(SPAN("h\xC3\xA9 \xF0\x9F\x98\x80")));
}

static void
json_text_is_safe_inside_html(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 200);
    json_put_text(&b, SPAN("</script>\"\x01\xFF&"));
    assert_string_equal(buf_z(&b), "\"\\u003c/script\\u003e\\\"\\u0001\xEF\xBF\xBD\\u0026\"");
    buf_reset(&b);
}

static void
json_with_a_key_twice_is_refused(void **state)
{
    (void)state;
    struct task t;
    json_t *j;
    task_begin(&t, 0);
    assert_int_equal(json_read(&t, SPAN("{\"a\":1,\"a\":2}"), &j), E_INVALID);
    task_clear_error(&t);
    assert_int_equal(json_read(&t, SPAN("[18446744073709551616]"), &j), E_OK);
    task_end(&t);
}

int
main(void)
{
    id_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_are_cut_to_the_last_empty_field),
        cmocka_unit_test(a_span_of_only_a_set_holds_nothing_else),
        cmocka_unit_test(numbers_are_whole_or_refused),
        cmocka_unit_test(a_buffer_past_its_cap_fails_and_stays_failed),
        cmocka_unit_test(the_first_cause_wins),
        cmocka_unit_test(ids_have_a_kind),
        cmocka_unit_test(malformed_utf8_is_found_and_cleaned),
        cmocka_unit_test(json_text_is_safe_inside_html),
        cmocka_unit_test(json_with_a_key_twice_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
