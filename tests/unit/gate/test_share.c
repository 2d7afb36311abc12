/* test_share: the epoch and the ring of revocations between gate and its readers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate/gate_client.h"
#include "harness.h"

struct seen {
    int n;
    unsigned char last[SHARE_KEY_BYTES];
};

static void
note(void *arg, const unsigned char key[SHARE_KEY_BYTES])
{
    struct seen *s = arg;
    s->n++;
    memcpy(s->last, key, SHARE_KEY_BYTES);
}

static void
each_revocation_is_handed_on_once(void **state)
{
    struct rig *r = *state;
    struct share_watch w;
    struct seen s = {0};
    unsigned char key[SHARE_KEY_BYTES];
    share_revoke(r->g.share, "session", SPAN("before"));
    share_watch_open(&w);
    assert_true(share_watch_poll(&w, note, &s) && s.n == 0);
    share_revoke(r->g.share, "session", SPAN("abc"));
    share_revoke(r->g.share, "principal", SPAN("u_x"));
    assert_true(share_watch_poll(&w, note, &s) && s.n == 2);
    share_key("principal", SPAN("u_x"), key);
    assert_memory_equal(s.last, key, sizeof key);
    assert_true(share_watch_poll(&w, note, &s) && s.n == 2);
    share_watch_close(&w);
}

static void
a_reader_that_was_lapped_is_told(void **state)
{
    struct rig *r = *state;
    struct share_watch w;
    struct seen s = {0};
    share_watch_open(&w);
    for (int i = 0; i < SHARE_RING + 1; i++)
        share_revoke(r->g.share, "session", SPAN("x"));
    assert_false(share_watch_poll(&w, note, &s));
    assert_int_equal(s.n, 0);
    share_revoke(r->g.share, "session", SPAN("y"));
    assert_true(share_watch_poll(&w, note, &s) && s.n == 1); /* and goes on from there */
    share_watch_close(&w);
}

static void
a_restart_of_gate_is_told(void **state)
{
    struct rig *r = *state;
    struct share_watch w;
    struct share *again;
    struct seen s = {0};
    share_watch_open(&w);
    assert_true(share_watch_poll(&w, note, &s));
    assert_int_equal(share_make(&r->t, &again), E_OK);
    assert_false(share_watch_poll(&w, note, &s));
    assert_true(share_watch_poll(&w, note, &s) && s.n == 0);
    share_watch_close(&w);
}

static void
a_missing_or_broken_file_is_told(void **state)
{
    struct rig *r = *state;
    struct share_watch w;
    struct seen s = {0};
    const char *path = conf_path(&r->t, "share/revoked");
    assert_int_equal(rename(path, conf_path(&r->t, "share/away")), 0);
    share_watch_open(&w);
    assert_false(share_watch_poll(&w, note, &s));
    assert_int_equal(rename(conf_path(&r->t, "share/away"), path), 0);
    assert_false(share_watch_poll(&w, note, &s)); /* what came before it was opened is unknown */
    assert_true(share_watch_poll(&w, note, &s));
    share_watch_close(&w);
}

static void
the_epoch_grows_with_what_was_cached(void **state)
{
    struct rig *r = *state;
    uint64_t before = gate_epoch();
    assert_true(before > 0);
    rig_admin(r, "dataset.set", "{\"name\":\"x\",\"visibility\":\"public\"}");
    assert_true(gate_epoch() > before);
    before = gate_epoch();
    rig_admin(r, "dataset.set", "{\"name\":\"x\",\"visibility\":\"everyone\"}"); /* refused: nothing changed */
    assert_true(gate_epoch() == before);
    unlink(conf_path(&r->t, "share/epoch"));
    assert_true(gate_epoch() == 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_revocation_is_handed_on_once, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(a_reader_that_was_lapped_is_told, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(a_restart_of_gate_is_told, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(a_missing_or_broken_file_is_told, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(the_epoch_grows_with_what_was_cached, rig_up, rig_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
