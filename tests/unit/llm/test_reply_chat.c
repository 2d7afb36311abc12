/* test_reply_chat: each pitfall of Chat Completions and of its imitators, as a small recording of our own. */
#include "decode.h"

#define D(json) "data: " json "\n\n"
#define DELTA(json) D("{\"choices\":[{\"index\":0,\"delta\":" json "}]}")
#define FINISH(word) D("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" word "\"}]}")
#define CALLS(json) DELTA("{\"tool_calls\":" json "}")
#define DONE "data: [DONE]\n\n"

static const struct recording STREAM[] = {
    {"plain text", 200,
        DELTA("{\"role\":\"assistant\",\"content\":\"\"}") DELTA("{\"content\":\"Hel\"}") DELTA("{\"content\":\"lo\"}")
            FINISH("stop") DONE,
        "Hello|||stop|"},
    {"no [DONE]", 200, DELTA("{\"content\":\"a\"}") FINISH("stop"), "a|||stop|"},
    {"[DONE] without a reason", 200, DELTA("{\"content\":\"a\"}") DONE, "a|||stop|"},
    {"[DONE] without a reason, with a call", 200,
        CALLS("[{\"index\":0,\"id\":\"i\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]") DONE,
        "||i:f({})|tool_calls|"},
    {"ends before its end", 200, DELTA("{\"content\":\"a\"}"), "a|||error|cut"},
    {"the last event has no empty line", 200,
        DELTA("{\"content\":\"a\"}") "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}",
        "a|||length|"},
    {"half an event at the end", 200, DELTA("{\"content\":\"a\"}") "data: {\"choices\":[{\"del", "a|||error|cut"},
    {"comments, nulls, CRLF", 200,
        ": PROCESSING\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":null,\"tool_calls\":null,"
        "\"function_call\":null,\"reasoning\":null},\"finish_reason\":null}],\"usage\":null,\"error\":null}\r\n\r\n"
        "data: {\"choices\":[{\"delta\":{\"content\":\"ok\",\"tool_calls\":[]},\"finish_reason\":\"stop\"}]}\r\n\r\n",
        "ok|||stop|"},
    {"no choices first (Azure), usage without choices last", 200,
        D("{\"choices\":[],\"prompt_filter_results\":[]}") DELTA("{\"content\":\"a\"}") FINISH("stop")
            D("{\"choices\":[],\"usage\":{\"prompt_tokens\":1}}") DONE,
        "a|||stop|"},
    {"half a surrogate", 200, DELTA("{\"content\":\"a\\ud83d\"}") FINISH("stop"), "a\xEF\xBF\xBD|||stop|"},
    {"an integer past 64 bits", 200,
        D("{\"created\":123456789012345678901234567890,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}") FINISH("stop"),
        "a|||stop|"},
    {"the second choice is not ours", 200,
        D("{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"no\"}},{\"index\":0,\"delta\":"
          "{\"content\":\"yes\"}}]}") FINISH("stop") DONE,
        "yes|||stop|"},
    {"a last event that repeats the message", 200,
        DELTA("{\"content\":\"ab\"}") D("{\"choices\":[{\"message\":{\"content\":\"ab\"},"
                                        "\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\"}]}"),
        "ab|||stop|"},
    {"a whole message in a stream", 200,
        D("{\"choices\":[{\"message\":{\"content\":\"ab\"},\"finish_reason\":\"stop\"}]}"), "ab|||stop|"},
    {"content as a list", 200,
        DELTA("{\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"hm\"}]}]}")
            DELTA("{\"content\":[{\"type\":\"text\",\"text\":\"4\"}]}") FINISH("stop"),
        "4|hm||stop|"},
    {"reasoning_content", 200,
        DELTA("{\"reasoning_content\":\"h\"}") DELTA("{\"reasoning_content\":\"m\"}") DELTA("{\"content\":\"4\"}")
            FINISH("stop"),
        "4|hm||stop|"},
    {"the same reasoning under three names", 200,
        DELTA("{\"reasoning\":\"hm\",\"reasoning_content\":\"hm\",\"reasoning_details\":"
              "[{\"type\":\"reasoning.text\",\"text\":\"hm\"}]}") FINISH("stop"),
        "|hm||stop|"},
    {"reasoning in details alone", 200,
        DELTA("{\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"h\"}]}")
            DELTA("{\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"m\"}]}") FINISH("stop"),
        "|hm||stop|"},
    {"refusal", 200, DELTA("{\"refusal\":\"I \"}") DELTA("{\"refusal\":\"won't\"}") FINISH("stop"),
        "|||content_filter|"},
    {"content filter", 200, DELTA("{\"content\":\"par\"}") FINISH("content_filter"), "par|||content_filter|"},
    {"a reason that nobody knows", 200, DELTA("{\"content\":\"a\"}") FINISH("brand_new"), "a|||stop|"},
    {"think tags stay in the text unless asked", 200, DELTA("{\"content\":\"<think>h</think>4\"}") FINISH("stop"),
        "<think>h</think>4|||stop|"},
};

static const struct recording CALL[] = {
    {"deltas, the id in the first alone", 200,
        CALLS("[{\"index\":0,\"id\":\"i\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]")
            CALLS("[{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\"\"}}]")
                CALLS("[{\"index\":0,\"function\":{\"arguments\":\":1}\"}}]") FINISH("tool_calls"),
        "||i:f({\"a\":1})|tool_calls|"},
    {"the id and a null name in every delta", 200,
        CALLS("[{\"index\":0,\"id\":\"i\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]")
            CALLS("[{\"index\":0,\"id\":\"i\",\"function\":{\"name\":null,\"arguments\":\"}\"}}]") FINISH("tool_calls"),
        "||i:f({})|tool_calls|"},
    {"the name in every delta, no id", 200,
        CALLS("[{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]")
            CALLS("[{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":\"}}]")
                CALLS("[{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"1}\"}}]") FINISH("tool_calls"),
        "||call_1:f({\"a\":1})|tool_calls|"},
    {"two, interleaved", 200,
        CALLS("[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}},{\"index\":1,\"id\":\"b\","
              "\"function\":{\"name\":\"g\",\"arguments\":\"\"}}]")
            CALLS("[{\"index\":1,\"function\":{\"arguments\":\"[1]\"}},{\"index\":0,"
                  "\"function\":{\"arguments\":\"{}\"}}]") FINISH("tool_calls"),
        "||a:f({}) b:g([1])|tool_calls|"},
    {"index always 0, other ids", 200,
        CALLS("[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]") CALLS(
            "[{\"index\":0,\"id\":\"b\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]") FINISH("tool_calls"),
        "||a:f({}) b:f({})|tool_calls|"},
    {"index always 0, no ids", 200,
        CALLS("[{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]")
            CALLS("[{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]")
                CALLS("[{\"index\":0,\"function\":{\"name\":\"g\","
                      "\"arguments\":\"{}\"}}]") FINISH("tool_calls"),
        "||call_1:f({}) call_2:f({}) call_3:g({})|tool_calls|"},
    {"no index, ids", 200,
        CALLS("[{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},{\"id\":\"b\",\"function\":"
              "{\"name\":\"f\",\"arguments\":\"{}\"}}]") FINISH("tool_calls"),
        "||a:f({}) b:f({})|tool_calls|"},
    {"no index, no ids, deltas", 200,
        CALLS("[{\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":\"}}]")
            CALLS("[{\"function\":{\"arguments\":\"1}\"}}]")
                CALLS("[{\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]") FINISH("tool_calls"),
        "||call_1:f({\"a\":1}) call_2:f({})|tool_calls|"},
    {"arguments as an object, empty, none", 200,
        CALLS("[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":{\"x\":[1]}}},"
              "{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}},{\"index\":2,\"id\":\"c\","
              "\"function\":{\"name\":\"f\"}}]") FINISH("tool_calls"),
        "||a:f({\"x\":[1]}) b:f({}) c:f({})|tool_calls|"},
    {"arguments said twice", 200,
        CALLS("[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}}]")
            CALLS("[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}}]")
                FINISH("tool_calls"),
        "||a:f({\"x\":1})|tool_calls|"},
    {"{} before the arguments", 200,
        CALLS("[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]")
            CALLS("[{\"index\":0,\"function\":{\"arguments\":\"{\\\"x\\\":1}\"}}]") FINISH("tool_calls"),
        "||a:f({\"x\":1})|tool_calls|"},
    {"\"stop\" beside calls", 200,
        CALLS("[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]") FINISH("stop"),
        "||a:f({})|stop|"},
    {"cut by length in the arguments", 200,
        CALLS("[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\"}}]") FINISH("length"),
        "||a:f({\"x)|length|"},
    {"one id for two calls", 200,
        CALLS("[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},{\"index\":1,"
              "\"id\":\"a\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]") FINISH("tool_calls"),
        "||a:f({}) call_2:g({})|tool_calls|"},
    {"function_call of old", 200,
        DELTA("{\"function_call\":{\"name\":\"f\",\"arguments\":\"\"}}") DELTA("{\"function_call\":{\"arguments\":"
                                                                               "\"{}\"}}") FINISH("function_call"),
        "||call_1:f({})|tool_calls|"},
};

static const struct recording ERROR[] = {
    {"error in the first event", 200, D("{\"error\":{\"message\":\"Overloaded\",\"type\":\"server_error\"}}"),
        "|||error|down"},
    {"error in the middle", 200, DELTA("{\"content\":\"a\"}") D("{\"error\":{\"message\":\"boom\",\"code\":502}}"),
        "a|||error|down"},
    {"error as an event's name", 200,
        DELTA("{\"content\":\"a\"}") "event: error\ndata: {\"message\":\"slow down\",\"code\":429}\n\n",
        "a|||error|rate_limited"},
    {"error as a field", 200, DELTA("{\"content\":\"a\"}") "error: {\"error\":{\"message\":\"out of memory\"}}\n\n",
        "a|||error|down"},
    {"error as a field, no JSON", 200, DELTA("{\"content\":\"a\"}") "error: boom\n\n", "a|||error|down"},
    {"error as a bare line", 200, DELTA("{\"content\":\"a\"}") "{\"error\":{\"code\":503,\"message\":\"x\"}}\n",
        "a|||error|down"},
    {"error of a choice", 200,
        D("{\"choices\":[{\"delta\":{},\"error\":{\"code\":502,\"message\":\"x\"},\"finish_reason\":\"error\"}]}"),
        "|||error|down"},
    {"error beside the last usage", 200,
        FINISH("length") D("{\"error\":{\"code\":400,\"message\":\"Token limit reached\"},\"choices\":[{\"delta\":{}}],"
                           "\"usage\":{\"prompt_tokens\":4}}") DONE,
        "|||length|refused"},
    {"finish_reason error", 200, FINISH("error"), "|||error|down"},
    {"a stream of nothing", 200, ": hi\n\n", "|||error|cut"},
    {"empty", 200, "", "|||error|cut"},
    {"white space", 200, "\n\n  ", "|||error|cut"},
    {"HTML with 200", 200, "<!doctype html><title>Sign in</title>", "|||error|nonsense"},
    {"HTML with 502", 502, "<html><h1>502 Bad Gateway</h1></html>", "|||error|down"},
    {"HTML with 404", 404, "<html>nginx</html>", "|||error|nonsense"},
    {"a web server that is not the API", 404, "404 page not found", "|||error|nonsense"},
    {"text with 503", 503, "upstream connect error", "|||error|down"},
    {"nothing with 500", 500, "", "|||error|down"},
    {"JSON of another world", 200, "{\"hello\":1}", "|||error|nonsense"},
    {"half a JSON body", 200, "{\"choices\":[{\"mess", "|||error|cut"},
    {"a stream with 500", 500, DONE, "|||error|down"},
    {"OpenAI: key", 401,
        "{\"error\":{\"message\":\"Incorrect API key "
        "provided\",\"type\":\"invalid_request_error\",\"code\":\"invalid_api_key\"}}",
        "|||error|bad_key"},
    {"OpenAI: quota", 429,
        "{\"error\":{\"message\":\"You exceeded your current "
        "quota\",\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}",
        "|||error|out_of_quota"},
    {"OpenAI: rate", 429,
        "{\"error\":{\"message\":\"Rate limit reached\",\"type\":\"tokens\",\"code\":\"rate_limit_exceeded\"}}",
        "|||error|rate_limited"},
    {"OpenAI: context", 400,
        "{\"error\":{\"message\":\"too "
        "long\",\"type\":\"invalid_request_error\",\"code\":\"context_length_exceeded\"}}",
        "|||error|context_too_long"},
    {"OpenAI: model", 404, "{\"error\":{\"message\":\"The model does not exist\",\"code\":\"model_not_found\"}}",
        "|||error|unknown_model"},
    {"Azure: filter", 400,
        "{\"error\":{\"message\":\"x\",\"code\":\"content_filter\",\"innererror\":{\"code\":"
        "\"ResponsibleAIPolicyViolation\"}}}",
        "|||error|content_filter"},
    {"OpenAI: another", 400, "{\"error\":{\"message\":\"Unsupported parameter\",\"type\":\"invalid_request_error\"}}",
        "|||error|refused"},
    {"Mistral, FastAPI", 401, "{\"detail\":\"Invalid API Key\"}", "|||error|bad_key"},
    {"FastAPI's list", 422, "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"field required\",\"type\":\"missing\"}]}",
        "|||error|refused"},
    {"Ollama: a text", 404, "{\"error\":\"model \\\"x\\\" not found\"}", "|||error|unknown_model"},
    {"DeepSeek: money", 402, "{\"error\":{\"message\":\"Insufficient Balance\"}}", "|||error|out_of_quota"},
    {"OpenRouter: raw words of the provider", 429,
        "{\"error\":{\"message\":\"Provider returned error\",\"code\":429,\"metadata\":{\"raw\":\"busy\"}}}",
        "|||error|rate_limited"},
    {"Gemini's array", 400,
        "[{\"error\":{\"code\":400,\"message\":\"API key not valid.\",\"status\":\"INVALID_ARGUMENT\"}}]",
        "|||error|bad_key"},
    {"vLLM of old", 400,
        "{\"object\":\"error\",\"message\":\"This model's maximum context length is 10 tokens\",\"code\":400}",
        "|||error|context_too_long"},
    {"Cloudflare", 403, "{\"success\":false,\"errors\":[{\"code\":9109,\"message\":\"nope\"}]}", "|||error|bad_key"},
    {"an error with 200", 200, "{\"error\":{\"message\":\"Overloaded\"}}", "|||error|down"},
    {"detail with 200", 200, "{\"detail\":\"Not here\"}", "|||error|down"},
};

static const struct recording BODY[] = {
    {"text", 200, "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}",
        "Hi|||stop|"},
    {"calls with empty ids and arguments", 200,
        "{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[{\"id\":\"\",\"function\":"
        "{\"name\":\"f\",\"arguments\":\"\"}},{\"function\":{\"name\":\"f\",\"arguments\":{\"a\":1}}}]},\"finish_"
        "reason\":\"tool_calls\"}]}",
        "||call_1:f({}) call_2:f({\"a\":1})|tool_calls|"},
    {"an empty reason", 200, "{\"choices\":[{\"message\":{\"content\":\"Hi\"},\"finish_reason\":\"\"}]}", "Hi|||stop|"},
    {"n = 2", 200,
        "{\"choices\":[{\"index\":1,\"message\":{\"content\":\"no\"}},{\"index\":0,\"message\":{\"content\":\"yes\"}}]"
        "}",
        "yes|||stop|"},
    {"after a mark and white space", 200, "\xEF\xBB\xBF\n {\"choices\":[{\"message\":{\"content\":\"Hi\"}}]}",
        "Hi|||stop|"},
    {"a hollow function_call", 200,
        "{\"choices\":[{\"message\":{\"content\":\"Hi\",\"function_call\":{\"name\":\"\",\"arguments\":\"\"}}}]}",
        "Hi||call_1:({})|stop|"},
};

static const struct llm_listen CHAT = {.api = LLM_OPENAI_CHAT};

#define CHECK(table) check_recordings(&CHAT, (table), sizeof(table) / sizeof *(table))

static void
streams_are_read(void **state)
{
    (void)state;
    CHECK(STREAM);
}

static void
calls_are_told_apart(void **state)
{
    (void)state;
    CHECK(CALL);
}

static void
errors_are_errors_in_every_dress(void **state)
{
    (void)state;
    CHECK(ERROR);
}

static void
bodies_are_read(void **state)
{
    (void)state;
    CHECK(BODY);
}

static void
think_tags_are_taken_apart_when_asked(void **state)
{
    static const struct recording THINK[] = {
        {"tags", 200,
            DELTA("{\"content\":\"\\n<thi\"}") DELTA("{\"content\":\"nk>h\"}") DELTA("{\"content\":\"m</th\"}")
                DELTA("{\"content\":\"ink>\\n\\n\"}") DELTA("{\"content\":\"4 < 5</think>\"}") FINISH("stop"),
            "4 < 5</think>|hm||stop|"},
        {"no tags", 200, DELTA("{\"content\":\" <th\"}") DELTA("{\"content\":\"eta>\"}") FINISH("stop"),
            " <theta>|||stop|"},
        {"never closed", 200, DELTA("{\"content\":\"<think>h</thi\"}") FINISH("length"), "|h</thi||length|"},
    };
    (void)state;
    const struct llm_listen how = {.api = LLM_OPENAI_CHAT, .think_tags = true};
    check_recordings(&how, THINK, sizeof THINK / sizeof *THINK);
}

static void
usage_is_found_wherever_it_stands(void **state)
{
    (void)state;
    static const char *const BODIES[] = {
        FINISH("stop") D("{\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5,\"prompt_tokens_"
                         "details\":{\"cached_tokens\":4},"
                         "\"completion_tokens_details\":{\"reasoning_tokens\":2},\"cost\":\"0.5\"}}"),
        FINISH("stop")
            D("{\"choices\":[{\"delta\":{},\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5,\"cached_tokens\":4,"
              "\"reasoning_tokens\":2,\"cost\":{\"total_cost\":0.5}}}]}"),
        FINISH("stop") D("{\"choices\":[],\"x_groq\":{\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5,\"prompt_"
                         "cache_hit_tokens\":4,"
                         "\"completion_tokens_details\":{\"reasoning_tokens\":2},\"cost\":0.5}}}"),
    };
    for (size_t i = 0; i < sizeof BODIES / sizeof *BODIES; i++) {
        struct task t;
        struct llm_reply r;
        task_begin(&t, 0);
        decode(&t, &CHAT, span_of(BODIES[i]), 5, &r);
        assert_int_equal(r.usage.input, 9);
        assert_int_equal(r.usage.prompt, 9);
        assert_int_equal(r.usage.output, 5);
        assert_int_equal(r.usage.reasoning, 2);
        assert_int_equal(r.usage.cache_read, 4);
        assert_int_equal(r.usage.cache_write, -1);
        assert_true(r.usage.cost > 0.49 && r.usage.cost < 0.51);
        assert_true(r.usage.raw.n > 0);
        task_end(&t);
    }
}

static void
blobs_are_kept_for_the_way_back(void **state)
{
    (void)state;
    static const char BODY_TEXT[] =
        DELTA("{\"reasoning_details\":[{\"type\":\"reasoning.text\",\"index\":0,\"format\":\"x\",\"text\":\"h\"}]}")
            DELTA("{\"reasoning_details\":[{\"type\":\"reasoning.text\",\"index\":0,\"text\":\"m\"}]}")
                DELTA("{\"reasoning_details\":[{\"type\":\"reasoning.text\",\"index\":0,\"signature\":\"s\"}]}")
                    DELTA("{\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"index\":1,\"data\":\"e\"}]}")
                        CALLS("[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"},\"extra_"
                              "content\":{\"google\":{\"thought_signature\":\"t\"}}}]")
                            CALLS("[{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"\",\"arguments\":\"\"}}]")
                                FINISH("tool_calls");
    struct task t;
    struct llm_reply r;
    task_begin(&t, 0);
    const struct llm_listen how = {.api = LLM_OPENAI_CHAT, .status = 200, .origin = SPAN("here")};
    decode(&t, &how, span_of(BODY_TEXT), 3, &r);
    assert_int_equal(r.calls, 2);
    assert_int_equal(r.parts, 2); /* a call without a name is no part of the conversation */
    assert_string_equal(task_z(&t, r.part[0].opaque),
        "{\"reasoning_details\":[{\"type\":\"reasoning.text\",\"index\":0,\"format\":\"x\",\"text\":\"hm\","
        "\"signature\":\"s\"},"
        "{\"type\":\"reasoning.encrypted\",\"index\":1,\"data\":\"e\"}]}");
    assert_string_equal(task_z(&t, r.part[1].opaque), "{\"extra_content\":{\"google\":{\"thought_signature\":\"t\"}}}");
    assert_true(span_is(r.part[0].origin, "here") && span_is(r.part[1].origin, "here"));
    task_end(&t);
}

static void
the_listener_hears_each_piece_once(void **state)
{
    (void)state;
    struct task t;
    struct llm_reply r;
    task_begin(&t, 0);
    struct buf *heard = task_buf(&t, 4096);
    const struct llm_listen how = {.api = LLM_OPENAI_CHAT, .status = 200, .fn = gather, .arg = heard};
    struct llm_decoder *d = llm_decoder_open(&t, &how);
    llm_decoder_feed(d, SPAN(": wait\n\n"));
    assert_false(llm_decoder_shown(d));
    llm_decoder_feed(d, SPAN(DELTA("{\"reasoning\":\"hm\"}") DELTA("{\"content\":\"Hi\"}")
                                CALLS("[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]")
                                    CALLS("[{\"index\":0,\"function\":{\"arguments\":\"}\"}}]") FINISH("tool_calls")));
    assert_true(llm_decoder_shown(d));
    assert_false(llm_decoder_done(d));
    llm_decoder_feed(d, SPAN(DONE DELTA("{\"content\":\"late\"}")));
    assert_true(llm_decoder_done(d));
    llm_decoder_end(d, &r);
    assert_string_equal(buf_z(heard), "1/0//hm\n0/0//Hi\n2/0/f/\n2/0/f/{\n2/0/f/}\n");
    assert_true(llm_reply_may_call(&r));
    task_end(&t);
}

static void
an_endless_answer_is_given_up(void **state)
{
    (void)state;
    struct task t;
    struct llm_reply r;
    task_begin(&t, 0);
    struct buf *event = task_buf(&t, 1 << 21);
    buf_puts(event, "data: {\"choices\":[{\"delta\":{\"content\":\"");
    for (size_t i = 0; i < 1 << 20; i++)
        buf_putc(event, 'a');
    buf_puts(event, "\"}}]}\n\n");
    struct llm_decoder *d = llm_decoder_open(&t, &(struct llm_listen){.api = LLM_OPENAI_CHAT, .status = 200});
    for (int i = 0; i < 6; i++)
        llm_decoder_feed(d, buf_view(event));
    assert_true(llm_decoder_done(d));
    llm_decoder_end(d, &r);
    assert_string_equal(task_z(&t, r.error.code), "too_large");
    assert_int_equal(r.text.n, LLM_TEXT_BYTES);
    assert_false(llm_reply_may_call(&r));
    task_end(&t);
}

static void
a_broken_connection_is_told_unless_the_answer_was_whole(void **state)
{
    (void)state;
    struct task t;
    struct llm_reply r;
    task_begin(&t, 0);
    struct llm_decoder *d = llm_decoder_open(&t, &CHAT);
    llm_decoder_feed(d, SPAN(DELTA("{\"content\":\"a\"}")));
    llm_decoder_break(d, LLM_FAULT_SLOW, "no byte for 60 s");
    llm_decoder_end(d, &r);
    assert_string_equal(reply_line(&t, &r), "a|||error|slow");
    d = llm_decoder_open(&t, &CHAT);
    llm_decoder_feed(d, SPAN(FINISH("stop")));
    llm_decoder_break(d, LLM_FAULT_CUT, "reset by peer");
    llm_decoder_end(d, &r);
    assert_string_equal(reply_line(&t, &r), "|||stop|");
    task_end(&t);
}

int
main(void)
{
    id_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_read),
        cmocka_unit_test(calls_are_told_apart),
        cmocka_unit_test(errors_are_errors_in_every_dress),
        cmocka_unit_test(bodies_are_read),
        cmocka_unit_test(think_tags_are_taken_apart_when_asked),
        cmocka_unit_test(usage_is_found_wherever_it_stands),
        cmocka_unit_test(blobs_are_kept_for_the_way_back),
        cmocka_unit_test(the_listener_hears_each_piece_once),
        cmocka_unit_test(an_endless_answer_is_given_up),
        cmocka_unit_test(a_broken_connection_is_told_unless_the_answer_was_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
