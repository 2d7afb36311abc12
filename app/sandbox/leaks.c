/* leaks: forking the copy that looks for leaks. */
#include "sandbox/leaks.h"

#ifdef LYCEUM_SANITIZED
#include "base/must.h"

#include <errno.h>
#include <sanitizer/lsan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t service;

/* Registered after the runtime's own check, so it runs before that one and takes its place. */
static void
look(int status, void *arg)
{
    int found = 0;
    (void)arg;
    if (getpid() != service)
        return;
    fflush(NULL);
    pid_t copy = fork();
    if (copy < 0)
        return;
    if (copy == 0) {
        __lsan_do_leak_check(); /* ends the copy when there are some */
        _exit(0);
    }
    while (waitpid(copy, &found, 0) < 0 && errno == EINTR)
        ;
    _exit(found == 0 ? status : WIFEXITED(found) ? WEXITSTATUS(found) : EXIT_FAILURE);
}

void
leaks_apart(void)
{
    service = getpid();
    must(on_exit(look, NULL) == 0);
}
#else
void
leaks_apart(void)
{
}
#endif
