/* test_golden: the function against tests/cases/policy/golden.tsv.gz: all 43,200 rows, decision and reason. Who changes
 * the policy on purpose writes it anew: `lyceum policy table | gzip -n -9`. */
#include "base/task.h"
#include "policy/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROW_BYTES = 300 };

static void
the_function_is_as_the_golden_file_says(void **state)
{
    (void)state;
    struct task t;
    struct policy_case c;
    char line[ROW_BYTES];
    task_begin(&t, 0);
    FILE *golden = popen("gzip -dc '" LYCEUM_SOURCE_DIR "/tests/cases/policy/golden.tsv.gz'", "r");
    assert_non_null(golden);
    struct buf *want = task_buf(&t, ROW_BYTES);
    policy_table_put_head(want);
    for (int n = -1; n < POLICY_CASES; n++) {
        const char *reason;
        if (n >= 0) {
            buf_clear(want);
            policy_table_case(n, &c);
            enum policy_decision d = policy_decide(&c, &reason);
            policy_table_put_row(want, &c, d, reason);
        }
        assert_non_null(fgets(line, sizeof line, golden));
        assert_string_equal(line, buf_z(want));
    }
    assert_null(fgets(line, sizeof line, golden));
    assert_int_equal(pclose(golden), 0);
    task_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_function_is_as_the_golden_file_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
