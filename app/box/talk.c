/* talk: messages with descriptors between supervisor and zygote. */
#include "box/talk.h"

#include "base/must.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(sizeof(int) * TALK_FDS)];
};

enum err
talk_send(struct task *t, int sock, struct span frame, const int *fd, size_t n)
{
    union control control = {0};
    struct iovec v = {(void *)(uintptr_t)frame.p, frame.n};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
    if (n > 0) {
        m.msg_control = control.bytes;
        m.msg_controllen = CMSG_SPACE(sizeof(int) * n);
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        must(c);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * n);
        memcpy(CMSG_DATA(c), fd, sizeof(int) * n);
    }
    ssize_t sent;
    do
        sent = sendmsg(sock, &m, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent == (ssize_t)frame.n)
        return E_OK;
    return task_fail(t, E_UNAVAILABLE, "The sandbox's processes have gone: %s.", strerror(errno));
}

static void
take(struct msghdr *m, int fd[TALK_FDS])
{
    size_t taken = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int one;
            memcpy(&one, CMSG_DATA(c) + i * sizeof(int), sizeof one);
            if (taken < TALK_FDS)
                fd[taken++] = one;
            else
                close(one);
        }
    }
}

static bool
wait_for(struct task *t, int sock)
{
    struct pollfd p = {.fd = sock, .events = POLLIN};
    int left = task_left_ms(t), n;
    do
        n = poll(&p, 1, left == INT_MAX ? -1 : left);
    while (n < 0 && errno == EINTR);
    return n == 1;
}

enum err
talk_recv(struct task *t, int sock, struct frame *out, int fd[TALK_FDS])
{
    union control control = {0};
    struct buf *in = task_buf(t, TALK_ZYGOTE_BYTES);
    char *room = buf_room(in, TALK_ZYGOTE_BYTES);
    struct iovec v = {room, TALK_ZYGOTE_BYTES};
    struct msghdr m = {
        .msg_iov = &v, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    fd[0] = fd[1] = -1;
    if (!wait_for(t, sock))
        return task_fail(t, E_DEADLINE, "The sandbox's zygote does not answer.");
    ssize_t n;
    do
        n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return task_fail(t, E_UNAVAILABLE, "The sandbox's other side has gone.");
    take(&m, fd);
    in->n = (size_t)n;
    enum err e = m.msg_flags & MSG_TRUNC ? task_fail(t, E_LIMIT, "A message within the sandbox is too long.")
                                         : frame_parse(t, buf_view(in), out);
    for (size_t i = 0; e != E_OK && i < TALK_FDS; i++)
        if (fd[i] >= 0)
            close(fd[i]);
    return e;
}
