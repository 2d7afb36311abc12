/* test_note: signed notes: the published example, malformed ones each with its reason, and Ed25519's edge cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/id.h"
#include "plugin/note.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define TEXT "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
#define PETER                                                                                                          \
    "\xe2\x80\x94 PeterNeumann "                                                                                       \
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
static const char example[] = TEXT "\n" PETER;
static const char vkey[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char skey[] = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

static int
up(void **state)
{
    struct task *t = calloc(1, sizeof *t);
    id_init();
    task_begin(t, 0);
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

static void
the_published_example_verifies(void **state)
{
    struct task *t = *state;
    struct note n;
    struct note_key k;
    struct note_secret s;
    struct span again;
    bool by = false;
    assert_int_equal(note_key_read(t, span_of(vkey), &k), E_OK);
    assert_int_equal(note_parse(t, span_of(example), &n), E_OK);
    assert_true(span_is(n.text, TEXT));
    assert_int_equal(n.n, 1);
    assert_int_equal(note_check(t, &n, &k, 1, &by), E_OK);
    assert_true(by);
    assert_true(span_is(note_key_text(t, &k), vkey));
    /* Ed25519 is deterministic: signing again gives the published bytes. */
    assert_int_equal(note_secret_read(t, span_of(skey), &s), E_OK);
    assert_true(span_is(note_secret_text(t, &s), skey));
    assert_true(note_key_eq(&s.key, &k));
    assert_int_equal(note_sign(t, SPAN(TEXT), &s, &again), E_OK);
    assert_true(span_is(again, example));
}

static void
each_bit_counts(void **state)
{
    struct task *t = *state;
    struct note_key k;
    assert_int_equal(note_key_read(t, span_of(vkey), &k), E_OK);
    for (size_t i = 0; i < sizeof example - 1; i++)
        for (int bit = 0; bit < 8; bit++) {
            struct task one;
            struct note n;
            bool by = false;
            task_begin(&one, 0);
            char *z = task_z(&one, span_of(example));
            z[i] = (char)(z[i] ^ (1 << bit));
            if (note_parse(&one, (struct span){z, sizeof example - 1}, &n) == E_OK &&
                note_check(&one, &n, &k, 1, &by) == E_OK)
                assert_false(by); /* the signer's name or id was hit: unknown keys are ignored */
            task_end(&one);
        }
}

static void
malformed_notes_are_refused_with_the_reason(void **state)
{
    static const struct {
        const char *note, *reason;
    } rows[] = {
        {"", "no empty line"},
        {"text\n", "no empty line"},
        {"text\n" PETER, "no empty line"},
        {"\n\n" PETER, "no text"},
        {"text\n\n", "no signature"},
        {"text\r\n\n" PETER, "CR LF"},
        {"te\txt\n\n" PETER, "control character 0x09"},
        {"te\x7fxt\n\n" PETER, "control character 0x7f"},
        {"te\xff\n\n" PETER, "UTF-8"},
        {"text\n\n- PeterNeumann AAAAAAA=\n", "dash"},
        {"text\n\n\xe2\x80\x94PeterNeumann AAAAAAA=\n", "dash"},
        {"text\n\n\xe2\x80\x94  AAAAAAA=\n", "good name"},
        {"text\n\n\xe2\x80\x94 a+b AAAAAAA=\n", "good name"},
        {"text\n\n\xe2\x80\x94 a\n", "base64"},
        {"text\n\n\xe2\x80\x94 a AAAAAA==\n", "base64"}, /* four bytes: an id without a signature */
        {"text\n\n\xe2\x80\x94 a AAAAAAA\n", "base64"},  /* no padding */
        {"text\n\n\xe2\x80\x94 a AAAAAAB=\n", "base64"}, /* bits behind the end */
        {"text\n\n\xe2\x80\x94 a AAA_AAA=\n", "base64"}, /* the other alphabet */
        {"text\n\n\xe2\x80\x94 a AAAAAAA= \n", "base64"},
        {"text\n\n\xe2\x80\x94 a AAAAAAA=", "line's end"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task one;
        struct note n;
        task_begin(&one, 0);
        assert_int_equal(note_parse(&one, span_of(rows[i].note), &n), E_INVALID);
        if (!strstr(one.cause, rows[i].reason))
            fail_msg("row %zu: \"%s\" should speak of \"%s\"", i, one.cause, rows[i].reason);
        task_end(&one);
    }
}

static void
more_than_sixteen_signatures_are_too_many(void **state)
{
    struct task *t = *state;
    struct buf *b = task_buf(t, 1 << 16);
    struct note n;
    buf_puts(b, "text\n\n");
    for (int i = 0; i < NOTE_SIGS; i++)
        buf_printf(b, "\xe2\x80\x94 n%d AAAAAAA=\n", i);
    assert_int_equal(note_parse(t, buf_view(b), &n), E_OK);
    buf_puts(b, "\xe2\x80\x94 one AAAAAAA=\n");
    assert_int_equal(note_parse(t, buf_view(b), &n), E_LIMIT);
}

static void
unknown_signers_are_ignored_and_bad_ones_are_not(void **state)
{
    struct task *t = *state;
    struct note_secret a, b;
    struct span note, both;
    struct note n;
    bool by[2];
    assert_int_equal(note_secret_new(t, SPAN("a"), &a), E_OK);
    assert_int_equal(note_secret_new(t, SPAN("b"), &b), E_OK);
    assert_int_equal(note_sign(t, SPAN("x/v1\nhello\n"), &a, &note), E_OK);
    assert_int_equal(note_add(t, note, &b, &both), E_OK);
    assert_int_equal(note_add(t, both, &b, &both), E_OK); /* again: replaced */
    assert_int_equal(note_parse(t, both, &n), E_OK);
    assert_int_equal(n.n, 2);
    const struct note_key keys[] = {a.key, b.key};
    assert_int_equal(note_check(t, &n, keys, 2, by), E_OK);
    assert_true(by[0] && by[1]);
    assert_int_equal(note_check(t, &n, keys + 1, 1, by), E_OK);
    assert_true(by[0]);
    n.sigs[0].sig[5] ^= 1;
    assert_int_equal(note_check(t, &n, keys + 1, 1, by), E_OK); /* a is unknown here */
    assert_int_equal(note_check(t, &n, keys, 2, by), E_DENIED);
    task_clear_error(t);
    n.sigs[0].sig[5] ^= 1;
    n.sigs[0].plain = false; /* another algorithm's length under a known key */
    assert_int_equal(note_check(t, &n, keys, 2, by), E_DENIED);
}

/* Ed25519's edges ---------------------------------------------------------------------------------------------------
 */

/* S + L: the same point, written in a second way. */
static void
add_order(unsigned char s[32])
{
    static const unsigned char order[32] = {
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    unsigned carry = 0;
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)s[i] + order[i];
        s[i] = (unsigned char)carry;
        carry >>= 8;
    }
}

static void
a_signature_has_one_spelling(void **state)
{
    struct task *t = *state;
    struct note_secret a;
    struct span bytes;
    struct note good, n;
    bool by = false;
    assert_int_equal(note_secret_new(t, SPAN("a"), &a), E_OK);
    assert_int_equal(note_sign(t, SPAN("hello\n"), &a, &bytes), E_OK);
    assert_int_equal(note_parse(t, bytes, &good), E_OK);
    assert_int_equal(note_check(t, &good, &a.key, 1, &by), E_OK);
    n = good;
    add_order(n.sigs[0].sig + 32);
    assert_int_equal(note_check(t, &n, &a.key, 1, &by), E_DENIED);
    task_clear_error(t);
    static const struct {
        size_t from, n;
        int fill;
    } rows[] = {{0, 32, 0}, {32, 32, 0}, {0, 64, 0}, {32, 32, 0xff}, {0, 32, 0xff}, {0, 64, 0xff}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        n = good;
        memset(n.sigs[0].sig + rows[i].from, rows[i].fill, rows[i].n);
        assert_int_equal(note_check(t, &n, &a.key, 1, &by), E_DENIED);
        task_clear_error(t);
    }
    n = good; /* R and S in each other's place */
    memcpy(n.sigs[0].sig, good.sigs[0].sig + 32, 32);
    memcpy(n.sigs[0].sig + 32, good.sigs[0].sig, 32);
    assert_int_equal(note_check(t, &n, &a.key, 1, &by), E_DENIED);
}

/* All points of small order, with the spellings that are not reduced: whoever has such a key lets anybody sign. */
static const char *const weak[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

static void
weak_keys_are_no_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++) {
        struct task one;
        struct note_key k = {.name = SPAN("weak")}, back;
        struct note n;
        bool by = true;
        unsigned char all[7 + 32] = "weak\n\x01", h[32];
        task_begin(&one, 0);
        assert_true(hex_get(span_of(weak[i]), k.pub, 32));
        memcpy(all + 6, k.pub, 32);
        crypto_hash_sha256(h, all, 6 + 32);
        memcpy(k.id, h, sizeof k.id);
        assert_int_equal(note_key_read(&one, note_key_text(&one, &k), &back), E_INVALID);
        assert_non_null(strstr(one.cause, "weak"));
        task_clear_error(&one);
        /* And were it one: R the neutral point, S zero would verify for every text. */
        n = (struct note){.text = SPAN("any\n"), .n = 1};
        n.sigs[0] = (struct note_sig){.name = k.name, .plain = true, .sig = {1}};
        memcpy(n.sigs[0].id, k.id, sizeof k.id);
        assert_int_equal(note_check(&one, &n, &k, 1, &by), E_DENIED);
        assert_false(by);
        task_end(&one);
    }
}

static void
keys_are_read_strictly(void **state)
{
    static const char *const rows[] = {"", "PeterNeumann", "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWAA==",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n"};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task one;
        struct note_key k;
        task_begin(&one, 0);
        assert_int_equal(note_key_read(&one, span_of(rows[i]), &k), E_INVALID);
        task_end(&one);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_published_example_verifies, up, down),
        cmocka_unit_test_setup_teardown(each_bit_counts, up, down),
        cmocka_unit_test_setup_teardown(malformed_notes_are_refused_with_the_reason, up, down),
        cmocka_unit_test_setup_teardown(more_than_sixteen_signatures_are_too_many, up, down),
        cmocka_unit_test_setup_teardown(unknown_signers_are_ignored_and_bad_ones_are_not, up, down),
        cmocka_unit_test_setup_teardown(a_signature_has_one_spelling, up, down),
        cmocka_unit_test_setup_teardown(weak_keys_are_no_keys, up, down),
        cmocka_unit_test_setup_teardown(keys_are_read_strictly, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
