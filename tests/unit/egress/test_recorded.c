/* test_recorded: recorded replies of providers come through lyceum-egress byte for byte, however they are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../support/egress.h"

#include "base/json.h"

/* The shared server replays recorded replies: cut in every place, packed or not, the bytes must be the same. */
static void
recorded_replies(void **state)
{
    const char *shared = getenv("LYCEUM_SHARED");
    struct task t;
    (void)state;
    need_egress();
    task_begin(&t, 60000);
    if (!shared)
        shared = LYCEUM_SOURCE_DIR "/../shared";
    const char *script = task_printf(&t, "%s/llm/replay-server.mjs", shared);
    if (access(script, R_OK) != 0) {
        print_message("skipped: no %s\n", script);
        task_end(&t);
        skip();
    }
    enum { CASES = 12, TRIES = 1500 };
    int port = 20000 + getpid() % 20000;
    const char *number = task_printf(&t, "%d", port);
    pid_t pid = fork();
    must(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        dup2(null, 1);
        execlp("node", "node", script, "--port", number, "--log", "/dev/null", (char *)NULL);
        _exit(127);
    }
    struct reply r = {0};
    enum err e = E_UNAVAILABLE;
    for (int i = 0; i < TRIES && e != E_OK; i++) {
        task_clear_error(&t);
        e = call(&t,
            task_format(&t, "{\"url\":\"http://127.0.0.1:%d/_cases?api=openai-chat\",\"loopback\":true}", port),
            SPAN_NONE, SPAN_NONE, &r);
        usleep(20000);
    }
    json_t *cases;
    json_t *one;
    size_t i;
    assert_int_equal(e, E_OK);
    assert_int_equal(json_read(&t, task_dup(&t, buf_view(&r.body)), &cases), E_OK);
    buf_reset(&r.body);
    size_t compared = 0;
    json_array_foreach(cases, i, one)
    {
        static const char *const cuts[] = {"chunk=byte", "chunk=evil,gzip=1"};
        const char *name =
            json_is_string(one) ? json_string_value(one) : json_string_value(json_object_get(one, "name"));
        if (!name || i % (json_array_size(cases) / CASES + 1) != 0)
            continue;
        struct reply whole = {0};
        struct span url = task_format(&t, "http://127.0.0.1:%d/case/%s", port, name);
        assert_int_equal(call(&t, task_format(&t, "{\"url\":\"%.*s/x\",\"loopback\":true}", SPAN_ARG(url)), SPAN_NONE,
                             SPAN_NONE, &whole),
            E_OK);
        for (size_t k = 0; k < 2; k++) {
            struct reply cut = {0};
            if (call(&t, task_format(&t, "{\"url\":\"%.*s/~%s/x\",\"loopback\":true}", SPAN_ARG(url), cuts[k]),
                    SPAN_NONE, SPAN_NONE, &cut) != E_OK)
                fail_msg("%s %s: %s", name, cuts[k], t.cause);
            assert_int_equal(cut.status, whole.status);
            assert_true(span_eq(buf_view(&cut.body), buf_view(&whole.body)));
            buf_reset(&cut.body);
            compared++;
        }
        buf_reset(&whole.body);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_true(compared >= CASES);
    task_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_replies),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
