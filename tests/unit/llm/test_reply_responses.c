/* test_reply_responses: each pitfall of OpenAI Responses, as a small recording of our own. */
#include "decode.h"

#define E(type, rest) "event: response." type "\ndata: {\"type\":\"response." type "\"" rest "}\n\n"
#define START E("created", ",\"response\":{\"model\":\"m\",\"status\":\"in_progress\",\"output\":[]}")
#define ADDED(i, item) E("output_item.added", ",\"output_index\":" #i ",\"item\":" item)
#define DONE(i, item) E("output_item.done", ",\"output_index\":" #i ",\"item\":" item)
#define MESSAGE_ "{\"type\":\"message\",\"content\":[]}"
#define SAID(text) "{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"" text "\"}]}"
#define CALL_(id, name, args)                                                                                          \
    "{\"type\":\"function_call\",\"id\":\"fc_" id "\",\"call_id\":\"" id "\",\"name\":\"" name                         \
    "\",\"arguments\":\"" args "\"}"
#define TEXT(i, s) E("output_text.delta", ",\"output_index\":" #i ",\"content_index\":0,\"delta\":\"" s "\"")
#define ARGS(i, s) E("function_call_arguments.delta", ",\"output_index\":" #i ",\"delta\":\"" s "\"")
#define SUMMARY(i, s) E("reasoning_summary_text.delta", ",\"output_index\":" #i ",\"delta\":\"" s "\"")
#define USAGE                                                                                                          \
    "\"usage\":{\"input_tokens\":10,\"input_tokens_details\":{\"cached_tokens\":3,\"cache_write_tokens\":2},"          \
    "\"output_tokens\":7,\"output_tokens_details\":{\"reasoning_tokens\":5},\"total_tokens\":17}"
#define END E("completed", ",\"response\":{\"status\":\"completed\",\"output\":[]," USAGE "}")
#define THOUGHT                                                                                                        \
    "{\"id\":\"rs_1\",\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"hm\"}],"               \
    "\"encrypted_content\":\"gAAA\"}"

static const struct recording STREAM[] = {
    {"text", 200, START ADDED(0, MESSAGE_) TEXT(0, "Hel") TEXT(0, "lo") DONE(0, SAID("Hello")) END, "Hello|||stop|"},
    {"reasoning, then two calls side by side", 200,
        START ADDED(0, "{\"type\":\"reasoning\",\"summary\":[]}") SUMMARY(0, "hm") DONE(0, THOUGHT)
            ADDED(1, CALL_("a", "f", "")) ADDED(2, CALL_("b", "g", "")) ARGS(2, "{") ARGS(1, "{\\\"x\\\":") ARGS(2, "}")
                ARGS(1, "1}") DONE(1, CALL_("a", "f", "{\\\"x\\\":1}")) DONE(2, CALL_("b", "g", "{}")) END,
        "|hm|a:f({\"x\":1}) b:g({})|tool_calls|"},
    {"arguments whole, at the item's end alone", 200,
        START ADDED(0, CALL_("a", "f", "")) DONE(0, CALL_("a", "f", "{\\\"x\\\":1}")) END,
        "||a:f({\"x\":1})|tool_calls|"},
    {"no arguments", 200, START ADDED(0, CALL_("a", "f", "")) DONE(0, CALL_("a", "f", "")) END,
        "||a:f({})|tool_calls|"},
    {"the end says more than the deltas, and other things", 200,
        START ADDED(0, MESSAGE_) TEXT(0, "One") DONE(0, SAID("One two")) ADDED(1, MESSAGE_) TEXT(1, "x")
            DONE(1, SAID(" three")) END,
        "One two three|||stop|"},
    {"everything in the last event", 200,
        START E("completed", ",\"response\":{\"status\":\"completed\",\"output\":[" THOUGHT
                             "," SAID("a") "," CALL_("c", "f", "{}") "]}"),
        "a|hm|c:f({})|tool_calls|"},
    {"the last event repeats what came", 200,
        START ADDED(0, MESSAGE_) TEXT(0, "a")
            E("completed", ",\"response\":{\"status\":\"completed\",\"output\":[" SAID("a") "]}"),
        "a|||stop|"},
    {"deltas without the item's beginning", 200, START TEXT(0, "a") TEXT(0, "b") END, "ab|||stop|"},
    {"refusal", 200,
        START ADDED(0, MESSAGE_) E("refusal.delta", ",\"output_index\":0,\"delta\":\"No.\"")
            DONE(0, "{\"type\":\"message\",\"content\":[{\"type\":\"refusal\",\"refusal\":\"No.\"}]}") END,
        "|||content_filter|"},
    {"two paragraphs of a summary", 200,
        START ADDED(0, "{\"type\":\"reasoning\",\"summary\":[]}")
            E("reasoning_summary_part.added", ",\"output_index\":0,\"summary_index\":0") SUMMARY(0, "a")
                E("reasoning_summary_part.added", ",\"output_index\":0,\"summary_index\":1") SUMMARY(0, "b")
                    DONE(0, THOUGHT) ADDED(1, MESSAGE_) TEXT(1, "t") DONE(1, SAID("t")) END,
        "t|a\n\nb||stop|"},
    {"cut by length", 200,
        START ADDED(0, MESSAGE_) TEXT(0, "a") E("incomplete",
            ",\"response\":{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"max_output_tokens\"},"
            "\"output\":[]}"),
        "a|||length|"},
    {"the filter", 200,
        START ADDED(0, MESSAGE_) TEXT(0, "a") E("incomplete",
            ",\"response\":{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"content_filter\"},"
            "\"output\":[]}"),
        "a|||content_filter|"},
    {"failed", 200,
        START E("failed",
            ",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"x\"},"
            "\"output\":[]}"),
        "|||error|down"},
    {"failed without a word", 200,
        START E("failed", ",\"response\":{\"status\":\"failed\",\"error\":null,\"output\":[]}"), "|||error|down"},
    {"a flat error event", 200,
        "event: error\ndata: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"slow\"}\n\n",
        "|||error|rate_limited"},
    {"out of money, then failed", 200,
        START "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"insufficient_quota\",\"code\":"
              "\"insufficient_quota\",\"message\":\"x\"}}\n\n" E("failed",
                  ",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"y\"}}"),
        "|||error|out_of_quota"},
    {"the last word forgotten, the item whole", 200, START ADDED(0, MESSAGE_) TEXT(0, "a") DONE(0, SAID("a")),
        "a|||stop|"},
    {"the same with a call and [DONE]", 200,
        START ADDED(0, CALL_("a", "f", "")) ARGS(0, "{}") DONE(0, CALL_("a", "f", "{}")) "data: [DONE]\n\n",
        "||a:f({})|tool_calls|"},
    {"broken off in a text", 200, START ADDED(0, MESSAGE_) TEXT(0, "a"), "a|||error|cut"},
    {"broken off in a call", 200, START ADDED(0, CALL_("a", "f", "")) ARGS(0, "{\\\"x"), "||a:f({\"x)|error|cut"},
    {"broken off after the reasoning", 200,
        START ADDED(0, "{\"type\":\"reasoning\",\"summary\":[]}") SUMMARY(0, "hm") DONE(0, THOUGHT), "|hm||error|cut"},
    {"tools of the provider are not ours", 200,
        START ADDED(0, "{\"type\":\"web_search_call\",\"id\":\"ws\"}") DONE(
            0, "{\"type\":\"web_search_call\",\"id\":\"ws\"}") ADDED(1, MESSAGE_) TEXT(1, "a") DONE(1, SAID("a")) END,
        "a|||stop|"},
    {"garbage around", 200,
        ": hi\n\n" START E("output_item.added", "") E("output_item.done", ",\"item\":null")
            E("odd.delta", ",\"delta\":\"x\"") ADDED(0, MESSAGE_) TEXT(0, "a") DONE(0, SAID("a")) END,
        "a|||stop|"},
    {"the last event has no empty line", 200,
        START ADDED(0, MESSAGE_) TEXT(0, "a") "data: {\"type\":\"response.completed\",\"response\":{\"status\":"
                                              "\"completed\"}}",
        "a|||stop|"},
};

static const struct recording BODY[] = {
    {"text and call", 200,
        "{\"object\":\"response\",\"status\":\"completed\",\"error\":null,\"output\":[" THOUGHT
        "," SAID("a") "," CALL_("c", "f", "{\\\"x\\\":1}") "]}",
        "a|hm|c:f({\"x\":1})|tool_calls|"},
    {"raw reasoning", 200,
        "{\"status\":\"completed\",\"output\":[{\"type\":\"reasoning\",\"summary\":[],\"content\":[{\"type\":"
        "\"reasoning_text\",\"text\":\"why\"}]}," SAID("a") "]}",
        "a|why||stop|"},
    {"a custom tool's input is its argument", 200,
        "{\"status\":\"completed\",\"output\":[{\"type\":\"custom_tool_call\",\"call_id\":\"c\",\"name\":\"f\","
        "\"input\":\"select\"}]}",
        "||c:f(select)|tool_calls|"},
    {"not done yet", 200, "{\"status\":\"queued\",\"error\":null,\"output\":[]}", "|||error|"},
    {"another API's body", 200, "{\"choices\":[]}", "|||error|nonsense"},
    {"the key", 401, "{\"error\":{\"message\":\"Incorrect API key provided\",\"code\":\"invalid_api_key\"}}",
        "|||error|bad_key"},
    {"too long", 400, "{\"error\":{\"message\":\"x\",\"code\":\"context_length_exceeded\"}}",
        "|||error|context_too_long"},
};

static const struct llm_listen RESPONSES = {.api = LLM_OPENAI_RESPONSES};

static void
streams_are_read(void **state)
{
    (void)state;
    check_recordings(&RESPONSES, STREAM, sizeof STREAM / sizeof *STREAM);
}

static void
bodies_are_read(void **state)
{
    (void)state;
    check_recordings(&RESPONSES, BODY, sizeof BODY / sizeof *BODY);
}

static void
what_goes_back_is_kept(void **state)
{
    (void)state;
    static const char ANSWER[] =
        START ADDED(0, "{\"type\":\"reasoning\",\"summary\":[]}") SUMMARY(0, "hm") DONE(0, THOUGHT) ADDED(1, MESSAGE_)
            TEXT(1, "a") DONE(1, "{\"type\":\"message\",\"phase\":\"commentary\",\"content\":[]}")
                ADDED(2, CALL_("c", "f", "")) DONE(2, CALL_("c", "f", "{}")) END;
    static const char *const WANT[] = {THOUGHT, "{\"phase\":\"commentary\"}", ""};
    struct task t;
    struct llm_reply r;
    task_begin(&t, 0);
    const struct llm_listen how = {.api = LLM_OPENAI_RESPONSES, .status = 200, .origin = SPAN("here")};
    decode(&t, &how, span_of(ANSWER), 5, &r);
    assert_int_equal(r.parts, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(task_z(&t, r.part[i].opaque), WANT[i]);
    assert_int_equal(r.usage.input, 10);
    assert_int_equal(r.usage.prompt, 10);
    assert_int_equal(r.usage.output, 7);
    assert_int_equal(r.usage.generated, 7);
    assert_int_equal(r.usage.reasoning, 5);
    assert_int_equal(r.usage.cache_read, 3);
    assert_int_equal(r.usage.cache_write, 2);
    assert_true(span_is(r.model, "m"));
    task_end(&t);
}

/* The item's end repeats what was streamed: nobody may hear it twice. */
static void
nothing_is_shown_twice(void **state)
{
    (void)state;
    static const char ANSWER[] = START ADDED(0, MESSAGE_) TEXT(0, "a") TEXT(0, "b") DONE(0, SAID("abc"))
        ADDED(1, CALL_("c", "f", "")) ARGS(1, "{}") DONE(1, CALL_("c", "f", "{}"))
            E("completed", ",\"response\":{\"status\":\"completed\",\"output\":[" SAID("abc") "]}");
    struct task t;
    struct llm_reply r;
    task_begin(&t, 0);
    struct buf *heard = task_buf(&t, 1 << 16);
    const struct llm_listen how = {.api = LLM_OPENAI_RESPONSES, .status = 200, .fn = gather, .arg = heard};
    decode(&t, &how, span_of(ANSWER), 3, &r);
    assert_string_equal(buf_z(heard), "0/0//a\n0/0//b\n0/0//c\n2/0/f/\n2/0/f/{}\n");
    task_end(&t);
}

int
main(void)
{
    id_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_read),
        cmocka_unit_test(bodies_are_read),
        cmocka_unit_test(what_goes_back_is_kept),
        cmocka_unit_test(nothing_is_shown_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
