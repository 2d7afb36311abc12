/* test_request: from an environment to a reply: addresses, cookies, csrf, bodies, heads, failures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/id.h"
#include "http/csrf.h"
#include "http/serve.h"

#include <string.h>

#define COOKIE "0123456789abcdefghijABCDEFGHIJ0123456789-_x"

enum { ENV = 16 };
static struct task t;
static struct http_request req;
static struct http_response out;
static int handled;

static enum err
handle(struct task *task, const struct http_request *r, struct http_response *o, void *arg)
{
    (void)arg;
    handled++;
    if (span_is(r->path, "/missing"))
        return task_fail(task, E_NOTFOUND, "There is no page at this address.");
    buf_puts(o->body, "hello");
    return E_OK;
}

static const struct http_service service = {.body_bytes = 64, .origin = "http://127.0.0.1:8080", .handle = handle};

static int
begin(void **state)
{
    (void)state;
    task_begin(&t, 0);
    handled = 0;
    return 0;
}

static int
end(void **state)
{
    (void)state;
    task_end(&t);
    return 0;
}

/* Further variables of the environment, "NAME=value", ended by NULL. */
static void
ask(const char *method, const char *uri, const char *body, const char *const *more)
{
    char *e[ENV] = {0};
    size_t n = 0;
    const char *mark = strchr(uri, '?');
    e[n++] = task_printf(&t, "REQUEST_METHOD=%s", method);
    e[n++] = task_printf(&t, "REQUEST_URI=%s", uri);
    e[n++] = task_printf(&t, "QUERY_STRING=%s", mark ? mark + 1 : "");
    e[n++] = task_printf(&t, "CONTENT_LENGTH=%zu", strlen(body));
    e[n++] = task_printf(&t, "CONTENT_TYPE=application/x-www-form-urlencoded; charset=utf-8");
    for (; more && *more; more++)
        e[n++] = task_printf(&t, "%s", *more);
    task_clear_error(&t);
    http_answer(&t, &service, e, span_of(body), &req, &out);
}

static void
get(const char *uri)
{
    ask("GET", uri, "", NULL);
}

static void
addresses_are_split_before_they_are_decoded(void **state)
{
    (void)state;
    get("/movies/a%2Fb%20c/?q=1%202");
    assert_int_equal(out.status, 200);
    assert_int_equal(req.n_segments, 2);
    assert_true(span_is(req.segment[0], "movies"));
    assert_true(span_is(req.segment[1], "a/b c"));
    assert_true(req.final_slash);
    assert_true(span_is(http_params_get(&req.query, "q"), "1 2"));
    get("/");
    assert_int_equal(req.n_segments, 0);
}

static void
malformed_addresses_are_400(void **state)
{
    (void)state;
    static const char *const bad[] = {"/%", "/%ff", "/a/%00", "/a?b=%zz", "nothing", ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        get(bad[i]);
        assert_int_equal(out.status, 400);
    }
    get("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17");
    assert_int_equal(out.status, 404);
    assert_int_equal(handled, 0);
}

static void
cookies_of_others_are_passed_over(void **state)
{
    (void)state;
    ask("GET", "/", "",
        (const char *const[]){"HTTP_COOKIE=theme={\"a\":1}; lyceum=" COOKIE "; x=; lyceum_visitor=" COOKIE, NULL});
    assert_int_equal(out.status, 200);
    assert_true(span_is(req.cookies.session, COOKIE));
    assert_true(span_is(req.cookies.visitor, COOKIE));
}

static void
malformed_cookies_are_400_and_dropped(void **state)
{
    (void)state;
    static const char *const bad[] = {"HTTP_COOKIE=lyceum=short", "HTTP_COOKIE=lyceum=" COOKIE "; lyceum=" COOKIE,
        "HTTP_COOKIE=no equals sign", "HTTP_COOKIE=a=\x01", "HTTP_COOKIE=lyceum=" COOKIE "=",
        "HTTP_COOKIE=lyceum=0123456789abcdefghijABCDEFGHIJ0123456789-_ "};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ask("GET", "/", "", (const char *const[]){bad[i], NULL});
        assert_int_equal(out.status, 400);
        assert_true(span_find(http_response_head(&out),
                        SPAN("Set-Cookie: lyceum=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")) > 0);
    }
}

static void
forms_are_read_and_bounded(void **state)
{
    (void)state;
    ask("POST", "/", "a=1&b=two+words", NULL);
    assert_int_equal(out.status, 200);
    assert_true(span_is(http_params_get(&req.form, "b"), "two words"));
    ask("POST", "/", "a=%", NULL);
    assert_int_equal(out.status, 400);
    ask("POST", "/", "a=0123456789012345678901234567890123456789012345678901234567890123456789", NULL);
    assert_int_equal(out.status, 413);
    assert_true(span_find(buf_view(out.body), SPAN("larger than 64 bytes")) > 0);
    ask("GET", "/", "", (const char *const[]){"CONTENT_LENGTH=minus one", NULL});
    assert_int_equal(out.status, 200); /* the first of two counts: libfcgi's environment is nginx's order */
}

static const struct {
    const char *method, *site, *origin, *cookie;
    int status;
} origins[] = {
    {"GET", "HTTP_SEC_FETCH_SITE=cross-site", "", "HTTP_COOKIE=a=b", 200},
    {"POST", "HTTP_SEC_FETCH_SITE=same-origin", "HTTP_ORIGIN=null", "HTTP_COOKIE=a=b", 200},
    {"POST", "HTTP_SEC_FETCH_SITE=same-site", "HTTP_ORIGIN=http://127.0.0.1:8080", "", 403},
    {"POST", "HTTP_SEC_FETCH_SITE=cross-site", "", "", 403},
    {"POST", "HTTP_SEC_FETCH_SITE=none", "", "", 403},
    {"POST", "", "HTTP_ORIGIN=http://127.0.0.1:8080", "HTTP_COOKIE=a=b", 200},
    {"POST", "", "HTTP_ORIGIN=http://127.0.0.1:8081", "HTTP_COOKIE=a=b", 403},
    {"POST", "", "HTTP_ORIGIN=http://127.0.0.1:8080.evil.example", "", 403},
    {"POST", "", "HTTP_ORIGIN=null", "HTTP_COOKIE=a=b", 403},
    {"POST", "", "", "HTTP_COOKIE=a=b", 403},
    {"POST", "", "", "", 200},
    {"DELETE", "", "", "HTTP_COOKIE=a=b", 403},
};

static void
unsafe_methods_need_our_origin(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++) {
        const char *more[4] = {0};
        size_t n = 0;
        const char *all[] = {origins[i].site, origins[i].origin, origins[i].cookie};
        for (size_t k = 0; k < 3; k++)
            if (all[k][0])
                more[n++] = all[k];
        ask(origins[i].method, "/", "", more);
        assert_int_equal(out.status, origins[i].status);
    }
}

static void
every_reply_carries_the_security_headers(void **state)
{
    (void)state;
    static const char *const need[] = {
        "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'",
        "require-trusted-types-for 'script'; trusted-types lyceum\r\n", "frame-ancestors 'none'",
        "Referrer-Policy: no-referrer\r\n", "Cross-Origin-Opener-Policy: same-origin\r\n",
        "Cross-Origin-Resource-Policy: same-origin\r\n", "Permissions-Policy: ", "X-Content-Type-Options: nosniff\r\n",
        "X-DNS-Prefetch-Control: off\r\n", "Cache-Control: no-store\r\n"};
    static const char *const uris[] = {"/", "/missing", "/%ff"};
    for (size_t u = 0; u < 3; u++) {
        get(uris[u]);
        struct span head = http_response_head(&out);
        for (size_t i = 0; i < sizeof need / sizeof need[0]; i++)
            assert_true(span_find(head, span_of(need[i])) > 0);
        assert_true(span_ends(head, "\r\n\r\n"));
    }
}

static void
only_replies_without_cookies_may_be_shared(void **state)
{
    (void)state;
    get("/");
    out.caching = HTTP_PUBLIC;
    assert_true(span_find(http_response_head(&out), SPAN("X-Lyceum-Public: 1\r\n")) > 0);
    http_set_cookie(&out, SPAN("a=b"));
    assert_true(span_find(http_response_head(&out), SPAN("X-Lyceum-Public")) < 0);
    assert_true(span_find(http_response_head(&out), SPAN("no-store")) > 0);
}

static void
failures_have_one_shape(void **state)
{
    (void)state;
    ask("GET", "/missing", "", (const char *const[]){"HTTP_ACCEPT=application/json", NULL});
    assert_int_equal(out.status, 404);
    assert_true(span_starts(buf_view(out.body),
        "{\"ok\":false,\"error\":\"There is no page at this address.\",\"code\":\"notfound\",\"id\":\""));
    get("/missing");
    assert_true(span_starts(buf_view(out.body), "404 Not Found\n"));
}

static void
internal_addresses_come_from_nginx_alone(void **state)
{
    (void)state;
    ask("GET", "/-/chat", "", (const char *const[]){"DOCUMENT_URI=/-/internal/agent/public", NULL});
    assert_true(req.internal);
    assert_true(span_is(req.path, "/-/internal/agent/public"));
    ask("GET", "/-/internal/agent/public", "", (const char *const[]){"DOCUMENT_URI=/index", NULL});
    assert_false(req.internal);
}

static void
files_get_safe_names(void **state)
{
    (void)state;
    get("/");
    http_attachment(&out, "text/csv", SPAN("../\"evil\r\nX: y.csv"));
    struct span head = http_response_head(&out);
    assert_true(span_find(head, SPAN("filename=\"_.__evil__X__y.csv\"\r\n")) > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(addresses_are_split_before_they_are_decoded, begin, end),
        cmocka_unit_test_setup_teardown(malformed_addresses_are_400, begin, end),
        cmocka_unit_test_setup_teardown(cookies_of_others_are_passed_over, begin, end),
        cmocka_unit_test_setup_teardown(malformed_cookies_are_400_and_dropped, begin, end),
        cmocka_unit_test_setup_teardown(forms_are_read_and_bounded, begin, end),
        cmocka_unit_test_setup_teardown(unsafe_methods_need_our_origin, begin, end),
        cmocka_unit_test_setup_teardown(every_reply_carries_the_security_headers, begin, end),
        cmocka_unit_test_setup_teardown(only_replies_without_cookies_may_be_shared, begin, end),
        cmocka_unit_test_setup_teardown(failures_have_one_shape, begin, end),
        cmocka_unit_test_setup_teardown(internal_addresses_come_from_nginx_alone, begin, end),
        cmocka_unit_test_setup_teardown(files_get_safe_names, begin, end),
    };
    id_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
