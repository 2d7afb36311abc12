/* test_leaks: a service of a sanitizer build ends under a shower of SIGCONT, and still tells of its leaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sandbox/leaks.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef LYCEUM_SANITIZED
enum { FOUND = 1, LOST_BYTES = 4096 }; /* AddressSanitizer's exit status */

/* This program again, as a service that ends when its input does. `lose` "1": with memory that nobody frees. */
static int
serve(const char *lose)
{
    char c = 0;
    leaks_apart();
    if (*lose == '1') {
        char *volatile lost = malloc(LOST_BYTES);
        lost[0] = c;
        lost = NULL;
    }
    return read(STDIN_FILENO, &c, 1) == 0 ? 0 : 1;
}

static pid_t
start(const char *lose, int *input)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(ends[0], STDIN_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl("/proc/self/exe", "test_leaks", lose, (char *)NULL);
        _exit(127);
    }
    close(ends[0]);
    *input = ends[1];
    return pid;
}

/* Its status after SIGCONT was sent without a pause until its end. */
static int
end_of(const char *lose)
{
    int input;
    int status = 0;
    pid_t pid = start(lose, &input);
    close(input);
    while (waitpid(pid, &status, WNOHANG) == 0)
        assert_int_equal(kill(pid, SIGCONT), 0);
    return status;
}

static void
test_ends(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++)
        assert_int_equal(end_of("0"), 0);
}

static void
test_tells(void **state)
{
    (void)state;
    int status = end_of("1");
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), FOUND);
}
#else
static int
serve(const char *lose)
{
    (void)lose;
    return 1;
}

static void
test_ends(void **state)
{
    (void)state;
    puts("skipped: only sanitizer builds look for leaks");
    skip();
}

static void
test_tells(void **state)
{
    test_ends(state);
}
#endif

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ends), cmocka_unit_test(test_tells)};
    return argc == 2 ? serve(argv[1]) : cmocka_run_group_tests(tests, NULL, NULL);
}
