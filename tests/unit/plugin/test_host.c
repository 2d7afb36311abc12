/* test_host: the plugin service against plugins that misbehave: each attempt ends in a sentence, and harms nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../support/plugin_world.h"

#include "sandbox/jail.h"

#include <sched.h>
#include <sys/syscall.h>

static char hostile[HOST_DIGEST_BYTES];

static const char misdeed_json[] =
    "{\"name\":\"misdeed\",\"description\":\"Does what it should not.\",\"input_schema\":{\"type\":\"object\","
    "\"properties\":{\"what\":{\"type\":\"string\",\"pattern\":\"^[a-z_]+$\"},\"path\":{\"type\":\"string\"},"
    "\"n\":{\"type\":\"integer\"}},\"required\":[\"what\"],\"additionalProperties\":false},"
    "\"output\":{\"type\":\"object\",\"properties\":{\"count\":{\"type\":\"integer\"}},\"required\":[\"count\"]}}";
static const char plain_json[] = "{\"name\":\"plain\",\"description\":\"Has no output schema.\",\"input_schema\":"
                                 "{\"type\":\"object\",\"properties\":{\"what\":{\"type\":\"string\"}}}}";
static const char hostile_manifest[] = "id acme/hostile\nversion 1\npublisher acme.example/test\nruntime python3 "
                                       "plugin.py\nsetting region string Where\ncap read.dataset public\n"
                                       "tool misdeed E0 tools/misdeed.json\ntool plain E0 tools/plain.json\n";
static const struct world_file hostile_files[] = {{"plugin.py", "tests/support/plugins/hostile.py", NULL, false},
    {"lyceum.py", "plugins/sdk/python/lyceum.py", NULL, false}, {"tools/misdeed.json", NULL, misdeed_json, false},
    {"tools/plain.json", NULL, plain_json, false}, {"manifest", NULL, hostile_manifest, false}, {0}};

static enum err
one_row(struct task *t, void *arg, struct span method, const json_t *params, json_t **result)
{
    (void)arg;
    assert_true(span_is(method, "host/query"));
    if (span_is(json_text(params, "sql"), "drop"))
        return task_fail(t, E_DENIED, "Nothing is dropped here.");
    *result = task_json(t, json_pack("{s:[s], s:[[i]]}", "columns", "one", "rows", 1));
    return E_OK;
}

/* What happens when the plugin does it. text: a part of the first block, or of the sentence. */
static void
check(const char *tool, const char *what, const char *more, enum err want, const char *word, const char *text)
{
    struct task t;
    task_begin(&t, 60000);
    struct world_call c = {.digest = hostile, .tool = tool, .on_ask = one_row, .deadline_ms = 3000};
    if (strcmp(what, "threads") == 0)
        c.conversation = "c_threads"; /* what they leave of the address space is nobody else's */
    c.args = task_printf(&t, "{\"what\":\"%s\"%s}", what, more);
    enum err e = world_call(&t, &c);
    if (e != want || strcmp(c.word, word) != 0 || !c.text || !strstr(c.text, text))
        fail_msg("%s %s: error %s, word \"%s\": %s", what, more, err_word(e), c.word, c.text ? c.text : "(no text)");
    task_end(&t);
}

static void
a_process_that_fails_is_told_in_words(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        enum err e;
        const char *word, *text;
    } rows[] = {
        {"crash", E_UNAVAILABLE, "crash", "acme/test crashed"},
        {"leave", E_UNAVAILABLE, "crash", "ended in the middle of a call (status 3)"},
        {"segfault", E_UNAVAILABLE, "crash", "crashed (signal 11)"},
        {"hang", E_DEADLINE, "hang", "did not answer within 3000 ms"},
        {"spin", E_DEADLINE, "hang", "was ended"},
        {"flood", E_LIMIT, "flood", "too many messages"},
        {"huge", E_LIMIT, "flood", "more than 6 MB"},
        {"deluge", E_LIMIT, "flood", "more than 24 MB"},
        {"garbage", E_INVALID, "protocol", "not valid JSON"},
        {"unasked", E_INVALID, "protocol", "answers what nobody asked"},
        {"deep", E_INVALID, "protocol", "nested more than 32 deep"},
        {"wide", E_INVALID, "protocol", "too many values"},
        {"memory", E_LIMIT, "memory", "more memory than it may have"},
        {"big", E_LIMIT, "output", "more than 1 MB"},
        {"odd_block", E_INVALID, "output", "a type that there is not"},
        {"many_blocks", E_INVALID, "output", "more than 64 blocks"},
        {"no_structure", E_INVALID, "output", "lacks the structured part"},
        {"wrong_structure", E_INVALID, "output", "structured.count must be of type integer"},
        {"fail", E_INVALID, "tool", "acme/test says: The moon is down."},
        {"nothing_of_that_name", E_INVALID, "tool", "says: KeyError"},
        {"many_asks", E_LIMIT, "flood", "more questions"},
        {"asks_at_once", E_LIMIT, "flood", "more questions at a time"},
        {"ask_slowly", E_DEADLINE, "hang", "did not answer"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check("misdeed", rows[i].what, "", rows[i].e, rows[i].word, rows[i].text);
        check("misdeed", "state", "", E_OK, "", " ");
    }
}

static void
what_it_may_not_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what, *more, *text;
    } rows[] = {
        {"fork", "", "refused: PermissionError"},
        {"threads", "", "few"},
        {"scratch_bomb", "", "refused: OSError"},
        {"read", ",\"path\":\"/etc/passwd\"", "refused"},
        {"read", ",\"path\":\"/etc/hostname\"", "refused"},
        {"read", ",\"path\":\"/proc/self/environ\"", "refused"},
        {"read", ",\"path\":\"/proc/1/maps\"", "refused"},
        {"read", ",\"path\":\"/usr/bin/passwd\"", "refused"},
        {"listdir", ",\"path\":\"/\"", "refused"},
        {"listdir", ",\"path\":\"/home\"", "refused"},
        {"write", ",\"path\":\"/usr/lib/x\"", "refused"},
        {"write", ",\"path\":\"/plugin/plugin.py\"", "refused"},
        {"write", ",\"path\":\"/plugin/x\"", "refused"},
        {"write", ",\"path\":\"/etc/x\"", "refused"},
        {"sockets", "", "refused: refused: refused: refused:"},
        {"execute", "", "refused: PermissionError"},
        {"execute_descriptor", "", "refused: OSError"},
        {"limits", "", "refused"},
        {"signal_others", "", "refused"},
        {"noise", "", "quiet"},
        {"deep_result", "", "deep"},
        {"ask", "", "1 rows"},
        {"ask_refused", "", "refused: Nothing is dropped here."},
        {"undeclared", "", "refused: The manifest does not declare \\\"cap net\\\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        if (strcmp(rows[i].what, "scratch_bomb") == 0 && !world.deployed && !sandbox_namespaces())
            continue; /* what can't be mounted has no size */
        task_begin(&t, 0);
        struct span text = span_of(rows[i].text);
        char *plain = task_z(&t, text), *to = plain;
        for (const char *c = plain; *c; c++)
            if (*c != '\\')
                *to++ = *c;
        *to = '\0';
        check("misdeed", rows[i].what, rows[i].more, E_OK, "", plain);
        task_end(&t);
    }
}

static void
calls_of_attackers_end_the_process(void **state)
{
    (void)state;
    static const long calls[] = {SYS_ptrace, SYS_mount, SYS_bpf, SYS_keyctl, SYS_unshare, SYS_process_vm_readv,
        SYS_userfaultfd, SYS_perf_event_open, SYS_setns, SYS_chroot};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct task t;
        task_begin(&t, 0);
        check("misdeed", "syscall", task_printf(&t, ",\"n\":%ld", calls[i]), E_UNAVAILABLE, "crash",
            "called what no plugin may call");
        task_end(&t);
    }
    static const long quiet[] = {SYS_io_uring_setup, SYS_socket, SYS_memfd_create, SYS_clone3, SYS_kill};
    for (size_t i = 0; i < sizeof quiet / sizeof quiet[0]; i++) {
        struct task t;
        task_begin(&t, 0);
        check("misdeed", "syscall", task_printf(&t, ",\"n\":%ld", quiet[i]), E_OK, "", "refused: ");
        task_end(&t);
    }
}

static const char *
state_of(struct task *t, const char *subject, const char *conversation)
{
    struct world_call c = {.digest = hostile,
        .tool = "misdeed",
        .args = "{\"what\":\"state\"}",
        .subject = subject,
        .conversation = conversation};
    if (world_call(t, &c) != E_OK)
        fail_msg("%s: %s", c.word, c.text);
    return c.text;
}

static void
a_process_is_kept_for_one_person_and_conversation(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    assert_memory_equal(state_of(&t, "u_ann", "c_a"), "1 ", 2);
    assert_memory_equal(state_of(&t, "u_ann", "c_a"), "2 ", 2);
    assert_memory_equal(state_of(&t, "u_ann", "c_b"), "1 ", 2);
    assert_memory_equal(state_of(&t, "u_bob", "c_a"), "1 ", 2);
    assert_memory_equal(state_of(&t, "u_ann", "c_a"), "3 ", 2);
    if (world.deployed) { /* each has a user id of its own */
        const char *ann = strchr(state_of(&t, "u_ann", "c_a"), ' '), *bob = strchr(state_of(&t, "u_bob", "c_a"), ' ');
        assert_string_not_equal(ann, bob);
        assert_true(strtol(ann, NULL, 10) >= conf_int("plugin.uid_base"));
    }
    task_end(&t);
}

static void
scratch_files_are_nobody_elses(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    struct world_call c = {.digest = hostile, .tool = "misdeed", .args = "{\"what\":\"scratch\"}", .subject = "u_ann"};
    assert_int_equal(world_call(&t, &c), E_OK);
    const char *path = c.text;
    c.args = task_printf(&t, "{\"what\":\"read\",\"path\":\"%s\"}", path);
    assert_int_equal(world_call(&t, &c), E_OK);
    assert_string_equal(c.text, "worked: kept");
    c.subject = "u_bob";
    assert_int_equal(world_call(&t, &c), E_OK);
    assert_memory_equal(c.text, "refused", 7);
    task_end(&t);
}

static void
more_people_than_places_take_turns(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    for (int i = 0; i < 40; i++)
        assert_memory_equal(state_of(&t, task_printf(&t, "u_%d", i), "c_many"), "1 ", 2);
    for (int i = 0; i < 12; i++) /* one person has fewer places than all */
        assert_memory_equal(state_of(&t, "u_many", task_printf(&t, "c_%d", i)), "1 ", 2);
    task_end(&t);
}

static enum err
impatient(struct task *t, void *arg, struct span method, const json_t *params, json_t **result)
{
    const int64_t *wait_ms = arg;
    struct pollfd none = {.fd = -1};
    poll(&none, 1, (int)*wait_ms); /* longer than the call may take by itself */
    return one_row(t, NULL, method, params, result);
}

static void
the_clock_stands_still_while_the_host_is_asked(void **state)
{
    (void)state;
    struct task t;
    int64_t wait_ms = 1500;
    task_begin(&t, 0);
    struct world_call c = {.digest = hostile,
        .tool = "misdeed",
        .args = "{\"what\":\"ask\"}",
        .on_ask = impatient,
        .arg = &wait_ms,
        .deadline_ms = 1000};
    assert_int_equal(world_call(&t, &c), E_OK);
    assert_string_equal(c.text, "1 rows");
    task_end(&t);
}

static void
keep_text(void *arg, struct span text)
{
    snprintf(arg, 64, "%.*s", SPAN_ARG(text));
}

static void
progress_and_settings_arrive(void **state)
{
    (void)state;
    struct task t;
    char said[64] = "";
    task_begin(&t, 0);
    struct world_call c = {
        .digest = hostile, .tool = "misdeed", .args = "{\"what\":\"progress\"}", .on_progress = keep_text, .arg = said};
    assert_int_equal(world_call(&t, &c), E_OK);
    assert_string_equal(said, "half way");
    c.args = "{\"what\":\"settings\"}";
    c.settings = "{\"region\":\"ord\"}";
    assert_int_equal(world_call(&t, &c), E_OK);
    assert_string_equal(c.text, "ord");
    task_end(&t);
}

static void
arguments_are_checked_before_the_plugin_sees_them(void **state)
{
    (void)state;
    static const struct {
        const char *args, *text;
    } rows[] = {{"{}", "arguments.what is missing"}, {"{\"what\":7}", "arguments.what must be of type string"},
        {"{\"what\":\"state\",\"else\":1}", "arguments.else is not something that the tool knows"},
        {"{\"what\":\"A\"}", "not written as the tool wants it"}, {"[]", "must be a JSON object"},
        {"{\"what\":\"state\",\"what\":\"hang\"}", "not valid JSON"}, {"{", "not valid JSON"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        task_begin(&t, 0);
        struct world_call c = {.digest = hostile, .tool = "misdeed", .args = rows[i].args};
        assert_int_equal(world_call(&t, &c), E_INVALID);
        assert_string_equal(c.word, "schema");
        if (!strstr(c.text, rows[i].text))
            fail_msg("%s: %s", rows[i].args, c.text);
        task_end(&t);
    }
}

/* One grant, one call, of exactly that. */
static void
without_its_grant_nothing_runs(void **state)
{
    (void)state;
    struct task t;
    json_t *blocks;
    task_begin(&t, 0);
    struct world_call c = {.digest = hostile, .tool = "misdeed", .args = "{\"what\":\"state\"}"};
    struct plugin_call call = {
        .grant = world_grant(&t, &c), .tool = SPAN("misdeed"), .args = span_of(c.args), .wake_fd = -1};
    assert_int_equal(plugin_call(&t, &call, c.word, &blocks), E_OK);
    assert_int_equal(plugin_call(&t, &call, c.word, &blocks), E_DENIED);
    task_clear_error(&t);
    call.grant = world_grant(&t, &c);
    call.args = SPAN("{\"what\":\"hang\"}");
    assert_int_equal(plugin_call(&t, &call, c.word, &blocks), E_DENIED);
    task_clear_error(&t);
    call.args = span_of(c.args);
    call.tool = SPAN("plain");
    assert_int_equal(plugin_call(&t, &call, c.word, &blocks), E_DENIED);
    task_clear_error(&t);
    call.grant = SPAN_NONE;
    assert_int_equal(plugin_call(&t, &call, c.word, &blocks), E_DENIED);
    task_end(&t);
}

/* A caller that goes takes the process with it: the next call of the conversation has a new one, at once. */
static void
a_caller_that_goes_leaves_nothing_behind(void **state)
{
    (void)state;
    struct task t;
    int fd;
    task_begin(&t, 0);
    struct world_call c = {
        .digest = hostile, .tool = "misdeed", .args = "{\"what\":\"hang\"}", .conversation = "c_gone"};
    struct buf *b = task_buf(&t, 1 << 16);
    size_t mark = frame_begin(b, "call");
    frame_put(b, "grant", world_grant(&t, &c));
    frame_put_z(b, "tool", c.tool);
    frame_put_z(b, "args", c.args);
    frame_end(b, mark);
    assert_int_equal(sock_connect(&t, world_path(&t, "run/plugin.sock"), "plugin", &fd), E_OK);
    assert_int_equal(sock_send(&t, fd, buf_view(b)), E_OK);
    close(fd);
    assert_memory_equal(state_of(&t, "u_one", "c_gone"), "1 ", 2);
    task_end(&t);
}

static void
stop_ends_every_process_of_a_bundle(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    state_of(&t, "u_ann", "c_stop");
    struct grant g = {.audience = SPAN("plugin"),
        .subject = SPAN("operator"),
        .capability = SPAN("stop"),
        .args_hash = plugin_stop_hash(&t, span_of(hostile)),
        .detail = task_format(&t, "{\"digest\":\"%s\"}", hostile),
        .expires_ms = clock_unix_ms() + 30000};
    struct world_call early = {.digest = hostile, .tool = "plain", .args = "{}"};
    struct plugin_call call = {
        .grant = world_grant(&t, &early), .tool = SPAN("plain"), .args = span_of(early.args), .wake_fd = -1};
    json_t *blocks;
    struct span grant = grant_seal(&t, world.secret, &g);
    assert_int_equal(plugin_stop(&t, grant, span_of(hostile)), E_OK);
    assert_int_equal(plugin_call(&t, &call, early.word, &blocks), E_DENIED); /* permitted before it was stopped */
    task_clear_error(&t);
    while (clock_unix_ms() <= g.issued_ms) /* permissions have milliseconds */
        sched_yield();
    assert_memory_equal(state_of(&t, "u_ann", "c_stop"), "1 ", 2);
    assert_int_equal(plugin_stop(&t, grant, span_of(hostile)), E_DENIED);
    task_end(&t);
}

/* Bundles
 * ---------------------------------------------------------------------------------------------------------------- */

static const char quick_py[] =
    "import lyceum\n@lyceum.tool\ndef plain(args, host):\n    return 'the signed one'\nlyceum.run()\n";
#define QUICK_MANIFEST(id)                                                                                             \
    "id acme/" id                                                                                                      \
    "\nversion 1\npublisher acme.example/test\nruntime python3 plugin.py\ntool plain E0 tools/plain.json\n"

static void
tamper(struct task *t, const char *digest)
{
    const char *path = world_path(t, task_printf(t, "plugins/%s/plugin.py", digest));
    chmod(world_path(t, task_printf(t, "plugins/%s", digest)), 0755);
    assert_int_equal(unlink(path), 0);
    char *other = task_z(t, span_of(quick_py));
    memcpy(strstr(other, "signed"), "forged", 6);
    assert_int_equal(fsio_write_atomic(t, path, span_of(other), 0644), E_OK);
}

static void
what_was_hashed_is_what_runs(void **state)
{
    (void)state;
    struct task t;
    char digest[HOST_DIGEST_BYTES];
    const struct world_file files[] = {{"plugin.py", NULL, quick_py, false},
        {"lyceum.py", "plugins/sdk/python/lyceum.py", NULL, false}, {"tools/plain.json", NULL, plain_json, false},
        {"manifest", NULL, QUICK_MANIFEST("swapped"), false}, {0}};
    task_begin(&t, 0);
    world_install(files, digest);
    struct world_call c = {.digest = digest, .tool = "plain", .args = "{}"};
    assert_int_equal(world_call(&t, &c), E_OK);
    assert_string_equal(c.text, "the signed one");
    tamper(&t, digest); /* after the check: the copy goes on, also in a process that starts later */
    c.conversation = "c_later";
    assert_int_equal(world_call(&t, &c), E_OK);
    assert_string_equal(c.text, "the signed one");
    task_end(&t);
}

static void
changed_before_it_was_loaded_it_does_not_run(void **state)
{
    (void)state;
    struct task t;
    char digest[HOST_DIGEST_BYTES];
    const struct world_file files[] = {{"plugin.py", NULL, quick_py, false},
        {"lyceum.py", "plugins/sdk/python/lyceum.py", NULL, false}, {"tools/plain.json", NULL, plain_json, false},
        {"manifest", NULL, QUICK_MANIFEST("changed"), false}, {0}};
    task_begin(&t, 0);
    world_install(files, digest);
    tamper(&t, digest);
    struct world_call c = {.digest = digest, .tool = "plain", .args = "{}"};
    assert_int_equal(world_call(&t, &c), E_DENIED);
    assert_string_equal(c.word, "gone");
    c.digest = "0000000000000000000000000000000000000000000000000000000000000000";
    task_clear_error(&t);
    assert_int_equal(world_call(&t, &c), E_NOTFOUND);
    assert_string_equal(c.word, "gone");
    c.digest = "../../../../etc";
    task_clear_error(&t);
    assert_int_equal(world_call(&t, &c), E_INVALID);
    task_end(&t);
}

/* SDKs
 * ---------------------------------------------------------------------------------------------------------------------
 */

static void
check_template(const struct world_file *files)
{
    struct task t;
    char digest[HOST_DIGEST_BYTES];
    task_begin(&t, 0);
    world_install(files, digest);
    struct world_call c = {.digest = digest, .tool = "count_words", .args = "{\"text\":\"three small words\"}"};
    if (world_call(&t, &c) != E_OK)
        fail_msg("%s: %s", c.word, c.text);
    assert_string_equal(c.text, "3 words; the longest is \"three\".");
    assert_int_equal(json_int(json_object_get(c.blocks, "structured"), "words", 0), 3);
    c.args = "{\"text\":\"\"}";
    assert_int_equal(world_call(&t, &c), E_OK);
    assert_string_equal(c.text, "There is no word in that.");
    task_end(&t);
}

static void
the_python_template_works(void **state)
{
    (void)state;
    const struct world_file files[] = {{"plugin.py", "plugins/sdk/python/template/plugin.py", NULL, false},
        {"lyceum.py", "plugins/sdk/python/lyceum.py", NULL, false},
        {"tools/count_words.json", "plugins/sdk/python/template/tools/count_words.json", NULL, false},
        {"manifest", "plugins/sdk/python/template/manifest", NULL, false}, {0}};
    check_template(files);
}

static bool
have_node(void)
{
    return access(conf_text("plugin.node"), X_OK) == 0;
}

static void
the_javascript_template_works(void **state)
{
    (void)state;
    if (!have_node())
        skip();
    const struct world_file files[] = {{"plugin.mjs", "plugins/sdk/js/template/plugin.mjs", NULL, false},
        {"lyceum.mjs", "plugins/sdk/js/lyceum.mjs", NULL, false},
        {"tools/count_words.json", "plugins/sdk/js/template/tools/count_words.json", NULL, false},
        {"manifest", "plugins/sdk/js/template/manifest", NULL, false}, {0}};
    check_template(files);
}

static void
the_c_template_works(void **state)
{
    (void)state;
    const struct world_file files[] = {{"plugin", WORLD_C_PLUGIN, NULL, true},
        {"tools/count_words.json", "plugins/sdk/c/template/tools/count_words.json", NULL, false},
        {"manifest", "plugins/sdk/c/template/manifest", NULL, false}, {0}};
    check_template(files);
}

static void
an_mcp_server_is_wrapped(void **state)
{
    (void)state;
    static const char add[] = "{\"name\":\"add\",\"description\":\"Adds.\",\"input_schema\":{\"type\":\"object\","
                              "\"properties\":{\"a\":{\"type\":\"number\"},\"b\":{\"type\":\"number\"}}}}";
    static const char lose[] = "{\"name\":\"fail\",\"description\":\"Fails.\",\"input_schema\":{\"type\":\"object\"}}";
    const struct world_file files[] = {{"server.mjs", "tests/support/plugins/mcp-server.mjs", NULL, false},
        {"tools/add.json", NULL, add, false}, {"tools/fail.json", NULL, lose, false},
        {"manifest", NULL,
            "id acme/mcp\nversion 1\npublisher acme.example/test\nruntime mcp-stdio node server.mjs\n"
            "tool add E0 tools/add.json\ntool fail E0 tools/fail.json\n",
            false},
        {0}};
    struct task t;
    char digest[HOST_DIGEST_BYTES];
    if (!have_node())
        skip();
    task_begin(&t, 0);
    world_install(files, digest);
    struct world_call c = {.digest = digest, .tool = "add", .args = "{\"a\":2,\"b\":3}"};
    if (world_call(&t, &c) != E_OK)
        fail_msg("%s: %s", c.word, c.text);
    assert_string_equal(c.text, "5");
    const json_t *link = json_array_get(json_object_get(c.blocks, "blocks"), 1);
    assert_true(span_is(json_text(link, "url"), "https://example.com/sum"));
    assert_int_equal(json_int(json_object_get(c.blocks, "structured"), "sum", 0), 5);
    c.tool = "fail";
    c.args = "{}";
    assert_int_equal(world_call(&t, &c), E_INVALID);
    assert_string_equal(c.word, "tool");
    assert_string_equal(c.text, "The plugin acme/test says: No such place.");
    task_end(&t);
}

/* Kept beside the repository, never in it. */
static const char *
reference_server(struct task *t)
{
    const char *shared = getenv("LYCEUM_SHARED");
    const char *path = shared ? task_printf(t, "%s/mcp/mcp-ref-server.mjs", shared)
                              : LYCEUM_SOURCE_DIR "/../shared/mcp/mcp-ref-server.mjs";
    return access(path, R_OK) == 0 ? path : NULL;
}

static void
the_reference_mcp_server_is_wrapped(void **state)
{
    (void)state;
    static const char list[] = "{\"name\":\"list_tables\",\"description\":\"Lists.\",\"input_schema\":{\"type\":"
                               "\"object\",\"properties\":{},\"additionalProperties\":false},\"output\":{\"type\":"
                               "\"object\",\"properties\":{\"tables\":{\"type\":\"array\",\"items\":{\"type\":"
                               "\"string\"}}},\"required\":[\"tables\"]}}";
    static const char query[] = "{\"name\":\"sql_query\",\"description\":\"Queries.\",\"input_schema\":{\"type\":"
                                "\"object\",\"properties\":{\"sql\":{\"type\":\"string\"}}}}";
    struct task t;
    char digest[HOST_DIGEST_BYTES];
    task_begin(&t, 0);
    const char *server = reference_server(&t);
    if (!server || !have_node()) {
        task_end(&t);
        skip();
    }
    const struct world_file files[] = {{"server.mjs", "tests/support/plugins/ref-stdio.mjs", NULL, false},
        {"mcp-ref-server.mjs", server, NULL, false}, {"tools/list.json", NULL, list, false},
        {"tools/query.json", NULL, query, false},
        {"manifest", NULL,
            "id acme/ref\nversion 1\npublisher acme.example/test\nruntime mcp-stdio node server.mjs\n"
            "tool list_tables E0 tools/list.json\ntool sql_query E0 tools/query.json\n",
            false},
        {0}};
    world_install(files, digest);
    struct world_call c = {.digest = digest, .tool = "list_tables", .args = "{}"};
    if (world_call(&t, &c) != E_OK)
        fail_msg("%s: %s", c.word, c.text);
    const json_t *tables = json_object_get(json_object_get(c.blocks, "structured"), "tables");
    assert_string_equal(json_string_value(json_array_get(tables, 0)), "repos");
    c.tool = "sql_query";
    c.args = "{\"sql\":\"DROP TABLE repos\"}";
    assert_int_equal(world_call(&t, &c), E_INVALID);
    assert_string_equal(c.word, "tool");
    task_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_that_fails_is_told_in_words),
        cmocka_unit_test(what_it_may_not_is_refused),
        cmocka_unit_test(calls_of_attackers_end_the_process),
        cmocka_unit_test(a_process_is_kept_for_one_person_and_conversation),
        cmocka_unit_test(scratch_files_are_nobody_elses),
        cmocka_unit_test(more_people_than_places_take_turns),
        cmocka_unit_test(the_clock_stands_still_while_the_host_is_asked),
        cmocka_unit_test(progress_and_settings_arrive),
        cmocka_unit_test(arguments_are_checked_before_the_plugin_sees_them),
        cmocka_unit_test(without_its_grant_nothing_runs),
        cmocka_unit_test(a_caller_that_goes_leaves_nothing_behind),
        cmocka_unit_test(stop_ends_every_process_of_a_bundle),
        cmocka_unit_test(what_was_hashed_is_what_runs),
        cmocka_unit_test(changed_before_it_was_loaded_it_does_not_run),
        cmocka_unit_test(the_python_template_works),
        cmocka_unit_test(the_javascript_template_works),
        cmocka_unit_test(the_c_template_works),
        cmocka_unit_test(an_mcp_server_is_wrapped),
        cmocka_unit_test(the_reference_mcp_server_is_wrapped),
    };
    setenv("LYCEUM_LIMITS_PLUGIN_CPU_MS", "1500", 1);
    world_begin();
    world_install(hostile_files, hostile);
    world_serve();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return world_end() && failed == 0 ? 0 : 1;
}
