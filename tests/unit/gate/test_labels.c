/* test_labels: labels of datasets and conversations: set, raised, never lowered, told. */
#include "talk.h"

static void
grants_carry_labels(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann};
    assert_int_equal(start(r, &k, "mixed", true), E_OK);
    assert_true(reads(r, &k, "mixed", "near", ALLOWED));
    struct grant g = granted(r, "query");
    assert_true(
        span_is(g.detail, "{\"level\":0,\"integrity\":4,\"labels\":[[\"notes\",\"secret\",2],[\"people\",\"\",3]]}"));
    /* A person's own read: as far as they are cleared. */
    static const struct {
        bool bob, ann;
        int64_t level;
    } rows[] = {{false, false, 0}, {true, false, 1}, {false, true, 3}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct span session = rows[i].bob ? bob : rows[i].ann ? ann : SPAN_NONE;
        assert_int_equal(ASK(r, "web", "authorize", SPAN("session"), session, SPAN("verb"), SPAN("read"), SPAN("kind"),
                             SPAN("dataset"), SPAN("id"), SPAN("mixed"), SPAN("audience"), SPAN("query"),
                             SPAN("capability"), SPAN("read")),
            E_OK);
        g = granted(r, "query");
        assert_int_equal(g.level, rows[i].level);
        assert_true(g.reusable && span_find(g.detail, SPAN("\"people\"")) > 0);
    }
    /* A named reader counts for any visibility. */
    rig_admin(r, "dataset.reader", "{\"name\":\"mixed\",\"user\":\"bob\"}");
    assert_int_equal(
        ASK(r, "web", "authorize", SPAN("session"), bob, SPAN("verb"), SPAN("read"), SPAN("kind"), SPAN("dataset"),
            SPAN("id"), SPAN("mixed"), SPAN("audience"), SPAN("query"), SPAN("capability"), SPAN("read")),
        E_OK);
    assert_int_equal(granted(r, "query").level, 2);
}

static void
no_statement_lowers_a_label(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann};
    assert_int_equal(start(r, &k, "desk\nvault", false), E_OK);
    assert_true(reads(r, &k, "desk", "near", ALLOWED));
    static const char *const tries[] = {"UPDATE conversation SET level = 0", "UPDATE conversation SET integrity = 1",
        "UPDATE conversation SET categories = '[]'", "UPDATE conversation SET categories = '[\"desk\"]'",
        "UPDATE conversation SET mode = 'public'", "UPDATE conversation SET message = 0",
        "UPDATE OR REPLACE conversation SET level = 1, integrity = 4"};
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        assert_int_not_equal(sqlite3_exec(r->g.db.handle, tries[i], NULL, NULL, NULL), SQLITE_OK);
        assert_non_null(strstr(sqlite3_errmsg(r->g.db.handle), "a label only grows"));
    }
    struct taint t = taint_of(r, &k);
    assert_true(t.level == 2 && t.integrity == 4 && span_is(t.categories, "[\"desk\",\"vault\"]"));
    assert_int_equal(sqlite3_exec(r->g.db.handle, "UPDATE conversation SET level = 3", NULL, NULL, NULL),
        SQLITE_OK); /* it may grow */
    struct auth_conversation c;
    assert_int_equal(auth_conversation_find(&r->t, &r->g.db, k.conversation, &c), E_OK);
    c.level = 0;
    assert_int_equal(auth_taint_put(&r->t, &r->g.db, &c), E_CONFLICT);
    task_clear_error(&r->t);
}

static void
a_label_that_is_raised_raises_what_was_read(void **state)
{
    struct rig *r = *state;
    struct talk read = {.session = ann}, attached = {.session = ann}, low = {.session = ann}, high = {.session = ann};
    assert_int_equal(start(r, &read, "open", false), E_OK);
    assert_true(reads(r, &read, "open", "guide", ALLOWED));
    assert_int_equal(start(r, &attached, "open", false), E_OK);
    assert_int_equal(start(r, &low, "mixed", false), E_OK);
    assert_true(reads(r, &low, "mixed", "guide", ALLOWED));
    assert_int_equal(start(r, &high, "mixed", true), E_OK);
    assert_true(reads(r, &high, "mixed", "near", ALLOWED));
    json_t *out = own(r, ann, "label.set", "{\"dataset\":\"open\",\"level\":2}");
    assert_non_null(out); /* raising needs nobody */
    assert_int_equal(taint_of(r, &read).level, 2);
    assert_true(span_is(taint_of(r, &read).categories, "[\"open\"]"));
    assert_int_equal(taint_of(r, &attached).level, 2);
    assert_true(asks_model(r, &read, "guide", "REFUSE", "private-data-in-public-mode"));
    /* A column rises that one of them could see, and the other could not. */
    out = own(r, ann, "label.set", "{\"dataset\":\"mixed\",\"labels\":[[\"notes\",\"secret\",3],[\"people\",\"\",3]]}");
    assert_true(json_text(out, "grant").n > 0);
    assert_int_equal(taint_of(r, &low).level, 0);
    assert_int_equal(taint_of(r, &high).level, 3);
    assert_true(asks_model(r, &high, "near", ABOVE));
    /* Until the files are made anew nobody reads what may be in them. */
    assert_true(reads(r, &low, "mixed", "guide", "REFUSE", "not-open-to-the-asker"));
    rebuilt(r, "mixed");
    assert_true(reads(r, &low, "mixed", "guide", ALLOWED));
}

static void
lowering_a_label_is_authority(void **state)
{
    struct rig *r = *state;
    json_t *out = own(r, ann, "label.set", "{\"dataset\":\"mixed\",\"labels\":[[\"people\",\"\",3]]}");
    assert_true(id_is(json_text(out, "approval"), 'p') && !json_object_get(out, "grant"));
    json_t *now = own(r, ann, "label.get", "{\"dataset\":\"mixed\"}");
    assert_int_equal(json_array_size(json_object_get(now, "labels")), 2); /* nothing happened yet */
    assert_true(
        json_int(now, "level", -1) == 0 && json_int(now, "raise", 0) == -1 && json_int(now, "integrity", 0) == 4);
    out = as_operator(r, "label.set", "{\"dataset\":\"mixed\",\"labels\":[[\"people\",\"\",3]]}");
    assert_true(json_text(out, "grant").n > 0 && json_object_get(out, "labels")); /* the machine's own credential */
    struct grant g = {0};
    struct buf *sealed = task_buf(&r->t, GRANT_SEAL_BYTES);
    assert_true(base64_get(json_text(out, "grant"), sealed));
    assert_int_equal(grant_open(&r->t, r->g.key, buf_view(sealed), "effect", clock_unix_ms(), &g), E_OK);
    const struct span bound[] = {SPAN("relabel"), SPAN("mixed"), json_dump(&r->t, json_object_get(out, "labels"))};
    assert_true(span_eq(g.args_hash, grant_args_hash(&r->t, bound, 3)) && span_eq(g.detail, bound[2]));
    assert_true(own(r, bob, "label.set", "{\"dataset\":\"mixed\",\"level\":3}") == NULL && r->code == E_DENIED);
    assert_true(own(r, bob, "label.get", "{\"dataset\":\"desk\"}") == NULL && r->code == E_NOTFOUND);
    /* A raise of the whole closes it, whatever its visibility says. */
    assert_non_null(own(r, ann, "label.set", "{\"dataset\":\"open\",\"level\":3}"));
    assert_int_equal(ASK(r, "web", "authorize", SPAN("session"), bob, SPAN("verb"), SPAN("read"), SPAN("kind"),
                         SPAN("dataset"), SPAN("id"), SPAN("open")),
        E_NOTFOUND);
    static const struct {
        const char *in;
        enum err want;
    } bad[] = {
        {"{\"dataset\":\"mixed\",\"level\":4}", E_INVALID},
        {"{\"dataset\":\"mixed\",\"integrity\":-1}", E_INVALID},
        {"{\"dataset\":\"mixed\",\"writable\":1}", E_INVALID},
        {"{\"dataset\":\"mixed\",\"labels\":{}}", E_LIMIT},
        {"{\"dataset\":\"mixed\",\"labels\":[[\"\",\"\",3]]}", E_INVALID},
        {"{\"dataset\":\"mixed\",\"labels\":[[\"people\",\"\",7]]}", E_INVALID},
        {"{\"dataset\":\"mixed\",\"labels\":[[\"people\",\"\",3],[\"PEOPLE\",\"\",3]]}", E_INVALID},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_null(as_operator(r, "label.set", bad[i].in));
        assert_int_equal(r->code, bad[i].want);
    }
    struct buf *b = task_buf(&r->t, 65536);
    buf_puts(b, "{\"dataset\":\"mixed\",\"labels\":[");
    for (int i = 0; i < 199; i++)
        buf_printf(b, "[\"a table with a name that is rather long %d\",\"\",3],", i);
    buf_puts(b, "[\"people\",\"\",3]]}");
    assert_null(as_operator(r, "label.set", buf_z(b)));
    assert_int_equal(r->code, E_LIMIT); /* more than a grant can carry */
}

static bool
has_text(const json_t *list, const char *s)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), s) == 0)
            return true;
    return false;
}

static void
the_badge_and_the_tools_say_what_is_so(void **state)
{
    struct rig *r = *state;
    struct talk k = {.session = ann}, open = {.session = ann};
    own(r, ann, "label.set", "{\"dataset\":\"desk\",\"writable\":true}");
    assert_int_equal(start(r, &k, "desk", false), E_OK);
    assert_true(reads(r, &k, "desk", "near", ALLOWED));
    json_t *b =
        own(r, ann, "conversation.badge", task_printf(&r->t, "{\"conversation\":\"%.*s\"}", SPAN_ARG(k.conversation)));
    json_t *powers = json_object_get(b, "powers"), *tools = json_object_get(b, "tools");
    assert_true(span_is(json_text(b, "mode"), "private") && json_int(b, "level", 0) == 2);
    assert_true(span_is(json_text(b, "offer"), "public") && has_text(json_object_get(b, "categories"), "desk"));
    for (size_t i = 0; i < 3; i++)
        assert_true(json_flag(json_array_get(powers, i), "active", false));
    assert_true(has_text(tools, "write_sql") && has_text(tools, "scratch") && !has_text(tools, "fetch_url"));
    assert_true(own(r, bob, "conversation.badge",
                    task_printf(&r->t, "{\"conversation\":\"%.*s\"}", SPAN_ARG(k.conversation))) == NULL);
    assert_int_equal(start(r, &open, "open", false), E_OK);
    assert_int_equal(ASK(r, "agentpub", "turn.context", SPAN("ticket"), open.ticket), E_OK);
    json_t *context = NULL;
    assert_int_equal(json_read(&r->t, rig_get(r, "body"), &context), E_OK);
    tools = json_object_get(context, "tools");
    assert_true(has_text(tools, "fetch_url") && !has_text(tools, "write_sql") && !json_flag(context, "strict", true));
    json_t *d = json_array_get(json_object_get(context, "datasets"), 0);
    assert_true(json_int(d, "level", -1) == 0 && json_int(d, "integrity", -1) == 4 && !json_flag(d, "writable", true));
    powers = json_object_get(context, "powers");
    assert_true(!json_flag(json_array_get(powers, 0), "active", true) && /* nothing was read yet */
                !json_flag(json_array_get(powers, 1), "active", true) &&
                json_flag(json_array_get(powers, 2), "active", false));
    /* Links out of an answer. */
    b = own(r, ann, "link.decide",
        task_printf(&r->t, "{\"conversation\":\"%.*s\",\"url\":\"https://example.org/\",\"leave\":true}",
            SPAN_ARG(open.conversation)));
    assert_true(span_is(json_text(b, "decision"), "ASK"));
    b = own(r, ann, "link.decide",
        task_printf(&r->t, "{\"conversation\":\"%.*s\",\"url\":\"https://example.org/\"}", SPAN_ARG(k.conversation)));
    assert_true(span_is(json_text(b, "decision"), "REFUSE"));
    b = own(r, ann, "link.decide",
        task_printf(&r->t, "{\"conversation\":\"%.*s\",\"url\":\"javascript:x\"}", SPAN_ARG(open.conversation)));
    assert_true(span_is(json_text(b, "decision"), "REFUSE"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world, rig_down)
    const struct CMUnitTest tests[] = {
        TEST(grants_carry_labels),
        TEST(no_statement_lowers_a_label),
        TEST(a_label_that_is_raised_raises_what_was_read),
        TEST(lowering_a_label_is_authority),
        TEST(the_badge_and_the_tools_say_what_is_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
