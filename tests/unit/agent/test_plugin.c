/* Whole turns in which a model calls a plugin's tool: what gate is asked, what the plugin gets, what stays. */
#include "play.h"
#include "store/work_approval.h"
#include "store/work_artifact.h"

#define TOOLS "[\"sql\",\"rows\",\"ask\",\"cannot_answer\",\"count_words\"]"
#define PLUGINS_WITH(more, effect)                                                                                     \
    "[{\"id\":\"acme/words\",\"digest\":\"d1\",\"version\":\"1.0.0\"" more ",\"tools\":[{\"name\":\"count_words\","    \
    "\"description\":\"Counts words.\",\"schema\":{\"type\":\"object\",\"properties\":{\"text\":{\"type\":"            \
    "\"string\"}}},\"effect\":" effect "}]}]"
#define PLUGINS(effect) PLUGINS_WITH("", effect)
#define CALL "count_words\n{\"text\":\"a b\"}"

static const struct reply CALLS[] = {
    {200, "", NULL, CALL, NULL, NULL, NOTHING},
    {200, "", "Two.", NULL, NULL, NULL, NOTHING},
};

static struct work_result
only_result(void)
{
    struct work_result *list;
    size_t n;
    assert_int_equal(work_result_list(&fx.t, fx.w, SPAN("t_1"), &list, &n), E_OK);
    assert_int_equal(n, 1);
    return list[0];
}

static enum err
says_two(struct task *t, const struct plugin_call *c, char *word, json_t **blocks)
{
    (void)word;
    assert_true(span_is(c->tool, "count_words") && span_is(c->args, "{\"text\":\"a b\"}"));
    return json_read(
        t, SPAN("{\"blocks\":[{\"type\":\"text\",\"text\":\"2 words\"}],\"structured\":{\"n\":2}}"), blocks);
}

static void
a_tool_is_offered_as_the_plugin_declares_it_and_its_blocks_stay(void **state)
{
    (void)state;
    play.tools = TOOLS;
    play.plugins = PLUGINS("0");
    play.plugin = says_two;
    assert_int_equal(run(CALLS), E_OK);
    assert_true(span_is(turn_now().outcome, "done"));
    assert_true(request_has(0, "These tools come from plugins: `count_words`"));
    assert_true(request_has(0, "Counts words.") && request_has(0, "\"text\":{\"type\":\"string\"}"));
    assert_non_null(strstr(sh->asked, "call "));
    assert_string_equal(events(), "call result text usage done");
    assert_string_equal(log_kinds(), "state step usage call result step text usage done");
    assert_true(request_has(1, "\\\"untrusted\\\":true") && request_has(1, "2 words") && request_has(1, "\\\"n\\\":2"));
    struct work_result r = only_result();
    assert_true(span_is(r.plugin, "acme/words") && span_is(r.digest, "d1") && r.integrity == 4);
    assert_true(span_is(r.blocks, "[{\"type\":\"text\",\"text\":\"2 words\"}]") && span_is(r.handle, "r1"));
}

/* One pixel. */
#define PNG "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

static enum err
asks_back(struct task *t, const struct plugin_call *c, char *word, json_t **blocks)
{
    json_t *in = NULL, *out = NULL;
    (void)word;
    assert_int_equal(json_read(t, SPAN("{\"sql\":\"select 1\"}"), &in), E_OK);
    assert_int_equal(c->on_ask(t, c->arg, SPAN("host/query"), in, &out), E_OK);
    assert_int_equal(json_integer_value(json_array_get(json_array_get(json_object_get(out, "rows"), 0), 0)), 42);
    assert_int_equal(json_read(t, SPAN("{\"bytes_b64\":\"" PNG "\",\"alt\":\"a dot\"}"), &in), E_OK);
    assert_int_equal(c->on_ask(t, c->arg, SPAN("host/artifact.put"), in, &out), E_OK);
    assert_int_equal(json_read(t, SPAN("{\"bytes_b64\":\"aGVsbG8gd29ybGQh\"}"), &in), E_OK);
    assert_int_equal(c->on_ask(t, c->arg, SPAN("host/artifact.put"), in, &out), E_INVALID); /* no picture */
    task_clear_error(t);
    assert_int_equal(json_read(t, SPAN("{\"method\":\"GET\",\"url\":\"https://example.org/\"}"), &in), E_OK);
    assert_int_equal(c->on_ask(t, c->arg, SPAN("host/fetch"), in, &out), E_DENIED);
    task_clear_error(t);
    assert_int_equal(c->on_ask(t, c->arg, SPAN("host/other"), in, &out), E_NOTFOUND);
    task_clear_error(t);
    return json_read(t,
        SPAN("{\"blocks\":[{\"type\":\"image\",\"data\":\"" PNG "\",\"mime\":\"image/png\",\"alt\":"
             "\"a dot\"},{\"type\":\"table\",\"columns\":[\"n\"],\"rows\":[[42]]}]}"),
        blocks);
}

static void
what_it_asks_back_goes_through_gate_and_pictures_are_kept(void **state)
{
    (void)state;
    play.tools = TOOLS;
    play.plugins = PLUGINS("1");
    play.plugin = asks_back;
    play.refuse = "plugin-fetch";
    play.reason = "not-approved";
    assert_int_equal(run(CALLS), E_OK);
    assert_non_null(strstr(sh->asked, "call sql artifact plugin-fetch "));
    struct work_result r = only_result();
    json_t *blocks = NULL;
    assert_int_equal(json_read(&fx.t, r.blocks, &blocks), E_OK);
    struct span sha = json_text(json_array_get(blocks, 0), "artifact");
    assert_true(sha.n == 64 && json_text(json_array_get(blocks, 0), "data").n == 0);
    struct work_artifact a;
    assert_int_equal(work_artifact_get(&fx.t, fx.w, SPAN("c_1"), sha, &a), E_OK);
    assert_true(span_is(a.type, "image/png") && span_is(a.alt, "a dot") && span_is(a.plugin, "acme/words"));
    assert_true(request_has(1, "[[42]]") && !request_has(1, "iVBOR"));
}

static void
with_limit(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
    assert_int_equal(conf_load(&play_task), E_OK);
}

static enum err
keeps_one(struct task *t, const struct plugin_call *c, char *word, json_t **blocks)
{
    json_t *in = NULL, *out = NULL;
    (void)blocks;
    assert_int_equal(json_read(t, SPAN("{\"bytes_b64\":\"" PNG "\",\"alt\":\"a dot\"}"), &in), E_OK);
    assert_int_equal(c->on_ask(t, c->arg, SPAN("host/artifact.put"), in, &out), E_LIMIT);
    snprintf(word, PLUGIN_WORD_BYTES, "tool");
    return E_INVALID;
}

/* The sentence that the plugin, and the person, get. */
static void
has_no_room(const char *limit, const char *says)
{
    play.tools = TOOLS;
    play.plugins = PLUGINS("1");
    play.plugin = keeps_one;
    with_limit(limit, "60");
    assert_int_equal(run(CALLS), E_OK);
    with_limit(limit, NULL);
    assert_true(request_has(1, says));
}

static void
a_conversation_keeps_so_many_bytes_of_pictures(void **state)
{
    (void)state;
    has_no_room("LYCEUM_LIMITS_ARTIFACTS_CONVERSATION_BYTES", "This conversation's pictures take");
}

static void
all_conversations_together_keep_so_many(void **state)
{
    (void)state;
    has_no_room("LYCEUM_LIMITS_ARTIFACTS_BYTES", "ask an admin for more");
}

/* Before anybody is asked, and anything is paid for. */
static void
a_picture_that_could_not_be_kept_is_not_ordered(void **state)
{
    (void)state;
    play.tools = TOOLS;
    play.plugins = PLUGINS_WITH(",\"keeps\":true", "3");
    play.plugin_asks = true;
    with_limit("LYCEUM_LIMITS_ARTIFACTS_CONVERSATION_BYTES", "1000000");
    assert_int_equal(run(CALLS), E_OK);
    with_limit("LYCEUM_LIMITS_ARTIFACTS_CONVERSATION_BYTES", NULL);
    assert_true(span_is(turn_now().outcome, "done"));
    assert_true(request_has(1, "\\\"code\\\":\\\"no-room\\\"") && request_has(1, "begin a new one"));
}

static enum err
breaks(struct task *t, const struct plugin_call *c, char *word, json_t **blocks)
{
    (void)c, (void)blocks;
    snprintf(word, PLUGIN_WORD_BYTES, "crash");
    return task_fail(t, E_INTERNAL, "The plugin's program ended by signal 11: and a row of yours.");
}

static void
a_failure_is_a_fixed_sentence(void **state)
{
    (void)state;
    play.tools = TOOLS;
    play.plugins = PLUGINS("0");
    play.plugin = breaks;
    assert_int_equal(run(CALLS), E_OK);
    assert_true(request_has(1, "\\\"code\\\":\\\"crash\\\"") && !request_has(1, "a row of yours"));
    assert_true(span_is(turn_now().outcome, "done"));
}

static void
one_that_sends_waits_for_the_person(void **state)
{
    (void)state;
    play.tools = TOOLS;
    play.plugins = PLUGINS("3");
    play.plugin = says_two;
    play.plugin_asks = true;
    assert_int_equal(run(CALLS), E_OK);
    assert_true(span_is(turn_now().state, "waiting") && span_is(turn_now().approval, "p_1"));
    assert_true(span_find(turn_now().waiting, SPAN("\"kind\":\"plugin\"")) > 0);
    play.outcome = "{\"state\":\"approved\"}";
    assert_int_equal(work_approval_settled(&fx.t, fx.w, SPAN("p_1")), E_OK);
    assert_int_equal(run(CALLS), E_OK);
    assert_true(request_has(1, "2 words"));
    assert_true(span_is(only_result().plugin, "acme/words"));
}

static void
declined_it_is_not_called(void **state)
{
    (void)state;
    play.tools = TOOLS;
    play.plugins = PLUGINS("3");
    play.plugin_asks = true;
    assert_int_equal(run(CALLS), E_OK);
    play.outcome = "{\"state\":\"declined\"}";
    assert_int_equal(work_approval_settled(&fx.t, fx.w, SPAN("p_1")), E_OK);
    assert_int_equal(run(CALLS), E_OK);
    assert_true(request_has(1, "\\\"code\\\":\\\"declined\\\""));
}

static enum err
asks_person(struct task *t, const struct plugin_call *c, char *word, json_t **blocks)
{
    json_t *in = NULL, *out = NULL;
    (void)blocks;
    assert_int_equal(
        json_read(t, SPAN("{\"question\":\"Which language?\",\"options\":[\"English\",\"German\"]}"), &in), E_OK);
    assert_int_equal(c->on_ask(t, c->arg, SPAN("host/ask"), in, &out), E_CONFLICT);
    snprintf(word, PLUGIN_WORD_BYTES, "tool");
    return E_CONFLICT;
}

static void
its_question_rests_the_turn_and_the_answer_is_the_result(void **state)
{
    (void)state;
    play.tools = TOOLS;
    play.plugins = PLUGINS("0");
    play.plugin = asks_person;
    assert_int_equal(run(CALLS), E_OK);
    struct work_turn turn = turn_now();
    assert_true(span_is(turn.state, "waiting") && span_find(turn.waiting, SPAN("Which language?")) > 0);
    assert_int_equal(work_turn_answer(&fx.t, fx.w, SPAN("t_1"), SPAN("ticket"), SPAN("German")), E_OK);
    assert_int_equal(run(CALLS), E_OK);
    assert_true(request_has(1, "\\\"answer\\\":\\\"German\\\""));
}

static void
a_tool_that_gate_does_not_name_is_not_there(void **state)
{
    (void)state;
    play.tools = "[\"sql\",\"rows\"]";
    play.plugins = PLUGINS("0");
    play.plugin = says_two;
    assert_int_equal(run(CALLS), E_OK);
    assert_false(request_has(0, "Counts words."));
    assert_true(request_has(1, "no-such-tool"));
}

static enum err
dies(struct task *t, const struct plugin_call *c, char *word, json_t **blocks)
{
    if (sh->queries++ == 0)
        raise(SIGKILL);
    return says_two(t, c, word, blocks);
}

static void
killed_in_the_middle_it_is_called_again(void **state)
{
    (void)state;
    play.tools = TOOLS;
    play.plugins = PLUGINS("0");
    play.plugin = dies;
    run_and_die(CALLS);
    assert_int_equal(run(CALLS), E_OK);
    assert_true(request_has(1, "2 words") && sh->queries == 2);
    assert_string_equal(messages(), "user assistant tool assistant");
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(a_tool_is_offered_as_the_plugin_declares_it_and_its_blocks_stay),
        CASE(what_it_asks_back_goes_through_gate_and_pictures_are_kept),
        CASE(a_conversation_keeps_so_many_bytes_of_pictures),
        CASE(all_conversations_together_keep_so_many),
        CASE(a_picture_that_could_not_be_kept_is_not_ordered),
        CASE(a_failure_is_a_fixed_sentence),
        CASE(one_that_sends_waits_for_the_person),
        CASE(declined_it_is_not_called),
        CASE(its_question_rests_the_turn_and_the_answer_is_the_result),
        CASE(a_tool_that_gate_does_not_name_is_not_there),
        CASE(killed_in_the_middle_it_is_called_again),
    };
    return cmocka_run_group_tests(tests, play_begin, play_end);
}
