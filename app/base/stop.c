/* stop: a signalfd for SIGTERM and SIGINT. */
#include "base/stop.h"

#include "base/must.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t
both(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

void
stop_block(void)
{
    sigset_t set = both();
    must(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
}

int
stop_open(void)
{
    sigset_t set = both();
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    must(fd >= 0);
    return fd;
}

bool
stop_read(int fd)
{
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == (ssize_t)sizeof info;
}
