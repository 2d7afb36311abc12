/* test_callers: silent and many connections keep nobody waiting; a role has so many places and no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/conf.h"
#include "base/id.h"
#include "sandbox/callers.h"
#include "sandbox/peer.h"
#include "wire/sock.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BIG = 4 << 20, REQUEST_MS = 600000 };

static char folder[] = "/tmp/lyceum-callers-XXXXXX";
static struct task t;
static pid_t server;
static const char *path;

static void
answer(struct task *task, const struct callers *c, const char *role, const struct frame *request, struct buf *out)
{
    (void)c;
    (void)role;
    size_t mark = frame_begin(out, "ok");
    frame_put(out, "echo", frame_get(request, "say"));
    if (frame_is(request, "big"))
        frame_put(out, "bytes", (struct span){task_alloc(task, BIG), BIG});
    frame_end(out, mark);
}

/* A worker as prefork has them: a child that serves until SIGTERM. */
static int
work(int number, struct prefork_slot *slot, void *arg)
{
    const int *listener = arg;
    (void)number;
    const struct callers c = {.listener = *listener,
        .request_bytes = 1000,
        .reply_bytes = BIG + 1000,
        .request_ms = REQUEST_MS,
        .reply_ms = REQUEST_MS,
        .answer = answer,
        .slot = slot};
    return callers_serve(&c);
}

static int
begin(void **state)
{
    static int listener;
    (void)state;
    task_begin(&t, 0);
    assert_non_null(mkdtemp(folder));
    path = task_printf(&t, "%s/door.sock", folder);
    assert_int_equal(conf_load(&t), E_OK);
    peer_load();
    assert_int_equal(sock_listen(&t, path, 0600, NULL, false, &listener), E_OK);
    server = fork();
    if (server == 0) {
        const struct prefork p = {.workers = 1, .work = work, .arg = &listener};
        _exit(prefork_run(&p));
    }
    close(listener);
    return 0;
}

static int
end(void **state)
{
    int status;
    (void)state;
    kill(server, SIGTERM);
    waitpid(server, &status, 0);
    unlink(path);
    rmdir(folder);
    task_end(&t);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static enum err
ask(const char *kind, const char *say, struct frame *out)
{
    struct buf *b = task_buf(&t, 4096);
    size_t mark = frame_begin(b, kind);
    frame_put_z(b, "say", say);
    frame_end(b, mark);
    task_clear_error(&t);
    return sock_call(&t, path, "test", buf_view(b), BIG + 1000, out);
}

static int
connection(const char *bytes, size_t n)
{
    int fd;
    task_clear_error(&t);
    assert_int_equal(sock_connect(&t, path, "test", &fd), E_OK);
    assert_int_equal(sock_send(&t, fd, (struct span){bytes, n}), E_OK);
    return fd;
}

static void
a_request_is_answered_whole(void **state)
{
    struct frame f;
    (void)state;
    assert_int_equal(ask("small", "hello", &f), E_OK);
    assert_true(span_is(frame_get(&f, "echo"), "hello"));
    assert_int_equal(ask("big", "hello", &f), E_OK); /* more than the socket holds */
    assert_int_equal(frame_get(&f, "bytes").n, BIG);
}

static void
who_is_silent_or_does_not_listen_keeps_nobody_waiting(void **state)
{
    struct frame f;
    struct buf *big = task_buf(&t, 100);
    int fd[CALLERS_OF_A_ROLE - 1];
    (void)state;
    frame_end(big, frame_begin(big, "big"));
    for (size_t i = 0; i < sizeof fd / sizeof fd[0]; i++) /* nothing; half a frame; a reply that is not taken */
        fd[i] = i % 3 == 0   ? connection("", 0)
                : i % 3 == 1 ? connection("\x40\0\0\0\x02x", 6)
                             : connection(big->p, big->n);
    assert_int_equal(ask("small", "still here", &f), E_OK); /* the one worker is free */
    int last = connection("", 0);
    assert_int_equal(ask("small", "one too many", &f), E_UNAVAILABLE);
    close(last);
    while (ask("small", "again", &f) == E_UNAVAILABLE)
        continue; /* until its leaving was seen */
    assert_int_equal(t.err, E_OK);
    for (size_t i = 0; i < sizeof fd / sizeof fd[0]; i++)
        close(fd[i]);
}

static void
what_is_no_frame_is_refused(void **state)
{
    static const char *const bad[] = {"\xff\xff\xff\x7fx", "\x01\0\0\0x", "\x03\0\0\0\xc8xx"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct frame f;
        struct buf *in = task_buf(&t, 100000);
        int fd = connection(bad[i], i == 0 ? 5 : i == 1 ? 5 : 7);
        assert_int_equal(sock_recv(&t, fd, in, 10000, &f, NULL), E_OK);
        assert_true(frame_is(&f, "error"));
        close(fd);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_request_is_answered_whole),
        cmocka_unit_test(who_is_silent_or_does_not_listen_keeps_nobody_waiting),
        cmocka_unit_test(what_is_no_frame_is_refused)};
    id_init();
    return cmocka_run_group_tests(tests, begin, end);
}
