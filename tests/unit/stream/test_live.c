/* test_live: the window over a turn's log: growing, holes, epochs, what the database says, and a browser's place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/id.h"
#include "stream/live.h"

#include <string.h>

#define TURN "t_aaaaaaaaaaaaaaaaaaaaaaaaaa"
enum { WINDOW = 64 };

static void
begin(struct live *l)
{
    *l = (struct live){0};
    live_init(l, true, SPAN(TURN), WINDOW);
    assert_true(live_private(l));
    assert_true(span_is(live_turn(l), TURN));
}

static void
bytes_grow_once(void **state)
{
    struct live l;
    (void)state;
    begin(&l);
    assert_int_equal(live_append(&l, 1, 0, SPAN("abc")), LIVE_REWOUND); /* the first epoch begins */
    assert_int_equal(live_append(&l, 1, 3, SPAN("def")), LIVE_GREW);
    assert_int_equal(live_append(&l, 1, 0, SPAN("abcdef")), LIVE_SAME); /* sent again after a reconnect */
    assert_int_equal(live_append(&l, 1, 3, SPAN("defghi")), LIVE_GREW); /* half known */
    assert_int_equal(live_append(&l, 0, 9, SPAN("old")), LIVE_SAME);    /* of an epoch that is over */
    assert_int_equal(live_end(&l), 9);
    assert_true(span_is(live_bytes(&l, 0), "abcdefghi"));
    assert_true(span_is(live_bytes(&l, 7), "hi"));
    assert_int_equal(live_bytes(&l, 9).n, 0);
    assert_int_equal(live_bytes(&l, 100).n, 0);
    buf_reset(&l.window);
}

static void
the_window_is_bounded(void **state)
{
    struct live l;
    char big[WINDOW];
    (void)state;
    begin(&l);
    for (int i = 0; i < 100; i++)
        live_append(&l, 1, i * 10, SPAN("0123456789"));
    assert_int_equal(live_end(&l), 1000);
    assert_true(l.window.n <= WINDOW && l.base + (int64_t)l.window.n == 1000);
    assert_int_equal(live_bytes(&l, 0).n, 0); /* in the database */
    assert_true(span_is(live_bytes(&l, 990), "0123456789"));
    memset(big, 'x', sizeof big);
    live_append(&l, 1, 1000, (struct span){big, sizeof big}); /* too large to be held */
    assert_int_equal(live_end(&l), 1000 + WINDOW);
    assert_int_equal(live_bytes(&l, 1000).n, 0);
    live_append(&l, 1, 2000, SPAN("after a hole"));
    assert_int_equal(l.base, 2000);
    assert_true(span_is(live_bytes(&l, 2006), "a hole"));
    live_shrink(&l);
    assert_int_equal(live_end(&l), 2012);
    assert_int_equal(l.window.room, 0);
}

static void
epochs_cut_what_never_was(void **state)
{
    struct live l;
    (void)state;
    begin(&l);
    live_append(&l, 1, 0, SPAN("durable|lost"));
    assert_int_equal(live_begin(&l, 1, 3), LIVE_SAME);
    assert_int_equal(live_begin(&l, 2, 8), LIVE_REWOUND);
    assert_int_equal(l.epoch_start, 8);
    assert_true(span_is(live_bytes(&l, 0), "durable|"));
    live_append(&l, 2, 8, SPAN("new"));
    assert_true(span_is(live_bytes(&l, 0), "durable|new"));
    assert_int_equal(live_begin(&l, 3, 2), LIVE_REWOUND);
    assert_true(span_is(live_bytes(&l, 0), "du"));
    live_append(&l, 3, 2, SPAN("x"));
    live_shrink(&l);
    assert_int_equal(live_begin(&l, 4, 1), LIVE_REWOUND); /* before the window */
    assert_int_equal(live_end(&l), 1);
    buf_reset(&l.window);
}

static void
the_end_is_seen(void **state)
{
    struct live l;
    (void)state;
    begin(&l);
    live_append(&l, 1, 0, SPAN("id: x\nevent: text\ndata: {\"d\":\"event: done\"}\n\n"));
    assert_false(l.over); /* within an event's data it is text */
    live_append(&l, 1, live_end(&l), SPAN("id: x\nevent: done\ndata: {}\n\n"));
    assert_true(l.over);
    buf_reset(&l.window);
    begin(&l);
    assert_int_equal(live_durable(&l, 1, 0, 50, false), LIVE_REWOUND);
    assert_int_equal(live_durable(&l, 1, 0, 50, false), LIVE_SAME);
    assert_int_equal(live_durable(&l, 1, 0, 90, false), LIVE_GREW);
    assert_int_equal(live_durable(&l, 1, 0, 90, true), LIVE_GREW); /* its end is news */
    assert_true(l.over);
    begin(&l);
    live_append(&l, 1, 0, SPAN("0123456789"));
    assert_int_equal(live_durable(&l, 1, 0, 4, true), LIVE_REWOUND); /* ended by somebody else: rows are the truth */
    assert_int_equal(live_end(&l), 4);
    buf_reset(&l.window);
}

static void
places_of_browsers(void **state)
{
    static const struct {
        const char *id;
        bool good;
    } rows[] = {
        {TURN ".1.0000000123", true},
        {TURN ".0.0", true},
        {TURN ".12.99999999999", true},
        {"", false},
        {TURN, false},
        {TURN ".1", false},
        {TURN ".1.", false},
        {TURN "..5", false},
        {TURN ".-1.5", false},
        {TURN ".1.-5", false},
        {TURN ".1.5.6", false},
        {TURN ".1.5 ", false},
        {TURN ".x.5", false},
        {"t_b.1.5", false},
        {TURN ".1.99999999999999999999", false},
    };
    int64_t epoch;
    int64_t offset;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (live_id(span_of(rows[i].id), SPAN(TURN), &epoch, &offset) != rows[i].good)
            fail_msg("%s", rows[i].id);
    assert_true(live_id(SPAN(TURN ".3.0000000123"), SPAN(TURN), &epoch, &offset));
    assert_int_equal(epoch, 3);
    assert_int_equal(offset, 123);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_grow_once),
        cmocka_unit_test(the_window_is_bounded),
        cmocka_unit_test(epochs_cut_what_never_was),
        cmocka_unit_test(the_end_is_seen),
        cmocka_unit_test(places_of_browsers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
