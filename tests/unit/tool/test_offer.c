/* Which tools a conversation is told of, and the fixed words of refusals. */
#include "base/conf.h"
#include "base/json.h"
#include "tool/refusal.h"
#include "tool/tool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* The names that a list of gate's gives, with blanks between. */
static const char *
told(struct task *t, const char *names)
{
    struct tool_world w = {.wake_fd = -1};
    json_t *list = NULL;
    size_t n;
    struct buf *b = task_buf(t, 4096);
    if (names)
        assert_int_equal(json_read(t, span_of(names), &list), E_OK);
    w.tools = list;
    const struct llm_tool *tools = tool_list(t, &w, &n);
    for (size_t i = 0; i < n; i++) {
        json_t *schema;
        buf_printf(b, "%s%.*s", i ? " " : "", SPAN_ARG(tools[i].name));
        assert_int_equal(json_read(t, tools[i].schema, &schema), E_OK);
        assert_true(tool_offers(&w, task_z(t, tools[i].name)));
    }
    return task_z(t, buf_view(b));
}

static void
the_order_is_fixed(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    assert_string_equal(told(&t, NULL), "find_tables describe sql rows ask cannot_answer");
    assert_string_equal(told(&t, "[]"), "");
    assert_string_equal(told(&t, "[\"fetch_url\",\"scratch\",\"sql\",\"browser\",7]"), "sql scratch fetch_url");
    assert_string_equal(told(&t, "[\"save_query\",\"write_sql\",\"cannot_answer\",\"find_tables\"]"),
        "find_tables cannot_answer write_sql save_query");
    task_end(&t);
}

static void
wrong_calls_of_what_is_not_offered(void **state)
{
    (void)state;
    struct task t;
    struct tool_world w = {.wake_fd = -1};
    struct tool_call call;
    struct tool_done done = {0};
    task_begin(&t, 0);
    tool_read(&t, &w, SPAN("write_sql"), SPAN("{\"statement\":1}"), &call, &done);
    assert_true(!call.checked && span_is(done.kind, "no-such-tool"));
    tool_read(&t, &w, SPAN("sql"), SPAN("{\"statement\":1}"), &call, &done);
    assert_true(!call.checked && span_is(done.kind, "arguments"));
    tool_read(&t, &w, SPAN("browser"), SPAN("{}"), &call, &done);
    assert_true(!call.checked && span_is(done.kind, "unknown_tool"));
    assert_true(span_find(done.json, SPAN("write_sql")) < 0 && span_find(done.json, SPAN("find_tables")) > 0);
    tool_read(&t, &w, SPAN("write_sql"), SPAN("{\"sql\":\"delete from a\"}"), &call, &done);
    assert_true(call.checked); /* gate is to decide it, and have it on record */
    task_end(&t);
}

static void
codes_are_words(void **state)
{
    (void)state;
    assert_true(span_is(refusal_code(SPAN("above-clearance")), "above-clearance"));
    assert_true(span_is(refusal_code(SPAN("")), "refused"));
    assert_true(span_is(refusal_code(SPAN("4 rows of salary")), "refused"));
    assert_true(span_is(refusal_code(SPAN("a-code-that-is-much-longer-than-any-code-of-ours")), "refused"));
    assert_true(span_ends(refusal_sentence(SPAN("declined")), "."));
    assert_true(span_is(refusal_sentence(SPAN("never heard of")), "This call is not allowed here."));
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_fixed),
        cmocka_unit_test(wrong_calls_of_what_is_not_offered),
        cmocka_unit_test(codes_are_words),
    };
    struct task t;
    setenv("LYCEUM_STATE", "/nonexistent", 1); /* the settings' defaults */
    task_begin(&t, 0);
    int failed = conf_load(&t) != E_OK ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
    task_end(&t);
    return failed;
}
