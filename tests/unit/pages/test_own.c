/* test_own: what pages say of approvals, labels and the three powers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "pages/chat_badge.h"
#include "pages/labels.h"
#include "pages/level.h"
#include "pages/own.h"

static struct task t;

static int
begin(void **state)
{
    (void)state;
    task_begin(&t, 0);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    task_end(&t);
    return 0;
}

static json_t *
json(const char *text)
{
    json_t *j = NULL;
    assert_int_equal(json_read(&t, span_of(text), &j), E_OK);
    return j;
}

static void
an_open_approval_has_a_button_and_a_closed_one_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *approval, *action, *facts, *note;
    } cards[] = {
        {"{\"id\":\"p_x\",\"kind\":\"write\",\"state\":\"pending\",\"expires_ms\":2000,\"facts\":{\"updated\":1,"
         "\"deleted\":1200}}",
            "/-/approve/p_x", "1 row changed, 1,200 rows deleted", ""},
        {"{\"id\":\"p_x\",\"kind\":\"write\",\"state\":\"pending\",\"expires_ms\":999}", "", "",
            "It was not decided in time."},
        {"{\"id\":\"p_x\",\"kind\":\"fetch\",\"state\":\"declined\",\"expires_ms\":2000}", "", "", "You declined it."},
        {"{\"id\":\"p_x\",\"kind\":\"fetch\",\"state\":\"lost\",\"expires_ms\":2000}", "", "", "It was allowed, but"},
        {"{\"id\":\"p_x\",\"kind\":\"<b>\",\"state\":\"<i>\",\"expires_ms\":2000}", "", "", "It has been decided."},
    };
    for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++) {
        struct visit v = {.t = &t};
        struct view_approval_card card;
        own_card(&v, json(cards[i].approval), 1000, &card);
        assert_true(span_is(card.action, cards[i].action));
        assert_true(span_is(card.facts, cards[i].facts));
        assert_true(span_starts(card.note, cards[i].note));
        assert_true((card.note.n > 0) == (card.action.n == 0));
        assert_true(span_find(card.kind, SPAN("<")) < 0);
    }
}

static void
every_end_of_an_approval_has_a_sentence(void **state)
{
    (void)state;
    static const char *const codes[] = {"declined", "expired", "void", "lost", "conflict"};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        assert_true(span_ends(own_code(span_of(codes[i])), "."));
    assert_int_equal(own_code(SPAN("no_such_table")).n, 0);
    assert_int_equal(own_code(SPAN("")).n, 0);
}

static const struct view_power *
power(const struct view_badge *b, size_t i)
{
    assert_int_equal(b->powers.n, 3);
    return &b->powers.at[i];
}

static void
the_badge_says_each_power_in_words(void **state)
{
    (void)state;
    struct view_badge *b = chat_badge_view(&t,
        json("{\"mode\":\"private\",\"strict\":true,\"level\":\"private\",\"categories\":[\"staff\",\"wards\"],"
             "\"integrity\":4,"
             "\"from\":[\"staff\"],\"powers\":[{\"power\":\"C\",\"active\":false,\"why\":\"no tool\"},{\"power\":\"B\","
             "\"active\":true,\"why\":\"staff\"}],\"offer\":\"public\",\"tools\":[\"sql\"]}"),
        SPAN("staff"));
    assert_true(span_is(b->mode_class, "private") && span_find(b->mode_note, SPAN("strict")) > 0);
    assert_true(span_is(power(b, 0)->state, "off") && span_is(power(b, 1)->state, "on"));
    assert_true(span_is(power(b, 1)->why, "staff") && span_is(power(b, 2)->why, "no tool"));
    assert_true(span_is(b->label, "private: staff, wards"));
    assert_true(span_is(b->offer_url, "/-/chat"));
    assert_int_equal(b->from.n, 1);
    b = chat_badge_view(&t, json("{\"mode\":\"public\",\"level\":0,\"offer\":\"private\"}"), SPAN("st/ff"));
    assert_true(span_is(b->offer_url, "/-/chat?private=1&dataset=st%2Fff") && span_is(b->label, "public"));
    /* A mode that nobody knows is shown as the safer one. */
    assert_true(span_is(chat_badge_view(&t, json("{}"), SPAN(""))->mode_class, "private"));
}

static void
public_chats_name_who_gets_the_rows(void **state)
{
    (void)state;
    const json_t *one =
        json("{\"models\":[{\"name\":\"guide\",\"api\":\"guide\"},{\"name\":\"m\",\"label\":\"M of api.example\","
             "\"api\":\"openai-chat\"}]}");
    assert_true(span_find(chat_leaves_note(&t, one, SPAN("")), SPAN("sent to M of api.example.")) > 0);
    assert_int_equal(chat_leaves_note(&t, one, SPAN("guide")).n, 0);
    assert_int_equal(
        chat_leaves_note(&t, json("{\"models\":[{\"name\":\"guide\",\"api\":\"guide\"}]}"), SPAN("")).n, 0);
}

static void
labels_mark_what_is_more_private_than_the_dataset(void **state)
{
    (void)state;
    struct labels l;
    labels_read(&t,
        json("{\"level\":1,\"writable\":true,\"labels\":[[\"staff\",\"\",2],[\"wards\",\"phone\",3],[\"wards\",\"low\","
             "1],"
             "[\"bad\"],7]}"),
        &l);
    assert_int_equal(l.n, 3);
    assert_true(l.writable);
    assert_true(span_is(labels_word(&l, SPAN("staff"), SPAN("")), "private"));
    assert_true(span_is(labels_word(&l, SPAN("wards"), SPAN("phone")), "secret"));
    assert_int_equal(labels_word(&l, SPAN("wards"), SPAN("low")).n, 0);
    assert_int_equal(labels_word(&l, SPAN("staff"), SPAN("phone")).n, 0);
    assert_true(span_is(level_word(-1), "secret") && span_is(level_word(9), "secret"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_open_approval_has_a_button_and_a_closed_one_a_reason, begin, end),
        cmocka_unit_test_setup_teardown(every_end_of_an_approval_has_a_sentence, begin, end),
        cmocka_unit_test_setup_teardown(the_badge_says_each_power_in_words, begin, end),
        cmocka_unit_test_setup_teardown(public_chats_name_who_gets_the_rows, begin, end),
        cmocka_unit_test_setup_teardown(labels_mark_what_is_more_private_than_the_dataset, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
