/* host: the supervisor's side of a zygote. */
#include "box/host.h"

#include "base/clock.h"
#include "box/talk.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_MS = 60000, SPAWN_MS = 10000 };

/* In the child: descriptor 3, the log on 2, nothing else. */
static _Noreturn void
be_zygote(const struct place *p, int sock)
{
    char *const argv[] = {
        (char *)(uintptr_t) "lyceum-zygote", (char *)(uintptr_t)p->folder, (char *)(uintptr_t)p->base, NULL};
    char *const environment[] = {NULL};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
        _exit(126);
    if (sock == TALK_ZYGOTE_FD)
        fcntl(sock, F_SETFD, 0);
    else if (dup2(sock, TALK_ZYGOTE_FD) < 0)
        _exit(126);
    close_range(TALK_ZYGOTE_FD + 1, ~0U, 0);
    execve(p->zygote, argv, environment);
    _exit(127);
}

static void
copy_words(char *out, size_t room, struct span s)
{
    snprintf(out, room, "%.*s", SPAN_ARG(s));
}

static enum err
hear_ready(struct task *t, struct box_host *h)
{
    struct frame f;
    int fd[TALK_FDS];
    enum err e = talk_recv(t, h->sock, &f, fd);
    if (e == E_UNAVAILABLE) {
        task_clear_error(t);
        return task_fail(t, E_UNAVAILABLE, "The program lyceum-zygote did not start; it belongs beside this one.");
    }
    if (e == E_OK)
        e = frame_error(t, &f);
    if (e != E_OK)
        return e;
    struct span key = frame_get(&f, "key");
    if (!frame_is(&f, "ready") || key.n != HASH_BYTES)
        return task_fail(t, E_INTERNAL, "The sandbox's zygote is of another version.");
    memcpy(h->key, key.p, HASH_BYTES);
    h->fresh = (struct image_state){(uint32_t)frame_i64(&f, "pages", 0), (uint32_t)frame_i64(&f, "stack", 0)};
    h->boot_us = frame_i64(&f, "boot_us", 0);
    copy_words(h->build, sizeof h->build, frame_get(&f, "build"));
    copy_words(h->isolation, sizeof h->isolation, frame_get(&f, "isolation"));
    return E_OK;
}

enum err
box_host_open(struct task *t, const struct place *p, struct box_host *out)
{
    int pair[2];
    *out = (struct box_host){.sock = -1, .process = -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return task_fail(t, E_UNAVAILABLE, "There are no descriptors left for a sandbox: %s.", strerror(errno));
    pid_t child = fork();
    if (child == 0)
        be_zygote(p, pair[1]);
    close(pair[1]);
    out->sock = pair[0];
    if (child > 0)
        out->process = (int)syscall(SYS_pidfd_open, child, 0);
    if (out->process < 0) {
        box_host_close(out);
        return task_fail(t, E_UNAVAILABLE, "The sandbox's zygote can't be started: %s.", strerror(errno));
    }
    int64_t deadline = t->deadline_ms;
    if (deadline == 0)
        t->deadline_ms = clock_mono_ms() + START_MS;
    enum err e = hear_ready(t, out);
    t->deadline_ms = deadline;
    if (e != E_OK)
        box_host_close(out);
    return e;
}

void
box_host_close(struct box_host *h)
{
    if (h->sock >= 0)
        close(h->sock);
    if (h->process >= 0) {
        siginfo_t info;
        syscall(SYS_pidfd_send_signal, h->process, SIGKILL, NULL, 0);
        while (waitid(P_PIDFD, (id_t)h->process, &info, WEXITED) != 0 && errno == EINTR)
            continue;
        close(h->process);
    }
    h->sock = h->process = -1;
}

static enum err
ask_spawn(struct task *t, struct box_host *h, uint64_t memory_bytes, int end, const struct image *from, int *process)
{
    struct buf *out = task_buf(t, 4096);
    int given[TALK_FDS] = {end, from ? from->fd : -1}, got[TALK_FDS];
    struct frame f;
    size_t mark = frame_begin(out, "spawn");
    frame_put_i64(out, "memory_bytes", (int64_t)memory_bytes);
    frame_end(out, mark);
    enum err e = talk_send(t, h->sock, buf_view(out), given, from ? 2 : 1);
    if (e == E_OK)
        e = talk_recv(t, h->sock, &f, got);
    if (e == E_OK)
        e = frame_error(t, &f);
    if (e != E_OK)
        return e;
    *process = got[0];
    return *process >= 0 ? E_OK : task_fail(t, E_UNAVAILABLE, "A box ended at its start.");
}

enum err
box_host_spawn(
    struct task *t, struct box_host *h, uint64_t memory_bytes, const struct image *from, int *sock, int *process)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return task_fail(t, E_UNAVAILABLE, "There are no descriptors left for a box: %s.", strerror(errno));
    int64_t deadline = t->deadline_ms;
    if (deadline == 0)
        t->deadline_ms = clock_mono_ms() + SPAWN_MS;
    enum err e = ask_spawn(t, h, memory_bytes, pair[1], from, process);
    t->deadline_ms = deadline;
    close(pair[1]);
    if (e != E_OK)
        close(pair[0]);
    else
        *sock = pair[0];
    return e;
}
