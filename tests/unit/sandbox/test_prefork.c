/* test_prefork: workers are restarted, killed past their deadline, and finish on SIGTERM. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/conf.h"
#include "base/id.h"
#include "sandbox/peer.h"
#include "sandbox/prefork.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int says[2]; /* workers write a byte each time that they begin, and when they finish */

static void
say(char c)
{
    assert_int_equal(write(says[1], &c, 1), 1);
}

static char
hear(void)
{
    char c = 0;
    assert_int_equal(read(says[0], &c, 1), 1);
    return c;
}

static int
serve(int number, struct prefork_slot *slot, void *arg)
{
    (void)slot;
    (void)arg;
    say((char)('0' + number));
    while (!prefork_stopping())
        pause();
    say('f');
    return 0;
}

static int
crash_once(int number, struct prefork_slot *slot, void *arg)
{
    int *crashes = arg;
    (void)number;
    (void)slot;
    char c;
    say('b');
    if (read(*crashes, &c, 1) == 1) /* one byte lies there: the first worker takes it */
        _exit(3);
    while (!prefork_stopping())
        pause();
    return 0;
}

static int
hang_in_a_request(int number, struct prefork_slot *slot, void *arg)
{
    (void)number;
    (void)arg;
    signal(SIGTERM, SIG_IGN);
    say('b');
    prefork_busy(slot, 50);
    while (pause() == -1)
        continue; /* for ever */
    return 0;
}

static pid_t
begin(const struct prefork *p)
{
    assert_int_equal(pipe(says), 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(prefork_run(p));
    return pid;
}

static int
finish(pid_t pid)
{
    int status = -1;
    kill(pid, SIGTERM);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(says[0]);
    close(says[1]);
    return status;
}

static void
each_worker_has_its_number_and_finishes(void **state)
{
    (void)state;
    struct prefork p = {.workers = 2, .work = serve};
    pid_t pid = begin(&p);
    char a = hear(), b = hear();
    assert_true((a == '0' && b == '1') || (a == '1' && b == '0'));
    kill(pid, SIGTERM);
    assert_int_equal(hear(), 'f');
    assert_int_equal(hear(), 'f');
    assert_int_equal(finish(pid), 0);
}

static void
a_worker_that_ends_is_started_again(void **state)
{
    (void)state;
    int crashes[2];
    assert_int_equal(pipe(crashes), 0);
    assert_int_equal(write(crashes[1], "x", 1), 1);
    close(crashes[1]);
    struct prefork p = {.workers = 1, .work = crash_once, .arg = &crashes[0]};
    pid_t pid = begin(&p);
    assert_int_equal(hear(), 'b');
    assert_int_equal(hear(), 'b');
    assert_int_equal(finish(pid), 0);
    close(crashes[0]);
}

static void
a_worker_past_its_deadline_is_killed_and_replaced(void **state)
{
    (void)state;
    struct prefork p = {.workers = 1, .stop_ms = 200, .deadlines = true, .work = hang_in_a_request};
    pid_t pid = begin(&p);
    assert_int_equal(hear(), 'b');
    assert_int_equal(hear(), 'b');        /* only after the first was killed */
    assert_int_not_equal(finish(pid), 0); /* the last would not finish: it was killed */
}

static void
our_own_user_is_any_or_the_operator(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    static const char *const operators[] = {"web", "operator", NULL};
    int fd[2];
    struct task t;
    task_begin(&t, 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    peer_load();
    assert_string_equal(peer_role(fd[0]), geteuid() == 0 ? "operator" : "any");
    assert_int_equal(peer_check(&t, fd[0], operators), E_OK);
    if (geteuid() == 0)
        assert_int_equal(peer_check(&t, fd[0], none), E_DENIED);
    close(fd[0]);
    close(fd[1]);
    task_end(&t);
}

static int
set_up(void **state)
{
    (void)state;
    struct task t;
    id_init();
    task_begin(&t, 0);
    enum err e = conf_load_file(&t, NULL);
    task_end(&t);
    return e == E_OK ? 0 : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_worker_has_its_number_and_finishes),
        cmocka_unit_test(a_worker_that_ends_is_started_again),
        cmocka_unit_test(a_worker_past_its_deadline_is_killed_and_replaced),
        cmocka_unit_test(our_own_user_is_any_or_the_operator),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
