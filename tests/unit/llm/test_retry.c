/* test_retry: when to ask again, how long to wait, and what to tell people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* wants those above */

#include "base/id.h"
#include "llm/retry.h"

#include <string.h>

static void
what_may_pass_is_tried_again(void **state)
{
    static const struct {
        int status;
        enum llm_fault fault;
        const char *should_retry;
        bool shown, again;
    } CASE[] = {
        {429, LLM_FAULT_RATE, NULL, false, true},
        {429, LLM_FAULT_QUOTA, NULL, false, false},
        {429, LLM_FAULT_QUOTA, "true", false, false},
        {429, LLM_FAULT_RATE, NULL, true, false},
        {429, LLM_FAULT_RATE, "false", false, false},
        {400, LLM_FAULT_REFUSED, NULL, false, false},
        {400, LLM_FAULT_REFUSED, "true", false, true},
        {408, LLM_FAULT_SLOW, NULL, false, true},
        {409, LLM_FAULT_REFUSED, NULL, false, true},
        {500, LLM_FAULT_DOWN, NULL, false, true},
        {529, LLM_FAULT_DOWN, NULL, false, true},
        {401, LLM_FAULT_KEY, NULL, false, false},
        {404, LLM_FAULT_MODEL, NULL, false, false},
        {0, LLM_FAULT_DOWN, NULL, false, true},
        {200, LLM_FAULT_DOWN, NULL, false, true},
        {200, LLM_FAULT_CUT, NULL, false, true},
        {200, LLM_FAULT_CUT, NULL, true, false},
        {200, LLM_FAULT_NONSENSE, NULL, false, false},
        {200, LLM_FAULT_NONE, NULL, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        struct llm_attempt a = {.number = 1,
            .status = CASE[i].status,
            .fault = CASE[i].fault,
            .shown = CASE[i].shown,
            .should_retry = span_of(CASE[i].should_retry)};
        if (llm_retry_decide(&a).again != CASE[i].again)
            fail_msg("case %zu: status %d", i, CASE[i].status);
        a.number = LLM_ATTEMPTS;
        assert_false(llm_retry_decide(&a).again);
    }
}

static void
the_wait_doubles_unless_the_provider_says(void **state)
{
    static const struct {
        int number;
        const char *ms, *after;
        uint32_t chance;
        int64_t wait;      /* -1: no further attempt */
        const char *delay; /* in the error itself */
    } CASE[] = {
        {1, NULL, NULL, 0, 500, NULL},
        {2, NULL, NULL, 0, 1000, NULL},
        {3, NULL, NULL, 0, 2000, NULL},
        {3, NULL, NULL, 999, 1501, NULL},
        {1, "1250", "2", 0, 1250, NULL},
        {1, NULL, "2", 5, 2000, NULL},
        {1, NULL, " 0.5 ", 0, 500, NULL},
        {1, "0", NULL, 0, 0, NULL},
        {1, NULL, "60", 0, 60000, NULL},
        {1, NULL, "61", 0, -1, NULL},
        {1, NULL, "1e300", 0, -1, NULL},
        {1, "-5", NULL, 0, 500, NULL},
        {1, NULL, "soon", 0, 500, NULL},
        {1, NULL, "Sun, 06 Nov 1994 08:49:37 GMT", 0, 7000, NULL},
        {1, NULL, "Sun, 06 Nov 1994 08:49:00 GMT", 0, 0, NULL},
        {1, NULL, "Mon, 07 Nov 1994 08:49:37 GMT", 0, -1, NULL},
        {1, NULL, NULL, 0, 34400, "34.4s"},
        {1, NULL, "2", 0, 2000, "34s"},
        {1, NULL, NULL, 0, -1, "3600s"},
        {1, NULL, NULL, 0, 500, "34"},
        {1, NULL, NULL, 0, 500, "s"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        const struct llm_attempt a = {.number = CASE[i].number,
            .status = 429,
            .fault = LLM_FAULT_RATE,
            .retry_after_ms = span_of(CASE[i].ms),
            .retry_after = span_of(CASE[i].after),
            .retry_delay = span_of(CASE[i].delay),
            .chance = CASE[i].chance,
            .now_unix_ms = 784111770000};
        struct llm_retry r = llm_retry_decide(&a);
        if (r.again != (CASE[i].wait >= 0) || (r.again && r.wait_ms != CASE[i].wait))
            fail_msg("case %zu: again %d, wait %lld", i, r.again, (long long)r.wait_ms);
    }
}

static void
every_fault_has_a_sentence_of_its_own(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    for (int f = LLM_FAULT_DOWN; f < LLM_FAULT_COUNT; f++) {
        struct span s = llm_fault_sentence(&t, (enum llm_fault)f, SPAN("small-1"), SPAN("said\xFF"));
        assert_true(span_find(s, SPAN("\"small-1\"")) > 0);
        assert_true(span_ends(s, f == LLM_FAULT_REFUSED ? "It said: said\xEF\xBF\xBD" : "."));
        for (int g = LLM_FAULT_DOWN; g < f; g++) {
            assert_false(span_eq(s, llm_fault_sentence(&t, (enum llm_fault)g, SPAN("small-1"), SPAN_NONE)));
            assert_string_not_equal(llm_fault_word((enum llm_fault)f), llm_fault_word((enum llm_fault)g));
        }
    }
    task_end(&t);
}

int
main(void)
{
    id_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_pass_is_tried_again),
        cmocka_unit_test(the_wait_doubles_unless_the_provider_says),
        cmocka_unit_test(every_fault_has_a_sentence_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
