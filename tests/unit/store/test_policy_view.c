/* test_policy_view: two implementations of one policy, row by row, in decision and reason. */
#include "policy/table.h"
#include "store/policy_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TABLE_BYTES = 16 << 20, ROW_BYTES = 300 };

static void
the_view_agrees_with_the_function_on_every_row(void **state)
{
    (void)state;
    struct task t;
    struct span rest, line;
    task_begin(&t, 0);
    struct buf *view = task_buf(&t, TABLE_BYTES), *want = task_buf(&t, ROW_BYTES);
    assert_int_equal(policy_view_put(&t, view), E_OK);
    rest = buf_view(view);
    policy_table_put_head(want);
    for (int n = -1; n < POLICY_CASES; n++) {
        struct policy_case c;
        const char *reason;
        if (n >= 0) {
            buf_clear(want);
            policy_table_case(n, &c);
            enum policy_decision d = policy_decide(&c, &reason);
            policy_table_put_row(want, &c, d, reason);
        }
        assert_true(span_cut(&rest, '\n', &line));
        assert_string_equal(task_printf(&t, "%.*s\n", SPAN_ARG(line)), buf_z(want));
    }
    assert_int_equal(rest.n, 0);
    task_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_view_agrees_with_the_function_on_every_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
