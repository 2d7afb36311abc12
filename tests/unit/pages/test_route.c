/* test_route: the route table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pages/all.h"

static const struct {
    enum http_method method;
    const char *path;
    enum err (*page)(struct visit *v); /* NULL: none */
    enum route_format format;
    const char *arg0, *arg1;
} cases[] = {
    {HTTP_GET, "/", page_home, FORMAT_HTML, "", ""},
    {HTTP_HEAD, "/", page_home, FORMAT_HTML, "", ""},
    {HTTP_POST, "/", NULL, FORMAT_HTML, "", ""},
    {HTTP_GET, "/movies", page_dataset, FORMAT_HTML, "movies", ""},
    {HTTP_GET, "/movies/movies", page_table, FORMAT_HTML, "movies", "movies"},
    {HTTP_GET, "/movies/movies.json", page_table, FORMAT_JSON, "movies", "movies"},
    {HTTP_GET, "/movies/a%2Fb.csv", page_table, FORMAT_CSV, "movies", "a/b"},
    {HTTP_GET, "/movies/.json", page_table, FORMAT_HTML, "movies", ".json"},
    {HTTP_GET, "/movies/-/query", page_query, FORMAT_HTML, "movies", ""},
    {HTTP_GET, "/movies/-/query.json", page_query, FORMAT_JSON, "movies", ""},
    {HTTP_GET, "/movies/-/schema.json", page_schema, FORMAT_HTML, "movies", ""},
    {HTTP_GET, "/movies/-", NULL, FORMAT_HTML, "", ""},
    {HTTP_GET, "/-/movies", NULL, FORMAT_HTML, "", ""},
    {HTTP_GET, "/-/chat", page_chat_list, FORMAT_HTML, "", ""},
    {HTTP_POST, "/-/chat", page_chat_start, FORMAT_HTML, "", ""},
    {HTTP_GET, "/-/chat/c_x", page_chat, FORMAT_HTML, "c_x", ""},
    {HTTP_POST, "/-/chat/c_x/stop", page_chat_stop, FORMAT_HTML, "c_x", ""},
    {HTTP_GET, "/-/chat/c_x/stop", NULL, FORMAT_HTML, "", ""},
    {HTTP_GET, "/-/chat/c_x/result/r1.csv", page_result, FORMAT_CSV, "c_x", "r1"},
    {HTTP_GET, "/-/admin/users", page_admin_users, FORMAT_HTML, "", ""},
    {HTTP_POST, "/-/chat/c_x/share", page_chat_share, FORMAT_HTML, "c_x", ""},
    {HTTP_GET, "/-/chat/c_x/share", NULL, FORMAT_HTML, "", ""},
    {HTTP_GET, "/-/h/h_x", page_shared, FORMAT_HTML, "h_x", ""},
    {HTTP_GET, "/-/leave", page_leave, FORMAT_HTML, "", ""},
    {HTTP_GET, "/-/review/p_x", page_review, FORMAT_HTML, "p_x", ""},
    {HTTP_POST, "/-/saved", page_saved_post, FORMAT_HTML, "", ""},
    {HTTP_GET, "/movies/-/labels", page_labels, FORMAT_HTML, "movies", ""},
    {HTTP_POST, "/movies/-/write", page_write_post, FORMAT_HTML, "movies", ""},
    {HTTP_GET, "/movies/-/changes", page_changes, FORMAT_HTML, "movies", ""},
    {HTTP_GET, "/-/plugins", page_plugins, FORMAT_HTML, "", ""},
    {HTTP_GET, "/-/plugins/log.json", page_plugin_log, FORMAT_JSON, "", ""},
    {HTTP_GET, "/-/plugins/acme/words", page_plugin, FORMAT_HTML, "acme", "words"},
    {HTTP_POST, "/-/plugins/acme/words", page_plugin_post, FORMAT_HTML, "acme", "words"},
    {HTTP_GET, "/-/plugins/acme/words/vet", page_plugin_vet, FORMAT_HTML, "acme", "words"},
    {HTTP_GET, "/-/plugins/acme", NULL, FORMAT_HTML, "", ""},
    {HTTP_GET, "//movies", NULL, FORMAT_HTML, "", ""},
    {HTTP_GET, "/a/b/c", NULL, FORMAT_HTML, "", ""},
};

static struct http_request
request(struct task *t, size_t i)
{
    struct http_request req;
    const char *method = cases[i].method == HTTP_POST ? "POST" : cases[i].method == HTTP_HEAD ? "HEAD" : "GET";
    char *environment[] = {
        task_printf(t, "REQUEST_METHOD=%s", method), task_printf(t, "REQUEST_URI=%s", cases[i].path), NULL};
    assert_int_equal(http_request_read(t, environment, false, &req), E_OK);
    return req;
}

static void
addresses_lead_to_their_pages(void **state)
{
    (void)state;
    size_t n;
    const struct route *table = route_table(&n);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct task t;
        struct route_match m = {0};
        task_begin(&t, 0);
        struct http_request req = request(&t, i);
        bool found = route_find(table, n, &req, &m);
        assert_int_equal(found, cases[i].page != NULL);
        if (found) {
            assert_true(m.route->page == cases[i].page);
            assert_int_equal(m.format, cases[i].format);
            assert_true(span_eq(m.arg[0], span_of(cases[i].arg0)));
            assert_true(span_eq(m.arg[1], span_of(cases[i].arg1)));
        }
        task_end(&t);
    }
}

/* Whatever can change something is a POST, and all of administration, plugins' included, asks gate before its page
 * runs. */
static void
the_table_keeps_its_rules(void **state)
{
    (void)state;
    size_t n;
    const struct route *table = route_table(&n);
    for (size_t i = 0; i < n; i++) {
        struct span p = span_of(table[i].pattern);
        bool changes = table[i].methods == HTTP_POST || span_ends(p, "/vet");
        bool admin = span_starts(p, "/-/admin") || (span_starts(p, "/-/plugins") && changes);
        assert_true(table[i].methods == HTTP_GET || table[i].methods == HTTP_POST);
        assert_int_equal(table[i].need, admin ? NEED_ADMIN : NEED_NOTHING);
        assert_false(table[i].formats && table[i].methods != HTTP_GET);
    }
}

static void
a_wrong_method_is_told_from_a_wrong_address(void **state)
{
    (void)state;
    size_t n;
    const struct route *table = route_table(&n);
    struct task t;
    struct route_match m = {0};
    task_begin(&t, 0);
    struct http_request req = request(&t, 2);
    assert_false(route_find(table, n, &req, &m));
    assert_int_equal(m.allowed, HTTP_GET | HTTP_HEAD);
    req = request(&t, 11);
    assert_false(route_find(table, n, &req, &m));
    assert_int_equal(m.allowed, 0);
    task_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_lead_to_their_pages),
        cmocka_unit_test(the_table_keeps_its_rules),
        cmocka_unit_test(a_wrong_method_is_told_from_a_wrong_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
