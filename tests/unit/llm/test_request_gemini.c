/* test_request_gemini: what goes to Gemini is legal, and signatures and ids go back to where they came from. */
#include "chat.h"

static const char *
contents(struct task *t, const struct llm_settings *s, struct llm_message *m, size_t n)
{
    const struct llm_chat chat = {.message = m, .n = n};
    return task_z(t, json_dump(t, json_object_get(build(t, s, &chat), "contents")));
}

static void
calls_have_results_of_their_names(void **state)
{
    (void)state;
    struct llm_message m[] = {
        MESSAGE(LLM_USER, TXT("q"), TXT("r")),
        MESSAGE(LLM_ASSISTANT, TXT("t"), CALL("call_1", "f", ""), TXT("u"), CALL("call_2", "9g.h", "{\"x\":1}")),
        MESSAGE(LLM_USER, RESULT("call_1", "")),
        MESSAGE(LLM_USER, TXT("more")),
    };
    struct task t;
    task_begin(&t, 0);
    struct llm_settings s = llm_settings_default(LLM_GEMINI, SPAN("gemini-2.5-flash"));
    assert_string_equal(contents(&t, &s, m, COUNT(m)),
        "[{\"role\":\"user\",\"parts\":[{\"text\":\"q\"},{\"text\":\"r\"}]},"
        "{\"role\":\"model\",\"parts\":[{\"text\":\"t\"},{\"functionCall\":{\"name\":\"f\",\"args\":{}}},{\"text\":"
        "\"u\"},{\"functionCall\":{\"name\":\"_g_h\",\"args\":{\"x\":1}}}]},"
        "{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"name\":\"f\",\"response\":{\"output\":\"(no "
        "output)\"}}},"
        "{\"functionResponse\":{\"name\":\"_g_h\",\"response\":{\"error\":\"This call was not run.\"}}}]},"
        "{\"role\":\"user\",\"parts\":[{\"text\":\"more\"}]}]");
    task_end(&t);
}

#define SIGNED(kind_, text_, blob)                                                                                     \
    {                                                                                                                  \
        .kind = kind_, .text = SPAN(text_), .opaque = SPAN(blob), .origin = SPAN("here")                               \
    }

static void
signatures_and_ids_go_home_alone(void **state)
{
    (void)state;
    struct llm_part call = {.kind = LLM_CALL,
        .id = SPAN("x1"),
        .name = SPAN("f"),
        .arguments = SPAN("{}"),
        .opaque = SPAN("{\"thoughtSignature\":\"s3\",\"id\":\"x1\"}"),
        .origin = SPAN("here")};
    struct llm_message m[] = {
        MESSAGE(LLM_USER, TXT("q")),
        MESSAGE(LLM_ASSISTANT, {.kind = LLM_REASONING, .text = SPAN("hm")},
            SIGNED(LLM_TEXT, "a", "{\"thoughtSignature\":\"s1\"}"),
            SIGNED(LLM_REASONING, "", "{\"thoughtSignature\":\"s2\"}"), call, CALL("call_2", "g", "{}")),
        MESSAGE(LLM_USER, RESULT("x1", "1"), RESULT("call_2", "2")),
    };
    struct task t;
    task_begin(&t, 0);
    struct llm_settings s = llm_settings_default(LLM_GEMINI, SPAN("gemini-3-pro"));
    s.origin = SPAN("here");
    assert_string_equal(contents(&t, &s, m, COUNT(m)),
        "[{\"role\":\"user\",\"parts\":[{\"text\":\"q\"}]},{\"role\":\"model\",\"parts\":["
        "{\"text\":\"a\",\"thoughtSignature\":\"s1\"},{\"text\":\"\",\"thoughtSignature\":\"s2\"},"
        "{\"functionCall\":{\"id\":\"x1\",\"name\":\"f\",\"args\":{}},\"thoughtSignature\":\"s3\"},"
        "{\"functionCall\":{\"name\":\"g\",\"args\":{}}}]},"
        "{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"id\":\"x1\",\"name\":\"f\",\"response\":{\"output\":"
        "\"1\"}}},{\"functionResponse\":{\"name\":\"g\",\"response\":{\"output\":\"2\"}}}]}]");
    s.origin = SPAN("there"); /* what another provider began: the first call says so, where one must be signed */
    const char *other = contents(&t, &s, m, COUNT(m));
    assert_null(strstr(other, "\"s1\""));
    assert_null(strstr(other, "\"x1\""));
    assert_non_null(strstr(other, "{\"functionCall\":{\"name\":\"f\",\"args\":{}},\"thoughtSignature\":\"skip_thought_"
                                  "signature_validator\"},{\"functionCall\":{\"name\":\"g\",\"args\":{}}}"));
    s.model = SPAN("gemini-2.5-pro");
    assert_null(strstr(contents(&t, &s, m, COUNT(m)), "thoughtSignature"));
    task_end(&t);
}

static struct llm_tool TOOLS[] = {
    {LIT("sql"), LIT("Runs SQL"), LIT("{\"type\":\"object\",\"properties\":{\"q\":{\"type\":[\"string\",\"null\"]}}}")},
    {LIT("tables"), LIT(""), LIT("{\"type\":\"object\",\"properties\":{}}")},
};
static struct llm_part QUESTION = {.kind = LLM_TEXT, .text = LIT("q")};
static struct llm_message ASK[] = {{LLM_USER, &QUESTION, 1}};

static void
settings_decide_the_keys(void **state)
{
    (void)state;
    struct task t;
    struct llm_request r;
    task_begin(&t, 0);
    struct llm_chat chat = {SPAN("Rules."), SPAN("Monday."), ASK, 1, TOOLS, 2};
    struct llm_settings s = llm_settings_default(LLM_GEMINI, SPAN("gemini-2.5-flash"));
    s.max_tokens = 100;
    s.temperature = 0.5;
    s.no_tool_calls = true;
    s.extra = SPAN("{\"generationConfig\":{\"thinkingConfig\":{\"thinkingBudget\":0},\"temperature\":1},\"toolConfig\":"
                   "{},\"model\":\"x\",\"safetySettings\":[]}");
    assert_int_equal(llm_request_build(&t, &s, &chat, &r), E_OK);
    assert_string_equal(task_z(&t, r.body),
        "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"q\"}]}],"
        "\"systemInstruction\":{\"parts\":[{\"text\":\"Rules.\"},{\"text\":\"Monday.\"}]},"
        "\"tools\":[{\"functionDeclarations\":[{\"name\":\"sql\",\"description\":\"Runs SQL\",\"parametersJsonSchema\":"
        "{\"type\":\"object\",\"properties\":{\"q\":{\"type\":[\"string\",\"null\"]}}}},{\"name\":\"tables\","
        "\"description\":\"\"}]}],\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"NONE\"}},"
        "\"generationConfig\":{\"thinkingConfig\":{\"thinkingBudget\":0},\"temperature\":1,\"maxOutputTokens\":100},"
        "\"safetySettings\":[]}");
    assert_string_equal(r.path, "/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
    s.model = SPAN("tunedModels/mine");
    s.no_stream = true;
    assert_int_equal(llm_request_build(&t, &s, &chat, &r), E_OK);
    assert_string_equal(r.path, "/tunedModels/mine:generateContent");
    struct llm_tool bad = {SPAN("1st"), SPAN(""), SPAN_NONE};
    chat.tool = &bad;
    chat.tools = 1;
    assert_int_equal(llm_request_build(&t, &s, &chat, &r), E_INVALID);
    task_end(&t);
}

int
main(void)
{
    id_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_have_results_of_their_names),
        cmocka_unit_test(signatures_and_ids_go_home_alone),
        cmocka_unit_test(settings_decide_the_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
