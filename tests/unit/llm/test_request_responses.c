/* test_request_responses: what goes to OpenAI Responses is legal, and what it wants back goes back. */
#include "chat.h"

static const char *
input(struct task *t, const struct llm_settings *s, struct llm_message *m, size_t n)
{
    const struct llm_chat chat = {.message = m, .n = n};
    return task_z(t, json_dump(t, json_object_get(build(t, s, &chat), "input")));
}

static void
calls_and_results_are_items(void **state)
{
    (void)state;
    struct llm_message m[] = {
        MESSAGE(LLM_USER, TXT("q")),
        MESSAGE(LLM_ASSISTANT, TXT("t"), CALL("a", "f", ""), CALL("b", "g.h", "{\"x")),
        MESSAGE(LLM_USER, RESULT("b", "two"), RESULT("zz", "orphan"), TXT("more"), TXT("and more")),
        MESSAGE(LLM_USER, RESULT("a", "")),
    };
    struct task t;
    task_begin(&t, 0);
    struct llm_settings s = llm_settings_default(LLM_OPENAI_RESPONSES, SPAN("m"));
    assert_string_equal(input(&t, &s, m, COUNT(m)),
        "[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"q\"}]},"
        "{\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"t\"}]},"
        "{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"f\",\"arguments\":\"{}\"},"
        "{\"type\":\"function_call\",\"call_id\":\"b\",\"name\":\"g_h\",\"arguments\":\"{\\\"invalid_json\\\":\\\"{"
        "\\\\\\\"x\\\"}\"},"
        "{\"type\":\"function_call_output\",\"call_id\":\"a\",\"output\":\"(no output)\"},"
        "{\"type\":\"function_call_output\",\"call_id\":\"b\",\"output\":\"two\"},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"more\"},{\"type\":\"input_text\","
        "\"text\":\"and more\"}]}]");
    task_end(&t);
}

#define ITEM(id) "{\"type\":\"reasoning\",\"id\":\"" id "\",\"summary\":[],\"encrypted_content\":\"h\\u002fm\"}"
#define THOUGHT(blob)                                                                                                  \
    {                                                                                                                  \
        .kind = LLM_REASONING, .text = SPAN("hm"), .opaque = SPAN(blob), .origin = SPAN("here")                        \
    }

static void
reasoning_goes_home_whole_and_never_alone(void **state)
{
    (void)state;
    struct llm_message m[] = {
        MESSAGE(LLM_USER, TXT("q")),
        MESSAGE(LLM_ASSISTANT, THOUGHT(ITEM("r1")), THOUGHT("{\"type\":\"reasoning\",\"id\":\"bare\",\"summary\":[]}"),
            CALL("a", "f", "{}"), THOUGHT(ITEM("last"))),
        MESSAGE(LLM_USER, RESULT("a", "1")),
        MESSAGE(LLM_ASSISTANT, {.kind = LLM_TEXT,
                                   .text = SPAN("t"),
                                   .opaque = SPAN("{\"phase\":\"commentary\"}"),
                                   .origin = SPAN("here")}),
        MESSAGE(LLM_USER, TXT("q")),
    };
    const struct llm_chat chat = {.message = m, .n = COUNT(m)};
    struct llm_request r;
    struct task t;
    task_begin(&t, 0);
    struct llm_settings s = llm_settings_default(LLM_OPENAI_RESPONSES, SPAN("m"));
    s.origin = SPAN("here");
    assert_int_equal(llm_request_build(&t, &s, &chat, &r), E_OK);
    assert_true(span_find(r.body, SPAN("," ITEM("r1") ",{\"type\":\"function_call\"")) > 0); /* byte for byte */
    assert_true(span_find(r.body, SPAN("bare")) < 0);
    assert_true(span_find(r.body, SPAN("\"last\"")) < 0);
    assert_true(span_find(r.body, SPAN("\"phase\":\"commentary\"}")) > 0);
    s.origin = SPAN("there");
    assert_int_equal(llm_request_build(&t, &s, &chat, &r), E_OK);
    assert_true(span_find(r.body, SPAN("reasoning")) < 0);
    assert_true(span_find(r.body, SPAN("phase")) < 0);
    task_end(&t);
}

static struct llm_tool TOOLS[] = {{LIT("tables"), LIT("Lists"), LIT("")}};
static struct llm_part QUESTION = {.kind = LLM_TEXT, .text = LIT("q")};
static struct llm_message ASK[] = {{LLM_USER, &QUESTION, 1}};

static void
settings_decide_the_keys(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    struct llm_chat chat = {SPAN("Rules."), SPAN("Monday."), ASK, 1, TOOLS, 1};
    struct llm_settings s = llm_settings_default(LLM_OPENAI_RESPONSES, SPAN("gpt-5"));
    s.max_tokens = 5;
    s.temperature = 0.5;
    s.no_tool_calls = true;
    s.extra = SPAN("{\"reasoning\":{\"effort\":\"low\"},\"input\":\"x\",\"store\":null}");
    json_t *j = build(&t, &s, &chat);
    assert_int_equal(json_int(j, "max_output_tokens", 0), 16); /* the least that the API takes */
    assert_null(json_object_get(j, "temperature"));
    assert_null(json_object_get(j, "store")); /* taken away */
    assert_true(json_is_array(json_object_get(j, "include")) && json_flag(j, "stream", false));
    assert_true(span_is(json_text(j, "tool_choice"), "none"));
    assert_true(span_is(json_text(json_object_get(j, "reasoning"), "effort"), "low"));
    assert_string_equal(task_z(&t, json_dump(&t, json_object_get(j, "input"))),
        "[{\"role\":\"developer\",\"content\":[{\"type\":\"input_text\",\"text\":\"Rules.\"},{\"type\":\"input_text\","
        "\"text\":\"Monday.\"}]},{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"q\"}]}]");
    assert_string_equal(task_z(&t, json_dump(&t, json_object_get(j, "tools"))),
        "[{\"type\":\"function\",\"name\":\"tables\",\"description\":\"Lists\",\"strict\":false,\"parameters\":{"
        "\"type\":\"object\",\"properties\":{}}}]");
    s = llm_settings_default(LLM_OPENAI_RESPONSES, SPAN("grok-4"));
    s.temperature = 0.5;
    j = build(&t, &s, &chat);
    assert_null(json_object_get(j, "include")); /* models that don't reason refuse to be asked for it */
    assert_null(json_object_get(j, "max_output_tokens"));
    assert_true(json_is_false(json_object_get(j, "store")) && json_is_real(json_object_get(j, "temperature")));
    task_end(&t);
}

static void
the_prefix_names_its_cache(void **state)
{
    (void)state;
    struct task t;
    struct llm_request a, b;
    task_begin(&t, 0);
    struct llm_settings s = llm_settings_default(LLM_OPENAI_RESPONSES, SPAN("m"));
    struct llm_chat chat = {SPAN("Rules."), SPAN("Monday."), ASK, 1, TOOLS, 1};
    assert_int_equal(llm_request_build(&t, &s, &chat, &a), E_OK);
    json_t *j = build(&t, &s, &chat);
    chat.context = SPAN("Tuesday.");
    assert_int_equal(llm_request_build(&t, &s, &chat, &b), E_OK);
    ptrdiff_t same = span_find(a.body, SPAN("Monday."));
    assert_true(same > 0);
    assert_memory_equal(a.body.p, b.body.p, (size_t)same);
    assert_int_equal(json_text(j, "prompt_cache_key").n, 32);
    assert_true(span_eq(json_text(j, "prompt_cache_key"), json_text(build(&t, &s, &chat), "prompt_cache_key")));
    assert_string_equal(a.path, "/responses");
    assert_int_equal(a.headers, 2);
    task_end(&t);
}

int
main(void)
{
    id_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_and_results_are_items),
        cmocka_unit_test(reasoning_goes_home_whole_and_never_alone),
        cmocka_unit_test(settings_decide_the_keys),
        cmocka_unit_test(the_prefix_names_its_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
