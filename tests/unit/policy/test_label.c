/* test_label: labels are a lattice; sinks, cases and the closure of tools come out as the design says. */
#include "policy/closure.h"
#include "policy/taint.h"
#include "policy/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int
up(void **state)
{
    *state = calloc(1, sizeof(struct task));
    task_begin(*state, 0);
    return 0;
}

static int
down(void **state)
{
    task_end(*state);
    free(*state);
    return 0;
}

static struct label
label(const char *name, enum policy_level level, int integrity)
{
    struct label l;
    label_init_dataset(span_of(name), level, integrity, &l);
    return l;
}

static const char *
text(struct task *t, const struct label *l)
{
    struct buf *b = task_buf(t, 1 << 16);
    label_json_put(b, l);
    return buf_z(b);
}

static void
a_dataset_is_a_category_from_private_on(void **state)
{
    struct label open = label("open", LEVEL_ORG, 4), hr = label("hr", LEVEL_PRIVATE, 2);
    assert_string_equal(text(*state, &open),
        "{\"level\":\"org\",\"categories\":[],\"integrity\":4,\"from\":[{\"name\":\"open\",\"integrity\":4}]}");
    assert_string_equal(text(*state, &hr),
        "{\"level\":\"private\",\"categories\":[\"hr\"],\"integrity\":2,\"from\":[{\"name\":\"hr\",\"integrity\":2}]}");
}

static void
joins_are_the_same_in_any_order(void **state)
{
    const char *names[] = {"c", "a", "b", "a"};
    struct label one = {0}, two = {0};
    for (int i = 0; i < 4; i++) {
        struct label x = label(names[i], (enum policy_level)i, i),
                     y = label(names[3 - i], (enum policy_level)(3 - i), 3 - i);
        label_join(&one, &x);
        label_join(&two, &y);
    }
    assert_true(label_covers(&one, &two) && label_covers(&two, &one));
    assert_false(label_rose(&one, &two) || label_rose(&two, &one));
    assert_int_equal(one.level, LEVEL_SECRET);
    assert_int_equal(one.integrity, 3);
    struct buf *a = task_buf(*state, 1000), *b = task_buf(*state, 1000);
    label_json_categories(a, &one);
    label_json_categories(b, &two);
    assert_string_equal(buf_z(a), "[\"a\",\"b\"]");
    assert_string_equal(buf_z(b), buf_z(a));
}

static void
every_part_can_rise(void **state)
{
    (void)state;
    struct label was = label("hr", LEVEL_PRIVATE, 3);
    struct label secret = label("hr", LEVEL_SECRET, 3), worse = label("hr", LEVEL_PRIVATE, 4), other = was;
    label_add_category(&other, SPAN("pay"));
    assert_false(label_rose(&was, &was));
    assert_true(label_rose(&was, &secret) && label_rose(&was, &worse) && label_rose(&was, &other));
    assert_false(label_rose(&secret, &was) || label_rose(&worse, &was) || label_rose(&other, &was));
}

/* Too many categories to be told apart are all of them: never none. */
static void
more_categories_than_fit_are_all(void **state)
{
    struct label l = {0}, none = {0}, every = {.all = true}, again;
    for (int i = 0; i <= LABEL_CATEGORIES; i++)
        label_add_category(&l, task_format(*state, "d%d", i));
    assert_true(l.all && label_has_category(&l, SPAN("anything")));
    assert_false(label_covers(&none, &l));
    assert_true(label_covers(&every, &l));
    assert_int_equal(label_json_read(*state, span_of(text(*state, &l)), &again), E_OK);
    assert_true(again.all);
    label_join(&none, &l);
    assert_true(none.all);
}

static void
the_worst_sources_are_kept(void **state)
{
    struct label l = {0};
    for (int i = 0; i < LABEL_SOURCES; i++)
        label_add_source(&l, task_format(*state, "s%d", i), INTEGRITY_CURATED);
    label_add_source(&l, SPAN("web"), INTEGRITY_EXTERNAL);
    label_add_source(&l, SPAN("late"), INTEGRITY_USER);
    assert_int_equal(l.n_sources, LABEL_SOURCES);
    assert_int_equal(l.integrity, INTEGRITY_EXTERNAL);
    assert_non_null(strstr(text(*state, &l), "\"web\",\"integrity\":4"));
    assert_null(strstr(text(*state, &l), "late"));
}

static void
json_is_read_back_or_refused(void **state)
{
    struct task *t = *state;
    struct label was = label("a \"b\" <c>", LEVEL_SECRET, 4), now;
    label_add_category(&was, SPAN("z"));
    assert_int_equal(label_json_read(t, span_of(text(t, &was)), &now), E_OK);
    assert_string_equal(text(t, &now), text(t, &was));
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"level\":\"private\",\"categories\":[],\"integrity\":5,\"from\":[]}",
        "{\"level\":\"top\",\"categories\":[],\"integrity\":1,\"from\":[]}",
        "{\"level\":\"private\",\"categories\":[1],\"integrity\":1,\"from\":[]}",
        "{\"level\":\"private\",\"categories\":{},\"integrity\":1,\"from\":[]}",
        "{\"level\":\"private\",\"categories\":[],\"integrity\":1}",
        "{\"level\":\"private\",\"categories\":[],\"integrity\":1,\"from\":[{\"name\":\"x\"}]}",
        "{\"level\":\"private\",\"categories\":[],\"integrity\":1,\"from\":[{\"integrity\":1}]}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(label_json_read(t, span_of(bad[i]), &now), E_INVALID);
        task_clear_error(t);
    }
}

static void
sinks_cover_what_the_design_says(void **state)
{
    (void)state;
    struct label hr = label("hr", LEVEL_PRIVATE, 4), both = hr, sink;
    label_add_category(&both, SPAN("pay"));
    taint_sink_dataset(SPAN("hr"), LEVEL_PRIVATE, &sink);
    assert_true(label_covers(&sink, &hr));
    assert_false(label_covers(&sink, &both));
    taint_sink_outside(LEVEL_SECRET, &sink);
    assert_false(label_covers(&sink, &hr));
    taint_sink_provider(LEVEL_ORG, &sink);
    assert_false(label_covers(&sink, &hr));
    taint_sink_provider(LEVEL_PRIVATE, &sink);
    assert_true(label_covers(&sink, &both));
    taint_sink_conversation(MODE_PUBLIC, &sink);
    assert_int_equal(sink.level, LEVEL_PUBLIC);
    taint_sink_conversation(MODE_STRICT, &sink);
    assert_true(sink.level == LEVEL_SECRET && label_covers(&sink, &both));
}

static void
a_flow_becomes_a_case(void **state)
{
    (void)state;
    struct taint_state s = {.mode = MODE_PRIVATE};
    struct label context, sink, pay = label("pay", LEVEL_SECRET, 2);
    struct policy_case c;
    taint_context(&s, &context);
    assert_true(context.level == LEVEL_PRIVATE && context.integrity == INTEGRITY_USER && context.n_categories == 0);
    taint_read(&s, &pay);
    taint_context(&s, &context);
    taint_sink_outside(LEVEL_ORG, &sink);
    struct taint_flow f = {PROPOSER_MODEL, INTEGRITY_USER, EFFECT_OUTSIDE, &sink, APPROVAL_PENDING};
    taint_case(s.mode, &context, &f, &c);
    assert_true(c.proposer == PROPOSER_MODEL && c.integrity == INTEGRITY_MODEL && c.level == LEVEL_SECRET);
    assert_true(!c.dominates && c.effect == EFFECT_OUTSIDE && c.clearance == LEVEL_ORG);
    assert_true(c.mode == MODE_PRIVATE && c.approval == APPROVAL_PENDING);
    taint_external(&s, SPAN("web"));
    taint_context(&s, &context);
    taint_case(s.mode, &context, &f, &c);
    assert_int_equal(c.integrity, INTEGRITY_EXTERNAL);
    f.proposer = PROPOSER_USER; /* what a person typed stays what they typed */
    taint_case(s.mode, &context, &f, &c);
    assert_int_equal(c.integrity, INTEGRITY_USER);
    s = (struct taint_state){.mode = MODE_PUBLIC};
    taint_reply(&s, SPAN("m"));
    assert_int_equal(s.label.integrity, INTEGRITY_MODEL);
    taint_context(&s, &context);
    assert_int_equal(context.level, LEVEL_PUBLIC);
}

static void
tools_that_are_safe_alone_are_not_together(void **state)
{
    (void)state;
    const struct closure_tool reads = {"notes", {false, true, EFFECT_READ}, true},
                              inbox = {"inbox", {true, false, EFFECT_READ}, true},
                              posts = {"post", {false, false, EFFECT_OUTSIDE}, true};
    const struct closure_tool all[] = {reads, inbox, posts};
    struct closure_powers p;
    const char *reason;
    for (size_t left = 0; left < 3; left++) {
        const struct closure_tool two[] = {all[(left + 1) % 3], all[(left + 2) % 3]};
        closure_union(two, 2, &p);
        assert_true(closure_may(&p, &reason));
    }
    closure_union(all, 3, &p);
    assert_false(closure_may(&p, &reason));
    assert_string_equal(reason, "untrusted-private-outside");
}

static void
a_tool_without_a_dry_run_is_not_installed(void **state)
{
    (void)state;
    const char *reason;
    struct closure_tool t = {"x", {true, false, EFFECT_DURABLE}, false};
    assert_false(closure_may_install(&t, &reason));
    assert_string_equal(reason, "no-dry-run");
    t.dry_run = true;
    assert_true(closure_may_install(&t, &reason));
    t = (struct closure_tool){"x", {true, false, EFFECT_EPHEMERAL}, false};
    assert_true(closure_may_install(&t, &reason));
    t = (struct closure_tool){"x", {false, false, EFFECT_AUTHORITY}, false};
    assert_true(closure_may_install(&t, &reason));
    t = (struct closure_tool){"x", {true, true, EFFECT_OUTSIDE}, true};
    assert_false(closure_may_install(&t, &reason));
}

static void
conversations_get_their_tools(void **state)
{
    static const char reading[] = "find_tables describe sql rows ask cannot_answer";
    static const struct {
        struct closure_situation s;
        const char *more;
    } rows[] = {
        {{MODE_PUBLIC, false, false, true, true}, " scratch"},
        {{MODE_PUBLIC, false, true, false, true}, " save_query scratch fetch_url"},
        {{MODE_PUBLIC, false, true, true, true}, " write_sql save_query scratch fetch_url"},
        {{MODE_PUBLIC, false, true, true, false}, " write_sql save_query scratch"},
        {{MODE_PUBLIC, true, true, true, true}, " scratch"},
        {{MODE_PRIVATE, false, true, true, true}, " write_sql save_query scratch"},
        {{MODE_PRIVATE, false, true, false, true}, " save_query scratch"},
        {{MODE_PRIVATE, true, true, true, true}, " scratch"},
        {{MODE_STRICT, false, true, true, true}, " scratch"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *names[CLOSURE_TOOLS];
        size_t n = policy_closure(&rows[i].s, names);
        struct buf *b = task_buf(*state, 1000);
        for (size_t k = 0; k < n; k++)
            buf_printf(b, "%s%s", k ? " " : "", names[k]);
        assert_string_equal(buf_z(b), task_printf(*state, "%s%s", reading, rows[i].more));
    }
}

static void
words_are_read_back_and_others_are_not(void **state)
{
    (void)state;
    for (int kind = WORDS_PROPOSER; kind <= WORDS_APPROVAL; kind++) {
        size_t n = policy_word_count((enum policy_words)kind);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(
                policy_word_place((enum policy_words)kind, span_of(policy_word((enum policy_words)kind, i))), i);
        assert_int_equal(policy_word_place((enum policy_words)kind, SPAN("")), -1);
        assert_int_equal(policy_word_place((enum policy_words)kind, SPAN("Public")), -1);
    }
    enum policy_level level = LEVEL_ORG;
    assert_true(policy_level_read(SPAN("secret"), &level) && level == LEVEL_SECRET);
    assert_false(policy_level_read(SPAN("SECRET"), &level));
    assert_int_equal(level, LEVEL_SECRET);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_dataset_is_a_category_from_private_on, up, down),
        cmocka_unit_test_setup_teardown(joins_are_the_same_in_any_order, up, down),
        cmocka_unit_test_setup_teardown(every_part_can_rise, up, down),
        cmocka_unit_test_setup_teardown(more_categories_than_fit_are_all, up, down),
        cmocka_unit_test_setup_teardown(the_worst_sources_are_kept, up, down),
        cmocka_unit_test_setup_teardown(json_is_read_back_or_refused, up, down),
        cmocka_unit_test_setup_teardown(sinks_cover_what_the_design_says, up, down),
        cmocka_unit_test_setup_teardown(a_flow_becomes_a_case, up, down),
        cmocka_unit_test_setup_teardown(tools_that_are_safe_alone_are_not_together, up, down),
        cmocka_unit_test_setup_teardown(a_tool_without_a_dry_run_is_not_installed, up, down),
        cmocka_unit_test_setup_teardown(conversations_get_their_tools, up, down),
        cmocka_unit_test_setup_teardown(words_are_read_back_and_others_are_not, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
