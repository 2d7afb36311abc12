/* guest: callers' connections. */
#include "egress/guest.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/pool.h"
#include "egress/operation.h"
#include "sandbox/peer.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* HIGH: a reply is paused when so much of it waits for its caller; LOW: it goes on. */
enum { GUESTS = 512, REQUEST_CAP = 16 << 20, READ_BYTES = 65536, HIGH_BYTES = 256 << 10, LOW_BYTES = 64 << 10 };
enum { REQUEST_MS = 10000, OUT_EXTRA_BYTES = 4 << 20 };
/* What one role may have at a time, so that a program that was taken over leaves room for the others. */
enum { ROLE_GUESTS = GUESTS * 3 / 8, ROLE_IN_BYTES = 256 << 20 };

static const char *const roles[] = {"agentpub", "agentpriv", "web", "operator", "any", NULL};
enum { N_ROLES = sizeof roles / sizeof roles[0] - 1 };

struct guest {
    struct net_source source; /* first */
    struct guests *all;
    struct guest *next, **at;
    struct task task;
    struct fetch *fetch;
    struct buf in, out;
    size_t sent; /* of out */
    int64_t since_ms;
    size_t role; /* in roles */
    int fd;
    bool asked; /* its request is whole */
    bool done;  /* its reply is */
    bool dead, want_out;
};

struct guests {
    struct net_source source; /* first: the listener's */
    struct house *house;
    struct guest *open;
    struct pool pool;
    size_t out_cap;
    size_t count[N_ROLES], in_bytes[N_ROLES];
    int listener;
};

struct task *
guest_task(struct guest *g)
{
    return &g->task;
}

struct house *
guest_house(struct guest *g)
{
    return g->all->house;
}

struct buf *
guest_out(struct guest *g)
{
    return &g->out;
}

void
guest_runs(struct guest *g, struct fetch *f)
{
    g->fetch = f;
}

void
guest_done(struct guest *g)
{
    g->fetch = NULL;
    g->done = true;
}

void
guest_fail(struct guest *g, enum err e, const char *sentence)
{
    frame_put_error(&g->out, e, sentence);
    guest_done(g);
}

/* Its bytes are freed by guests_tick. */
static void
leave(struct guest *g)
{
    if (g->fetch)
        fetch_stop(g->fetch);
    g->fetch = NULL;
    if (!g->dead)
        close(g->fd);
    g->dead = true;
}

static void
watch(struct guest *g, bool out)
{
    if (g->want_out == out)
        return;
    g->want_out = out;
    struct epoll_event e = {.events = EPOLLIN | (out ? EPOLLOUT : 0U), .data.ptr = &g->source};
    must(epoll_ctl(g->all->house->epoll, EPOLL_CTL_MOD, g->fd, &e) == 0);
}

static void
flush(struct guest *g)
{
    if (g->out.failed)
        leave(g); /* can't be: the reply's own cap comes first */
    while (!g->dead && g->sent < g->out.n) {
        ssize_t w = send(g->fd, g->out.p + g->sent, g->out.n - g->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (w > 0)
            g->sent += (size_t)w;
        else if (errno == EAGAIN)
            break;
        else if (errno != EINTR)
            leave(g);
    }
    if (g->dead)
        return;
    if (g->sent == g->out.n) {
        buf_clear(&g->out);
        g->sent = 0;
    }
    watch(g, g->out.n > 0);
    if (g->done && g->out.n == 0)
        leave(g);
}

static const char too_many[] = "Too many exchanges with model servers are running. Try again in a moment.";

static void
answer(struct guest *g, struct span whole)
{
    struct frame f;
    g->asked = true;
    if (frame_parse(&g->task, whole, &f) != E_OK || operation_begin(g, &f) != E_OK)
        guest_fail(g, g->task.err, g->task.cause);
}

static void
readable(struct guest *g)
{
    char *to = buf_room(&g->in, READ_BYTES);
    must(to);
    ssize_t r = recv(g->fd, to, READ_BYTES, MSG_DONTWAIT);
    if (r < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (r <= 0 || g->asked) { /* gone, or "cancel": the one thing that may follow a request */
        leave(g);
        return;
    }
    g->in.n += (size_t)r;
    g->all->in_bytes[g->role] += (size_t)r;
    size_t n = 0;
    if (frame_size(&g->task, buf_view(&g->in), REQUEST_CAP, &n) != E_OK)
        guest_fail(g, g->task.err, g->task.cause);
    else if (g->all->in_bytes[g->role] > ROLE_IN_BYTES)
        guest_fail(g, E_UNAVAILABLE, too_many);
    else if (n > 0)
        answer(g, span_first(buf_view(&g->in), n));
}

static void
guest_ready(struct net_source *source, uint32_t events)
{
    struct guest *g = (struct guest *)(void *)source;
    if (!g->dead && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        readable(g);
    if (!g->dead && events & EPOLLOUT)
        flush(g);
}

static void
admit(struct guests *s, int fd, size_t role)
{
    struct guest *g = pool_take(&s->pool);
    *g = (struct guest){.source.ready = guest_ready, .all = s, .fd = fd, .role = role, .since_ms = clock_mono_ms()};
    s->count[role]++;
    task_begin(&g->task, 0);
    buf_init(&g->in, REQUEST_CAP + READ_BYTES + 4);
    buf_init(&g->out, s->out_cap);
    g->next = s->open;
    g->at = &s->open;
    if (g->next)
        g->next->at = &g->next;
    s->open = g;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &g->source};
    must(epoll_ctl(s->house->epoll, EPOLL_CTL_ADD, fd, &e) == 0);
    if (s->pool.in_use > GUESTS || s->count[role] > ROLE_GUESTS) {
        g->asked = true;
        guest_fail(g, E_UNAVAILABLE, too_many);
    }
}

/* N_ROLES: nobody who may come. */
static size_t
role_of(int fd)
{
    const char *role = peer_role(fd);
    size_t i = role ? 0 : N_ROLES;
    while (i < N_ROLES && strcmp(roles[i], role) != 0)
        i++;
    return i;
}

static void
listener_ready(struct net_source *source, uint32_t events)
{
    struct guests *s = (struct guests *)(void *)source;
    struct task t;
    (void)events;
    int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    task_begin(&t, 0);
    size_t role = role_of(fd);
    if (role == N_ROLES)
        log_line(&t, "a caller that may not use egress was refused");
    /* Some more than there is room for are told so; the rest find a closed door. */
    if (role < N_ROLES && s->pool.in_use < GUESTS * 2 && s->count[role] < ROLE_GUESTS + ROLE_GUESTS / 4)
        admit(s, fd, role);
    else
        close(fd);
    task_end(&t);
}

void
guests_open(struct house *h, int listener, struct guests **out)
{
    struct guests *s = task_new(h->task, struct guests);
    s->source.ready = listener_ready;
    s->house = h;
    s->listener = listener;
    s->out_cap = operation_reply_bytes() + OUT_EXTRA_BYTES;
    pool_init(&s->pool, sizeof(struct guest));
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &s->source};
    must(epoll_ctl(h->epoll, EPOLL_CTL_ADD, listener, &e) == 0);
    *out = s;
}

static void
forget(struct guest *g)
{
    *g->at = g->next;
    if (g->next)
        g->next->at = g->at;
    g->all->count[g->role]--;
    g->all->in_bytes[g->role] -= g->in.n;
    if (g->in.p)
        sodium_memzero(g->in.p, g->in.n); /* it may have brought a key */
    buf_reset(&g->in);
    buf_reset(&g->out);
    task_end(&g->task);
    pool_give(&g->all->pool, g);
}

void
guests_tick(struct guests *s)
{
    int64_t now = clock_mono_ms();
    for (struct guest *g = s->open, *next; g; g = next) {
        next = g->next;
        if (!g->dead && !g->asked && now - g->since_ms > REQUEST_MS)
            leave(g);
        if (!g->dead && !g->want_out && (g->out.n > 0 || g->done))
            flush(g);
        if (!g->dead && g->fetch) {
            size_t waiting = g->out.n - g->sent;
            if (waiting > HIGH_BYTES || waiting < LOW_BYTES)
                fetch_pause(g->fetch, waiting > HIGH_BYTES);
        }
        if (g->dead)
            forget(g);
    }
}

size_t
guests_count(const struct guests *s)
{
    return s->pool.in_use;
}

void
guests_stop(struct guests *s)
{
    if (s->listener >= 0)
        close(s->listener);
    s->listener = -1;
}

void
guests_close(struct guests *s)
{
    guests_stop(s);
    for (struct guest *g = s->open; g; g = g->next)
        leave(g);
    guests_tick(s);
    pool_reset(&s->pool);
}
