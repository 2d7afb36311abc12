/* test_egress: the real lyceum-egress with a server of our own on loopback: every failure's code and sentence, grants,
 * keys, backpressure, cancelling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../support/egress.h"

#include "base/json.h"
#include "wire/sock.h"

static struct span
detail_of(struct task *t, const char *path)
{
    return task_format(t, "{\"url\":\"http://127.0.0.1:%d%s\",\"loopback\":true,\"secret\":\"\",\"auth\":\"none\"}",
        server.port, path);
}

/* The next line that a script noted. */
static void
loopback_read(const struct loopback *l, char *line, size_t room)
{
    size_t n = 0;
    while (n + 1 < room && read(l->tells, line + n, 1) == 1 && line[n] != '\n')
        n++;
    line[n] = '\0';
}

static void
replies_come_as_they_are(void **state)
{
    static const struct {
        const char *path;
        int status;
        const char *header, *body;
    } rows[] = {
        {"/chunked", 200, "transfer-encoding: chunked\n", "abcdef"},
        {"/redirect", 302, "location: /echo\n", "moved"}, /* told, never followed */
        {"/gzip", 200, "content-encoding: gzip\n", "hello"},
    };
    (void)state;
    need_egress();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        struct reply r = {0};
        task_begin(&t, 20000);
        if (call(&t, detail_of(&t, rows[i].path), SPAN_NONE, SPAN_NONE, &r) != E_OK)
            fail_msg("%s: %s", rows[i].path, t.cause);
        assert_int_equal(r.status, rows[i].status);
        assert_string_equal(buf_z(&r.body), rows[i].body);
        assert_non_null(strstr(r.headers, rows[i].header));
        buf_reset(&r.body);
        task_end(&t);
    }
}

static void
each_failure_has_its_code_and_sentence(void **state)
{
    static const struct {
        const char *path;
        enum err e;
        const char *says;
    } rows[] = {
        {"/slow", E_DEADLINE, "sent nothing within 0.5 s"},
        {"/stall", E_DEADLINE, "fell silent for 0.5 s"},
        {"/cut", E_UNAVAILABLE, "in the middle of its reply"},
        {"/cut-chunk", E_UNAVAILABLE, "in the middle of its reply"},
        {"/reset", E_UNAVAILABLE, "in the middle of its reply"},
        {"/nothing", E_UNAVAILABLE, "without an answer"},
        {"/noise", E_UNAVAILABLE, "not as a web server does"},
        {"/huge", E_LIMIT, "more than the 33554432 bytes"},
        {"/headers", E_LIMIT, "too much of a header"},
        {"/bad-gzip", E_UNAVAILABLE, "can't be unpacked"},
    };
    (void)state;
    need_egress();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        struct reply r = {0};
        task_begin(&t, 20000);
        enum err e = call(&t, detail_of(&t, rows[i].path), SPAN_NONE, SPAN_NONE, &r);
        if (e != rows[i].e || !strstr(t.cause, rows[i].says) || strstr(t.cause, rows[i].path))
            fail_msg("%s: %s: %s", rows[i].path, err_word(e), t.cause);
        buf_reset(&r.body);
        task_end(&t);
    }
}

static void
destinations_are_judged(void **state)
{
    static const struct {
        const char *detail;
        enum err e;
        const char *says;
    } rows[] = {
        {"\"url\":\"http://127.0.0.1:PORT/echo\"", E_DENIED, "https://"},
        {"\"url\":\"https://127.0.0.1:PORT/echo\"", E_DENIED, "private or local network"},
        {"\"url\":\"https://localhost:PORT/echo\"", E_DENIED, "private or local network"},
        {"\"url\":\"https://[::ffff:127.0.0.1]:PORT/echo\"", E_DENIED, "private or local network"},
        {"\"url\":\"https://[::1]:PORT/echo\"", E_DENIED, "private or local network"},
        {"\"url\":\"https://2130706433:PORT/echo\"", E_DENIED, "private or local network"}, /* 127.0.0.1 as a number */
        {"\"url\":\"https://10.1.2.3/\"", E_DENIED, "private or local network"},
        {"\"url\":\"https://169.254.169.254/latest/\"", E_DENIED, "private or local network"},
        {"\"url\":\"http://169.254.169.254/latest/\",\"loopback\":true", E_DENIED, "another machine's"},
        {"\"url\":\"https://8.8.8.8/\",\"loopback\":true", E_DENIED, "another machine's"},
        {"\"url\":\"http://10.1.2.3/\",\"loopback\":true", E_DENIED, "another machine's"},
        {"\"url\":\"ftp://127.0.0.1:PORT/\",\"loopback\":true", E_DENIED, "https://"},
        {"\"url\":\"file:///etc/passwd\",\"loopback\":true", E_INVALID, "web address"},
        {"\"url\":\"http://user:pass@127.0.0.1:PORT/echo\",\"loopback\":true", E_INVALID, "web address"},
        {"\"url\":\"\"", E_INVALID, "web address"},
        {"\"url\":\"https://no-such-host.invalid/\"", E_UNAVAILABLE, "could not be found"},
        {"\"url\":\"http://127.0.0.1:1/\",\"loopback\":true", E_UNAVAILABLE, "Nothing answers"},
        {"\"url\":\"https://127.0.0.1:PORT/echo\",\"loopback\":true", E_UNAVAILABLE, "secure connection"},
        {"\"url\":\"http://127.0.0.1:PORT/echo\",\"loopback\":true,\"method\":\"DELETE\"", E_INVALID, "method"},
        {"\"url\":\"http://127.0.0.1:PORT/echo\",\"loopback\":true,\"auth\":\"basic\",\"secret\":\"OPENAI_API_KEY\"",
            E_INVALID, "key"},
        {"\"url\":\"http://127.0.0.1:PORT/echo\",\"loopback\":true,\"auth\":\"bearer\",\"secret\":\"NOT_SET\"",
            E_NOTFOUND, "NOT_SET"},
    };
    (void)state;
    need_egress();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        struct reply r = {0};
        task_begin(&t, 20000);
        struct span d = span_of(rows[i].detail);
        ptrdiff_t at = span_find(d, SPAN("PORT"));
        if (at >= 0)
            d = task_format(&t, "%.*s%d%.*s", (int)at, d.p, server.port, SPAN_ARG(span_from(d, (size_t)at + 4)));
        enum err e = call(&t, task_format(&t, "{%.*s}", SPAN_ARG(d)), SPAN_NONE, SPAN_NONE, &r);
        if (e != rows[i].e || !strstr(t.cause, rows[i].says))
            fail_msg("%s: %s: %s", rows[i].detail, err_word(e), t.cause);
        buf_reset(&r.body);
        task_end(&t);
    }
}

static void
keys_are_added_and_only_by_egress(void **state)
{
    struct task t;
    struct reply r = {0};
    (void)state;
    need_egress();
    task_begin(&t, 20000);
    struct span grant =
        seal(&t, "secret.set", (const struct span[]){SPAN("secret.set"), SPAN("MY_KEY")}, 2, SPAN("{}"));
    assert_int_equal(egress_secret_set(&t, grant, SPAN("MY_KEY"), SPAN("sk-mine")), E_OK);
    json_t *list;
    assert_int_equal(egress_secret_list(
                         &t, seal(&t, "secret.list", (const struct span[]){SPAN("secret.list")}, 1, SPAN("{}")), &list),
        E_OK);
    assert_int_equal(json_array_size(list), 2);
    assert_null(strstr(task_z(&t, json_dump(&t, list)), "sk-"));
    static const struct {
        const char *auth, *secret, *line;
    } rows[] = {
        {"bearer", "OPENAI_API_KEY", "\r\nAuthorization: Bearer sk-environment\r\n"},
        {"bearer", "MY_KEY", "\r\nAuthorization: Bearer sk-mine\r\n"},
        {"x-api-key", "MY_KEY", "\r\nx-api-key: sk-mine\r\n"},
        {"x-goog-api-key", "MY_KEY", "\r\nx-goog-api-key: sk-mine\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct span d = task_format(&t,
            "{\"url\":\"http://127.0.0.1:%d/echo\",\"loopback\":true,\"auth\":\"%s\",\"secret\":\"%s\","
            "\"headers\":{\"anthropic-version\":\"2023-06-01\"},\"method\":\"POST\"}",
            server.port, rows[i].auth, rows[i].secret);
        if (call(&t, d, SPAN("Anthropic-Version: 1999\ncontent-type: application/json\n"), SPAN("{\"a\":1}"), &r) !=
            E_OK)
            fail_msg("%s", t.cause);
        const char *got = buf_z(&r.body);
        assert_memory_equal(got, "POST /echo HTTP/1.1\r\n", 21);
        assert_non_null(strstr(got, rows[i].line));
        assert_non_null(strstr(got, "\r\nanthropic-version: 2023-06-01\r\n")); /* the grant's, not the caller's */
        assert_null(strstr(got, "1999"));
        assert_non_null(strstr(got, "\r\ncontent-type: application/json\r\n"));
        assert_non_null(strstr(got, "\r\n\r\n{\"a\":1}"));
        assert_null(strstr(got, "Expect"));
        assert_null(strstr(r.headers, "cookie"));
        buf_reset(&r.body);
    }
    assert_int_equal(call(&t, detail_of(&t, "/echo"), SPAN("Authorization: Bearer mine\n"), SPAN_NONE, &r), E_DENIED);
    buf_reset(&r.body);
    task_end(&t);
}

static enum err
with_grant(struct task *t, struct span grant, struct span body)
{
    struct reply r = {0};
    struct egress_call c = {
        .grant = grant, .body = body, .on_head = on_head, .on_body = on_body, .arg = &r, .wake_fd = -1};
    buf_init(&r.body, 1 << 20);
    task_clear_error(t);
    enum err e = egress_call(t, &c);
    buf_reset(&r.body);
    return e;
}

static void
grants_are_for_one_call(void **state)
{
    struct task t;
    (void)state;
    need_egress();
    task_begin(&t, 20000);
    struct span d = detail_of(&t, "/echo");
    struct span body = SPAN("{\"a\":1}");
    struct span g = llm_grant(&t, body, d);
    assert_int_equal(with_grant(&t, g, SPAN("{\"a\":2}")), E_DENIED); /* other bytes */
    assert_int_equal(with_grant(&t, g, body), E_OK);
    assert_int_equal(with_grant(&t, g, body), E_DENIED); /* twice */
    assert_int_equal(with_grant(&t, SPAN("nonsense"), body), E_DENIED);
    assert_int_equal(with_grant(&t, SPAN_NONE, body), E_DENIED);
    struct grant other = {.audience = SPAN("query"),
        .capability = SPAN("llm"),
        .detail = d,
        .args_hash = grant_args_hash(&t, (const struct span[]){SPAN("http"), body}, 2),
        .expires_ms = clock_unix_ms() + 60000};
    assert_int_equal(with_grant(&t, grant_seal(&t, gate_secret, &other), body), E_DENIED);
    other.audience = SPAN("egress");
    other.capability = SPAN("probe");
    assert_int_equal(with_grant(&t, grant_seal(&t, gate_secret, &other), body), E_DENIED);
    other.capability = SPAN("llm");
    other.expires_ms = clock_unix_ms() - 1000;
    assert_int_equal(with_grant(&t, grant_seal(&t, gate_secret, &other), body), E_DENIED);
    other.expires_ms = clock_unix_ms() + 60000;
    struct span good = grant_seal(&t, gate_secret, &other);
    struct span bad = task_dup(&t, good);
    ((char *)(uintptr_t)bad.p)[bad.n - 1] ^= 1;
    assert_int_equal(with_grant(&t, bad, body), E_DENIED);
    assert_int_equal(with_grant(&t, good, body), E_OK);
    task_end(&t);
}

static void
stop_ends_the_exchange(void **state)
{
    struct task t;
    struct reply r = {.stop_after = 1};
    char line[64];
    int wake[2];
    (void)state;
    need_egress();
    task_begin(&t, 20000);
    assert_int_equal(call(&t, detail_of(&t, "/stall"), SPAN_NONE, SPAN_NONE, &r), E_OK); /* the callback had enough */
    loopback_read(&server, line, sizeof line); /* those of the failures' table */
    loopback_read(&server, line, sizeof line);
    loopback_read(&server, line, sizeof line);
    assert_string_equal(line, "stall: gone"); /* the server saw it leave */
    buf_reset(&r.body);
    must(pipe2(wake, O_CLOEXEC) == 0 && write(wake[1], "x", 1) == 1);
    struct egress_call c = {.grant = llm_grant(&t, SPAN_NONE, detail_of(&t, "/slow")),
        .on_head = on_head,
        .on_body = on_body,
        .arg = &r,
        .wake_fd = wake[0]};
    assert_int_equal(egress_call(&t, &c), E_OK);
    close(wake[0]);
    close(wake[1]);
    task_end(&t);
}

static void
slow_callers_slow_the_server(void **state)
{
    struct task t;
    char line[64] = "";
    int fd = -1;
    (void)state;
    need_egress();
    task_begin(&t, 30000);
    struct buf *b = task_buf(&t, 65536);
    size_t mark = frame_begin(b, "http");
    frame_put(b, "grant", llm_grant(&t, SPAN_NONE, detail_of(&t, "/flood")));
    frame_put(b, "body", SPAN_NONE);
    frame_end(b, mark);
    assert_int_equal(sock_connect(&t, conf_path(&t, "run/egress.sock"), "egress", &fd), E_OK);
    assert_int_equal(sock_send(&t, fd, buf_view(b)), E_OK);
    while (strncmp(line, "flood", 5) != 0)
        loopback_read(&server, line, sizeof line);
    assert_string_equal(line, "flood: blocked"); /* nobody read: 24 MB did not fit in between */
    struct buf *in = task_buf(&t, 1 << 20);
    struct frame f;
    size_t got = 0;
    do { /* each frame in a task of its own */
        struct task one;
        task_begin(&one, 30000);
        assert_int_equal(sock_recv(&one, fd, in, 1 << 20, &f, NULL), E_OK);
        struct span bytes = frame_get(&f, "bytes");
        for (size_t i = 0; i < bytes.n; i++)
            if (bytes.p[i] != (char)('a' + (got + i) % 65536 % 26))
                fail_msg("byte %zu is wrong", got + i);
        got += bytes.n;
        assert_false(frame_is(&f, "error"));
        mark = frame_is(&f, "end");
        task_end(&one);
    } while (!mark);
    assert_int_equal(got, 24 << 20);
    close(fd);
    task_end(&t);
}

static void
the_probe_ends(void **state)
{
    struct task t;
    json_t *list = NULL;
    (void)state;
    need_egress();
    task_begin(&t, 20000);
    assert_int_equal(
        egress_probe(&t, seal(&t, "probe", (const struct span[]){SPAN("probe")}, 1, SPAN("{}")), &list), E_OK);
    assert_true(json_is_array(list)); /* what runs on this machine is not ours to say */
    task_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_come_as_they_are),
        cmocka_unit_test(each_failure_has_its_code_and_sentence),
        cmocka_unit_test(destinations_are_judged),
        cmocka_unit_test(keys_are_added_and_only_by_egress),
        cmocka_unit_test(grants_are_for_one_call),
        cmocka_unit_test(stop_ends_the_exchange),
        cmocka_unit_test(slow_callers_slow_the_server),
        cmocka_unit_test(the_probe_ends),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
