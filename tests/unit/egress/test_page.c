/* test_page: capability "fetch": what goes out with a page's address, what comes back, and grants that a restart ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../support/egress.h"

static struct span
url_of(struct task *t, const char *path)
{
    return task_format(t, "http://127.0.0.1:%d%s", server.port, path);
}

static struct span
page_grant(struct task *t, struct span url, const char *more)
{
    struct span detail =
        task_format(t, "{\"url\":\"%.*s\",\"method\":\"GET\",\"auth\":\"none\",\"headers\":{}%s}", SPAN_ARG(url), more);
    return seal(t, "fetch", (const struct span[]){SPAN("fetch"), egress_fetch_body(t, url)}, 2, detail);
}

/* As the tool calls it. */
static enum err
fetch(struct task *t, struct span grant, struct reply *r)
{
    struct egress_call c = {.grant = grant, .on_head = on_head, .on_body = on_body, .arg = r, .wake_fd = -1};
    *r = (struct reply){0};
    buf_init(&r->body, 4 << 20);
    task_clear_error(t);
    return egress_call(t, &c);
}

static void
a_page_comes_and_only_its_address_goes(void **state)
{
    struct task t;
    struct reply r;
    (void)state;
    need_egress();
    task_begin(&t, 20000);
    struct span url = url_of(&t, "/echo?a=b&c=%22");
    for (int i = 0; i < 2; i++) { /* the second time with the first answer's cookie in mind, if anybody kept it */
        if (fetch(&t, page_grant(&t, url, ",\"loopback\":true,\"most_bytes\":4096"), &r) != E_OK)
            fail_msg("%s", t.cause);
        const char *got = buf_z(&r.body);
        assert_int_equal(r.status, 200);
        assert_memory_equal(got, "GET /echo?a=b&c=%22 HTTP/1.1\r\n", 30);
        assert_null(strcasestr(got, "cookie"));
        assert_null(strcasestr(got, "authorization"));
        assert_null(strcasestr(got, "referer"));
        assert_null(strcasestr(got, "api-key"));
        assert_null(strstr(r.headers, "cookie"));
        buf_reset(&r.body);
    }
    assert_int_equal(fetch(&t, page_grant(&t, url_of(&t, "/redirect"), ",\"loopback\":true"), &r), E_OK);
    assert_int_equal(r.status, 302);
    assert_string_equal(buf_z(&r.body), "moved");
    assert_non_null(strstr(r.headers, "location: /echo\n"));
    buf_reset(&r.body);
    task_end(&t);
}

static void
what_is_hashed_is_what_was_proposed(void **state)
{
    struct task t;
    (void)state;
    task_begin(&t, 0);
    assert_true(
        span_is(egress_fetch_body(&t, SPAN("https://a.example/\"x\"")), "{\"url\":\"https://a.example/\\\"x\\\"\"}"));
    const struct span fields[] = {SPAN("fetch"), SPAN("{\"url\":\"https://a.example/\"}")};
    assert_true(span_eq(egress_fetch_hash(&t, SPAN("https://a.example/")), grant_args_hash(&t, fields, 2)));
    task_end(&t);
}

static void
pages_are_capped_as_unpacked(void **state)
{
    static const struct {
        const char *path, *more;
        enum err e;
    } rows[] = {
        {"/huge", ",\"loopback\":true", E_LIMIT},
        {"/gzip", ",\"loopback\":true,\"most_bytes\":5", E_OK},
        {"/gzip", ",\"loopback\":true,\"most_bytes\":4", E_LIMIT},
        {"/gzip", ",\"loopback\":true,\"most_bytes\":0", E_DENIED},
        {"/gzip", ",\"loopback\":true,\"most_bytes\":-1", E_DENIED},
    };
    (void)state;
    need_egress();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        struct reply r;
        task_begin(&t, 20000);
        if (fetch(&t, page_grant(&t, url_of(&t, rows[i].path), rows[i].more), &r) != rows[i].e)
            fail_msg("%s%s: %s", rows[i].path, rows[i].more, t.cause);
        assert_true(r.body.n <= 262144);
        buf_reset(&r.body);
        task_end(&t);
    }
}

/* Nothing goes along: not even what gate would have let. */
static void
no_grant_adds_to_a_page(void **state)
{
    static const char *const more[] = {
        ",\"loopback\":true,\"auth\":\"bearer\",\"secret\":\"OPENAI_API_KEY\"",
        ",\"loopback\":true,\"secret\":\"OPENAI_API_KEY\"",
        ",\"loopback\":true,\"headers\":{\"x-more\":\"1\"}",
        ",\"loopback\":true,\"method\":\"POST\"",
    };
    struct task t;
    struct reply r;
    (void)state;
    need_egress();
    task_begin(&t, 20000);
    struct span url = url_of(&t, "/echo");
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        struct span detail = task_format(&t, "{\"url\":\"%.*s\"%s}", SPAN_ARG(url), more[i]);
        struct span g = seal(&t, "fetch", (const struct span[]){SPAN("fetch"), egress_fetch_body(&t, url)}, 2, detail);
        assert_int_equal(fetch(&t, g, &r), E_DENIED);
        assert_int_equal(r.status, 0);
        buf_reset(&r.body);
    }
    struct egress_call c = {.grant = page_grant(&t, url, ",\"loopback\":true"),
        .headers = SPAN("x-more: 1\n"),
        .on_head = on_head,
        .on_body = on_body,
        .arg = &r,
        .wake_fd = -1};
    task_clear_error(&t);
    assert_int_equal(egress_call(&t, &c), E_DENIED);
    c.headers = SPAN_NONE;
    c.body = SPAN("more");
    c.grant = page_grant(&t, url, ",\"loopback\":true");
    task_clear_error(&t);
    assert_int_equal(egress_call(&t, &c), E_DENIED);
    task_end(&t);
}

static void
addresses_are_judged(void **state)
{
    static const struct {
        const char *url, *more;
        enum err e;
    } rows[] = {
        {"http://example.com/", "", E_DENIED},
        {"http://127.0.0.1:1/", "", E_DENIED},
        {"https://127.0.0.1:1/", "", E_DENIED},
        {"https://localhost:1/", "", E_DENIED},
        {"https://10.0.0.1/", "", E_DENIED},
        {"https://169.254.169.254/latest/", "", E_DENIED},
        {"https://[fd00::1]/", "", E_DENIED},
        {"http://10.0.0.1/", ",\"loopback\":true", E_DENIED},
        {"https://8.8.8.8/", ",\"loopback\":true", E_DENIED},
        {"file:///etc/passwd", ",\"loopback\":true", E_INVALID},
        {"https://user@example.com/", "", E_INVALID},
        {"https://example.com/#part", "", E_INVALID},
    };
    (void)state;
    need_egress();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task t;
        struct reply r;
        task_begin(&t, 20000);
        if (fetch(&t, page_grant(&t, span_of(rows[i].url), rows[i].more), &r) != rows[i].e)
            fail_msg("%s: %s: %s", rows[i].url, err_word(t.err), t.cause);
        buf_reset(&r.body);
        task_end(&t);
    }
}

static void
grants_are_for_one_page(void **state)
{
    struct task t;
    struct reply r;
    (void)state;
    need_egress();
    task_begin(&t, 20000);
    struct span url = url_of(&t, "/echo"), other = url_of(&t, "/echo?stolen"), empty = SPAN_NONE;
    struct span detail = task_format(&t, "{\"url\":\"%.*s\",\"loopback\":true}", SPAN_ARG(url));
    const struct {
        const char *capability;
        struct span word, text;
    } rows[] = {
        {"fetch", SPAN("fetch"), egress_fetch_body(&t, other)},
        {"fetch", SPAN("fetch"), url},
        {"fetch", SPAN("http"), empty},
        {"llm", SPAN("fetch"), egress_fetch_body(&t, url)},
        {"probe", SPAN("fetch"), egress_fetch_body(&t, url)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct span g = seal(&t, rows[i].capability, (const struct span[]){rows[i].word, rows[i].text}, 2, detail);
        assert_int_equal(fetch(&t, g, &r), E_DENIED);
        buf_reset(&r.body);
    }
    struct span g = page_grant(&t, url, ",\"loopback\":true");
    assert_int_equal(fetch(&t, g, &r), E_OK);
    buf_reset(&r.body);
    assert_int_equal(fetch(&t, g, &r), E_DENIED);
    buf_reset(&r.body);
    task_end(&t);
}

/* What a plugin asks for is what its grant covers; where that goes is in the grant. */
static void
a_plugins_request_goes_where_the_grant_says(void **state)
{
    struct task t;
    struct reply r;
    (void)state;
    need_egress();
    task_begin(&t, 20000);
    struct span url = url_of(&t, "/echo"), asked = SPAN("https://api.acme.example/echo"), body = SPAN("{\"a\":1}");
    struct span sent = egress_plugin_body(&t, SPAN("POST"), asked, SPAN("x-a: b\n"), body);
    const struct {
        const char *more;
        struct span headers, body;
        enum err e;
    } rows[] = {
        {"", SPAN("x-a: b\n"), body, E_DENIED}, /* another address than was asked for */
        {",\"asked\":\"https://api.acme.example/echo\"", SPAN("x-a: c\n"), body, E_DENIED},
        {",\"asked\":\"https://api.acme.example/echo\"", SPAN("x-a: b\n"), SPAN("{\"a\":2}"), E_DENIED},
        {",\"asked\":\"https://api.acme.example/echo\",\"most_bytes\":9", SPAN("x-a: b\n"), body, E_LIMIT},
        {",\"asked\":\"https://api.acme.example/echo\",\"most_bytes\":0", SPAN("x-a: b\n"), body, E_DENIED},
        {",\"asked\":\"https://api.acme.example/echo\"", SPAN("x-a: b\n"), body, E_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct span detail =
            task_format(&t, "{\"url\":\"%.*s\",\"method\":\"POST\",\"loopback\":true%s}", SPAN_ARG(url), rows[i].more);
        struct egress_call c = {
            .grant = seal(&t, "plugin-fetch", (const struct span[]){SPAN("plugin-fetch"), sent}, 2, detail),
            .headers = rows[i].headers,
            .body = rows[i].body,
            .on_head = on_head,
            .on_body = on_body,
            .arg = &r,
            .wake_fd = -1};
        r = (struct reply){0};
        buf_init(&r.body, 4 << 20);
        task_clear_error(&t);
        if (egress_call(&t, &c) != rows[i].e)
            fail_msg("%zu: %s", i, t.cause);
        if (rows[i].e == E_OK)
            assert_memory_equal(buf_z(&r.body), "POST /echo HTTP/1.1\r\n", 21);
        buf_reset(&r.body);
    }
    task_end(&t);
}

/* The list of used grants begins anew; those of before are refused, used or not. */
static void
a_restart_frees_no_grant(void **state)
{
    struct task t;
    struct reply r;
    int status;
    (void)state;
    need_egress();
    task_begin(&t, 30000);
    struct span url = url_of(&t, "/echo");
    struct span used = page_grant(&t, url, ",\"loopback\":true"), unused = page_grant(&t, url, ",\"loopback\":true");
    struct span detail = task_format(&t, "{\"url\":\"%.*s\",\"loopback\":true}", SPAN_ARG(url));
    struct span asked = llm_grant(&t, SPAN_NONE, detail);
    assert_int_equal(fetch(&t, used, &r), E_OK);
    buf_reset(&r.body);
    assert_int_equal(fetch(&t, asked, &r), E_OK);
    buf_reset(&r.body);
    kill(egress, SIGKILL);
    waitpid(egress, &status, 0);
    unlink(conf_path(&t, "run/egress.sock"));
    start_egress();
    const struct span old[] = {used, unused, asked};
    for (size_t i = 0; i < sizeof old / sizeof old[0]; i++) {
        assert_int_equal(fetch(&t, old[i], &r), E_UNAVAILABLE);
        assert_int_equal(r.status, 0);
        assert_non_null(strstr(t.cause, "Ask again"));
        buf_reset(&r.body);
    }
    assert_int_equal(fetch(&t, page_grant(&t, url, ",\"loopback\":true"), &r), E_OK);
    buf_reset(&r.body);
    assert_int_equal(call(&t, detail, SPAN_NONE, SPAN_NONE, &r), E_OK);
    buf_reset(&r.body);
    task_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_comes_and_only_its_address_goes),
        cmocka_unit_test(what_is_hashed_is_what_was_proposed),
        cmocka_unit_test(pages_are_capped_as_unpacked),
        cmocka_unit_test(no_grant_adds_to_a_page),
        cmocka_unit_test(addresses_are_judged),
        cmocka_unit_test(grants_are_for_one_page),
        cmocka_unit_test(a_plugins_request_goes_where_the_grant_says),
        cmocka_unit_test(a_restart_frees_no_grant),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
