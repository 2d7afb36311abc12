/* test_talk: messages in both framings, the conversation with a process, and what a result may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json.h"
#include "plugin/blocks.h"
#include "plugin/talk.h"

#include <string.h>

static void
messages_are_cut_in_both_framings(void **state)
{
    (void)state;
    static const struct {
        enum rpc_framing framing;
        struct span bytes;
        size_t taken;
        const char *body;
    } rows[] = {
        {RPC_PREFIXED, {"\2\0\0\0{}rest", 10}, 6, "{}"},
        {RPC_PREFIXED, {"\2\0\0\0{", 5}, 0, ""},
        {RPC_PREFIXED, {"\2\0", 2}, 0, ""},
        {RPC_PREFIXED, {"\0\0\0\0", 4}, 4, ""},
        {RPC_LINES, {"{}\nrest", 7}, 3, "{}"},
        {RPC_LINES, {"{}\r\nrest", 8}, 4, "{}"},
        {RPC_LINES, {"\n", 1}, 1, ""},
        {RPC_LINES, {"{}", 2}, 0, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        size_t taken;
        struct span body;
        task_begin(&t, 0);
        assert_int_equal(rpc_cut(&t, rows[i].framing, rows[i].bytes, &taken, &body), E_OK);
        assert_int_equal(taken, rows[i].taken);
        assert_true(span_is(body, rows[i].body) || (body.n == 0 && rows[i].body[0] == '\0'));
        task_end(&t);
    }
    struct task t;
    size_t taken;
    struct span body;
    task_begin(&t, 0);
    assert_int_equal(rpc_cut(&t, RPC_PREFIXED, (struct span){"\xff\xff\xff\x7f", 4}, &taken, &body), E_LIMIT);
    task_end(&t);
}

static void
only_json_rpc_is_a_message(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int kind; /* -1: refused */
    } rows[] = {
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\"}", RPC_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"a\",\"params\":{}}", RPC_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"a\"}", RPC_NOTICE},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}", RPC_RESULT},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-1,\"message\":\"m\"}}", RPC_FAILURE},
        {"", -1},
        {"[]", -1},
        {"7", -1},
        {"{}", -1},
        {"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"a\"}", -1},
        {"{\"jsonrpc\":\"2.0\",\"id\":1}", -1},
        {"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"a\"}", -1},
        {"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"a\"}", -1},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", -1},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"params\":[]}", -1},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1,\"error\":{}}", -1},
        {"{\"jsonrpc\":\"2.0\",\"result\":1}", -1},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":\"x\"}", -1},
        {"{\"jsonrpc\":\"2.0\",\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\"}", -1},
        {"[{\"jsonrpc\":\"2.0\",\"method\":\"a\"}]", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        struct rpc_message m;
        task_begin(&t, 0);
        enum err e = rpc_parse(&t, span_of(rows[i].body), &m);
        if (rows[i].kind < 0 ? e != E_INVALID : e != E_OK || m.kind != (enum rpc_kind)rows[i].kind)
            fail_msg("%s: %s", rows[i].body, t.cause);
        task_end(&t);
    }
}

static void
depth_is_counted_outside_texts(void **state)
{
    (void)state;
    assert_true(rpc_bounded(SPAN("[[[]]]"), 3));
    assert_false(rpc_bounded(SPAN("[[[]]]"), 2));
    assert_true(rpc_bounded(SPAN("[\"[[[[\"]"), 1));
    assert_true(rpc_bounded(SPAN("[\"\\\"[[[[\"]"), 1));
    assert_true(rpc_bounded(SPAN("]]]]["), 1));
}

/* A conversation -----------------------------------------------------------------------------------------------------
 */

static void
says(struct talk *k, const char *json)
{
    buf_u32le(&k->in, (uint32_t)strlen(json));
    buf_puts(&k->in, json);
}

static enum talk_event
next(struct task *t, struct talk *k, struct talk_news *news)
{
    const char *word;
    if (talk_next(t, k, news, &word) != E_OK)
        fail_msg("%s: %s", word, t->cause);
    return news->event;
}

static void
ready(struct task *t, struct talk *k, unsigned may)
{
    struct talk_news news;
    talk_init(k, RPC_PREFIXED, may);
    says(k, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}");
    assert_int_equal(next(t, k, &news), TALK_READY);
    buf_clear(&k->out);
}

static bool
has_said(const struct talk *k, const char *text)
{
    return span_find(buf_view(&k->out), span_of(text)) >= 0;
}

static void
a_call_asks_and_is_answered(void **state)
{
    (void)state;
    struct task t;
    struct talk k;
    struct talk_news news;
    task_begin(&t, 0);
    ready(&t, &k, TALK_MAY_QUERY);
    talk_call(&k, SPAN("greet"), SPAN("{\"a\":1}"), SPAN("{\"s\":2}"));
    assert_true(
        has_said(&k, "\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"greet\",\"arguments\":{\"a\":1},"
                     "\"_meta\":{\"settings\":{\"s\":2}}}"));
    says(&k, "{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"host/query\",\"params\":{\"sql\":\"x\"}}");
    assert_int_equal(next(&t, &k, &news), TALK_ASKED);
    assert_true(span_is(news.method, "host/query") && talk_asks_open(&k));
    buf_clear(&k.out);
    assert_false(talk_told(&k, news.n + 1, SPAN("1"), SPAN_NONE));
    assert_true(talk_told(&k, news.n, SPAN("[1]"), SPAN_NONE));
    assert_false(talk_told(&k, news.n, SPAN("[1]"), SPAN_NONE));
    assert_true(has_said(&k, "\"id\":\"q\",\"result\":[1]}") && !talk_asks_open(&k));
    says(&k, "{\"jsonrpc\":\"2.0\",\"id\":\"f\",\"method\":\"host/fetch\",\"params\":{}}");
    says(&k, "{\"jsonrpc\":\"2.0\",\"id\":\"o\",\"method\":\"sampling/createMessage\",\"params\":{}}");
    says(&k, "{\"jsonrpc\":\"2.0\",\"method\":\"host/progress\",\"params\":{\"text\":\"half\"}}");
    assert_int_equal(next(&t, &k, &news), TALK_PROGRESS);
    assert_true(has_said(&k, "does not declare \\\"cap net\\\"") && has_said(&k, "-32601"));
    says(&k, "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"blocks\":[]}}");
    assert_int_equal(next(&t, &k, &news), TALK_RESULT);
    assert_int_equal(next(&t, &k, &news), TALK_NOTHING);
    talk_reset(&k);
    task_end(&t);
}

static void
what_is_out_of_turn_ends_it(void **state)
{
    (void)state;
    static const char *const rows[] = {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"host/query\",\"params\":{}}", "x"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        struct talk k;
        struct talk_news news;
        const char *word;
        task_begin(&t, 0);
        ready(&t, &k, TALK_MAY_QUERY);
        says(&k, rows[i]); /* no call runs */
        assert_int_equal(talk_next(&t, &k, &news, &word), E_INVALID);
        assert_string_equal(word, "protocol");
        talk_reset(&k);
        task_end(&t);
    }
}

/* Blocks
 * --------------------------------------------------------------------------------------------------------------- */

static void
blocks_are_what_the_table_says(void **state)
{
    (void)state;
    static const struct {
        const char *block;
        bool ok;
    } rows[] = {
        {"{\"type\":\"text\",\"text\":\"a\"}", true},
        {"{\"type\":\"text\"}", false},
        {"{\"type\":\"text\",\"text\":1}", false},
        {"{\"type\":\"text\",\"text\":\"a\",\"onclick\":\"b\"}", false},
        {"{\"type\":\"script\",\"text\":\"a\"}", false},
        {"{\"type\":\"table\",\"columns\":[\"a\"],\"rows\":[[1],[null]]}", true},
        {"{\"type\":\"table\",\"columns\":[{\"name\":\"a\",\"type\":\"INTEGER\"}],\"rows\":[]}", true},
        {"{\"type\":\"table\",\"columns\":[\"a\"],\"rows\":[[1,2]]}", false},
        {"{\"type\":\"table\",\"columns\":[\"a\"],\"rows\":[[{}]]}", false},
        {"{\"type\":\"table\",\"columns\":[],\"rows\":[]}", false},
        {"{\"type\":\"chart\",\"spec\":{\"mark\":\"dot\"},\"columns\":[\"a\"],\"rows\":[[1]],\"summary\":\"s\"}", true},
        {"{\"type\":\"chart\",\"spec\":\"x\",\"columns\":[\"a\"],\"rows\":[]}", false},
        {"{\"type\":\"image\",\"data\":\"aGk=\",\"mime\":\"image/png\",\"alt\":\"\"}", true},
        {"{\"type\":\"image\",\"data\":\"aGk=\",\"mime\":\"text/html\",\"alt\":\"\"}", false},
        {"{\"type\":\"image\",\"alt\":\"x\"}", false},
        {"{\"type\":\"image\",\"artifact\":\"../../etc\",\"alt\":\"x\"}", false},
        {"{\"type\":\"link\",\"url\":\"https://example.com/\"}", true},
        {"{\"type\":\"link\",\"url\":\"javascript:alert(1)\"}", false},
        {"{\"type\":\"link\",\"url\":\"https://a b\"}", false},
        {"{\"type\":\"code\",\"text\":\"a\",\"language\":\"sql\"}", true},
        {"{\"type\":\"html\",\"html\":\"<b>a</b>\"}", true},
        {"\"text\"", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        json_t *result, *out;
        bool failed;
        task_begin(&t, 0);
        assert_int_equal(json_read(&t, task_format(&t, "{\"blocks\":[%s]}", rows[i].block), &result), E_OK);
        if ((blocks_read(&t, result, &out, &failed) == E_OK) != rows[i].ok)
            fail_msg("%s: %s", rows[i].block, t.cause);
        task_end(&t);
    }
}

static void
mcp_content_becomes_blocks(void **state)
{
    (void)state;
    struct task t;
    json_t *result, *out;
    bool failed;
    task_begin(&t, 0);
    assert_int_equal(
        json_read(&t,
            SPAN("{\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image\",\"data\":\"aGk=\",\"mimeType\":"
                 "\"image/png\"},{\"type\":\"audio\",\"data\":\"x\"},{\"type\":\"resource\",\"resource\":{\"text\":"
                 "\"r\"}},{\"type\":\"resource_link\",\"uri\":\"file:///etc/passwd\",\"name\":\"n\"}],"
                 "\"structuredContent\":{\"a\":1},\"isError\":true}"),
            &result),
        E_OK);
    assert_int_equal(blocks_read(&t, result, &out, &failed), E_OK);
    assert_true(failed);
    struct span text = json_dump(&t, out);
    static const char want[] =
        "{\"blocks\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image\",\"data\":\"aGk=\",\"mime\":\"image/png\","
        "\"alt\":\"\"},{\"type\":\"text\",\"text\":\"(Something that is neither text nor an image was left out.)\"},"
        "{\"type\":\"text\",\"text\":\"r\"},{\"type\":\"text\",\"text\":\"n\"}],\"structured\":{\"a\":1}}";
    assert_string_equal(task_z(&t, text), want);
    task_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_cut_in_both_framings),
        cmocka_unit_test(only_json_rpc_is_a_message),
        cmocka_unit_test(depth_is_counted_outside_texts),
        cmocka_unit_test(a_call_asks_and_is_answered),
        cmocka_unit_test(what_is_out_of_turn_ends_it),
        cmocka_unit_test(blocks_are_what_the_table_says),
        cmocka_unit_test(mcp_content_becomes_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
