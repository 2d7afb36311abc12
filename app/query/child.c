/* child: jail, open, jail, run, answer. */
#include "query/child.h"

#include "base/must.h"
#include "query/guard.h"
#include "query/hint.h"
#include "query/rows.h"
#include "query/statement.h"
#include "sandbox/drop.h"
#include "sandbox/jail.h"
#include "wire/sock.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_BYTES = 4 << 20, SLACK_BYTES = 96 << 20, ALARM_S = 2, REPLY_SLACK_BYTES = 1 << 20 };

void
child_request_put(struct buf *b, const struct child_request *r)
{
    size_t mark = frame_begin(b, "run");
    frame_put_z(b, "path", r->path);
    frame_put(b, "revision", r->revision);
    frame_put(b, "sql", r->sql);
    frame_put(b, "params", r->params);
    size_t labels = rows_field_begin(b, "labels");
    labels_put(b, &r->labels);
    rows_field_end(b, labels);
    frame_put_i64(b, "rows", r->rows);
    frame_put_i64(b, "bytes", r->bytes);
    frame_put_i64(b, "deadline", r->deadline_ms);
    frame_put_i64(b, "heap", r->heap_bytes);
    frame_put_i64(b, "explain", r->explain);
    frame_end(b, mark);
}

int64_t
child_kill_ms(int64_t deadline_ms)
{
    return deadline_ms + deadline_ms / 20 + 5;
}

void
child_put_loss(struct task *t, struct buf *b, bool ended)
{
    struct query_problem p;
    if (ended)
        hint_plain(t, "other", "The statement was stopped: its process ended before it could answer.",
            "Make the statement simpler.", &p);
    else
        hint_plain(t, "timeout", "The statement was stopped: it took longer than it may.",
            "Make it read less: filter earlier, or join on keys.", &p);
    rows_put_problem(b, ended ? E_INVALID : E_DEADLINE, &p);
}

bool
child_prepare(int64_t heap_bytes)
{
    /* Times are UTC in answers; and localtime() then opens no file, which the child's filter would not let it. */
    time_t now = time(NULL);
    setenv("TZ", "UTC0", 1);
    tzset();
    (void)localtime(&now);
    drop_hygiene();
    return guard_process_init(heap_bytes) && sandbox_calls_prepare(SECCOMP_QUERY_CHILD, false);
}

/* Below SQLite's own limit, in case that its accounting is fooled; and an end even if nobody is left to kill us. */
static void
bound_process(const struct child_request *r)
{
#ifndef LYCEUM_SANITIZED
    rlim_t most = (rlim_t)(r->heap_bytes + 4 * r->bytes + SLACK_BYTES);
    struct rlimit data = {most, most};
    setrlimit(RLIMIT_DATA, &data);
#endif
    signal(SIGALRM, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    if (r->deadline_ms > 0)
        alarm((unsigned)(r->deadline_ms / 1000) + ALARM_S);
}

static enum err
open_jailed(struct task *t, const char *path, struct guard *g)
{
    const char *const read[] = {path, NULL};
    struct sandbox_profile p = {.read = read, .bare = true, .seccomp = SECCOMP_QUERY_CHILD};
    if (GUARD_ON(GUARD_LANDLOCK) && sandbox_files(t, &p) != E_OK)
        return t->err;
    if (guard_open(t, g, path, true) != E_OK)
        return t->err;
    return GUARD_ON(GUARD_SECCOMP) ? sandbox_calls(t, SECCOMP_QUERY_CHILD, false) : E_OK;
}

static enum err
answer(struct task *t, const struct frame *f, struct buf *reply)
{
    static struct guard g; /* never closed: the process ends */
    struct child_request r = {.path = task_z(t, frame_get(f, "path")),
        .rows = frame_i64(f, "rows", 1),
        .bytes = frame_i64(f, "bytes", 1),
        .deadline_ms = frame_i64(f, "deadline", 0),
        .heap_bytes = frame_i64(f, "heap", 0)};
    struct statement s = {.sql = frame_get(f, "sql"),
        .rows = r.rows,
        .bytes = r.bytes,
        .deadline_ms = r.deadline_ms,
        .explain = frame_i64(f, "explain", 0) == 1,
        .revision = frame_get(f, "revision")};
    if (rows_read_params(t, frame_get(f, "params"), &s.names, &s.values, &s.n_values) != E_OK)
        return t->err;
    must(labels_take(t, frame_get(f, "labels"), &s.labels));
    bound_process(&r);
    if (open_jailed(t, r.path, &g) != E_OK)
        return t->err;
    statement_run(t, &g, &s, reply);
    return E_OK;
}

int
child_serve(int fd)
{
    struct task t;
    struct frame f;
    task_begin(&t, 0);
    struct buf *in = task_buf(&t, REQUEST_BYTES);
    struct buf *reply = task_buf(&t, ROWS_REPLY_BYTES + REPLY_SLACK_BYTES);
    if (sock_recv(&t, fd, in, REQUEST_BYTES, &f, NULL) != E_OK)
        return 0; /* the master has gone, or never needed us */
    if (answer(&t, &f, reply) != E_OK)
        frame_put_error(reply, t.err, t.cause);
    return sock_send(&t, fd, buf_view(reply)) == E_OK ? 0 : 1;
}

static void
end_task(void *arg)
{
    task_end(arg);
}

/* Waits for the reply until the child must be killed. E_DEADLINE, or E_UNAVAILABLE when it ended without one. */
static enum err
await(struct task *t, int fd, const struct child_request *r, struct frame *out)
{
    struct task *wait = task_new(t, struct task); /* its frame lives as long as t */
    task_begin(wait, child_kill_ms(r->deadline_ms));
    task_defer(t, end_task, wait);
    struct buf *in = task_buf(wait, ROWS_REPLY_BYTES + REPLY_SLACK_BYTES);
    return sock_recv(wait, fd, in, ROWS_REPLY_BYTES + REPLY_SLACK_BYTES, out, NULL);
}

/* What there is to say when no reply came. */
static enum err
tell_loss(struct task *t, bool ended, struct frame *out)
{
    struct buf *b = task_buf(t, REQUEST_BYTES);
    child_put_loss(t, b, ended);
    return frame_parse(t, buf_view(b), out);
}

enum err
child_run_alone(struct task *t, const struct child_request *r, struct frame *out)
{
    int ends[2];
    enum err e = E_UNAVAILABLE;
    struct buf *request = task_buf(t, REQUEST_BYTES);
    child_request_put(request, r);
    if (request->failed)
        return task_fail(t, E_LIMIT, "The statement and its parameters are longer than %d bytes.", REQUEST_BYTES);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return task_fail(t, E_UNAVAILABLE, "No process could be started for the statement: %s.", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        _exit(child_prepare(r->heap_bytes) ? child_serve(ends[1]) : 1);
    }
    close(ends[1]);
    if (pid > 0 && sock_send(t, ends[0], buf_view(request)) == E_OK)
        e = await(t, ends[0], r, out);
    close(ends[0]);
    if (pid > 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    if (pid < 0 || t->err != E_OK)
        return task_fail(t, E_UNAVAILABLE, "No process could be started for the statement.");
    return e == E_OK ? frame_error(t, out) : tell_loss(t, e != E_DEADLINE, out);
}
