/* test_address: which addresses egress goes to, and which header lines pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "egress/address.h"
#include "egress/header.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

static const struct {
    const char *ip;
    enum address_kind kind;
} rows[] = {
    {"8.8.8.8", ADDRESS_PUBLIC},
    {"1.1.1.1", ADDRESS_PUBLIC},
    {"172.15.255.255", ADDRESS_PUBLIC},
    {"172.32.0.0", ADDRESS_PUBLIC},
    {"100.63.255.255", ADDRESS_PUBLIC},
    {"100.128.0.0", ADDRESS_PUBLIC},
    {"198.17.255.255", ADDRESS_PUBLIC},
    {"198.20.0.0", ADDRESS_PUBLIC},
    {"223.255.255.255", ADDRESS_PUBLIC},
    {"168.63.129.15", ADDRESS_PUBLIC},
    {"2606:4700::1111", ADDRESS_PUBLIC},
    {"2a00:1450::1", ADDRESS_PUBLIC},
    {"2001:4860:4860::8888", ADDRESS_PUBLIC},
    {"::ffff:8.8.8.8", ADDRESS_PUBLIC},
    {"127.0.0.1", ADDRESS_LOOPBACK},
    {"127.255.255.254", ADDRESS_LOOPBACK},
    {"::1", ADDRESS_LOOPBACK},
    {"::ffff:127.0.0.1", ADDRESS_LOOPBACK},
    {"0.0.0.0", ADDRESS_REFUSED},
    {"0.1.2.3", ADDRESS_REFUSED},
    {"10.0.0.1", ADDRESS_REFUSED},
    {"10.255.255.255", ADDRESS_REFUSED},
    {"100.64.0.1", ADDRESS_REFUSED},
    {"100.100.100.200", ADDRESS_REFUSED},
    {"168.63.129.16", ADDRESS_REFUSED},
    {"169.254.169.254", ADDRESS_REFUSED},
    {"172.16.0.1", ADDRESS_REFUSED},
    {"172.31.255.255", ADDRESS_REFUSED},
    {"192.0.0.192", ADDRESS_REFUSED},
    {"192.0.2.1", ADDRESS_REFUSED},
    {"192.168.1.1", ADDRESS_REFUSED},
    {"198.18.0.1", ADDRESS_REFUSED},
    {"198.19.255.255", ADDRESS_REFUSED},
    {"198.51.100.7", ADDRESS_REFUSED},
    {"203.0.113.7", ADDRESS_REFUSED},
    {"224.0.0.1", ADDRESS_REFUSED},
    {"239.255.255.250", ADDRESS_REFUSED},
    {"240.0.0.1", ADDRESS_REFUSED},
    {"255.255.255.255", ADDRESS_REFUSED},
    {"::", ADDRESS_REFUSED},
    {"::ffff:10.0.0.1", ADDRESS_REFUSED},
    {"::ffff:169.254.169.254", ADDRESS_REFUSED},
    {"::7f00:1", ADDRESS_REFUSED},
    {"64:ff9b::a00:1", ADDRESS_REFUSED},
    {"64:ff9b:1::1", ADDRESS_REFUSED},
    {"100::1", ADDRESS_REFUSED},
    {"2001::1", ADDRESS_REFUSED},
    {"2001:db8::1", ADDRESS_REFUSED},
    {"2002:7f00:1::", ADDRESS_REFUSED},
    {"3fff::1", ADDRESS_REFUSED},
    {"5f00::1", ADDRESS_REFUSED},
    {"fc00::1", ADDRESS_REFUSED},
    {"fd00:ec2::254", ADDRESS_REFUSED},
    {"fe80::1", ADDRESS_REFUSED},
    {"fec0::1", ADDRESS_REFUSED},
    {"ff02::1", ADDRESS_REFUSED},
    {"4000::1", ADDRESS_REFUSED},
    {"localhost", ADDRESS_REFUSED},
    {"", ADDRESS_REFUSED},
    {"127.0.0.1 ", ADDRESS_REFUSED},
    {"0x7f.1", ADDRESS_REFUSED},
};

static void
each_range_is_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sockaddr_in v4 = {.sin_family = AF_INET};
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
        if (address_judge_text(rows[i].ip) != rows[i].kind)
            fail_msg("%s as a text", rows[i].ip);
        if (inet_pton(AF_INET, rows[i].ip, &v4.sin_addr) == 1 &&
            address_judge((const struct sockaddr *)(const void *)&v4) != rows[i].kind)
            fail_msg("%s as an address", rows[i].ip);
        if (inet_pton(AF_INET6, rows[i].ip, &v6.sin6_addr) == 1 &&
            address_judge((const struct sockaddr *)(const void *)&v6) != rows[i].kind)
            fail_msg("%s as an address", rows[i].ip);
    }
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    assert_int_equal(address_judge((const struct sockaddr *)(const void *)&un), ADDRESS_REFUSED);
}

static void
loopback_is_checked_both_ways(void **state)
{
    (void)state;
    assert_true(address_allowed(ADDRESS_LOOPBACK, true));
    assert_false(address_allowed(ADDRESS_LOOPBACK, false));
    assert_true(address_allowed(ADDRESS_PUBLIC, false));
    assert_false(address_allowed(ADDRESS_PUBLIC, true));
    assert_false(address_allowed(ADDRESS_REFUSED, true));
    assert_false(address_allowed(ADDRESS_REFUSED, false));
}

static void
count(void *arg, struct span name, struct span value)
{
    (void)name;
    (void)value;
    ++*(int *)arg;
}

static void
callers_headers(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        enum err e;
        int n;
    } cases[] = {
        {"", E_OK, 0},
        {"content-type: application/json\n", E_OK, 1},
        {"a: b\nc:d", E_OK, 2},
        {"empty:\n", E_OK, 1},
        {"Authorization: Bearer x\n", E_DENIED, 0},
        {"X-API-Key: x\n", E_DENIED, 0},
        {"COOKIE: x\n", E_DENIED, 0},
        {"Host: elsewhere\n", E_DENIED, 0},
        {"a: b\nTransfer-Encoding: chunked\n", E_DENIED, 1},
        {"Content-Length: 3\n", E_DENIED, 0},
        {"Connection: x\n", E_DENIED, 0},
        {"no colon\n", E_INVALID, 0},
        {": nameless\n", E_INVALID, 0},
        {"spaced name: x\n", E_INVALID, 0},
        {"a: b\rInjected: c\n", E_INVALID, 0},
        {"a\tb: c\n", E_INVALID, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct task t;
        int n = 0;
        task_begin(&t, 0);
        if (header_each(&t, span_of(cases[i].lines), count, &n) != cases[i].e || n != cases[i].n)
            fail_msg("\"%s\": %s, %d lines", cases[i].lines, err_word(t.err), n);
        task_end(&t);
    }
    struct task t;
    task_begin(&t, 0);
    struct buf *many = task_buf(&t, 1 << 20);
    int n = 0;
    for (int i = 0; i <= HEADER_LINES; i++)
        buf_printf(many, "h%d: x\n", i);
    assert_int_equal(header_each(&t, buf_view(many), count, &n), E_LIMIT);
    task_end(&t);
}

static void
replies_headers(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    header_put_reply(&b, SPAN("Content-Type:  text/event-stream \r\n"));
    header_put_reply(&b, SPAN("Set-Cookie: a=b\r\n"));
    header_put_reply(&b, SPAN("no header\r\n"));
    header_put_reply(&b, SPAN("Bad Name: x\r\n"));
    header_put_reply(&b, SPAN("Retry-After: 3\r\n"));
    assert_string_equal(buf_z(&b), "content-type: text/event-stream\nretry-after: 3\n");
    buf_reset(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_range_is_judged),
        cmocka_unit_test(loopback_is_checked_both_ways),
        cmocka_unit_test(callers_headers),
        cmocka_unit_test(replies_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
