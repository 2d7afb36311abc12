/* test_box: real boxes: they run, keep, stop, go back and stay apart. Needs the built interpreter; skipped without. */
#include "base/id.h"
#include "box/box.h"
#include "box/confine.h"
#include "box/result.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    struct task task, *t;
    struct box_host host;
    bool there;
};
static struct world world;

static int
start(void **state)
{
    struct place place;
    world.t = &world.task;
    task_begin(world.t, 0);
    *state = &world;
#ifndef LYCEUM_SANITIZED /* their memory is where the guest's would be */
    world.there = place_find(world.t, &place) == E_OK;
    if (world.there && box_host_open(world.t, &place, &world.host) != E_OK) {
        printf("the zygote did not start: %s\n", world.t->cause);
        return 1;
    }
#else
    (void)place;
#endif
    task_clear_error(world.t);
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    if (world.there)
        box_host_close(&world.host);
    task_end(world.t);
    return 0;
}

#define NEEDS_PYTHON                                                                                                   \
    if (!world.there) {                                                                                                \
        puts("skipped: the sandbox's Python has not been built here");                                                 \
        skip();                                                                                                        \
    }

static struct box_limits
limits_of(int64_t timeout_ms)
{
    struct box_limits l = box_limits_default();
    l.timeout_ms = timeout_ms;
    l.grace_ms = 300;
    return l;
}

static void
open_box(struct box *b, int64_t timeout_ms)
{
    if (box_open(world.t, &world.host, limits_of(timeout_ms), NULL, b) != E_OK)
        fail_msg("%s", world.t->cause);
}

static struct box_result
run(struct box *b, const char *code)
{
    struct box_result r;
    if (box_run(world.t, b, span_of(code), NULL, &r) != E_OK)
        fail_msg("%s", world.t->cause);
    return r;
}

static void
assert_value(struct box *b, const char *code, const char *value)
{
    struct box_result r = run(b, code);
    if (!span_is(r.value, value))
        fail_msg("%s gave %.*s, not %s: %.*s", code, SPAN_ARG(r.value), value, SPAN_ARG(r.error));
}

static void
results_are_typed(void **state)
{
    (void)state;
    NEEDS_PYTHON
    struct box b;
    open_box(&b, 5000);
    struct box_result r = run(&b, "import sys\nprint('out')\nprint('err', file=sys.stderr)\n[1, 'two']");
    assert_int_equal(r.end, BOX_RAN);
    assert_true(span_is(r.out, "out\n") && span_is(r.err, "err\n") && span_is(r.value, "[1, 'two']"));
    r = run(&b, "x = 1\n\n1 / 0\n");
    assert_int_equal(r.end, BOX_RAISED);
    assert_true(span_starts(r.error, "ZeroDivisionError\n3\nTraceback"));
    r = run(&b, "def f(:\n");
    assert_true(span_starts(r.error, "SyntaxError\n1\n"));
    r = run(&b, "raise SystemExit(0)");
    assert_int_equal(r.end, BOX_RAN);
    assert_value(&b, "x", "1");
    box_close(&b);
}

static void
helpers_are_there(void **state)
{
    (void)state;
    NEEDS_PYTHON
    struct box b;
    open_box(&b, 5000);
    struct box_result r = run(&b, "rows = [{'a': i, 'b': 3 * i + 1} for i in range(10)]\ntable(rows, title='T')");
    assert_int_equal(r.pieces, 1);
    assert_int_equal(r.piece[0].kind, RESULT_TABLE);
    assert_true(
        span_starts(r.piece[0].bytes, "{\"title\": \"T\", \"columns\": [\"a\", \"b\"], \"rows\": [[0, 1], [1, 4]"));
    assert_value(&b,
        "f = regression([r['a'] for r in rows], [r['b'] for r in rows]); "
        "[round(v, 9) for v in (f['intercept'], f['slopes'][0], f['r2'])]",
        "[1.0, 3.0, 1.0]");
    assert_value(&b,
        "f = regression([[1, 2, 3, 4], [1, 4, 9, 16]], [6, 17, 34, 57]); "
        "[round(v, 6) for v in [f['intercept']] + f['slopes']]",
        "[1.0, 2.0, 3.0]");
    assert_value(&b, "describe(rows)['b']['median'], round(correlation([1, 2, 3], [1, 2, 4]), 3)", "(14.5, 0.982)");
    r = run(&b, "for i in range(40): chart({'mark': 'bar'})");
    assert_true(r.pieces == BOX_PIECES && r.cut);
    box_close(&b);
}

/* Five megabytes arrive; past the cap it is cut, and said. */
static void
output_is_bounded(void **state)
{
    (void)state;
    NEEDS_PYTHON
    struct box b;
    open_box(&b, 20000);
    struct box_result r = run(&b, "print('x' * 5000000)");
    assert_int_equal(r.out.n, 5000001);
    assert_false(r.cut);
    r = run(&b, "for i in range(300): print('y' * 100000)");
    assert_true(r.cut && r.out.n <= b.limits.output_bytes);
    assert_true(span_find(r.sentence, SPAN("was dropped")) >= 0);
    assert_value(&b, "1 + 1", "2");
    box_close(&b);
}

static void
stopped_runs_keep_their_state(void **state)
{
    (void)state;
    NEEDS_PYTHON
    static const char *const endless[] = {"while True: pass", "x = 1\nwhile True: x = x * 3",
        "import re\nre.match('(a+)+$', 'a' * 40 + 'b')",
        "while True:\n try:\n  while True: pass\n except KeyboardInterrupt: break\nwhile True: pass"};
    struct box b;
    open_box(&b, 100);
    run(&b, "kept = 41");
    for (size_t i = 0; i < sizeof endless / sizeof endless[0]; i++) {
        struct box_result r = run(&b, endless[i]);
        assert_int_equal(r.end, BOX_TIMED_OUT);
        assert_value(&b, "kept + 1", "42");
    }
    box_close(&b);
}

/* What no signal stops is ended, and the box is as before it. */
static void
ended_runs_are_undone(void **state)
{
    (void)state;
    NEEDS_PYTHON
    struct box b;
    open_box(&b, 100);
    run(&b, "kept = 41\nopen('f', 'w').write('before')");
    struct box_result r = run(&b, "kept = 0\nopen('f', 'w').write('after')\nsum(range(10 ** 12))");
    assert_int_equal(r.end, BOX_KILLED);
    assert_value(&b, "kept + 1, open('f').read()", "(42, 'before')");
    r = run(&b, "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nkept = 0\nwhile True: pass");
    assert_int_equal(r.end, BOX_KILLED);
    assert_value(&b, "kept + 1", "42");
    box_close(&b);
}

/* Code that breaks its own interpreter breaks nothing else: another box is well, and a checkpoint of this one too. */
static void
attacks_break_only_themselves(void **state)
{
    (void)state;
    NEEDS_PYTHON
    static const struct {
        const char *code;
        bool any_end; /* made-up bytecode does in its own memory whatever that holds: it may even return */
    } crashes[] = {
        {"import sys\nsys.setrecursionlimit(10 ** 8)\ndef f(n): return f(n + 1) + 1\nf(0)", false},
        {"f = lambda: 0\nf.__code__ = f.__code__.replace(co_code=bytes([100, 255, 144, 255, 100, 255, 83, 0]))\nf()",
            true},
        {"def f(): pass\nc = b'\\x97\\x00\\x74\\xff'\nf.__code__ = f.__code__.replace(co_code=c, co_stacksize=0)\nf()",
            true},
        {"import os\nos.abort()", false},
        {"import os\nos._exit(3)", false},
        {"import sys\nx = []\nfor i in range(10 ** 6): x = [x]\nsys.setrecursionlimit(10 ** 8)\nrepr(x)", false},
    };
    struct box b, other;
    struct image before;
    open_box(&b, 3000);
    open_box(&other, 3000);
    run(&b, "kept = 41");
    run(&other, "mine = 1");
    assert_int_equal(box_checkpoint(world.t, &b, &before), E_OK);
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++) {
        struct box_result r = run(&b, crashes[i].code);
        if (r.end == BOX_RAN && !crashes[i].any_end)
            fail_msg("%s ran", crashes[i].code);
        assert_value(&other, "mine", "1");
        assert_int_equal(box_restore(world.t, &b, &before), E_OK);
        assert_value(&b, "kept + 1", "42");
    }
    image_close(&before);
    box_close(&other);
    box_close(&b);
}

static void
memory_is_bounded(void **state)
{
    (void)state;
    NEEDS_PYTHON
    struct box b;
    open_box(&b, 20000);
    struct box_result r = run(&b, "x = []\nwhile True: x.append('y' * 1000000 + str(len(x)))");
    assert_int_equal(r.end, BOX_RAISED);
    assert_true(span_starts(r.error, "MemoryError"));
    assert_true(r.memory_hit && r.memory_bytes <= b.limits.memory_bytes);
    assert_value(&b, "n = len(x); del x; n > 100", "True");
    assert_int_equal(box_resize(world.t, &b, (uint64_t)64 << 20), E_OK);
    r = run(&b, "y = 'z' * 400000000");
    assert_true(span_starts(r.error, "MemoryError"));
    box_close(&b);
}

static void
checkpoints_go_back(void **state)
{
    (void)state;
    NEEDS_PYTHON
    struct box b, fork;
    struct image im;
    open_box(&b, 20000);
    run(&b, "rows = [{'i': i} for i in range(60000)]\nopen('note', 'w').write('one')");
    assert_int_equal(box_checkpoint(world.t, &b, &im), E_OK);
    run(&b, "rows = None\nopen('note', 'w').write('two')");
    assert_int_equal(box_restore(world.t, &b, &im), E_OK);
    assert_value(&b, "len(rows), rows[59999]['i'], open('note').read()", "(60000, 59999, 'one')");
    run(&b, "rows.append(1)");
    assert_int_equal(box_open(world.t, &world.host, limits_of(20000), &im, &fork), E_OK); /* a fork of the session */
    assert_value(&fork, "len(rows)", "60000");
    image_close(&im);
    /* A checkpoint of what was itself restored is whole. */
    assert_int_equal(box_checkpoint(world.t, &b, &im), E_OK);
    assert_int_equal(box_restore(world.t, &fork, &im), E_OK);
    assert_value(&fork, "len(rows), rows[59999]['i']", "(60001, 59999)");
    image_close(&im);
    box_close(&fork);
    box_close(&b);
}

/* Hibernated to disk, the zygote ended, another started: it wakes and answers. */
static void
sleeps_through_a_restart(void **state)
{
    (void)state;
    NEEDS_PYTHON
    static const unsigned char key[IMAGE_KEY_BYTES] = {7};
    char path[] = "/tmp/lyceum-box-XXXXXX";
    struct place place;
    struct box_host other;
    struct image im;
    struct box b;
    close(mkstemp(path));
    open_box(&b, 5000);
    run(&b, "kept = {'a': [1, 2, 3]}");
    assert_int_equal(box_checkpoint(world.t, &b, &im), E_OK);
    assert_int_equal(image_save(world.t, &im, key, path), E_OK);
    image_close(&im);
    box_close(&b);
    assert_int_equal(place_find(world.t, &place), E_OK);
    assert_int_equal(box_host_open(world.t, &place, &other), E_OK);
    assert_memory_equal(other.key, world.host.key, HASH_BYTES);
    assert_int_equal(box_image_load(world.t, &other, path, key, &im), E_OK);
    assert_int_equal(box_open(world.t, &other, limits_of(5000), &im, &b), E_OK);
    assert_value(&b, "kept['a']", "[1, 2, 3]");
    image_close(&im);
    box_close(&b);
    other.key[0] ^= 1; /* as if the base were another build's */
    assert_int_equal(box_image_load(world.t, &other, path, key, &im), E_CORRUPT);
    task_clear_error(world.t);
    box_host_close(&other);
    unlink(path);
}

static void
boxes_know_nothing_of_each_other(void **state)
{
    (void)state;
    NEEDS_PYTHON
    struct box a, b;
    open_box(&a, 5000);
    open_box(&b, 5000);
    run(&a, "mine = 'a secret'\nopen('f', 'w').write(mine)");
    struct box_result r = run(&b, "import os\nprint(os.listdir('/work'), 'mine' in globals())");
    assert_true(span_is(r.out, "[] False\n"));
    r = run(&a, "import random, os\nprint(random.random(), os.urandom(8))");
    struct box_result s = run(&b, "import random, os\nprint(random.random(), os.urandom(8))");
    assert_false(span_eq(r.out, s.out));
    box_close(&a);
    box_close(&b);
}

static bool
answer(void *env, struct task *t, struct span request, struct span *out)
{
    int *count = env;
    ++*count;
    *out = task_format(t, "you said %.*s", SPAN_ARG(request));
    return !span_is(request, "no");
}

static void
questions_are_answered(void **state)
{
    (void)state;
    NEEDS_PYTHON
    struct box b;
    struct box_result r;
    int count = 0;
    struct box_answerer a = {&count, answer};
    open_box(&b, 20000);
    assert_int_equal(box_run(world.t, &b, SPAN("import _host\n_host.call(b'hello')"), &a, &r), E_OK);
    assert_true(span_is(r.value, "b'you said hello'"));
    assert_int_equal(box_run(world.t, &b,
                         SPAN("for i in range(2000): _host.call(b'again')\nlen(_host.call(b'x' * 3000000))"), &a, &r),
        E_OK);
    assert_true(span_is(r.value, "3000009"));
    assert_int_equal(count, 2002);
    assert_int_equal(box_run(world.t, &b, SPAN("_host.call(b'no')"), &a, &r), E_OK);
    assert_true(span_starts(r.error, "RuntimeError"));
    box_close(&b);
}

/* A signal that was meant for another run finds this one in the middle. */
struct late {
    struct box *b;
    int off; /* from the number of the run that is under way */
};

static bool
signal_late(void *env, struct task *t, struct span request, struct span *out)
{
    const struct late *late = env;
    siginfo_t info = {.si_signo = SIGALRM, .si_code = SI_QUEUE};
    (void)t;
    (void)request;
    info.si_value.sival_int = late->b->number + late->off;
    *out = SPAN("sent");
    return syscall(SYS_pidfd_send_signal, late->b->process, SIGALRM, &info, 0) == 0;
}

static void
late_signals_stop_nothing(void **state)
{
    (void)state;
    NEEDS_PYTHON
    static const char code[] = "import _host\n_host.call(b'now')\nfor i in range(1000): pass\n'went on'";
    struct box b;
    struct box_result r;
    open_box(&b, 20000);
    for (int off = -2; off <= 2; off++) {
        struct late late = {&b, off};
        struct box_answerer a = {&late, signal_late};
        assert_int_equal(box_run(world.t, &b, span_of(code), &a, &r), E_OK);
        if (off == 0)
            assert_true(span_starts(r.error, "KeyboardInterrupt"));
        else
            assert_true(span_is(r.value, "'went on'"));
    }
    box_close(&b);
}

/* What a worker that was taken over could try; without the interpreter, so that it holds on every build. */
static void
try_call(int which)
{
    switch (which) {
    case 0: syscall(SYS_openat, AT_FDCWD, "/etc/passwd", 0); break;
    case 1: syscall(SYS_socket, AF_INET, SOCK_STREAM, 0); break;
    case 2: syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); break;
    case 3:
        syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        break;
    case 4: syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0); break;
    case 5: syscall(SYS_mprotect, (uintptr_t)try_call & ~4095UL, 4096, PROT_READ | PROT_EXEC); break;
    case 6: syscall(SYS_kill, 1, SIGKILL); break;
    case 7: syscall(SYS_ptrace, 0, 0, 0, 0); break;
    case 8: syscall(SYS_execve, "/bin/sh", NULL, NULL); break;
    case 9: syscall(SYS_ioctl, 0, 0, 0); break;
    case 10: syscall(SYS_sendmsg, 3, NULL, 0); break;
    case 11: syscall(SYS_prctl, 4, 1, 0, 0, 0); break;
    case 12: syscall(0x40000000 + SYS_read, 0, NULL, 0); break; /* the x32 way */
    default: syscall(SYS_io_uring_setup, 1, NULL); break;
    }
}

static void
other_calls_kill(void **state)
{
    (void)state;
    for (int which = 0; which < 14; which++) {
        int status;
        pid_t child = fork();
        if (child == 0) {
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); /* as the zygote does */
            confine_worker(1, (uint64_t)1 << 40);
            try_call(which);
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
            fail_msg("call %d was not the end: status %x", which, (unsigned)status);
    }
}

int
main(void)
{
    id_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_calls_kill),
        cmocka_unit_test(results_are_typed),
        cmocka_unit_test(helpers_are_there),
        cmocka_unit_test(output_is_bounded),
        cmocka_unit_test(stopped_runs_keep_their_state),
        cmocka_unit_test(ended_runs_are_undone),
        cmocka_unit_test(attacks_break_only_themselves),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(checkpoints_go_back),
        cmocka_unit_test(sleeps_through_a_restart),
        cmocka_unit_test(boxes_know_nothing_of_each_other),
        cmocka_unit_test(questions_are_answered),
        cmocka_unit_test(late_signals_stop_nothing),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
