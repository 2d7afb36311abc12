/* zygote: forks on request, passes descriptors. */
#include "query/zygote.h"

#include "base/conf.h"
#include "base/log.h"
#include "query/child.h"
#include "sandbox/prefork.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

union control {
    struct cmsghdr h;
    char bytes[CMSG_SPACE(2 * sizeof(int))];
};

static bool
give(int fd, int child, int pidfd)
{
    union control u = {0};
    char byte = 'c';
    int both[2] = {child, pidfd};
    struct iovec v = {&byte, 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = u.bytes, .msg_controllen = sizeof u.bytes};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof both);
    memcpy(CMSG_DATA(c), both, sizeof both);
    return sendmsg(fd, &m, MSG_NOSIGNAL) == 1;
}

static _Noreturn void
be_child(int zygote, int fd, pid_t parent)
{
    close(zygote);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(getppid() == parent ? child_serve(fd) : 0);
}

static bool
make_child(int fd)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    pid_t self = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        be_child(fd, ends[1], self);
    }
    close(ends[1]);
    /* It waits for its request, so its id is not another's yet. */
    int pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
    bool ok = pidfd >= 0 && give(fd, ends[0], pidfd);
    close(ends[0]);
    if (pidfd >= 0)
        close(pidfd);
    return ok;
}

int
zygote_run(int fd)
{
    char byte;
    signal(SIGCHLD, SIG_IGN); /* children reap themselves */
    if (!child_prepare(conf_int("limits.heap_bytes"))) {
        log_line(NULL, "SQLite or the system call filter could not be set up");
        return 1;
    }
    while (!prefork_stopping())
        if (recv(fd, &byte, 1, 0) == 1 && !make_child(fd))
            log_line(NULL, "a query child could not be made: %s", strerror(errno));
    return 0;
}

bool
zygote_ask(int fd)
{
    return send(fd, "+", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

bool
zygote_take(int fd, int *child, int *pidfd)
{
    union control u;
    char byte;
    int both[2];
    struct iovec v = {&byte, 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = u.bytes, .msg_controllen = sizeof u.bytes};
    if (recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1)
        return false;
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (!c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof both))
        return false;
    memcpy(both, CMSG_DATA(c), sizeof both);
    *child = both[0];
    *pidfd = both[1];
    return true;
}
