/* test_sse: framing, by our own cases and by the shared torture when it is there. */
#include "decode.h"

#include "base/fsio.h"
#include "llm/sse.h"

#include <stdlib.h>

struct log {
    struct buf *b;
    bool all; /* tails and strays too */
};

static void
note(void *arg, const struct sse_event *e)
{
    const struct log *l = arg;
    if (e->kind != SSE_EVENT && !l->all)
        return;
    static const char *const KIND[] = {"", "tail ", "stray "};
    buf_printf(l->b, "[%s%.*s#%.*s:%.*s]", KIND[e->kind], SPAN_ARG(e->name), SPAN_ARG(e->id), SPAN_ARG(e->data));
}

static const char *
events(struct task *t, struct span bytes, size_t chunk, bool all)
{
    struct log l = {task_buf(t, SSE_EVENT_BYTES), all};
    struct sse s = {.fn = note, .arg = &l};
    sse_init(t, &s, SSE_EVENT_BYTES);
    for (; bytes.n > 0; bytes = span_from(bytes, chunk))
        assert_true(sse_feed(&s, span_first(bytes, chunk)));
    assert_true(sse_end(&s));
    return buf_z(l.b);
}

static void
every_chunking_gives_the_same_events(void **state)
{
    static const struct {
        const char *bytes, *want;
    } CASE[] = {
        {"data: a\n\ndata: b\n\n", "[message#:a][message#:b]"},
        {"data: a\r\n\r\ndata: b\r\rdata: c\n\r\n", "[message#:a][message#:b][message#:c]"},
        {"\xEF\xBB\xBF"
         "data:a\n\n\xEF\xBB\xBF"
         "data:b\n\n",
            "[message#:a]"},
        {": hi\ndata:  a\n:\ndata\ndata: c\n\n", "[message#: a\n\nc]"},
        {"event: x\n\ndata: a\n\nevent: y\nid: 7\ndata: b\n\ndata: c\n\n", "[message#:a][y#7:b][message#7:c]"},
        {"data: gr\xC3\xBC\xC3\x9F\xF0\x9F\x91\x8B\xE2\x80\xA8z\n\n",
            "[message#:gr\xC3\xBC\xC3\x9F\xF0\x9F\x91\x8B\xE2\x80\xA8z]"},
        {"data: a\n\ndata: b", "[message#:a][tail message#:b]"},
        {"error: {\"message\":\"x\"}\ndata: a\n\n", "[stray error#:{\"message\":\"x\"}][message#:a]"},
        {"{\"error\":1}\n\n", "[stray message#:{\"error\":1}]"},
        {"data: a\n\n{\n  \"error\": 1\n}\ndata: b\n\n",
            "[message#:a][stray message#:{\n  \"error\": 1\n}\n][message#:b]"},
        {"{\n  1\ndata: b\n\n{\r\n2", "[stray message#:{\n  1\n][message#:b][stray message#:{\n2\n]"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        for (size_t chunk = 1; chunk < 9; chunk++) {
            struct task t;
            task_begin(&t, 0);
            assert_string_equal(events(&t, span_of(CASE[i].bytes), chunk, true), CASE[i].want);
            task_end(&t);
        }
    }
}

static void
ignore(void *arg, const struct sse_event *e)
{
    (void)arg;
    (void)e;
}

static void
a_line_and_an_event_past_the_cap_are_refused_with_a_sentence(void **state)
{
    (void)state;
    struct task t;
    task_begin(&t, 0);
    struct sse s = {.fn = ignore};
    sse_init(&t, &s, 16);
    assert_false(sse_feed(&s, SPAN("data: 0123456789abcdef")));
    assert_non_null(s.failure);
    assert_false(sse_feed(&s, SPAN("\n\n")));
    struct sse two = {.fn = ignore};
    sse_init(&t, &two, 16);
    assert_true(sse_feed(&two, SPAN("data: 01234567\n")));
    assert_false(sse_feed(&two, SPAN("data: 89abcdef\n")));
    assert_false(sse_end(&two));
    task_end(&t);
}

static void
check_torture(struct task *t, const json_t *c)
{
    struct buf *want = task_buf(t, SSE_EVENT_BYTES);
    struct span hex = json_text(c, "bytes_hex");
    char *bytes = task_alloc(t, hex.n / 2 + 1);
    assert_true(hex_get(hex, bytes, hex.n / 2));
    const json_t *list = json_object_get(c, "events");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *e = json_array_get(list, i);
        buf_printf(want, "[%.*s#%.*s:%.*s]", SPAN_ARG(json_text(e, "event")), SPAN_ARG(json_text(e, "id")),
            SPAN_ARG(json_text(e, "data")));
    }
    for (size_t chunk = 1; chunk < 5; chunk++)
        assert_string_equal(events(t, (struct span){bytes, hex.n / 2}, chunk, false), buf_z(want));
}

static void
the_shared_torture_passes(void **state)
{
    (void)state;
    const char *shared = getenv("LYCEUM_SHARED");
    struct task t;
    struct span text;
    json_t *cases;
    task_begin(&t, 0);
    const char *path = shared ? task_printf(&t, "%s/llm/corpus/_sse-torture/cases.json", shared)
                              : LYCEUM_SOURCE_DIR "/../shared/llm/corpus/_sse-torture/cases.json";
    if (fsio_read(&t, path, 1 << 24, &text) != E_OK) {
        task_end(&t);
        print_message("skipped: no shared torture cases\n");
        skip();
    }
    assert_int_equal(json_read(&t, text, &cases), E_OK);
    assert_true(json_array_size(cases) > 20);
    for (size_t i = 0; i < json_array_size(cases); i++)
        check_torture(&t, json_array_get(cases, i));
    task_end(&t);
}

int
main(void)
{
    id_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chunking_gives_the_same_events),
        cmocka_unit_test(a_line_and_an_event_past_the_cap_are_refused_with_a_sentence),
        cmocka_unit_test(the_shared_torture_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
