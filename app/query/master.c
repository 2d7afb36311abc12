/* master: an epoll loop over clients and children. It checks grants; it never touches a follower. */
#include "query/master.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/must.h"
#include "query/admit.h"
#include "query/child.h"
#include "query/jobs.h"
#include "query/rows.h"
#include "query/zygote.h"
#include "sandbox/peer.h"
#include "sandbox/prefork.h"
#include "wire/sock.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EVENTS = 64,
    SPARES = 256,
    QUEUE_MS = 2000,
    REPLY_MS = 10000,
    HAND_MS = 1000,
    ASK_AGAIN_MS = 200,
    CHUNK = 65536
};

static const char *const callers[] = {"web", "agentpub", "agentpriv", "operator", NULL};

struct master {
    int epoll;
    struct job_watch listener, zygote;
    struct jobs jobs;
    struct spare {
        struct job_watch watch; /* fd -1: free */
        int pidfd;
    } spares[SPARES];
    size_t ready;     /* spares with a child */
    size_t asked;     /* children under way */
    int64_t asked_ms; /* when the last was asked for */
};

static void
watch(struct master *m, struct job_watch *w, uint32_t events, int op)
{
    struct epoll_event e = {.events = events, .data.ptr = w};
    must(epoll_ctl(m->epoll, op, w->fd, &e) == 0);
}

/* Spares --------------------------------------------------------------------------------------------------------- */

/* Keeps as many children ready or under way as conf says. What was asked for and never came (the zygote was restarted)
 * is asked for again after a while. */
static void
ask_for_children(struct master *m)
{
    size_t want = (size_t)conf_int("query.children");
    int64_t now = clock_mono_ms();
    if (m->asked > 0 && now - m->asked_ms > ASK_AGAIN_MS)
        m->asked = 0;
    while (m->ready + m->asked < want && zygote_ask(m->zygote.fd)) {
        m->asked++;
        m->asked_ms = now;
    }
}

static struct spare *
spare_find(struct master *m, bool taken)
{
    for (size_t i = 0; i < SPARES; i++)
        if ((m->spares[i].watch.fd >= 0) == taken)
            return &m->spares[i];
    return NULL;
}

static void
take_children(struct master *m)
{
    int child, pidfd;
    while (zygote_take(m->zygote.fd, &child, &pidfd)) {
        struct spare *s = spare_find(m, false);
        m->asked -= m->asked > 0;
        if (!s) {
            close(child);
            close(pidfd);
            continue;
        }
        *s = (struct spare){{WATCH_SPARE, child, NULL}, pidfd};
        watch(m, &s->watch, EPOLLIN | EPOLLRDHUP, EPOLL_CTL_ADD);
        m->ready++;
    }
}

/* A spare that says something before it was asked has died. */
static void
lose_spare(struct master *m, struct job_watch *w)
{
    struct spare *s = (struct spare *)(void *)w;
    close(s->watch.fd);
    close(s->pidfd);
    s->watch.fd = -1;
    m->ready--;
    m->asked_ms = clock_mono_ms(); /* not at once: a child that can't live must not make us spin */
    m->asked++;
}

/* Replies -------------------------------------------------------------------------------------------------------- */

static void
flush(struct master *m, struct job *j)
{
    while (j->sent < j->out.n) {
        ssize_t n = send(j->client.fd, j->out.p + j->sent, j->out.n - j->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            watch(m, &j->client, EPOLLOUT | EPOLLRDHUP, EPOLL_CTL_MOD);
            return;
        }
        if (n < 0)
            break;
        j->sent += (size_t)n;
    }
    jobs_finish(&m->jobs, j);
}

static void
reply(struct master *m, struct job *j)
{
    jobs_drop_child(&m->jobs, j);
    j->state = JOB_REPLYING;
    j->due_ms = clock_mono_ms() + REPLY_MS;
    flush(m, j);
}

static void
reply_error(struct master *m, struct job *j, enum err e, const char *sentence)
{
    buf_clear(&j->out);
    frame_put_error(&j->out, e, sentence);
    reply(m, j);
}

static void
reply_loss(struct master *m, struct job *j, bool ended)
{
    struct task t;
    task_begin(&t, 0);
    buf_clear(&j->out);
    child_put_loss(&t, &j->out, ended);
    task_end(&t);
    reply(m, j);
}

/* Requests ------------------------------------------------------------------------------------------------------- */

static int64_t
at_most(int64_t wanted, int64_t most)
{
    return wanted > 0 && wanted < most ? wanted : most;
}

/* A statement's rows: as ever unless its caller names a number; a chart names a larger one. */
static int64_t
rows_most(int64_t wanted)
{
    int64_t usual = conf_int("limits.rows"), chart = conf_int("limits.chart_rows");
    return wanted > usual ? at_most(wanted, chart > usual ? chart : usual) : at_most(wanted, usual);
}

/* From the caller's frame to the child's, in j->in; every right is checked here. */
static enum err
check_request(struct task *t, struct job *j, const struct frame *f)
{
    struct query_sql q = {.dataset = frame_get(f, "dataset"), .sql = frame_get(f, "sql")};
    struct dataset_file file;
    struct admitted a;
    if (!frame_is(f, "sql"))
        return task_fail(t, E_INVALID, "The query service does not know this request.");
    if (rows_read_params(t, frame_get(f, "params"), &q.param_names, &q.params, &q.n_params) != E_OK ||
        admit_check(t, frame_get(f, "grant"), "sql", q.dataset, query_sql_hash(t, &q), &a) != E_OK ||
        dataset_find(t, &a.which, "db", &file) != E_OK)
        return t->err;
    int64_t bytes = conf_int("limits.result_bytes");
    struct child_request r = {.path = file.path,
        .revision = file.revision,
        .sql = q.sql,
        .params = frame_get(f, "params"),
        .rows = rows_most(frame_i64(f, "rows", 0)),
        .bytes = at_most(frame_i64(f, "bytes", 0), bytes < ROWS_REPLY_BYTES ? bytes : ROWS_REPLY_BYTES),
        .deadline_ms = at_most(frame_i64(f, "deadline", 0), conf_int("limits.query_ms")),
        .heap_bytes = conf_int("limits.heap_bytes"),
        .explain = frame_i64(f, "explain", 0) == 1};
    if (labels_read(t, a.detail, a.which.level, &r.labels) != E_OK)
        return t->err;
    j->deadline_ms = r.deadline_ms;
    struct buf *b = task_buf(t, JOB_REQUEST_BYTES + CHUNK);
    child_request_put(b, &r);
    buf_clear(&j->in);
    buf_span(&j->in, buf_view(b));
    if (b->failed || j->in.failed)
        return task_fail(t, E_LIMIT, "The statement and its parameters are too long.");
    return E_OK;
}

/* One role may hold three quarters of the places: a taken-over agent with slow statements leaves some to everybody
 * else. */
static bool
has_place(const struct master *m, const struct job *j)
{
    size_t all = (size_t)conf_int("query.concurrency"), own = all - all / 4;
    return m->jobs.running < all && jobs_of(&m->jobs, j->role, true) < own;
}

/* Hands a waiting job to a child that is ready, if there is one and a place. */
static bool
start(struct master *m, struct job *j)
{
    struct spare *s = m->ready > 0 ? spare_find(m, true) : NULL;
    if (!s || !has_place(m, j))
        return false;
    j->child.fd = s->watch.fd;
    j->pidfd = s->pidfd;
    s->watch.fd = -1;
    m->ready--;
    m->jobs.running++;
    j->state = JOB_RUNNING;
    j->due_ms = clock_mono_ms() + child_kill_ms(j->deadline_ms);
    watch(m, &j->child, EPOLLIN | EPOLLRDHUP, EPOLL_CTL_MOD);
    struct task t;
    task_begin(&t, HAND_MS);
    bool ok = sock_send(&t, j->child.fd, buf_view(&j->in)) == E_OK; /* it is waiting for exactly this */
    task_end(&t);
    buf_clear(&j->in);
    if (!ok)
        reply_loss(m, j, true);
    return true;
}

static void
start_waiting(struct master *m)
{
    for (struct job *j = m->jobs.first; j && m->ready > 0; j = j->next)
        if (j->state == JOB_WAITING)
            start(m, j);
}

static void
take_request(struct master *m, struct job *j)
{
    struct task t;
    struct frame f;
    size_t n;
    task_begin(&t, 0);
    enum err e = frame_size(&t, buf_view(&j->in), JOB_REQUEST_BYTES, &n);
    if (e == E_OK && n > 0) {
        struct span whole = task_dup(&t, span_first(buf_view(&j->in), n));
        e = frame_parse(&t, whole, &f);
        if (e == E_OK)
            e = check_request(&t, j, &f);
        j->state = JOB_WAITING;
        j->due_ms = clock_mono_ms() + QUEUE_MS;
        if (e == E_OK && !start(m, j))
            e = m->jobs.n > (size_t)conf_int("query.concurrency") + JOBS_WAITING ? E_UNAVAILABLE : E_OK;
        if (e == E_UNAVAILABLE)
            task_fail(&t, e, "Too many statements wait already. Try again in a moment.");
    }
    if (e != E_OK)
        reply_error(m, j, e, t.cause);
    task_end(&t);
}

/* Events --------------------------------------------------------------------------------------------------------- */

/* Reads what is there into b: 1 something came, 0 nothing now, -1 the other side has gone. */
static int
pull(int fd, struct buf *b)
{
    char *to = buf_room(b, b->cap - b->n < CHUNK ? b->cap - b->n : CHUNK);
    size_t room = b->cap - b->n < CHUNK ? b->cap - b->n : CHUNK;
    if (!to || room == 0)
        return -1;
    ssize_t n = recv(fd, to, room, MSG_DONTWAIT);
    if (n > 0) {
        b->n += (size_t)n;
        return 1;
    }
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static void
on_client(struct master *m, struct job *j, uint32_t events)
{
    if (j->state == JOB_READING && events & EPOLLIN) {
        if (pull(j->client.fd, &j->in) < 0)
            jobs_finish(&m->jobs, j);
        else
            take_request(m, j);
    } else if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLIN)) {
        jobs_finish(&m->jobs, j); /* gone, or it speaks out of turn: its child need not go on */
    } else if (j->state == JOB_REPLYING) {
        flush(m, j);
    }
}

/* The child's bytes are passed on as they are once they are one whole frame: whoever asked decodes them with care. */
static void
on_child(struct master *m, struct job *j)
{
    struct task t;
    size_t n = 0;
    int got;
    while ((got = pull(j->child.fd, &j->out)) > 0)
        continue;
    task_begin(&t, 0);
    bool bad = frame_size(&t, buf_view(&j->out), j->out.cap, &n) != E_OK;
    task_end(&t);
    if (n > 0) {
        j->out.n = n;
        reply(m, j);
    } else if (bad || got < 0) {
        reply_loss(m, j, true);
    }
}

static void
accept_all(struct master *m)
{
    int fd;
    for (int i = 0; i < EVENTS && (fd = accept4(m->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0; i++) {
        struct task t;
        const char *role = peer_role(fd);
        bool crowd = jobs_of(&m->jobs, role, false) >= JOBS_OF_A_ROLE;
        struct job *j = jobs_add(&m->jobs, fd, role);
        watch(m, &j->client, EPOLLIN | EPOLLRDHUP, EPOLL_CTL_ADD);
        task_begin(&t, 0);
        if (peer_check(&t, fd, callers) != E_OK)
            reply_error(m, j, t.err, t.cause);
        else if (crowd)
            reply_error(m, j, E_UNAVAILABLE, "This program has too many statements under way. Try again in a moment.");
        task_end(&t);
    }
}

static void
on_event(struct master *m, struct job_watch *w, uint32_t events)
{
    if (w->fd < 0 || (w->job && w->job->state == JOB_OVER))
        return; /* closed earlier in this round */
    must(w->job || (w->what != WATCH_CLIENT && w->what != WATCH_CHILD));
    switch (w->what) {
    case WATCH_LISTEN: accept_all(m); return;
    case WATCH_ZYGOTE: take_children(m); return;
    case WATCH_SPARE: lose_spare(m, w); return;
    case WATCH_CLIENT: on_client(m, w->job, events); return;
    case WATCH_CHILD: on_child(m, w->job); return;
    }
}

static void
end_overdue(struct master *m)
{
    int64_t now = clock_mono_ms();
    for (struct job *j = m->jobs.first; j; j = j->next) {
        if (j->state == JOB_OVER || now < j->due_ms)
            continue;
        if (j->state == JOB_RUNNING)
            reply_loss(m, j, false);
        else if (j->state == JOB_WAITING)
            reply_error(m, j, E_UNAVAILABLE, "All places for statements are taken. Try again in a moment.");
        else
            jobs_finish(&m->jobs, j);
    }
}

static void
round_of_events(struct master *m)
{
    struct epoll_event e[EVENTS];
    int wait = jobs_wait_ms(&m->jobs);
    if ((wait < 0 || wait > ASK_AGAIN_MS) && m->asked > 0)
        wait = ASK_AGAIN_MS;
    int n = epoll_wait(m->epoll, e, EVENTS, wait);
    for (int i = 0; i < n; i++)
        on_event(m, e[i].data.ptr, e[i].events);
    end_overdue(m);
    ask_for_children(m);
    start_waiting(m);
    jobs_sweep(&m->jobs);
}

int
master_run(int listener, int zygote)
{
    static struct master m;
    m.epoll = epoll_create1(EPOLL_CLOEXEC);
    must(m.epoll >= 0);
    m.listener = (struct job_watch){WATCH_LISTEN, listener, NULL};
    m.zygote = (struct job_watch){WATCH_ZYGOTE, zygote, NULL};
    for (size_t i = 0; i < SPARES; i++)
        m.spares[i].watch.fd = -1;
    jobs_init(&m.jobs);
    watch(&m, &m.listener, EPOLLIN, EPOLL_CTL_ADD);
    watch(&m, &m.zygote, EPOLLIN, EPOLL_CTL_ADD);
    ask_for_children(&m);
    while (!prefork_stopping())
        round_of_events(&m);
    must(epoll_ctl(m.epoll, EPOLL_CTL_DEL, listener, NULL) == 0);
    while (m.jobs.n > 0) /* each has a due time, and the supervisor's patience ends */
        round_of_events(&m);
    return 0;
}
