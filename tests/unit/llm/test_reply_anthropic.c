/* test_reply_anthropic: each pitfall of Anthropic Messages, as a small recording of our own. */
#include "decode.h"

#define E(type, rest) "event: " type "\ndata: {\"type\":\"" type "\"" rest "}\n\n"
#define START                                                                                                          \
    E("message_start", ",\"message\":{\"model\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":10,\"cache_read_"     \
                       "input_tokens\":3,\"output_tokens\":1}}")
#define BLOCK(i, json) E("content_block_start", ",\"index\":" #i ",\"content_block\":" json)
#define DELTA(i, json) E("content_block_delta", ",\"index\":" #i ",\"delta\":" json)
#define TEXT(i, text) DELTA(i, "{\"type\":\"text_delta\",\"text\":\"" text "\"}")
#define JSON(i, text) DELTA(i, "{\"type\":\"input_json_delta\",\"partial_json\":\"" text "\"}")
#define STOP(i) E("content_block_stop", ",\"index\":" #i)
#define REASON(word) E("message_delta", ",\"delta\":{\"stop_reason\":\"" word "\"},\"usage\":{\"output_tokens\":7}")
#define END E("message_stop", "")

static const struct recording STREAM[] = {
    {"text", 200,
        START BLOCK(0, "{\"type\":\"text\",\"text\":\"\"}") E("ping", "") TEXT(0, "Hel") TEXT(0, "lo") STOP(0)
            REASON("end_turn") END,
        "Hello|||stop|"},
    {"the last event has no empty line", 200,
        START BLOCK(0, "{\"type\":\"text\",\"text\":\"a\"}")
            REASON("end_turn") "event: message_stop\ndata: {\"type\":\"message_stop\"}",
        "a|||stop|"},
    {"ends before its end", 200, START BLOCK(0, "{\"type\":\"text\",\"text\":\"\"}") TEXT(0, "a"), "a|||error|cut"},
    {"thinking, text, call", 200,
        START BLOCK(0, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}")
            DELTA(0, "{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}")
                DELTA(0, "{\"type\":\"signature_delta\",\"signature\":\"s\"}") STOP(0)
                    BLOCK(1, "{\"type\":\"text\",\"text\":\"\"}") TEXT(1, "Let me see.")
                        BLOCK(2, "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}") JSON(2, "")
                            JSON(2, "{\\\"a\\\"") JSON(2, ":1}") STOP(2) REASON("tool_use") END,
        "Let me see.|hm|t:f({\"a\":1})|tool_calls|"},
    {"no arguments", 200,
        START BLOCK(0, "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}") JSON(0, "") STOP(0)
            REASON("tool_use") END,
        "||t:f({})|tool_calls|"},
    {"input whole in the block's start", 200,
        START BLOCK(0, "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{\"a\":[1]}}") STOP(0)
            REASON("tool_use") END,
        "||t:f({\"a\":[1]})|tool_calls|"},
    {"input whole, and then again in pieces", 200,
        START BLOCK(0, "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{\"a\":1}}") JSON(0, "{\\\"a\\\"")
            JSON(0, ":1}") REASON("tool_use") END,
        "||t:f({\"a\":1})|tool_calls|"},
    {"all in message_start", 200,
        E("message_start", ",\"message\":{\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\","
                           "\"input\":{\"a\":1}}],\"stop_reason\":\"tool_use\"}") END,
        "||t:f({\"a\":1})|tool_calls|"},
    {"message_start twice", 200,
        START START BLOCK(0, "{\"type\":\"text\",\"text\":\"\"}") TEXT(0, "a") REASON("end_turn") END, "a|||stop|"},
    {"a number used again", 200,
        START BLOCK(0, "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}") JSON(0, "{\\\"a")
            START BLOCK(0, "{\"type\":\"tool_use\",\"id\":\"u\",\"name\":\"f\",\"input\":{}}") JSON(0, "{}")
                REASON("tool_use") END,
        "||t:f({\"a) u:f({})|tool_calls|"},
    {"server tools are not ours to run", 200,
        START BLOCK(0, "{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"web_search\",\"input\":{}}") JSON(0,
            "{\\\"query\\\":1}") BLOCK(1, "{\"type\":\"web_search_tool_result\",\"tool_use_id\":\"s\",\"content\":[]}")
            BLOCK(2, "{\"type\":\"text\",\"text\":\"\"}") TEXT(2, "a")
                DELTA(2, "{\"type\":\"citations_delta\",\"citation\":{}}") REASON("end_turn") END,
        "a|||stop|"},
    {"events, deltas and reasons that nobody knows", 200,
        START E("new_event", ",\"x\":1") BLOCK(0, "{\"type\":\"text\",\"text\":\"\"}")
            DELTA(0, "{\"type\":\"future_delta\",\"z\":1}") TEXT(0, "a")
                DELTA(9, "{\"type\":\"text_delta\",\"text\":\"b\"}") REASON("brand_new") END,
        "a|||stop|"},
    {"length", 200, START BLOCK(0, "{\"type\":\"text\",\"text\":\"a\"}") REASON("max_tokens") END, "a|||length|"},
    {"refusal", 200, START BLOCK(0, "{\"type\":\"text\",\"text\":\"a\"}") REASON("refusal") END, "a|||content_filter|"},
    {"pause", 200, START BLOCK(0, "{\"type\":\"text\",\"text\":\"a\"}") REASON("pause_turn") END, "a|||stop|"},
    {"an error first", 200,
        "event: error\ndata: "
        "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
        "|||error|down"},
    {"an error in the middle", 200,
        START BLOCK(0, "{\"type\":\"text\",\"text\":\"a\"}") "data: "
                                                             "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_"
                                                             "error\",\"message\":\"x\"}}\n\n",
        "a|||error|rate_limited"},
};

static const struct recording BODY[] = {
    {"text and call", 200,
        "{\"type\":\"message\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"tool_use\",\"id\":\"t\","
        "\"name\":\"f\","
        "\"input\":{\"a\":1}}],\"stop_reason\":\"tool_use\"}",
        "a||t:f({\"a\":1})|tool_calls|"},
    {"no content", 200, "{\"type\":\"message\",\"content\":[],\"stop_reason\":\"end_turn\"}", "|||stop|"},
    {"another API's", 200, "{\"choices\":[]}", "|||error|nonsense"},
    {"key", 401, "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":\"invalid x-api-key\"}}",
        "|||error|bad_key"},
    {"model", 404, "{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":\"model: nope\"}}",
        "|||error|unknown_model"},
    {"context", 400,
        "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"prompt is too long: 9 "
        "tokens\"}}",
        "|||error|context_too_long"},
    {"money", 400,
        "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"Your credit balance is too "
        "low\"}}",
        "|||error|out_of_quota"},
    {"overload", 529, "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}",
        "|||error|down"},
    {"time", 504, "{\"type\":\"error\",\"error\":{\"type\":\"timeout_error\",\"message\":\"x\"}}", "|||error|slow"},
};

static const struct llm_listen ANTHROPIC = {.api = LLM_ANTHROPIC};

static void
streams_are_read(void **state)
{
    (void)state;
    check_recordings(&ANTHROPIC, STREAM, sizeof STREAM / sizeof *STREAM);
}

static void
bodies_are_read(void **state)
{
    (void)state;
    check_recordings(&ANTHROPIC, BODY, sizeof BODY / sizeof *BODY);
}

static void
blocks_are_kept_in_order_and_whole(void **state)
{
    (void)state;
    static const char ANSWER[] = START BLOCK(0, "{\"type\":\"thinking\",\"thinking\":\"\"}") DELTA(
        0, "{\"type\":\"thinking_delta\",\"thinking\":\"h\\u00fc\"}")
        DELTA(0, "{\"type\":\"signature_delta\",\"signature\":\"s+/=\"}") BLOCK(
            1, "{\"type\":\"redacted_thinking\",\"data\":\"d\"}") BLOCK(2, "{\"type\":\"text\",\"text\":\"\"}")
            TEXT(2, "a") BLOCK(3, "{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"w\",\"input\":{}}")
                JSON(3, "{\\\"q\\\":") JSON(3, "1}") BLOCK(4, "{\"type\":\"compaction\",\"content\":\"\"}") DELTA(
                    4, "{\"type\":\"compaction_delta\",\"content\":\"short\"}") BLOCK(5,
                    "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{},\"caller\":{\"type\":\"direct\"}}")
                    JSON(5, "{}") REASON("tool_use") END;
    static const char *const WANT[] = {"{\"type\":\"thinking\",\"thinking\":\"h\xC3\xBC\",\"signature\":\"s+/=\"}",
        "{\"type\":\"redacted_thinking\",\"data\":\"d\"}", "",
        "{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"w\",\"input\":{\"q\":1}}",
        "{\"type\":\"compaction\",\"content\":\"short\"}", "{\"caller\":{\"type\":\"direct\"}}"};
    struct task t;
    struct llm_reply r;
    task_begin(&t, 0);
    const struct llm_listen how = {.api = LLM_ANTHROPIC, .status = 200, .origin = SPAN("here")};
    decode(&t, &how, span_of(ANSWER), 11, &r);
    assert_int_equal(r.parts, 6);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(task_z(&t, r.part[i].opaque), WANT[i]);
    assert_int_equal(r.part[5].kind, LLM_CALL);
    task_end(&t);
}

static void
usage_grows_and_cached_tokens_come_on_top(void **state)
{
    (void)state;
    struct task t;
    struct llm_reply r;
    task_begin(&t, 0);
    const struct llm_listen how = {.api = LLM_ANTHROPIC, .status = 200};
    decode(&t, &how, SPAN(START REASON("end_turn") END), 4, &r);
    assert_int_equal(r.usage.input, 10);
    assert_int_equal(r.usage.output, 7);
    assert_int_equal(r.usage.cache_read, 3);
    assert_int_equal(r.usage.prompt, 13);
    assert_int_equal(r.usage.cache_write, -1);
    assert_true(span_is(r.model, "m"));
    assert_string_equal(
        task_z(&t, r.usage.raw), "{\"input_tokens\":10,\"cache_read_input_tokens\":3,\"output_tokens\":7}");
    task_end(&t);
}

int
main(void)
{
    id_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_read),
        cmocka_unit_test(bodies_are_read),
        cmocka_unit_test(blocks_are_kept_in_order_and_whole),
        cmocka_unit_test(usage_grows_and_cached_tokens_come_on_top),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
