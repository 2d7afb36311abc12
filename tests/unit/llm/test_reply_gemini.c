/* test_reply_gemini: each pitfall of Gemini, as a small recording of our own. */
#include "decode.h"

#define D(json) "data: " json "\r\n\r\n"
#define PARTS(parts) "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[" parts "]},\"index\":0}]}"
#define LAST(parts, why)                                                                                               \
    "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[" parts "]},\"finishReason\":\"" why "\"}]," USAGE   \
    ",\"modelVersion\":\"m\"}"
#define USAGE                                                                                                          \
    "\"usageMetadata\":{\"promptTokenCount\":10,\"cachedContentTokenCount\":3,\"candidatesTokenCount\":7,"             \
    "\"thoughtsTokenCount\":5,\"toolUsePromptTokenCount\":2,\"totalTokenCount\":24}"
#define TEXT(s) "{\"text\":\"" s "\"}"
#define THOUGHT(s) "{\"text\":\"" s "\",\"thought\":true}"
#define CALL_(name, args) "{\"functionCall\":{\"name\":\"" name "\",\"args\":" args "}}"
#define SIGNED(name, args) "{\"functionCall\":{\"name\":\"" name "\",\"args\":" args "},\"thoughtSignature\":\"sig\"}"
#define ERROR(code, status, message)                                                                                   \
    "{\"error\":{\"code\":" #code ",\"message\":\"" message "\",\"status\":\"" status "\"}}"

static const struct recording STREAM[] = {
    {"text", 200, D(PARTS(TEXT("Hel"))) D(LAST(TEXT("lo"), "STOP")), "Hello|||stop|"},
    {"thoughts, text, parallel calls without ids", 200,
        D(PARTS(THOUGHT("hm"))) D(PARTS(TEXT("Look: "))) D(PARTS(SIGNED("f", "{\"a\":1}") "," CALL_("f", "{\"a\":2}")))
            D(LAST(TEXT(""), "STOP")),
        "Look: |hm|call_1:f({\"a\":1}) call_2:f({\"a\":2})|tool_calls|"},
    {"ids of their own", 200, D(LAST("{\"functionCall\":{\"id\":\"x1\",\"name\":\"f\",\"args\":{}}}", "STOP")),
        "||x1:f({})|tool_calls|"},
    {"no args at all", 200, D(LAST("{\"functionCall\":{\"name\":\"f\"}}", "STOP")), "||call_1:f({})|tool_calls|"},
    {"a call of nothing", 200, D(LAST("{\"functionCall\":{}}," TEXT("a"), "STOP")), "a|||stop|"},
    {"the reason comes before the call", 200, D(LAST(TEXT("a"), "STOP")) D(PARTS(CALL_("f", "{}"))),
        "a||call_1:f({})|tool_calls|"},
    {"cut by length", 200, D(LAST(TEXT("a"), "MAX_TOKENS")), "a|||length|"},
    {"the filter, in the middle", 200,
        D(PARTS(TEXT("Half"))) D("{\"candidates\":[{\"finishReason\":\"SAFETY\",\"index\":0}]}"),
        "Half|||content_filter|"},
    {"a malformed call", 200, D("{\"candidates\":[{\"finishReason\":\"MALFORMED_FUNCTION_CALL\"}]}"), "|||error|"},
    {"a reason that is new", 200, D(LAST(TEXT("a"), "MOON")), "a|||stop|"},
    {"a reason that says nothing", 200, D(LAST(TEXT("a"), "FINISH_REASON_UNSPECIFIED")), "a|||error|cut"},
    {"reasons as numbers", 200, D("{\"candidates\":[{\"content\":{\"parts\":[" TEXT("a") "]},\"finishReason\":2}]}"),
        "a|||length|"},
    {"the prompt was blocked", 200, D("{\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}"), "|||error|content_filter"},
    {"feedback without a block", 200,
        D("{\"promptFeedback\":{\"safetyRatings\":[]},\"candidates\":[{\"content\":{\"parts\":[" TEXT(
            "a") "]},\"finishReason\":\"STOP\"}]}"),
        "a|||stop|"},
    {"broken off", 200, D(PARTS(TEXT("a"))), "a|||error|cut"},
    {"an error as an event", 200, D(PARTS(TEXT("a"))) D(ERROR(503, "UNAVAILABLE", "overloaded")), "a|||error|down"},
    {"an error without data:, over lines", 200,
        D(PARTS(TEXT("a"))) "{\n  \"error\": {\n    \"code\": 503,\n    \"message\": \"overloaded\",\n    \"status\": "
                            "\"UNAVAILABLE\"\n  }\n}\n",
        "a|||error|down"},
    {"the same after the end", 200,
        D(LAST(TEXT("a"), "STOP")) "{\r\n  \"error\": {\r\n    \"code\": 499,\r\n    \"message\": \"x\",\r\n    "
                                   "\"status\": \"CANCELLED\"\r\n  }\r\n}",
        "a|||stop|refused"},
    {"other candidates and other parts", 200,
        D("{\"candidates\":[{\"index\":1,\"content\":{\"parts\":[" TEXT(
            "no") "]}},{\"index\":0,\"content\":{\"parts\":"
                  "[{},{\"executableCode\":{\"code\":\"1\"}},{\"inlineData\":{\"data\":\"AA==\"}}," TEXT(
                      "a") "]},\"finishReason\":\"STOP\"}]}"),
        "a|||stop|"},
    {"the last event has no empty line", 200, D(PARTS(TEXT("a"))) "data: " LAST(TEXT("b"), "STOP"), "ab|||stop|"},
};

static const struct recording BODY[] = {
    {"text", 200, LAST(TEXT("a"), "STOP"), "a|||stop|"},
    {"a list of events", 200, "[" PARTS(TEXT("a")) ",\r\n" LAST(SIGNED("f", "{}"), "STOP") "\n]\n",
        "a||call_1:f({})|tool_calls|"},
    {"a list of one", 200, "[" LAST(TEXT("a"), "STOP") "]", "a|||stop|"},
    {"a list with an error in it", 200, "[" PARTS(TEXT("a")) "," ERROR(503, "UNAVAILABLE", "x") "]", "a|||error|down"},
    {"a list that breaks off", 200, "[" PARTS(TEXT("a")) ",", "|||error|cut"},
    {"a list without its end", 200, "[" PARTS(TEXT("a")) "]", "a|||error|cut"},
    {"all of it thought, and no text", 200,
        "{\"candidates\":[{\"content\":{\"role\":\"model\"},\"finishReason\":\"MAX_TOKENS\"}]," USAGE "}",
        "|||length|"},
    {"no candidate", 200, "{" USAGE "}", "|||error|cut"},
    {"the prompt was blocked", 200, "{\"promptFeedback\":{\"blockReason\":\"OTHER\"}," USAGE "}",
        "|||error|content_filter"},
    {"another API's body", 200, "{\"choices\":[]}", "|||error|nonsense"},
    {"the key", 400, ERROR(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
        "|||error|bad_key"},
    {"an error in a list", 403, "[" ERROR(403, "PERMISSION_DENIED", "x") "]", "|||error|bad_key"},
    {"no such model", 404, ERROR(404, "NOT_FOUND", "models/x is not found"), "|||error|unknown_model"},
    {"overload", 503, ERROR(503, "UNAVAILABLE", "The model is overloaded."), "|||error|down"},
    {"too fast", 429, ERROR(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota"), "|||error|rate_limited"},
    {"a day's quota", 429,
        "{\"error\":{\"code\":429,\"message\":\"x\",\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"violations\":[{"
        "\"quotaId\":\"GenerateRequestsPerDayPerProject\"}]},{\"retryDelay\":\"3s\"}]}}",
        "|||error|out_of_quota"},
};

static const struct llm_listen GEMINI = {.api = LLM_GEMINI};

static void
streams_are_read(void **state)
{
    (void)state;
    check_recordings(&GEMINI, STREAM, sizeof STREAM / sizeof *STREAM);
}

static void
bodies_are_read(void **state)
{
    (void)state;
    check_recordings(&GEMINI, BODY, sizeof BODY / sizeof *BODY);
}

static void
signatures_keep_their_place(void **state)
{
    (void)state;
    static const char ANSWER[] =
        D(PARTS(THOUGHT("hm"))) D(PARTS(TEXT("a"))) D(PARTS("{\"text\":\"b\",\"thoughtSignature\":\"s1\"}"))
            D(PARTS(TEXT("c"))) D(PARTS("{\"text\":\"\",\"thoughtSignature\":\"s2\"}")) D(
                LAST("{\"functionCall\":{\"id\":\"x\",\"name\":\"f\",\"args\":{}},\"thoughtSignature\":\"s3\"}," CALL_(
                         "g", "{}"),
                    "STOP"));
    static const struct {
        enum llm_part_kind kind;
        const char *text, *opaque;
    } WANT[] = {
        {LLM_REASONING, "hm", ""},
        {LLM_TEXT, "a", ""},
        {LLM_TEXT, "b", "{\"thoughtSignature\":\"s1\"}"},
        {LLM_TEXT, "c", ""},
        {LLM_REASONING, "", "{\"thoughtSignature\":\"s2\"}"},
        {LLM_CALL, "", "{\"thoughtSignature\":\"s3\",\"id\":\"x\"}"},
        {LLM_CALL, "", ""},
    };
    struct task t;
    struct llm_reply r;
    task_begin(&t, 0);
    const struct llm_listen how = {.api = LLM_GEMINI, .status = 200, .origin = SPAN("here")};
    decode(&t, &how, span_of(ANSWER), 9, &r);
    assert_int_equal(r.parts, sizeof WANT / sizeof *WANT);
    for (size_t i = 0; i < r.parts; i++) {
        assert_int_equal(r.part[i].kind, WANT[i].kind);
        assert_string_equal(task_z(&t, r.part[i].text), WANT[i].text);
        assert_string_equal(task_z(&t, r.part[i].opaque), WANT[i].opaque);
    }
    assert_true(span_is(r.text, "abc"));
    task_end(&t);
}

static void
thoughts_are_counted_apart_and_the_wait_is_read(void **state)
{
    (void)state;
    struct task t;
    struct llm_reply r;
    task_begin(&t, 0);
    struct llm_listen how = {.api = LLM_GEMINI, .status = 200};
    decode(&t, &how, SPAN(D(LAST(TEXT("a"), "STOP"))), 4, &r);
    assert_int_equal(r.usage.input, 10);
    assert_int_equal(r.usage.prompt, 12);
    assert_int_equal(r.usage.output, 7);
    assert_int_equal(r.usage.reasoning, 5);
    assert_int_equal(r.usage.generated, 12);
    assert_int_equal(r.usage.cache_read, 3);
    how.status = 429;
    decode(&t, &how, SPAN("{\"error\":{\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"retryDelay\":\"34.4s\"}]}}"),
        4, &r);
    assert_true(span_is(r.error.retry_delay, "34.4s"));
    assert_true(r.error.retryable);
    task_end(&t);
}

int
main(void)
{
    id_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_read),
        cmocka_unit_test(bodies_are_read),
        cmocka_unit_test(signatures_keep_their_place),
        cmocka_unit_test(thoughts_are_counted_apart_and_the_wait_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
