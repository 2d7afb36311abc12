/* import_child: fork, jail, run, listen, reap. */
#include "effect/import_child.h"

#include "base/json.h"
#include "base/log.h"
#include "base/must.h"
#include "sandbox/jail.h"
#include "wire/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REPLY_BYTES = 64 << 20, PROGRESS_BYTES = 1000, DESCRIPTORS = 1024 };
/* A child's SQLite may use so much; its address space is bounded too. */
static const int64_t HEAP_BYTES = (int64_t)512 << 20;

struct child {
    const struct import_job *job;
    int fd;
};

static void
send_progress(void *arg, struct span sentence)
{
    struct child *c = arg;
    struct task t;
    task_begin(&t, 0);
    struct buf *b = task_buf(&t, PROGRESS_BYTES * 2);
    size_t mark = frame_begin(b, "progress");
    frame_put(b, "text", span_first(sentence, PROGRESS_BYTES));
    frame_end(b, mark);
    bool ok = sock_send(&t, c->fd, buf_view(b)) == E_OK;
    task_end(&t);
    if (!ok)
        _exit(1); /* the parent is gone */
}

static void
limit(__rlimit_resource_t what, rlim_t most)
{
    struct rlimit r = {most, most}, now;
    if (getrlimit(what, &now) == 0 && (now.rlim_max == RLIM_INFINITY || now.rlim_max > most))
        must(setrlimit(what, &r) == 0);
}

/* The parent's descriptors (its client, its ledger, its locks) are none of the child's business. */
static void
close_others(int keep)
{
    for (int fd = 3; fd < DESCRIPTORS; fd++)
        if (fd != keep)
            close(fd);
}

/* Nothing but the job's folder, no sockets, no forks; memory and what it may write are bounded. */
static enum err
jail(struct task *t, const struct import_job *job)
{
    const char *const folder[] = {job->folder, NULL};
    const char *const also[] = {job->also, NULL};
    struct sandbox_profile p = {.read = also, .write = folder, .bare = true, .seccomp = SECCOMP_IMPORT};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, 32);
    limit(RLIMIT_FSIZE, (rlim_t)job->limit_bytes * 4 + ((rlim_t)16 << 20));
#ifndef LYCEUM_SANITIZED /* their shadow memory is address space too */
    limit(RLIMIT_AS, (rlim_t)4 << 30);
#endif
    signal(SIGXFSZ, SIG_IGN); /* writing past the limit then fails with a sentence */
    setenv("SQLITE_TMPDIR", job->folder, 1);
    sqlite3_hard_heap_limit64(HEAP_BYTES);
    return sandbox_enter(t, &p);
}

static _Noreturn void
child_main(const struct import_job *given, import_stage *stage, void *arg, int fd)
{
    struct task t;
    struct child c = {given, fd};
    struct import_job job = *given;
    json_t *out = NULL;
    task_begin(&t, 0);
    close_others(fd);
    job.progress = send_progress;
    job.arg = &c;
    enum err e = jail(&t, &job);
    if (e == E_OK)
        e = stage(&t, arg, &job, &out);
    struct buf *b = task_buf(&t, REPLY_BYTES + 1000);
    if (e == E_OK) {
        size_t mark = frame_begin(b, "done");
        frame_put(b, "out", json_dump(&t, out));
        frame_end(b, mark);
    } else {
        frame_put_error(b, e, t.cause);
    }
    struct task last;
    task_begin(&last, 0);
    e = sock_send(&last, fd, buf_view(b));
    _exit(e == E_OK ? 0 : 1);
}

static const char *
what_of(const struct import_job *job)
{
    return job->what ? job->what : "import";
}

static enum err
too_late(struct task *t, const struct import_job *job)
{
    if (job->what)
        return task_fail(t, E_DEADLINE, "The %s did not finish in time and was stopped.", job->what);
    return task_fail(t, E_DEADLINE,
        "The import did not finish in time and was stopped. The admin's setting "
        "limits.import_ms says how long one may take.");
}

/* Waits for the child's next bytes, the client's leaving, or the end of time. */
static enum err
wait_next(struct task *t, const struct import_job *job, int fd, int wake_fd)
{
    struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = wake_fd, .events = POLLIN | POLLRDHUP}};
    for (;;) {
        int left = task_left_ms(t);
        int n = poll(p, 2, left == INT_MAX ? -1 : left);
        if (n == 0)
            return too_late(t, job);
        if (n > 0 && p[1].revents)
            return task_fail(t, E_CONFLICT, "The %s was stopped because its caller left.", what_of(job));
        if (n > 0)
            return E_OK;
        if (errno != EINTR)
            return task_fail(t, E_UNAVAILABLE, "Waiting for the %s failed.", what_of(job));
    }
}

static enum err
take_reply(struct task *t, const struct import_job *job, const struct frame *f, json_t **out)
{
    if (frame_error(t, f) != E_OK)
        return t->err;
    if (!frame_is(f, "done") || json_read(t, frame_get(f, "out"), out) != E_OK) {
        task_clear_error(t);
        return task_fail(t, E_INTERNAL, "The %s failed on this, so it was refused.", what_of(job));
    }
    return E_OK;
}

/* Frames until the one that ends the stage. Bytes that wait in `in` are looked at before the socket. */
static enum err
listen_to(struct task *t, const struct import_job *job, int fd, int wake_fd, json_t **out)
{
    struct buf *in = task_buf(t, REPLY_BYTES + 65536 + 1000);
    for (;;) {
        struct task one;
        struct frame f;
        size_t whole = 0;
        if ((in->n == 0 || frame_size(t, buf_view(in), REPLY_BYTES, &whole) == E_OK) && whole == 0 &&
            wait_next(t, job, fd, wake_fd) != E_OK)
            return t->err;
        if (t->err != E_OK)
            return t->err;
        task_begin(&one, task_left_ms(t) == INT_MAX ? 0 : task_left_ms(t) + 1);
        enum err e = sock_recv(&one, fd, in, REPLY_BYTES, &f, NULL);
        bool progress = e == E_OK && frame_is(&f, "progress");
        if (progress && job->progress)
            job->progress(job->arg, frame_get(&f, "text"));
        if (e == E_DEADLINE)
            too_late(t, job);
        else if (e != E_OK)
            e = task_fail(
                t, E_INTERNAL, "The %s crashed on this, so it was refused. Nothing was changed.", what_of(job));
        else if (!progress)
            e = take_reply(t, job, &f, out);
        task_end(&one);
        if (!progress)
            return e;
    }
}

static void
reap(struct task *t, pid_t pid)
{
    int status = 0;
    kill(pid, SIGKILL); /* it has said its last word, or may not go on */
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
        log_line(t, "an import's child ended by signal %d", WTERMSIG(status));
}

enum err
import_child(struct task *t, const struct import_job *job, import_stage *stage, void *arg, int wake_fd, json_t **out)
{
    int pair[2];
    *out = NULL;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return task_fail(t, E_UNAVAILABLE, "There are not enough descriptors for this.");
    pid_t pid = fork();
    if (pid == 0) {
        close(pair[0]);
        child_main(job, stage, arg, pair[1]);
    }
    close(pair[1]);
    enum err e = pid > 0 ? listen_to(t, job, pair[0], wake_fd, out)
                         : task_fail(t, E_UNAVAILABLE, "There are not enough processes for this.");
    close(pair[0]);
    if (pid > 0)
        reap(t, pid);
    return e;
}
