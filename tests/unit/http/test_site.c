/* test_site: the approvals' origin: its name, its cookie, and that neither site answers for the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/id.h"
#include "http/serve.h"
#include "http/site.h"

#include <string.h>

#define COOKIE "0123456789abcdefghijABCDEFGHIJ0123456789-_x"

static void
the_name_is_made_of_the_main_one(void **state)
{
    static const char *const rows[][2] = {
        {"http://127.0.0.1:8080", "http://approve.localhost:8080"},
        {"http://localhost:8080", "http://approve.localhost:8080"},
        {"http://[::1]:8080", "http://approve.localhost:8080"},
        {"http://127.0.0.1", "http://approve.localhost"},
        {"https://data.example.org", "https://approve.data.example.org"},
        {"https://data.example.org:8443", "https://approve.data.example.org:8443"},
        {"https://10.example.org", "https://approve.10.example.org"},
    };
    struct task t;
    (void)state;
    task_begin(&t, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(task_z(&t, http_approve_origin_of(&t, span_of(rows[i][0]))), rows[i][1]);
    task_end(&t);
}

static enum err
handle(struct task *t, const struct http_request *r, struct http_response *out, void *arg)
{
    (void)t;
    (void)arg;
    out->forms_to = r->approve ? SPAN_NONE : SPAN("http://approve.localhost:8080");
    buf_span(out->body, r->approve ? SPAN("approvals") : SPAN("main"));
    return E_OK;
}

struct seen {
    int status;
    struct span head, body;
    struct http_request req;
};

static struct seen
ask(struct task *t, const struct http_service *s, const char *site, const char *host, const char *method,
    const char *origin)
{
    struct http_response out;
    struct seen seen;
    char *env[] = {task_printf(t, "REQUEST_METHOD=%s", method), task_printf(t, "REQUEST_URI=/"),
        task_printf(t, "LYCEUM_SITE=%s", site), task_printf(t, "HTTP_HOST=%s", host),
        task_printf(t, "HTTP_ORIGIN=%s", origin),
        task_printf(t, "HTTP_COOKIE=lyceum=" COOKIE "; lyceum_approve=%s", COOKIE), NULL};
    task_clear_error(t);
    http_answer(t, s, env, SPAN_NONE, &seen.req, &out);
    seen.status = out.status;
    seen.head = http_response_head(&out);
    seen.body = buf_view(out.body);
    return seen;
}

static const char main_origin[] = "http://127.0.0.1:8080", approve_origin[] = "http://approve.localhost:8080";

static void
neither_site_answers_for_the_other(void **state)
{
    static const struct {
        const char *site, *host;
        bool approves;
        int status;
    } rows[] = {
        {"main", "127.0.0.1:8080", true, 200},
        {"main", "localhost:8080", true, 200},
        {"main", "approve.localhost:8080", true, 403},
        {"main", "APPROVE.localhost", true, 403},
        {"approve", "approve.localhost:8080", true, 200},
        {"approve", "127.0.0.1:8080", true, 403},
        {"approve", "evil.example", true, 403},
        {"approve", "approve.localhost:8080", false, 404},
        {"main", "approve.localhost:8080", false, 403},
        {"", "127.0.0.1:8080", false, 200},
    };
    struct task t;
    (void)state;
    task_begin(&t, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct http_service s = {
            .origin = main_origin, .approve_origin = approve_origin, .approves = rows[i].approves, .handle = handle};
        assert_int_equal(ask(&t, &s, rows[i].site, rows[i].host, "GET", "").status, rows[i].status);
    }
    task_end(&t);
}

static void
each_site_takes_forms_of_its_own_alone(void **state)
{
    const struct http_service s = {
        .origin = main_origin, .approve_origin = approve_origin, .approves = true, .handle = handle};
    struct task t;
    (void)state;
    task_begin(&t, 0);
    assert_int_equal(ask(&t, &s, "approve", "approve.localhost:8080", "POST", approve_origin).status, 200);
    assert_int_equal(ask(&t, &s, "approve", "approve.localhost:8080", "POST", main_origin).status, 403);
    assert_int_equal(ask(&t, &s, "main", "127.0.0.1:8080", "POST", approve_origin).status, 403);
    assert_int_equal(ask(&t, &s, "main", "127.0.0.1:8080", "POST", main_origin).status, 200);
    task_end(&t);
}

static void
forms_may_lead_to_the_approvals_where_the_page_says_so(void **state)
{
    const struct http_service s = {
        .origin = main_origin, .approve_origin = approve_origin, .approves = true, .handle = handle};
    struct task t;
    (void)state;
    task_begin(&t, 0);
    struct seen p = ask(&t, &s, "main", "127.0.0.1:8080", "GET", "");
    assert_true(span_find(p.head, SPAN("form-action 'self' http://approve.localhost:8080; base-uri 'none'")) > 0);
    assert_true(span_is(p.req.cookies.approve, COOKIE) && span_is(p.req.cookies.session, COOKIE));
    p = ask(&t, &s, "approve", "approve.localhost:8080", "GET", "");
    assert_true(span_find(p.head, SPAN("form-action 'self'; base-uri 'none'; frame-ancestors 'none'")) > 0);
    task_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_is_made_of_the_main_one),
        cmocka_unit_test(neither_site_answers_for_the_other),
        cmocka_unit_test(each_site_takes_forms_of_its_own_alone),
        cmocka_unit_test(forms_may_lead_to_the_approvals_where_the_page_says_so),
    };
    id_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
