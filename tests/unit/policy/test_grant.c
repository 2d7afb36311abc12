/* test_grant: a seal holds exactly what was sealed, for one audience and a short time; a nonce is taken once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/conf.h"
#include "base/id.h"
#include "policy/grant.h"
#include "policy/nonce.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned char key[GRANT_KEY_BYTES], secret[GRANT_SECRET_BYTES];

static int
up(void **state)
{
    struct task *t = calloc(1, sizeof *t);
    id_init();
    task_begin(t, 0);
    crypto_sign_keypair(key, secret);
    *state = t;
    return 0;
}

static int
down(void **state)
{
    task_end(*state);
    free(*state);
    return 0;
}

static struct grant
a_grant(struct task *t)
{
    struct span args[] = {SPAN("sql"), SPAN("movies")};
    return (struct grant){.audience = SPAN("query"),
        .subject = SPAN("u_x"),
        .capability = SPAN("sql"),
        .mode = SPAN("public"),
        .dataset = SPAN("movies"),
        .args_hash = grant_args_hash(t, args, 2),
        .ordinal = 7,
        .level = 2,
        .expires_ms = clock_unix_ms() + GRANT_LIFE_MS};
}

static void
what_was_sealed_is_opened(void **state)
{
    struct task *t = *state;
    struct grant g = a_grant(t), o;
    g.detail = SPAN("{\"a\":\"\\u0000\"}");
    struct span sealed = grant_seal(t, secret, &g);
    assert_int_equal(grant_open(t, key, sealed, "query", clock_unix_ms(), &o), E_OK);
    assert_true(span_is(o.subject, "u_x") && span_is(o.capability, "sql") && span_is(o.dataset, "movies"));
    assert_true(span_eq(o.args_hash, g.args_hash) && span_eq(o.nonce, g.nonce) && span_eq(o.detail, g.detail));
    assert_true(o.ordinal == 7 && o.level == 2 && !o.reusable && o.conversation.n == 0);
}

static void
every_flipped_bit_is_noticed(void **state)
{
    struct task *t = *state;
    struct grant g = a_grant(t), o;
    struct span sealed = grant_seal(t, secret, &g);
    char *copy = task_z(t, sealed);
    for (size_t i = 0; i < sealed.n; i++) {
        copy[i] = (char)(copy[i] ^ (1 << (i % 8)));
        assert_int_equal(grant_open(t, key, (struct span){copy, sealed.n}, "query", clock_unix_ms(), &o), E_DENIED);
        task_clear_error(t);
        copy[i] = (char)(copy[i] ^ (1 << (i % 8)));
        assert_int_equal(grant_open(t, key, (struct span){copy, i}, "query", clock_unix_ms(), &o), E_DENIED);
        task_clear_error(t);
    }
    assert_int_equal(grant_open(t, key, (struct span){copy, sealed.n}, "query", clock_unix_ms(), &o), E_OK);
}

static void
another_audience_key_or_time_is_refused(void **state)
{
    struct task *t = *state;
    struct grant g = a_grant(t), o;
    unsigned char other[GRANT_KEY_BYTES], other_secret[GRANT_SECRET_BYTES];
    crypto_sign_keypair(other, other_secret);
    struct span sealed = grant_seal(t, secret, &g);
    const struct {
        const unsigned char *key;
        const char *audience;
        int64_t at_ms;
    } rows[] = {
        {other, "query", clock_unix_ms()},
        {key, "egress", clock_unix_ms()},
        {key, "query", g.expires_ms},
        {key, "query", g.issued_ms - 6000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(grant_open(t, rows[i].key, sealed, rows[i].audience, rows[i].at_ms, &o), E_DENIED);
        task_clear_error(t);
    }
}

static void
an_oversized_grant_is_an_error_not_a_crash(void **state)
{
    struct task *t = *state;
    struct grant g = a_grant(t);
    g.detail = (struct span){task_alloc(t, GRANT_SEAL_BYTES), GRANT_SEAL_BYTES};
    assert_int_equal(grant_seal(t, secret, &g).n, 0);
    assert_int_equal(t->err, E_LIMIT);
}

static void
argument_hashes_are_of_lists_not_of_text(void **state)
{
    struct task *t = *state;
    struct span ab_c[] = {SPAN("ab"), SPAN("c")}, a_bc[] = {SPAN("a"), SPAN("bc")}, abc[] = {SPAN("abc")};
    struct span empty[] = {SPAN("abc"), SPAN_NONE};
    struct span h = grant_args_hash(t, ab_c, 2);
    assert_true(span_eq(h, grant_args_hash(t, ab_c, 2)));
    assert_false(span_eq(h, grant_args_hash(t, a_bc, 2)));
    assert_false(span_eq(grant_args_hash(t, abc, 1), grant_args_hash(t, empty, 2)));
}

static void
a_nonce_is_taken_once_until_it_expires(void **state)
{
    struct task *t = *state;
    struct nonce_set *set;
    assert_int_equal(nonce_open(t, 2, &set), E_OK);
    assert_int_equal(nonce_use(t, set, SPAN("0123456789abcdef"), 1000, 10), E_OK);
    assert_int_equal(nonce_use(t, set, SPAN("0123456789abcdef"), 1000, 11), E_DENIED);
    task_clear_error(t);
    assert_int_equal(nonce_use(t, set, SPAN("1123456789abcdef"), 2000, 12), E_OK);
    assert_int_equal(nonce_use(t, set, SPAN("2123456789abcdef"), 2000, 13), E_UNAVAILABLE);
    task_clear_error(t);
    assert_int_equal(nonce_use(t, set, SPAN("2123456789abcdef"), 2000, 1000), E_OK); /* the first slot is free again */
    assert_int_equal(
        nonce_use(t, set, SPAN("0123456789abcdef"), 1000, 500), E_DENIED); /* a clock set back helps nobody */
    task_clear_error(t);
    assert_int_equal(nonce_use(t, set, SPAN("short"), 9000, 1000), E_DENIED);
}

static void
a_new_list_of_nonces_covers_no_older_grant(void **state)
{
    struct task *t = *state;
    struct nonce_set *set;
    int64_t before = clock_unix_ms();
    assert_int_equal(nonce_open(t, 2, &set), E_OK);
    int64_t after = clock_unix_ms();
    assert_int_equal(nonce_covers(t, set, before - 1, 0), E_UNAVAILABLE);
    assert_int_equal(nonce_covers(t, set, before - 5001, 5000), E_UNAVAILABLE);
    task_clear_error(t);
    assert_int_equal(nonce_covers(t, set, before - 1, 5000), E_OK);
    assert_int_equal(nonce_covers(t, set, after + 1, 0), E_OK);
}

static void
of_many_processes_one_takes_a_nonce(void **state)
{
    enum { CHILDREN = 8, NONCES = 200 };
    struct task *t = *state;
    struct nonce_set *set;
    int counts[2];
    assert_int_equal(nonce_open(t, 1024, &set), E_OK);
    assert_int_equal(pipe(counts), 0);
    for (int i = 0; i < CHILDREN; i++) {
        if (fork() == 0) {
            char nonce[17];
            for (int n = 0; n < NONCES; n++) {
                snprintf(nonce, sizeof nonce, "%04dxxxxxxxxxxxx", n);
                task_clear_error(t);
                if (nonce_use(t, set, span_of(nonce), 1000, 10) == E_OK && write(counts[1], "x", 1) != 1)
                    _exit(1);
            }
            _exit(0);
        }
    }
    close(counts[1]);
    int taken = 0;
    char c;
    while (read(counts[0], &c, 1) == 1)
        taken++;
    close(counts[0]);
    while (wait(NULL) > 0)
        ;
    assert_int_equal(taken, NONCES);
}

static void
a_key_is_made_once_and_read_by_all(void **state)
{
    struct task *t = *state;
    char folder[] = "/tmp/lyceum-key-XXXXXX";
    unsigned char mine[GRANT_SECRET_BYTES], again[GRANT_SECRET_BYTES], pub[GRANT_KEY_BYTES];
    struct stat st;
    assert_non_null(mkdtemp(folder));
    setenv("LYCEUM_STATE", folder, 1);
    assert_int_equal(conf_load(t), E_OK);
    mkdir(conf_path(t, "share"), 0755);
    mkdir(conf_path(t, "authority"), 0700);
    assert_int_equal(grant_key_own(t, "authority", "gate", mine), E_OK);
    assert_int_equal(grant_key_own(t, "authority", "gate", again), E_OK);
    assert_memory_equal(mine, again, sizeof mine);
    assert_int_equal(grant_key_read_public(t, "gate", pub), E_OK);
    assert_int_equal(stat(conf_path(t, "authority/gate.key"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0400);
    struct grant g = a_grant(t), o;
    struct span sealed = grant_seal(t, mine, &g);
    assert_int_equal(grant_open(t, pub, sealed, "query", clock_unix_ms(), &o), E_OK);
    unlink(conf_path(t, "authority/gate.key"));
    unlink(conf_path(t, "share/gate.pub"));
    rmdir(conf_path(t, "authority"));
    rmdir(conf_path(t, "share"));
    assert_int_equal(rmdir(folder), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_sealed_is_opened, up, down),
        cmocka_unit_test_setup_teardown(every_flipped_bit_is_noticed, up, down),
        cmocka_unit_test_setup_teardown(another_audience_key_or_time_is_refused, up, down),
        cmocka_unit_test_setup_teardown(an_oversized_grant_is_an_error_not_a_crash, up, down),
        cmocka_unit_test_setup_teardown(argument_hashes_are_of_lists_not_of_text, up, down),
        cmocka_unit_test_setup_teardown(a_nonce_is_taken_once_until_it_expires, up, down),
        cmocka_unit_test_setup_teardown(a_new_list_of_nonces_covers_no_older_grant, up, down),
        cmocka_unit_test_setup_teardown(of_many_processes_one_takes_a_nonce, up, down),
        cmocka_unit_test_setup_teardown(a_key_is_made_once_and_read_by_all, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
