/* test_params: percent-encoding, queries and forms, strictly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/params.h"

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

static void
pairs_are_decoded(void **state)
{
    (void)state;
    struct http_params p;
    assert_int_equal(http_params_read(&t, SPAN("a=1+2&b=%C3%A9%2B&&c&d=x=y&a=second"), "form", &p), E_OK);
    assert_int_equal(p.n, 5);
    assert_true(span_is(http_params_get(&p, "a"), "1 2"));
    assert_true(span_is(http_params_get(&p, "b"), "\xc3\xa9+"));
    assert_true(http_params_get(&p, "c").n == 0);
    assert_true(span_is(http_params_get(&p, "d"), "x=y"));
    assert_null(http_params_get(&p, "nothing").p);
}

static void
malformed_text_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "a=%", "a=%1", "a=%zz", "%=1", "a=%ff", "a=%C3", "a=%00", "a=%ED%A0%80", "a=\xff"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct http_params p;
        task_clear_error(&t);
        assert_int_equal(http_params_read(&t, span_of(bad[i]), "form", &p), E_INVALID);
        assert_true(t.cause[0] != '\0');
    }
}

static void
too_many_fields_are_refused(void **state)
{
    (void)state;
    struct http_params p;
    struct buf *b = task_buf(&t, 4096);
    for (int i = 0; i < HTTP_PARAMS; i++)
        buf_puts(b, i ? "&a=1" : "a=1");
    assert_int_equal(http_params_read(&t, buf_view(b), "form", &p), E_OK);
    buf_puts(b, "&a=1");
    assert_int_equal(http_params_read(&t, buf_view(b), "form", &p), E_LIMIT);
}

static void
plus_is_a_space_in_queries_alone(void **state)
{
    (void)state;
    struct span s;
    assert_int_equal(http_decode(&t, SPAN("a+b%20c"), false, "address", &s), E_OK);
    assert_true(span_is(s, "a+b c"));
    assert_int_equal(http_decode(&t, SPAN("a+b"), true, "form", &s), E_OK);
    assert_true(span_is(s, "a b"));
}

static void
numbers_have_bounds(void **state)
{
    (void)state;
    struct http_params p;
    int64_t v;
    assert_int_equal(http_params_read(&t, SPAN("n=7&big=11&word=x&empty="), "address", &p), E_OK);
    assert_true(http_params_i64(&t, &p, "n", 1, 10, 3, &v) == E_OK && v == 7);
    assert_true(http_params_i64(&t, &p, "absent", 1, 10, 3, &v) == E_OK && v == 3);
    assert_true(http_params_i64(&t, &p, "empty", 1, 10, 3, &v) == E_OK && v == 3);
    assert_int_equal(http_params_i64(&t, &p, "big", 1, 10, 3, &v), E_INVALID);
    task_clear_error(&t);
    assert_int_equal(http_params_i64(&t, &p, "word", 1, 10, 3, &v), E_INVALID);
}

/* Every byte goes out and comes back. */
static void
encoding_is_undone_by_decoding(void **state)
{
    (void)state;
    char all[127];
    struct buf *b = task_buf(&t, 1024);
    struct span back;
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)(i + 1);
    http_encode(b, (struct span){all, sizeof all});
    for (int plus = 0; plus < 2; plus++) {
        assert_int_equal(http_decode(&t, buf_view(b), plus, "form", &back), E_OK);
        assert_true(span_eq(back, (struct span){all, sizeof all}));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pairs_are_decoded, begin, end),
        cmocka_unit_test_setup_teardown(malformed_text_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(too_many_fields_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(plus_is_a_space_in_queries_alone, begin, end),
        cmocka_unit_test_setup_teardown(numbers_have_bounds, begin, end),
        cmocka_unit_test_setup_teardown(encoding_is_undone_by_decoding, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
