/* test_linediff: what became of lines, against a definition that needs no table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "pages/linediff.h"

#include <cmocka.h>

static const struct {
    const char *was, *is, *want;
} cases[] = {
    {"", "", ""},
    {"a\n", "a\n", " a"},
    {"", "a\nb\n", "+a+b"},
    {"a\nb\n", "", "-a-b"},
    {"a\nb\nc\n", "a\nx\nc\n", " a-b+x c"},
    {"a\nb\nc\n", "b\nc\n", "-a b c"},
    {"a\nb\n", "a\nb\nc\n", " a b+c"},
    {"a\na\na\n", "a\na\n", " a a-a"},
    {"x\na\nb\nc\ny\n", "p\nb\nq\ny\n", "-x-a+p b-c+q y"},
    {"no end", "no end\n", " no end"},
};

static struct span
spelled(struct task *t, const struct linediff_line *l, size_t n)
{
    struct buf *b = task_buf(t, 4096);
    for (size_t i = 0; i < n; i++) {
        buf_putc(b, " -+"[l[i].kind]);
        buf_span(b, l[i].text);
    }
    return buf_view(b);
}

static void
lines_stay_go_and_come(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct task t;
        struct linediff_line *l;
        size_t n;
        bool cut = false;
        task_begin(&t, 0);
        linediff(&t, span_of(cases[i].was), span_of(cases[i].is), &l, &n, &cut);
        struct span got = spelled(&t, l, n);
        if (!span_is(got, cases[i].want))
            fail_msg("case %zu: %.*s", i, SPAN_ARG(got));
        assert_false(cut);
        task_end(&t);
    }
}

static struct span
numbered(struct task *t, size_t n, size_t step)
{
    struct buf *b = task_buf(t, n * 16 + 1);
    for (size_t i = 0; i < n; i++)
        buf_printf(b, "%zu\n", i * step);
    return buf_view(b);
}

/* Both texts can be put together again from what is told; numbers count the lines of each. */
static void
check_whole(struct task *t, size_t n_was, size_t n_is, size_t step)
{
    struct linediff_line *l;
    size_t n;
    bool cut = false;
    struct span was = numbered(t, n_was, 1), is = numbered(t, n_is, step);
    struct buf *a = task_buf(t, was.n + 1), *b = task_buf(t, is.n + 1);
    int64_t at = 0, to = 0;
    linediff(t, was, is, &l, &n, &cut);
    for (size_t i = 0; i < n; i++) {
        if (l[i].kind != LINE_ADDED) {
            buf_span(a, l[i].text);
            buf_putc(a, '\n');
            assert_int_equal(l[i].was, ++at);
        }
        if (l[i].kind != LINE_REMOVED) {
            buf_span(b, l[i].text);
            buf_putc(b, '\n');
            assert_int_equal(l[i].is, ++to);
        }
    }
    assert_true(span_eq(buf_view(a), was));
    assert_true(span_eq(buf_view(b), is));
    assert_false(cut);
}

static void
nothing_is_lost(void **state)
{
    (void)state;
    static const size_t sizes[][3] = {{10, 5, 2}, {900, 900, 3}, {7000, 7000, 2}, {8000, 1, 1}, {1, 8000, 1}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct task t;
        task_begin(&t, 0);
        check_whole(&t, sizes[i][0], sizes[i][1], sizes[i][2]);
        task_end(&t);
    }
}

static void
what_is_too_long_is_told(void **state)
{
    (void)state;
    struct task t;
    struct linediff_line *l;
    size_t n;
    bool cut = false;
    task_begin(&t, 0);
    linediff(&t, SPAN("a\n"), numbered(&t, LINEDIFF_LINES + 1, 1), &l, &n, &cut);
    assert_true(cut);
    assert_true(n <= LINEDIFF_LINES + 1);
    task_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_stay_go_and_come),
        cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(what_is_too_long_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
