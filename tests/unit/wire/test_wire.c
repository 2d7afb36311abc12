/* test_wire: frames survive the way, malformed ones don't get in, descriptors travel, deadlines hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/id.h"
#include "wire/sock.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
a_frame_comes_back_as_it_went(void **state)
{
    (void)state;
    struct task t;
    struct frame f;
    task_begin(&t, 0);
    struct buf *b = task_buf(&t, 1 << 20);
    size_t mark = frame_begin(b, "ask");
    frame_put_z(b, "name", "x\xFF");
    frame_put(b, "empty", SPAN(""));
    frame_put_i64(b, "n", -5);
    frame_end(b, mark);
    size_t n;
    assert_int_equal(frame_size(&t, span_first(buf_view(b), b->n - 1), 1000, &n), E_OK);
    assert_int_equal(n, 0);
    assert_int_equal(frame_parse(&t, buf_view(b), &f), E_OK);
    assert_true(frame_is(&f, "ask"));
    assert_true(span_is(frame_get(&f, "name"), "x\xFF"));
    assert_true(frame_has(&f, "empty"));
    assert_false(frame_has(&f, "other"));
    assert_int_equal(frame_i64(&f, "n", 0), -5);
    assert_int_equal(frame_i64(&f, "name", 7), 7);
    task_end(&t);
}

static void
malformed_frames_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *p;
        size_t n;
    } bad[] = {
        {"\x01\0\0\0\x05", 5}, /* kind longer than the frame */
        {"\x03\0\0\0\x01"
         "k\x01",
            7}, /* a name without its bytes */
        {"\x07\0\0\0\x01"
         "k\x01"
         "a\xFF\xFF\xFF\xFF",
            12}, /* a length that lies; and the total lies too */
        {"\x09\0\0\0\x01"
         "k\x01"
         "a\xFF\xFF\xFF\x7F"
         "b",
            13},
        {"\x10\0\0\0\x01"
         "k\x01"
         "a\0\0\0\0\x01"
         "a\0\0\0\0"
         "zz",
            20}, /* a name twice, and rubbish */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct task t;
        struct frame f;
        task_begin(&t, 0);
        assert_int_equal(frame_parse(&t, (struct span){bad[i].p, bad[i].n}, &f), E_INVALID);
        task_end(&t);
    }
}

static void
a_frame_past_the_cap_is_refused_before_it_is_read(void **state)
{
    (void)state;
    struct task t;
    size_t n;
    task_begin(&t, 0);
    assert_int_equal(frame_size(&t, SPAN("\xFF\xFF\xFF\x7F"), 1000, &n), E_LIMIT);
    task_end(&t);
}

static void
frames_and_descriptors_pass_a_socket(void **state)
{
    (void)state;
    struct task t;
    struct frame f;
    int pair[2], passed;
    task_begin(&t, 10000);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct buf *b = task_buf(&t, 1 << 20), *in = task_buf(&t, 1 << 20);
    for (int i = 0; i < 2; i++) {
        size_t mark = frame_begin(b, "file");
        frame_put_i64(b, "i", i);
        frame_end(b, mark);
    }
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(sock_send_fd(&t, pair[0], buf_view(b), file), E_OK);
    close(file);
    assert_int_equal(sock_recv(&t, pair[1], in, 1000, &f, &passed), E_OK);
    assert_true(passed >= 0);
    assert_int_equal(frame_i64(&f, "i", -1), 0);
    close(passed);
    assert_int_equal(sock_recv(&t, pair[1], in, 1000, &f, &passed), E_OK); /* the second was behind the first */
    assert_int_equal(frame_i64(&f, "i", -1), 1);
    assert_int_equal(passed, -1);
    close(pair[0]);
    assert_int_equal(sock_recv(&t, pair[1], in, 1000, &f, NULL), E_UNAVAILABLE);
    close(pair[1]);
    task_end(&t);
}

static void
a_silent_peer_meets_the_deadline(void **state)
{
    (void)state;
    struct task t;
    struct frame f;
    int pair[2];
    task_begin(&t, 20);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(sock_recv(&t, pair[1], task_buf(&t, 1 << 20), 1000, &f, NULL), E_DEADLINE);
    close(pair[0]);
    close(pair[1]);
    task_end(&t);
}

int
main(void)
{
    id_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_comes_back_as_it_went),
        cmocka_unit_test(malformed_frames_are_refused),
        cmocka_unit_test(a_frame_past_the_cap_is_refused_before_it_is_read),
        cmocka_unit_test(frames_and_descriptors_pass_a_socket),
        cmocka_unit_test(a_silent_peer_meets_the_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
