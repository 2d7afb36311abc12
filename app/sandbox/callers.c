/* callers: an epoll loop over connections that are not ready, and an answer at once for those that are. */
#include "sandbox/callers.h"

#include "base/clock.h"
#include "base/must.h"
#include "base/pool.h"
#include "sandbox/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 64, CHUNK = 65536, TICK_MS = 200, ROLES = 16, LAST_MS = 1000 };

struct caller {
    struct caller *next, **at;
    const char *role;
    struct buf in, out;
    size_t sent;
    int64_t due_ms;
    int fd;
    bool watched, answered, gone;
};

struct desk {
    const struct callers *c;
    struct caller *open;
    struct pool pool;
    int epoll;
    struct {
        const char *role; /* NULL: nobody of ours */
        size_t n;
    } count[ROLES];
};

/* The place where a role's connections are counted: its words are constants of peer.c. */
static size_t *
count_of(struct desk *d, const char *role)
{
    size_t at = ROLES;
    for (size_t i = 0; i < ROLES; i++) {
        if (d->count[i].n > 0 && d->count[i].role == role)
            return &d->count[i].n;
        if (d->count[i].n == 0)
            at = i;
    }
    must(at < ROLES);
    d->count[at].role = role;
    return &d->count[at].n;
}

/* Freed by sweep: events of this round may still name it. */
static void
leave(struct desk *d, struct caller *x)
{
    if (x->gone)
        return;
    x->gone = true;
    close(x->fd);
    --*count_of(d, x->role);
}

/* Tells epoll what x waits for; nothing does for most, whose request is there when they are accepted. */
static void
await(struct desk *d, struct caller *x, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = x};
    must(epoll_ctl(d->epoll, x->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, x->fd, &e) == 0);
    x->watched = true;
}

static void
flush(struct desk *d, struct caller *x)
{
    while (x->sent < x->out.n) {
        ssize_t n = send(x->fd, x->out.p + x->sent, x->out.n - x->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            await(d, x, EPOLLOUT);
            return;
        }
        if (n < 0)
            break;
        x->sent += (size_t)n;
    }
    leave(d, x);
}

static void
reply(struct desk *d, struct caller *x)
{
    x->answered = true;
    x->due_ms = clock_mono_ms() + d->c->reply_ms;
    buf_reset(&x->in);
    flush(d, x);
}

static void
refuse(struct desk *d, struct caller *x, enum err e, const char *sentence)
{
    frame_put_error(&x->out, e, sentence);
    reply(d, x);
}

/* Answers when the request is whole. */
static void
look(struct desk *d, struct caller *x)
{
    struct task t;
    struct frame f;
    size_t n = 0;
    task_begin(&t, 0);
    enum err e = frame_size(&t, buf_view(&x->in), d->c->request_bytes, &n);
    if (e == E_OK && n > 0 && (e = frame_parse(&t, span_first(buf_view(&x->in), n), &f)) == E_OK) {
        d->c->answer(&t, d->c, x->role, &f, &x->out);
        reply(d, x);
    }
    if (e != E_OK)
        refuse(d, x, e, t.cause);
    task_end(&t);
}

/* Reads what is there. A caller that speaks after its request has nothing more to say that we would hear. */
static void
listen_to(struct desk *d, struct caller *x)
{
    while (!x->gone && !x->answered) {
        char *to = buf_room(&x->in, CHUNK);
        must(to); /* its cap is the request's and a chunk more, and frame_size refuses a longer one */
        ssize_t n = recv(x->fd, to, CHUNK, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            await(d, x, EPOLLIN);
            return;
        }
        if (n <= 0) {
            leave(d, x);
            return;
        }
        x->in.n += (size_t)n;
        look(d, x);
    }
}

static bool
may_call(const struct callers *c, const char *role)
{
    if (!c->roles || (role && strcmp(role, "any") == 0))
        return true;
    for (size_t i = 0; role && c->roles[i]; i++)
        if (strcmp(c->roles[i], role) == 0)
            return true;
    return false;
}

static void
welcome(struct desk *d, int fd)
{
    struct caller *x = pool_take(&d->pool);
    *x = (struct caller){.fd = fd, .role = peer_role(fd), .due_ms = clock_mono_ms() + d->c->request_ms};
    buf_init(&x->in, d->c->request_bytes + CHUNK + 4);
    buf_init(&x->out, d->c->reply_bytes);
    x->next = d->open;
    x->at = &d->open;
    if (x->next)
        x->next->at = &x->next;
    d->open = x;
    if (++*count_of(d, x->role) > CALLERS_OF_A_ROLE)
        refuse(d, x, E_UNAVAILABLE, "This program has too many calls under way. Try again in a moment.");
    else if (!may_call(d->c, x->role))
        refuse(d, x, E_DENIED, "This program may not use that service.");
    else
        listen_to(d, x);
}

static void
sweep(struct desk *d)
{
    int64_t now = clock_mono_ms();
    for (struct caller *x = d->open, *next; x; x = next) {
        next = x->next;
        if (!x->gone && now >= x->due_ms)
            leave(d, x);
        if (!x->gone)
            continue;
        *x->at = x->next;
        if (x->next)
            x->next->at = x->at;
        buf_reset(&x->in);
        buf_reset(&x->out);
        pool_give(&d->pool, x);
    }
}

/* One new caller in a round, so that those who wait have their turn. */
static void
turn_over(struct desk *d, int wait_ms)
{
    struct epoll_event e[EVENTS];
    int n = epoll_wait(d->epoll, e, EVENTS, wait_ms);
    for (int i = 0; i < n; i++) {
        struct caller *x = e[i].data.ptr;
        int fd = x ? -1 : accept4(d->c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0)
            welcome(d, fd);
        else if (x && !x->gone && x->answered)
            flush(d, x);
        else if (x && !x->gone)
            listen_to(d, x);
    }
    sweep(d);
}

int
callers_serve(const struct callers *c)
{
    struct desk d = {.c = c, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    struct epoll_event e = {.events = EPOLLIN | EPOLLEXCLUSIVE};
    int flags = fcntl(c->listener, F_GETFL);
    must(d.epoll >= 0 && flags >= 0 && fcntl(c->listener, F_SETFL, flags | O_NONBLOCK) == 0);
    must(epoll_ctl(d.epoll, EPOLL_CTL_ADD, c->listener, &e) == 0);
    pool_init(&d.pool, sizeof(struct caller));
    while (!prefork_stopping())
        turn_over(&d, d.open ? TICK_MS : -1);
    must(epoll_ctl(d.epoll, EPOLL_CTL_DEL, c->listener, NULL) == 0);
    for (int64_t end_ms = clock_mono_ms() + LAST_MS; d.open && clock_mono_ms() < end_ms;)
        turn_over(&d, TICK_MS);
    while (d.open) {
        leave(&d, d.open);
        sweep(&d);
    }
    pool_reset(&d.pool);
    close(d.epoll);
    return 0;
}
