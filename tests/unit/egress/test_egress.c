/* test_egress: the real lyceum-egress with a server of our own on loopback: every failure's code and sentence, grants, keys,
 * backpressure, cancelling; and the shared replay server, where it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/conf.h"
#include "base/id.h"
#include "base/json.h"
#include "egress/egress_client.h"
#include "policy/grant.h"
#include "wire/sock.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>

#include "../../support/loopback.h"

static struct task run_task;
static unsigned char gate_secret[GRANT_SECRET_BYTES];
static struct loopback server;
static pid_t egress;

/* Set-up ------------------------------------------------------------------------------------------------------------ */

static const char *
program(void)
{
    static char path[512];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);
    must(n > 0);
    path[n] = '\0';
    *strrchr(path, '/') = '\0';
    return strcpy(strrchr(path, '/'), "/lyceum-egress"), path;
}

static void
make_state(void)
{
    static const char *const folders[] = {"share", "run", "secrets", "authority"};
    static const char *const settings[][2] = {{"LYCEUM_EGRESS_FIRST_BYTE_MS", "500"}, {"LYCEUM_EGRESS_IDLE_MS", "500"},
        {"LYCEUM_EGRESS_CONNECT_MS", "4000"}, {"LYCEUM_JAIL_REQUIRE_LANDLOCK", "false"}, {"OPENAI_API_KEY", "sk-environment"},
        {"HTTP_PROXY", "http://127.0.0.1:9"}, {"http_proxy", "http://127.0.0.1:9"}, {"all_proxy", "http://127.0.0.1:9"}};
    char *root = task_printf(&run_task, "/tmp/lyceum-egress.XXXXXX");
    must(mkdtemp(root));
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        must(mkdir(task_printf(&run_task, "%s/%s", root, folders[i]), 0700) == 0);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        setenv(settings[i][0], settings[i][1], 1);
    setenv("LYCEUM_STATE", root, 1);
    must(conf_load(&run_task) == E_OK);
    must(grant_key_own(&run_task, "authority", "gate", gate_secret) == E_OK);
}

static int
set_up(void **state)
{
    enum { NOBODY = 65534, TRIES = 500, TEST_SECONDS = 180 };
    (void)state;
    if (geteuid() == 0) /* single-user mode: one plain user for all */
        must(setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
    id_init();
    task_begin(&run_task, 0);
    alarm(TEST_SECONDS); /* a service that dies must not leave the test waiting */
    make_state();
    if (access(program(), X_OK) != 0) {
        print_message("skipped: %s is not built\n", program());
        return 0;
    }
    loopback_start(&server);
    egress = fork();
    must(egress >= 0);
    if (egress == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl(program(), program(), (char *)NULL);
        _exit(127);
    }
    unsetenv("OPENAI_API_KEY");
    for (int i = 0; i < TRIES && access(conf_path(&run_task, "run/egress.sock"), F_OK) != 0; i++)
        usleep(10000);
    return 0;
}

static int
tear_down(void **state)
{
    int status = 0;
    (void)state;
    if (egress > 0) {
        kill(egress, SIGTERM);
        waitpid(egress, &status, 0);
        loopback_stop(&server);
    }
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", conf_text("state"), (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
    task_end(&run_task);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1; /* a clean end at SIGTERM is part of the test */
}

static void
need_egress(void)
{
    if (egress <= 0)
        skip();
}

/* Calls -------------------------------------------------------------------------------------------------------------- */

struct reply {
    int status;
    char headers[4096];
    struct buf body;
    size_t stop_after; /* on_body says enough; 0: never */
};

static bool
on_head(void *arg, int status, struct span headers)
{
    struct reply *r = arg;
    r->status = status;
    snprintf(r->headers, sizeof r->headers, "%.*s", SPAN_ARG(headers));
    return true;
}

static bool
on_body(void *arg, struct span bytes)
{
    struct reply *r = arg;
    buf_span(&r->body, bytes);
    return r->stop_after == 0 || r->body.n < r->stop_after;
}

static struct span
seal(struct task *t, const char *capability, const struct span *hashed, size_t n, struct span detail)
{
    struct grant g = {.audience = SPAN("egress"), .subject = SPAN("u_test"), .capability = span_of(capability),
        .args_hash = grant_args_hash(t, hashed, n), .detail = detail, .expires_ms = clock_unix_ms() + GRANT_LIFE_MS};
    return grant_seal(t, gate_secret, &g);
}

static struct span
llm_grant(struct task *t, struct span body, struct span detail)
{
    return seal(t, "llm", (const struct span[]){SPAN("http"), body}, 2, detail);
}

static struct span
detail_of(struct task *t, const char *path)
{
    return task_format(t, "{\"url\":\"http://127.0.0.1:%d%s\",\"loopback\":true,\"secret\":\"\",\"auth\":\"none\"}", server.port, path);
}

static enum err
call(struct task *t, struct span detail, struct span headers, struct span body, struct reply *r)
{
    struct egress_call c = {.grant = llm_grant(t, body, detail), .headers = headers, .body = body, .on_head = on_head,
        .on_body = on_body, .arg = r, .wake_fd = -1};
    *r = (struct reply){.stop_after = r->stop_after};
    buf_init(&r->body, 64 << 20);
    return egress_call(t, &c);
}

/* Tests -------------------------------------------------------------------------------------------------------------- */

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
        {"\"url\":\"http://127.0.0.1:PORT/echo\",\"loopback\":true,\"auth\":\"basic\",\"secret\":\"OPENAI_API_KEY\"", E_INVALID, "key"},
        {"\"url\":\"http://127.0.0.1:PORT/echo\",\"loopback\":true,\"auth\":\"bearer\",\"secret\":\"NOT_SET\"", E_NOTFOUND, "NOT_SET"},
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
    struct span grant = seal(&t, "secret.set", (const struct span[]){SPAN("secret.set"), SPAN("MY_KEY")}, 2, SPAN("{}"));
    assert_int_equal(egress_secret_set(&t, grant, SPAN("MY_KEY"), SPAN("sk-mine")), E_OK);
    json_t *list;
    assert_int_equal(egress_secret_list(&t, seal(&t, "secret.list", (const struct span[]){SPAN("secret.list")}, 1, SPAN("{}")), &list), E_OK);
    assert_int_equal(json_array_size(list), 2);
    assert_null(strstr(task_z(&t, json_dump(&t, list)), "sk-"));
    static const struct {
        const char *auth, *secret, *line;
    } rows[] = {
        {"bearer", "OPENAI_API_KEY", "\r\nAuthorization: Bearer sk-environment\r\n"},
        {"bearer", "MY_KEY", "\r\nAuthorization: Bearer sk-mine\r\n"},
        {"x-api-key", "MY_KEY", "\r\nx-api-key: sk-mine\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct span d = task_format(&t, "{\"url\":\"http://127.0.0.1:%d/echo\",\"loopback\":true,\"auth\":\"%s\",\"secret\":\"%s\","
            "\"headers\":{\"anthropic-version\":\"2023-06-01\"},\"method\":\"POST\"}", server.port, rows[i].auth, rows[i].secret);
        if (call(&t, d, SPAN("Anthropic-Version: 1999\ncontent-type: application/json\n"), SPAN("{\"a\":1}"), &r) != E_OK)
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
    struct egress_call c = {.grant = grant, .body = body, .on_head = on_head, .on_body = on_body, .arg = &r, .wake_fd = -1};
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
    assert_int_equal(with_grant(&t, g, body), E_DENIED);               /* twice */
    assert_int_equal(with_grant(&t, SPAN("nonsense"), body), E_DENIED);
    assert_int_equal(with_grant(&t, SPAN_NONE, body), E_DENIED);
    struct grant other = {.audience = SPAN("query"), .capability = SPAN("llm"), .detail = d,
        .args_hash = grant_args_hash(&t, (const struct span[]){SPAN("http"), body}, 2), .expires_ms = clock_unix_ms() + 60000};
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
    struct egress_call c = {.grant = llm_grant(&t, SPAN_NONE, detail_of(&t, "/slow")), .on_head = on_head, .on_body = on_body,
        .arg = &r, .wake_fd = wake[0]};
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
    assert_int_equal(egress_probe(&t, seal(&t, "probe", (const struct span[]){SPAN("probe")}, 1, SPAN("{}")), &list), E_OK);
    assert_true(json_is_array(list)); /* what runs on this machine is not ours to say */
    task_end(&t);
}

/* The shared server replays recorded replies: cut in every place, packed or not, the bytes must be the same. */
static void
recorded_replies(void **state)
{
    const char *shared = getenv("LYCEUM_SHARED");
    struct task t;
    (void)state;
    need_egress();
    task_begin(&t, 60000);
    if (!shared)
        shared = LYCEUM_SOURCE_DIR "/../shared";
    const char *script = task_printf(&t, "%s/llm/replay-server.mjs", shared);
    if (access(script, R_OK) != 0) {
        print_message("skipped: no %s\n", script);
        task_end(&t);
        skip();
    }
    enum { CASES = 12, TRIES = 200 };
    int port = 20000 + getpid() % 20000;
    const char *number = task_printf(&t, "%d", port);
    pid_t pid = fork();
    must(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        dup2(null, 1);
        execlp("node", "node", script, "--port", number, "--log", "/dev/null", (char *)NULL);
        _exit(127);
    }
    struct reply r = {0};
    enum err e = E_UNAVAILABLE;
    for (int i = 0; i < TRIES && e != E_OK; i++) {
        task_clear_error(&t);
        e = call(&t, task_format(&t, "{\"url\":\"http://127.0.0.1:%d/_cases?api=openai-chat\",\"loopback\":true}", port), SPAN_NONE, SPAN_NONE, &r);
        usleep(20000);
    }
    json_t *cases;
    json_t *one;
    size_t i;
    assert_int_equal(e, E_OK);
    assert_int_equal(json_read(&t, task_dup(&t, buf_view(&r.body)), &cases), E_OK);
    buf_reset(&r.body);
    size_t compared = 0;
    json_array_foreach(cases, i, one) {
        static const char *const cuts[] = {"chunk=byte", "chunk=evil,gzip=1"};
        const char *name = json_is_string(one) ? json_string_value(one) : json_string_value(json_object_get(one, "name"));
        if (!name || i % (json_array_size(cases) / CASES + 1) != 0)
            continue;
        struct reply whole = {0};
        struct span url = task_format(&t, "http://127.0.0.1:%d/case/%s", port, name);
        assert_int_equal(call(&t, task_format(&t, "{\"url\":\"%.*s/x\",\"loopback\":true}", SPAN_ARG(url)), SPAN_NONE, SPAN_NONE, &whole), E_OK);
        for (size_t k = 0; k < 2; k++) {
            struct reply cut = {0};
            if (call(&t, task_format(&t, "{\"url\":\"%.*s/~%s/x\",\"loopback\":true}", SPAN_ARG(url), cuts[k]), SPAN_NONE, SPAN_NONE, &cut) != E_OK)
                fail_msg("%s %s: %s", name, cuts[k], t.cause);
            assert_int_equal(cut.status, whole.status);
            assert_true(span_eq(buf_view(&cut.body), buf_view(&whole.body)));
            buf_reset(&cut.body);
            compared++;
        }
        buf_reset(&whole.body);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_true(compared >= CASES);
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
        cmocka_unit_test(recorded_replies),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
