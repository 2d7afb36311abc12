/* sock: our unix sockets. */
#include "wire/sock.h"

#include "base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static enum err
address(struct task *t, const char *path, struct sockaddr_un *out)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof out->sun_path)
        return task_fail(t, E_INVALID, "The socket path %s is longer than %zu bytes: use a shorter state folder.", path,
            sizeof out->sun_path - 1);
    memcpy(out->sun_path, path, strlen(path) + 1);
    return E_OK;
}

enum err
sock_listen(struct task *t, const char *path, mode_t mode, const char *group, bool nonblock, int *out)
{
    struct sockaddr_un a;
    const char *tmp = task_printf(t, "%s.%d", path, (int)getpid());
    if (address(t, tmp, &a) != E_OK)
        return t->err;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (nonblock ? SOCK_NONBLOCK : 0), 0);
    unlink(tmp);
    bool ok = fd >= 0 && bind(fd, (const struct sockaddr *)&a, sizeof a) == 0;
    if (ok && group) {
        struct group *g = getgrnam(group);
        ok = g && chown(tmp, (uid_t)-1, g->gr_gid) == 0;
    }
    ok = ok && chmod(tmp, mode) == 0 && listen(fd, SOCK_BACKLOG) == 0 && rename(tmp, path) == 0;
    if (!ok) {
        int e = errno;
        if (fd >= 0)
            close(fd);
        unlink(tmp);
        return task_fail(t, E_UNAVAILABLE, "Can't listen on %s: %s.", path, strerror(e));
    }
    *out = fd;
    return E_OK;
}

static enum err
wait_for(struct task *t, int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};
    for (;;) {
        int left = task_left_ms(t);
        int r = poll(&p, 1, left == INT_MAX ? -1 : left);
        if (r > 0)
            return E_OK;
        if (r == 0)
            return task_fail(t, E_DEADLINE, "Another part of the service did not answer in time.");
        if (errno != EINTR)
            return task_fail(t, E_UNAVAILABLE, "Waiting for another part of the service failed.");
    }
}

enum err
sock_connect(struct task *t, const char *path, const char *who, int *out)
{
    struct sockaddr_un a;
    if (address(t, path, &a) != E_OK)
        return t->err;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* A unix connect blocks only while the backlog is full; EAGAIN can't happen on a blocking socket. */
    if (fd < 0 || connect(fd, (const struct sockaddr *)&a, sizeof a) != 0) {
        int e = errno;
        if (fd >= 0)
            close(fd);
        if (e == EACCES)
            return task_fail(t, E_DENIED,
                "This user of the machine may not use the %s service. Use sudo; who was added to the "
                "operators' group just now has to log in again first.",
                who);
        return task_fail(
            t, E_UNAVAILABLE, "The %s service does not answer (%s). Try again in a moment.", who, strerror(e));
    }
    *out = fd;
    return E_OK;
}

static enum err
send_some(struct task *t, int fd, struct span *rest, struct msghdr *m)
{
    struct iovec v = {(void *)(uintptr_t)rest->p, rest->n};
    struct msghdr one = *m;
    one.msg_iov = &v;
    one.msg_iovlen = 1;
    ssize_t w = sendmsg(fd, &one, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (w >= 0) {
        *rest = span_from(*rest, (size_t)w);
        m->msg_control = NULL;
        m->msg_controllen = 0;
        return E_OK;
    }
    if (errno == EINTR)
        return E_OK;
    if (errno == EAGAIN)
        return wait_for(t, fd, POLLOUT);
    return task_fail(t, E_UNAVAILABLE, "Another part of the service closed the connection.");
}

static enum err
send_all(struct task *t, int fd, struct span rest, struct msghdr *m)
{
    while (rest.n > 0)
        if (send_some(t, fd, &rest, m) != E_OK)
            return t->err;
    return E_OK;
}

enum err
sock_send(struct task *t, int fd, struct span bytes)
{
    struct msghdr m = {0};
    return send_all(t, fd, bytes, &m);
}

enum err
sock_send_fd(struct task *t, int fd, struct span bytes, int passed)
{
    union {
        struct cmsghdr h;
        char bytes[CMSG_SPACE(sizeof(int))];
    } u = {0};
    struct msghdr m = {.msg_control = u.bytes, .msg_controllen = sizeof u.bytes};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &passed, sizeof passed);
    return send_all(t, fd, bytes, &m);
}

/* Takes descriptors out of a received message: the first into *passed, any other is closed. */
static void
take_fds(struct msghdr *m, int *passed)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
            if (passed && *passed < 0)
                *passed = fd;
            else
                close(fd);
        }
    }
}

static enum err
recv_some(struct task *t, int fd, struct buf *in, int *passed)
{
    enum { CHUNK = 65536 };
    union {
        struct cmsghdr h;
        char bytes[CMSG_SPACE(sizeof(int) * 4)];
    } u;
    char *to = buf_room(in, CHUNK);
    if (!to)
        return task_fail(t, E_LIMIT, "A message between processes is too long.");
    struct iovec v = {to, CHUNK};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = u.bytes, .msg_controllen = sizeof u.bytes};
    ssize_t r = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (r > 0) {
        in->n += (size_t)r;
        take_fds(&m, passed);
        return E_OK;
    }
    if (r < 0 && errno == EINTR)
        return E_OK;
    if (r < 0 && errno == EAGAIN)
        return wait_for(t, fd, POLLIN);
    return task_fail(t, E_UNAVAILABLE, "Another part of the service closed the connection.");
}

enum err
sock_recv(struct task *t, int fd, struct buf *in, size_t cap, struct frame *out, int *passed)
{
    size_t n = 0;
    if (passed)
        *passed = -1;
    if (in->cap < cap + 4 + 65536)
        in->cap = cap + 4 + 65536;
    if (in->n > 0 && frame_size(t, buf_view(in), cap, &n) != E_OK)
        return t->err;
    while (n == 0) {
        if (recv_some(t, fd, in, passed) != E_OK || frame_size(t, buf_view(in), cap, &n) != E_OK)
            return t->err;
    }
    struct span whole = task_dup(t, span_first(buf_view(in), n));
    buf_drop(in, n);
    return frame_parse(t, whole, out);
}

enum err
sock_call(struct task *t, const char *path, const char *who, struct span request, size_t cap, struct frame *out)
{
    int fd = -1;
    if (sock_connect(t, path, who, &fd) != E_OK)
        return t->err;
    struct buf *in = task_buf(t, cap + 4 + 65536);
    enum err e = sock_send(t, fd, request);
    if (e == E_OK)
        e = sock_recv(t, fd, in, cap, out, NULL);
    close(fd);
    return e == E_OK ? frame_error(t, out) : e;
}
