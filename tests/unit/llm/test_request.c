/* test_request: what goes to the providers is legal, whatever the conversation holds. */
#include "chat.h"

/* The messages of the request as JSON text. */
static const char *
messages(struct task *t, enum llm_api api, struct llm_message *m, size_t n)
{
    struct llm_settings s = llm_settings_default(api, SPAN("m"));
    const struct llm_chat chat = {.message = m, .n = n};
    return task_z(t, json_dump(t, json_object_get(build(t, &s, &chat), "messages")));
}

static void
check(struct llm_message *m, size_t n, const char *chat, const char *anthropic)
{
    struct task t;
    task_begin(&t, 0);
    assert_string_equal(messages(&t, LLM_OPENAI_CHAT, m, n), chat);
    assert_string_equal(messages(&t, LLM_ANTHROPIC, m, n), anthropic);
    task_end(&t);
}
#define CC ",\"cache_control\":{\"type\":\"ephemeral\"}"

static void
results_follow_their_calls_in_order(void **state)
{
    (void)state;
    struct llm_message m[] = {
        MESSAGE(LLM_USER, TXT("q")),
        MESSAGE(LLM_ASSISTANT, TXT("t"), CALL("a", "f", ""), CALL("b", "g", "{\"x\":1}"), CALL("c", "g", "{}")),
        MESSAGE(LLM_USER, RESULT("b", "two"), RESULT("zz", "orphan"), TXT("more")),
        MESSAGE(LLM_USER, RESULT("a", "")),
    };
    check(m, COUNT(m),
        "[{\"role\":\"user\",\"content\":\"q\"},"
        "{\"role\":\"assistant\",\"content\":\"t\",\"tool_calls\":["
        "{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},"
        "{\"id\":\"b\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"{\\\"x\\\":1}\"}},"
        "{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]},"
        "{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"(no output)\"},"
        "{\"role\":\"tool\",\"tool_call_id\":\"b\",\"content\":\"two\"},"
        "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"This call was not run.\"},"
        "{\"role\":\"user\",\"content\":\"more\"}]",
        "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"q\"}]},"
        "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"t\"},"
        "{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":{}},"
        "{\"type\":\"tool_use\",\"id\":\"b\",\"name\":\"g\",\"input\":{\"x\":1}},"
        "{\"type\":\"tool_use\",\"id\":\"c\",\"name\":\"g\",\"input\":{}}]},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"a\",\"content\":\"(no output)\"},"
        "{\"type\":\"tool_result\",\"tool_use_id\":\"b\",\"content\":\"two\"},"
        "{\"type\":\"tool_result\",\"tool_use_id\":\"c\",\"content\":\"This call was not run.\",\"is_error\":true},"
        "{\"type\":\"text\",\"text\":\"more\"" CC "}]}]");
}

static void
what_is_empty_is_left_out_and_the_user_has_both_ends(void **state)
{
    (void)state;
    struct llm_message m[] = {
        MESSAGE(LLM_ASSISTANT, TXT("hello"), TXT(" \n")),
        MESSAGE(LLM_USER, TXT("  ")),
        MESSAGE(LLM_ASSISTANT, {.kind = LLM_REASONING, .text = SPAN("alone")}),
        MESSAGE(LLM_USER, TXT("one")),
        MESSAGE(LLM_USER, TXT("two")),
        MESSAGE(LLM_ASSISTANT, TXT("bye ")),
    };
    check(m, COUNT(m),
        "[{\"role\":\"user\",\"content\":\"(The conversation goes "
        "on.)\"},{\"role\":\"assistant\",\"content\":\"hello\"},"
        "{\"role\":\"user\",\"content\":\"one\\n\\ntwo\"},{\"role\":\"assistant\",\"content\":\"bye "
        "\"},{\"role\":\"user\",\"content\":\"(Go on.)\"}]",
        "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"(The conversation goes on.)\"}]},"
        "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"hello\"}]},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"one\"},{\"type\":\"text\",\"text\":\"two\"}]},"
        "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"bye \"}]},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"(Go on.)\"" CC "}]}]");
}

static void
ids_names_and_arguments_are_made_legal(void **state)
{
    (void)state;
    struct llm_message m[] = {
        MESSAGE(LLM_USER, TXT("q")),
        MESSAGE(LLM_ASSISTANT, CALL("functions.f:0", "a.b", "{\"x"), CALL("i", "", "[1]")),
        MESSAGE(LLM_USER, RESULT("functions.f:0", "1\0\xFF\xED\xA0\x80"), RESULT("i", "2")),
        MESSAGE(LLM_ASSISTANT, CALL("i", "f", "{\"a\":\"\\u0000\"}"), CALL("i", "f", "{\"n\":12345678901234567890}")),
        MESSAGE(LLM_USER, RESULT("i", "3"), RESULT("i", "4")),
    };
#define FFFD "\xEF\xBF\xBD"
    check(m, COUNT(m),
        "[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["
        "{\"id\":\"functions.f:0\",\"type\":\"function\",\"function\":{\"name\":\"a_b\",\"arguments\":\"{\\\"invalid_"
        "json\\\":\\\"{\\\\\\\"x\\\"}\"}},"
        "{\"id\":\"i\",\"type\":\"function\",\"function\":{\"name\":\"unnamed\",\"arguments\":\"{\\\"invalid_json\\\":"
        "\\\"[1]\\\"}\"}}]},"
        "{\"role\":\"tool\",\"tool_call_id\":\"functions.f:0\",\"content\":\"1" FFFD FFFD FFFD FFFD FFFD "\"},"
        "{\"role\":\"tool\",\"tool_call_id\":\"i\",\"content\":\"2\"},{\"role\":\"assistant\",\"content\":null,\"tool_"
        "calls\":["
        "{\"id\":\"call_n3\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":\\\"" FFFD
        "\\\"}\"}},"
        "{\"id\":\"call_n4\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"n\\\":"
        "12345678901234567890}\"}}]},"
        "{\"role\":\"tool\",\"tool_call_id\":\"call_n3\",\"content\":\"3\"},{\"role\":\"tool\",\"tool_call_id\":\"call_"
        "n4\",\"content\":\"4\"}]",
        "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"q\"}]},{\"role\":\"assistant\",\"content\":["
        "{\"type\":\"tool_use\",\"id\":\"call_n1\",\"name\":\"a_b\",\"input\":{\"invalid_json\":\"{\\\"x\"}},"
        "{\"type\":\"tool_use\",\"id\":\"i\",\"name\":\"unnamed\",\"input\":{\"invalid_json\":\"[1]\"}}]},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"call_n1\",\"content\":\"1" FFFD
            FFFD FFFD FFFD FFFD "\"},"
        "{\"type\":\"tool_result\",\"tool_use_id\":\"i\",\"content\":\"2\"}]},{\"role\":\"assistant\",\"content\":["
        "{\"type\":\"tool_use\",\"id\":\"call_n3\",\"name\":\"f\",\"input\":{\"a\":\"" FFFD "\"}},"
        "{\"type\":\"tool_use\",\"id\":\"call_n4\",\"name\":\"f\",\"input\":{\"n\":1.2345678901234567e19}}]},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"call_n3\",\"content\":\"3\"},"
        "{\"type\":\"tool_result\",\"tool_use_id\":\"call_n4\",\"content\":\"4\"" CC "}]}]");
}

static void
blobs_go_home_alone(void **state)
{
    (void)state;
    static const char THOUGHT[] = "{\"type\":\"thinking\",\"thinking\":\"h\\u002fm\",\"signature\":\"s\"}";
    struct llm_message m[] = {
        MESSAGE(LLM_USER, TXT("q")),
        MESSAGE(LLM_ASSISTANT,
            {.kind = LLM_REASONING, .text = SPAN("h/m"), .opaque = span_of(THOUGHT), .origin = SPAN("one")},
            {.kind = LLM_REASONING,
                .text = SPAN("x"),
                .opaque = SPAN("{\"type\":\"thinking\",\"thinking\":\"torso\"}"),
                .origin = SPAN("one")},
            CALL("a", "f", "{}")),
    };
    struct task t;
    task_begin(&t, 0);
    const struct llm_chat chat = {.message = m, .n = COUNT(m)};
    struct llm_settings s = llm_settings_default(LLM_ANTHROPIC, SPAN("m"));
    struct llm_request r;
    s.extra = SPAN("{\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":5000}}");
    s.origin = SPAN("one");
    assert_int_equal(llm_request_build(&t, &s, &chat, &r), E_OK);
    assert_true(span_find(r.body, span_of(THOUGHT)) > 0); /* byte for byte */
    assert_true(span_find(r.body, SPAN("torso")) < 0);
    assert_true(span_find(r.body, SPAN("\"thinking\":{\"type\":\"enabled\"")) > 0);
    assert_true(span_find(r.body, SPAN("\"max_tokens\":9096")) > 0); /* room for the thoughts */
    s.origin = SPAN("two"); /* another provider goes on with the turn: no blob, so no thinking */
    assert_int_equal(llm_request_build(&t, &s, &chat, &r), E_OK);
    assert_true(span_find(r.body, SPAN("\"thinking\"")) < 0);
    task_end(&t);
}

static void
chat_blobs_become_members(void **state)
{
    (void)state;
    struct llm_message m[] = {
        MESSAGE(LLM_USER, TXT("q")),
        MESSAGE(LLM_ASSISTANT,
            {.kind = LLM_REASONING,
                .text = SPAN("hm"),
                .opaque = SPAN("{\"reasoning_details\":[{\"a\":1}]}"),
                .origin = SPAN("o")},
            {.kind = LLM_CALL,
                .id = SPAN("a"),
                .name = SPAN("f"),
                .opaque = SPAN("{\"extra_content\":{\"g\":2}}"),
                .origin = SPAN("o")}),
    };
    struct task t;
    task_begin(&t, 0);
    const struct llm_chat chat = {.message = m, .n = COUNT(m)};
    struct llm_settings s = llm_settings_default(LLM_OPENAI_CHAT, SPAN("m"));
    s.origin = SPAN("o");
    s.reasoning_key = SPAN("reasoning_content");
    const json_t *said = json_array_get(json_object_get(build(&t, &s, &chat), "messages"), 1);
    assert_string_equal(task_z(&t, json_dump(&t, said)),
        "{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"hm\",\"reasoning_details\":[{\"a\":1}],"
        "\"tool_calls\":["
        "{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"},\"extra_content\":{"
        "\"g\":2}}]}");
    task_end(&t);
}

static struct llm_tool TOOLS[] = {
    {LIT("sql"), LIT("Runs SQL"), LIT("{\"type\":\"object\",\"properties\":{\"q\":{\"type\":\"string\"}}}")},
    {LIT("tables"), LIT(""), LIT("")},
};
static struct llm_part QUESTION = {.kind = LLM_TEXT, .text = LIT("q")};
static struct llm_message ASK[] = {{LLM_USER, &QUESTION, 1}};

static void
the_prefix_is_first_cached_and_the_same(void **state)
{
    (void)state;
    struct task t;
    struct llm_request a, b;
    task_begin(&t, 0);
    struct llm_settings s = llm_settings_default(LLM_ANTHROPIC, SPAN("m"));
    struct llm_chat chat = {SPAN("Rules."), SPAN("Monday."), ASK, 1, TOOLS, 2};
    assert_int_equal(llm_request_build(&t, &s, &chat, &a), E_OK);
    chat.context = SPAN("Tuesday.");
    assert_int_equal(llm_request_build(&t, &s, &chat, &b), E_OK);
    ptrdiff_t same = span_find(a.body, SPAN("Monday."));
    assert_true(same > 0);
    assert_memory_equal(a.body.p, b.body.p, (size_t)same);
    assert_true(span_find(span_first(a.body, (size_t)same), SPAN("{\"type\":\"text\",\"text\":\"Rules.\"" CC "}")) > 0);
    assert_true(span_find(a.body, SPAN("\"input_schema\":{\"type\":\"object\",\"properties\":{}}")) > 0);
    assert_string_equal(a.path, "/messages");
    assert_int_equal(a.headers, 3);
    task_end(&t);
}

static void
settings_decide_the_keys(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    struct llm_chat chat = {SPAN("Rules."), SPAN("Monday."), ASK, 1, TOOLS, 2};
    struct llm_settings s = llm_settings_default(LLM_OPENAI_CHAT, SPAN("o3"));
    s.max_tokens = 100;
    s.temperature = 0.5;
    s.no_tool_calls = true;
    s.extra = SPAN("{\"seed\":7,\"stream_options\":null,\"model\":\"other\"}");
    json_t *j = build(&t, &s, &chat);
    assert_int_equal(json_int(j, "max_completion_tokens", 0), 100);
    assert_null(json_object_get(j, "max_tokens"));
    assert_null(json_object_get(j, "temperature"));
    assert_null(json_object_get(j, "stream_options"));
    assert_int_equal(json_int(j, "seed", 0), 7);
    assert_true(span_is(json_text(j, "model"), "o3"));
    assert_true(span_is(json_text(j, "tool_choice"), "none"));
    const json_t *first = json_array_get(json_object_get(j, "messages"), 0);
    assert_true(span_is(json_text(first, "role"), "developer"));
    assert_true(span_is(json_text(first, "content"), "Rules.\n\nMonday."));
    s = llm_settings_default(LLM_OPENAI_CHAT, SPAN("llama"));
    s.max_tokens = 100;
    s.temperature = 0.5;
    j = build(&t, &s, &chat);
    assert_int_equal(json_int(j, "max_tokens", 0), 100);
    assert_true(json_object_get(j, "temperature") && json_flag(j, "stream", false));
    assert_true(json_flag(json_object_get(j, "stream_options"), "include_usage", false));
    task_end(&t);
}

static void
what_cannot_be_sent_is_said(void **state)
{
    (void)state;
    struct llm_tool bad[][2] = {{{SPAN("a b"), SPAN(""), SPAN_NONE}}, {{SPAN("f"), SPAN(""), SPAN("[]")}},
        {{SPAN("f"), SPAN(""), SPAN_NONE}, {SPAN("f"), SPAN(""), SPAN_NONE}}};
    struct llm_settings s = llm_settings_default(LLM_ANTHROPIC, SPAN("m"));
    struct task t;
    struct llm_request r;
    for (size_t i = 0; i < 3; i++) {
        task_begin(&t, 0);
        const struct llm_chat chat = {.message = ASK, .n = 1, .tool = bad[i], .tools = i == 2 ? 2 : 1};
        assert_int_equal(llm_request_build(&t, &s, &chat, &r), E_INVALID);
        assert_true(strlen(t.cause) > 20);
        task_end(&t);
    }
    task_begin(&t, 0);
    assert_int_equal(llm_request_build(&t, &s, &(struct llm_chat){.system = SPAN("x")}, &r), E_INVALID);
    task_end(&t);
}

int
main(void)
{
    id_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_follow_their_calls_in_order),
        cmocka_unit_test(what_is_empty_is_left_out_and_the_user_has_both_ends),
        cmocka_unit_test(ids_names_and_arguments_are_made_legal),
        cmocka_unit_test(blobs_go_home_alone),
        cmocka_unit_test(chat_blobs_become_members),
        cmocka_unit_test(the_prefix_is_first_cached_and_the_same),
        cmocka_unit_test(settings_decide_the_keys),
        cmocka_unit_test(what_cannot_be_sent_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
