/* test_fcgi_ev: the epoll FastCGI codec: requests in every cutting, limits, hostile records, slow readers, endings. */
#include "base/must.h"
#include "http/fcgi_ev.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { CAP = 300 };

struct bench {
    struct task t;
    struct fcgi_ev *ev;
    struct fcgi_conn *c;
    int epoll, peer;
    int requests, gone, rooms;
    char uri[64];
    char body[CAP + 1];
    bool keep_open;
};

static void
on_request(void *arg, struct fcgi_conn *c)
{
    struct bench *b = arg;
    b->requests++;
    snprintf(b->uri, sizeof b->uri, "%.*s", SPAN_ARG(fcgi_param(c, "URI")));
    snprintf(b->body, sizeof b->body, "%.*s", SPAN_ARG(fcgi_body(c)));
    if (!b->keep_open)
        fcgi_reply(c, 200, "", "fine");
}

static void
on_room(void *arg, struct fcgi_conn *c)
{
    (void)c;
    ((struct bench *)arg)->rooms++;
}

static void
on_gone(void *arg, struct fcgi_conn *c)
{
    (void)c;
    ((struct bench *)arg)->gone++;
}

static void
bench_open(struct bench *b)
{
    int fd[2];
    *b = (struct bench){0};
    task_begin(&b->t, 0);
    b->epoll = epoll_create1(EPOLL_CLOEXEC);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd), 0);
    fcgi_ev_open(&b->t,
        &(struct fcgi_setup){.epoll = b->epoll,
            .listener = -1,
            .conns = 1,
            .params_bytes = CAP,
            .body_bytes = CAP,
            .request_ms = -1 /* any moment is too late */,
            .on_request = on_request,
            .on_room = on_room,
            .on_gone = on_gone,
            .arg = b},
        &b->ev);
    b->peer = fd[1];
    b->c = fcgi_ev_adopt(b->ev, fd[0]);
    assert_non_null(b->c);
}

static void
bench_close(struct bench *b)
{
    fcgi_ev_close(b->ev);
    close(b->peer);
    close(b->epoll);
    task_end(&b->t);
}

/* Runs what epoll reports, until nothing is left to do. */
static void
turn_over(struct bench *b)
{
    struct epoll_event e[8];
    int n;
    int rounds = 0;
    while ((n = epoll_wait(b->epoll, e, 8, 0)) > 0 && rounds++ < 100)
        for (int i = 0; i < n; i++) {
            struct ev_source *s = e[i].data.ptr;
            s->ready(s, e[i].events);
        }
}

static void
record(struct buf *b, int type, int id, struct span s, int pad)
{
    char h[8] = {1, (char)type, (char)(id >> 8), (char)id, (char)(s.n >> 8), (char)s.n, (char)pad, 0};
    buf_put(b, h, 8);
    buf_span(b, s);
    for (int i = 0; i < pad; i++)
        buf_putc(b, 'p');
}

static void
request(struct buf *b, int id, bool keep, struct span params, struct span body)
{
    char begin[8] = {0, 1, keep, 0, 0, 0, 0, 0};
    record(b, 1, id, (struct span){begin, 8}, 0);
    if (params.n)
        record(b, 4, id, params, 5);
    record(b, 4, id, SPAN_NONE, 0);
    if (body.n)
        record(b, 5, id, body, 3);
    record(b, 5, id, SPAN_NONE, 0);
}

/* Reads all that the server sent: bytes of STDOUT into text; returns how often END came, *status of the last. */
static int
reply(struct bench *b, struct buf *text, int *status)
{
    static unsigned char in[1 << 20];
    size_t n = 0;
    ssize_t r;
    int ends = 0;
    while ((r = recv(b->peer, in + n, sizeof in - n, 0)) > 0)
        n += (size_t)r;
    for (size_t at = 0; at < n;) {
        size_t len = (size_t)in[at + 4] << 8 | in[at + 5];
        assert_int_equal(in[at], 1);
        if (in[at + 1] == 6)
            buf_put(text, in + at + 8, len);
        if (in[at + 1] == 3) {
            ends++;
            *status = in[at + 12];
        }
        at += 8 + len + in[at + 6];
    }
    return ends;
}

static const char params_ok[] = "\x03\x05URI/a/b/\x01\x80\x00\x00\x02Xyz\x03\x02URI/x";
#define PARAMS_OK ((struct span){params_ok, sizeof params_ok - 1})

static void
every_cutting(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 90; piece++) {
        struct bench b;
        bench_open(&b);
        struct buf *out = task_buf(&b.t, 4096);
        struct buf *text = task_buf(&b.t, 4096);
        int status = -1;
        request(out, 7, true, PARAMS_OK, SPAN("hello"));
        request(out, 8, true, PARAMS_OK, SPAN("again"));
        for (struct span rest = buf_view(out); rest.n > 0; rest = span_from(rest, piece))
            assert_true(fcgi_conn_feed(b.c, span_first(rest, piece)));
        assert_int_equal(b.requests, 2);
        assert_string_equal(b.uri, "/a/b/"); /* of two with one name the first counts */
        assert_string_equal(b.body, "again");
        assert_int_equal(reply(&b, text, &status), 2);
        assert_int_equal(status, 0);
        assert_non_null(strstr(buf_z(text), "Status: 200\r\n"));
        bench_close(&b);
    }
}

static void
limits_are_answered(void **state)
{
    (void)state;
    char big[CAP + 1];
    memset(big, 1, sizeof big);
    const struct {
        struct span params, body;
        const char *expect;
    } rows[] = {
        {{big, sizeof big}, SPAN_NONE, "Status: 431"}, {PARAMS_OK, {big, sizeof big}, "Status: 413"},
        {SPAN("\x05"), SPAN_NONE, "Status: 400"},        /* no value's length */
        {SPAN("\x05\x05URI"), SPAN_NONE, "Status: 400"}, /* longer than what is there */
        {SPAN("\xff\xff\xff\xff\x01z"), SPAN_NONE, "Status: 400"},
        {SPAN("\x80\x00\x00"), SPAN_NONE, "Status: 400"}, /* a length cut short */
        {SPAN("\x00\x01z"), SPAN_NONE, "Status: 400"},    /* a name of nothing */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench b;
        bench_open(&b);
        struct buf *out = task_buf(&b.t, 4096);
        struct buf *text = task_buf(&b.t, 4096);
        int status;
        request(out, 1, true, rows[i].params, rows[i].body);
        request(out, 1, true, PARAMS_OK, SPAN_NONE); /* and the connection still works */
        assert_true(fcgi_conn_feed(b.c, buf_view(out)));
        assert_int_equal(reply(&b, text, &status), 2);
        assert_non_null(strstr(buf_z(text), rows[i].expect));
        assert_int_equal(b.requests, 1);
        bench_close(&b);
    }
}

static void
hostile_records_close(void **state)
{
    (void)state;
    const struct {
        const char *why;
        struct span bytes;
    } rows[] = {
        {"version", SPAN("\x02\x01\0\x01\0\x08\0\0")},
        {"begin of a wrong length", SPAN("\x01\x01\0\x01\0\x07\0\0")},
        {"an answer's type", SPAN("\x01\x06\0\x01\0\0\0\0")},
        {"an unknown type in a request", SPAN("\x01\x63\0\x01\0\0\0\0")},
        {"input before parameters ended", SPAN("\x01\x01\0\x01\0\x08\0\0\0\x01\0\0\0\0\0\0\x01\x05\0\x01\0\0\0\0")},
        {"begin twice", SPAN("\x01\x01\0\x01\0\x08\0\0\0\x01\0\0\0\0\0\0\x01\x01\0\x01\0\x08\0\0")},
        {"abort with a body", SPAN("\x01\x01\0\x01\0\x08\0\0\0\x01\0\0\0\0\0\0\x01\x02\0\x01\0\x01\0\0z")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench b;
        bench_open(&b);
        if (fcgi_conn_feed(b.c, rows[i].bytes))
            fail_msg("%s was let through", rows[i].why);
        assert_int_equal(b.requests, 0);
        bench_close(&b);
    }
}

static void
management_and_second_requests(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    b.keep_open = true;
    struct buf *out = task_buf(&b.t, 4096);
    struct buf *text = task_buf(&b.t, 4096);
    int status = -1;
    record(out, 9, 0, SPAN_NONE, 0);  /* get values */
    record(out, 77, 0, SPAN("x"), 1); /* unknown, of the connection */
    record(out, 4, 3, SPAN("x"), 0);  /* a request that is not there */
    request(out, 1, true, PARAMS_OK, SPAN_NONE);
    char begin[8] = {0, 1, 1, 0, 0, 0, 0, 0};
    record(out, 1, 2, (struct span){begin, 8}, 0);
    assert_true(fcgi_conn_feed(b.c, buf_view(out)));
    assert_int_equal(b.requests, 1);
    assert_int_equal(reply(&b, text, &status), 1);
    assert_int_equal(status, 1); /* can't multiplex */
    bench_close(&b);
    assert_int_equal(b.gone, 1);

    bench_open(&b);
    char filter[8] = {0, 3, 0, 0, 0, 0, 0, 0};
    struct buf *other = task_buf(&b.t, 4096);
    record(other, 1, 2, (struct span){filter, 8}, 0);
    assert_false(fcgi_conn_feed(b.c, buf_view(other))); /* a role that we have not: told, and closed */
    bench_close(&b);
}

static void
abort_tells_the_owner(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    b.keep_open = true;
    struct buf *out = task_buf(&b.t, 4096);
    struct buf *text = task_buf(&b.t, 4096);
    int status = -1;
    request(out, 1, true, PARAMS_OK, SPAN_NONE);
    record(out, 2, 1, SPAN_NONE, 0);
    assert_true(fcgi_conn_feed(b.c, buf_view(out)));
    assert_int_equal(b.gone, 1);
    assert_int_equal(reply(&b, text, &status), 1);
    b.keep_open = false;
    buf_clear(out);
    request(out, 1, false, PARAMS_OK, SPAN_NONE);
    assert_false(fcgi_conn_feed(b.c, buf_view(out))); /* no keep-conn: closed after the answer */
    assert_int_equal(b.requests, 2);
    bench_close(&b);
}

static void
slow_readers_are_bounded(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    b.keep_open = true;
    struct buf *out = task_buf(&b.t, 4096);
    request(out, 1, false, PARAMS_OK, SPAN_NONE);
    assert_true(fcgi_conn_feed(b.c, buf_view(out)));
    struct span big = {task_alloc(&b.t, 1 << 20), 1 << 20};
    for (size_t i = 0; i < big.n; i++)
        ((char *)(uintptr_t)big.p)[i] = (char)('a' + i % 23);
    struct buf *got = task_buf(&b.t, 2 << 20);
    int status = -1;
    size_t sent = 0;
    int stalls = 0;
    while (sent < big.n) {
        size_t k = fcgi_offer(b.c, span_from(big, sent));
        sent += k;
        if (k == 0) {
            assert_int_equal(fcgi_offer(b.c, SPAN("x")), 0);
            assert_false(fcgi_idle(b.c));
            /* read what is there, so that room comes; a record may be cut: gather raw */
            char chunk[65536];
            ssize_t r;
            while ((r = recv(b.peer, chunk, sizeof chunk, 0)) > 0)
                buf_put(got, chunk, (size_t)r);
            stalls++;
            turn_over(&b);
        }
    }
    assert_true(stalls > 3);
    assert_true(b.rooms > 0);
    char chunk[65536];
    fcgi_end(b.c);
    for (int i = 0; i < 100; i++) {
        ssize_t r;
        while ((r = recv(b.peer, chunk, sizeof chunk, 0)) > 0)
            buf_put(got, chunk, (size_t)r);
        turn_over(&b);
    }
    size_t at = 0;
    size_t whole = 0;
    while (at < got->n) {
        const unsigned char *h = (const unsigned char *)got->p + at;
        size_t len = (size_t)h[4] << 8 | h[5];
        assert_true(len <= FCGI_RECORD_BYTES);
        if (h[1] == 6) {
            assert_memory_equal(h + 8, big.p + whole, len);
            whole += len;
        }
        status = h[1];
        at += 8 + len;
    }
    assert_int_equal(whole, big.n);
    assert_int_equal(status, 3);
    assert_int_equal(b.gone, 0);
    bench_close(&b);
}

static void
peers_that_leave(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    b.keep_open = true;
    struct buf *out = task_buf(&b.t, 4096);
    request(out, 1, true, PARAMS_OK, SPAN_NONE);
    assert_true(fcgi_conn_feed(b.c, buf_view(out)));
    shutdown(b.peer, SHUT_RDWR);
    fcgi_put(b.c, SPAN("nobody reads"));
    assert_int_equal(b.gone, 0); /* never from within a call of the owner's */
    assert_int_equal(fcgi_offer(b.c, SPAN("x")), 0);
    turn_over(&b);
    assert_int_equal(b.gone, 1);
    fcgi_ev_reap(b.ev);
    bench_close(&b);
}

static void
requests_that_do_not_come(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    assert_true(fcgi_conn_feed(b.c, SPAN("\x01\x01\0\x01\0\x08\0\0\0\x01\0\0\0\0\0\0")));
    assert_int_equal(recv(b.peer, b.uri, 1, 0), -1); /* open */
    fcgi_ev_sweep(b.ev);
    assert_int_equal(recv(b.peer, b.uri, 1, 0), 0); /* closed */
    bench_close(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cutting),
        cmocka_unit_test(limits_are_answered),
        cmocka_unit_test(hostile_records_close),
        cmocka_unit_test(management_and_second_requests),
        cmocka_unit_test(abort_tells_the_owner),
        cmocka_unit_test(slow_readers_are_bounded),
        cmocka_unit_test(peers_that_leave),
        cmocka_unit_test(requests_that_do_not_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
