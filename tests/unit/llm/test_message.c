/* test_message: the conversation and the settings survive the database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* wants those above */

#include "base/id.h"
#include "llm/message.h"

#include <string.h>

static bool
same_part(const struct llm_part *a, const struct llm_part *b)
{
    return a->kind == b->kind && a->failed == b->failed && span_eq(a->text, b->text) && span_eq(a->id, b->id) &&
           span_eq(a->name, b->name) && span_eq(a->arguments, b->arguments) && span_eq(a->opaque, b->opaque) &&
           span_eq(a->origin, b->origin);
}

static void
a_message_comes_back_byte_for_byte(void **state)
{
    (void)state;
    struct llm_part part[] = {
        {.kind = LLM_REASONING,
            .text = SPAN("hm"),
            .opaque = SPAN("{ \"type\":\"thinking\", \"n\":1.50, \"signature\":\"a\\u002fb\" }"),
            .origin = SPAN("x")},
        {.kind = LLM_TEXT, .text = SPAN("</script>\0 \xF0\x9F\x98\x80\n\"")},
        {.kind = LLM_CALL, .id = SPAN("c"), .name = SPAN("f"), .arguments = SPAN("{\"a\": 12345678901234567890}")},
        {.kind = LLM_RESULT, .id = SPAN("c"), .text = SPAN("no such table"), .failed = true},
    };
    const struct llm_message m = {LLM_ASSISTANT, part, 4};
    struct task t;
    struct llm_message back;
    task_begin(&t, 0);
    struct buf *b = task_buf(&t, 4096);
    llm_message_put(b, &m);
    assert_int_equal(llm_message_read(&t, buf_view(b), &back), E_OK);
    assert_int_equal(back.role, LLM_ASSISTANT);
    assert_int_equal(back.n, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(same_part(&part[i], &back.part[i]));
    task_end(&t);
}

static void
a_tool_comes_back(void **state)
{
    (void)state;
    const struct llm_tool tool = {SPAN("sql"), SPAN("Runs \"SQL\""), SPAN("{ \"type\": \"object\" }")};
    struct task t;
    struct llm_tool back;
    task_begin(&t, 0);
    struct buf *b = task_buf(&t, 4096);
    llm_tool_put(b, &tool);
    assert_int_equal(llm_tool_read(&t, buf_view(b), &back), E_OK);
    assert_true(span_eq(tool.name, back.name) && span_eq(tool.description, back.description) &&
                span_eq(tool.schema, back.schema));
    task_end(&t);
}

static void
what_is_no_message_is_refused(void **state)
{
    static const char *const BAD[] = {"", "[]", "{\"role\":\"user\"}", "{\"role\":\"king\",\"parts\":[]}",
        "{\"role\":\"user\",\"parts\":[{\"kind\":\"song\"}]}", "{\"role\":\"user\",\"parts\":[7]}"};
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct task t;
        struct llm_message m;
        task_begin(&t, 0);
        assert_int_equal(llm_message_read(&t, span_of(BAD[i]), &m), E_INVALID);
        assert_true(strlen(t.cause) > 10);
        task_end(&t);
    }
}

static void
settings_come_from_the_name_and_the_record(void **state)
{
    (void)state;
    assert_true(llm_settings_default(LLM_OPENAI_RESPONSES, SPAN("gpt-5-mini")).encrypted_reasoning);
    assert_false(llm_settings_default(LLM_OPENAI_RESPONSES, SPAN("gpt-4o")).encrypted_reasoning);
    struct llm_settings s = llm_settings_default(LLM_OPENAI_CHAT, SPAN("o3-mini"));
    assert_true(s.completion_tokens_key && s.developer_role && s.no_temperature);
    s = llm_settings_default(LLM_OPENAI_CHAT, SPAN("llama3.2"));
    assert_false(s.completion_tokens_key || s.developer_role || s.no_temperature);
    struct task t;
    task_begin(&t, 0);
    static const char RECORD[] =
        "{\"max_tokens_key\":\"max_completion_tokens\",\"system_role\":\"developer\",\"temperature\":0.5,"
        "\"stream_usage\":false,\"stream\":true,\"max_output\":4000,\"reasoning_key\":\"reasoning_content\","
        "\"encrypted_reasoning\":true,\"extra\":{\"seed\":7}}";
    assert_int_equal(llm_settings_read(&t, span_of(RECORD), &s), E_OK);
    assert_true(s.completion_tokens_key && s.developer_role && s.no_stream_usage && !s.no_stream);
    assert_int_equal(s.max_tokens, 4000);
    struct buf *b = task_buf(&t, 4096);
    llm_settings_put(b, &s);
    assert_string_equal(buf_z(b), RECORD);
    task_end(&t);
}

static void
a_wrong_property_is_named(void **state)
{
    static const char *const BAD[] = {"{\"max_tokens_key\":\"tokens\"}", "{\"system_role\":1}", "{\"temperature\":9}",
        "{\"max_output\":-1}", "{\"extra\":[]}"};
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct task t;
        struct llm_settings s = llm_settings_default(LLM_ANTHROPIC, SPAN("m"));
        task_begin(&t, 0);
        assert_int_equal(llm_settings_read(&t, span_of(BAD[i]), &s), E_INVALID);
        assert_non_null(strstr(t.cause, "property"));
        task_end(&t);
    }
}

int
main(void)
{
    id_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_comes_back_byte_for_byte),
        cmocka_unit_test(a_tool_comes_back),
        cmocka_unit_test(what_is_no_message_is_refused),
        cmocka_unit_test(settings_come_from_the_name_and_the_record),
        cmocka_unit_test(a_wrong_property_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
