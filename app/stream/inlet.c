/* inlet: frames from the agents. An agent's user decides whose turns it may speak of: the public agent can't write into
 * a private turn's log. What it says of a turn is taken as it is: the log is its own. */
#include "stream/inlet.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "sandbox/peer.h"
#include "wire/sock.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { INLETS = 16, INLETS_ROLE = 8, FRAME_CAP = 4 << 20, READ_BYTES = 256 << 10 };

static const int64_t LOG_BYTES_MOST = INT64_C(1) << 40; /* sums of offsets and lengths stay far from overflow */

struct inlet {
    struct ev_source source; /* first */
    struct inlets *all;
    struct inlet *next, **at;
    const char *role;
    int fd;
    bool hello, private, dead;
    struct buf in;
};

struct inlets {
    struct ev_source source; /* first: the listener's */
    struct hub *hub;
    struct inlet *open, *dead;
    struct pool pool;
    int listener;
};

static void
put(struct inlet **list, struct inlet *x)
{
    x->next = *list;
    x->at = list;
    if (x->next)
        x->next->at = &x->next;
    *list = x;
}

static void
take(struct inlet *x)
{
    *x->at = x->next;
    if (x->next)
        x->next->at = x->at;
}

/* Its turns go on in the database, or with the agent's next connection. */
static void
inlet_close(struct inlet *x)
{
    if (x->dead)
        return;
    for (struct live *l = x->all->hub->oldest, *next; l; l = next) {
        next = l->newer;
        if (l->feed != x)
            continue;
        l->feed = NULL;
        hub_release(x->all->hub, l);
    }
    x->dead = true;
    close(x->fd);
    take(x);
    put(&x->all->dead, x);
}

/* Frames ---------------------------------------------------------------------------------------------------------- */

static bool
on_hello(struct inlet *x, const struct frame *f)
{
    struct span mode = frame_get(f, "mode");
    x->private = span_is(mode, "private");
    bool any = strcmp(x->role, "any") == 0; /* single-user mode: users do not tell the modes apart */
    x->hello = any ? x->private || span_is(mode, "public")
                   : span_is(mode, strcmp(x->role, "agentpriv") == 0 ? "private" : "public");
    return x->hello;
}

/* The log that a frame speaks of, fed by this connection from now on. */
static struct live *
subject(struct inlet *x, const struct frame *f)
{
    struct span turn = frame_get(f, "turn");
    struct live *l = id_is(turn, 't') ? hub_make(x->all->hub, x->private, turn) : NULL;
    if (l && l->feed != x && frame_i64(f, "epoch", 0) >= l->epoch)
        l->feed = x;
    return l;
}

static bool
on_turn(struct inlet *x, const struct frame *f)
{
    struct live *l = subject(x, f);
    int64_t offset = frame_i64(f, "offset", -1);
    if (offset < 0 || offset > LOG_BYTES_MOST)
        return false;
    if (l) {
        size_t room = l->window.room;
        hub_changed(x->all->hub, l, live_begin(l, frame_i64(f, "epoch", 0), offset));
        hub_count(x->all->hub, l, room);
    }
    return true;
}

static bool
on_bytes(struct inlet *x, const struct frame *f)
{
    struct live *l = subject(x, f);
    int64_t offset = frame_i64(f, "offset", -1);
    if (offset < 0 || offset > LOG_BYTES_MOST)
        return false;
    if (l) {
        size_t room = l->window.room;
        l->heard_ms = clock_mono_ms();
        hub_changed(x->all->hub, l, live_append(l, frame_i64(f, "epoch", 0), offset, frame_get(f, "bytes")));
        hub_count(x->all->hub, l, room);
    }
    return true;
}

static bool
on_end(struct inlet *x, const struct frame *f)
{
    struct span turn = frame_get(f, "turn");
    struct live *l = id_is(turn, 't') ? hub_find(x->all->hub, x->private, turn) : NULL;
    if (l && l->feed == x) {
        l->feed = NULL;
        hub_release(x->all->hub, l);
    }
    return true;
}

static bool
handle(struct inlet *x, const struct frame *f)
{
    static const struct {
        const char *kind;
        bool (*fn)(struct inlet *x, const struct frame *f);
    } rows[] = {{"bytes", on_bytes}, {"turn", on_turn}, {"end", on_end}};
    if (!x->hello)
        return frame_is(f, "hello") && on_hello(x, f);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (frame_is(f, rows[i].kind))
            return rows[i].fn(x, f);
    return false;
}

/* Handles every whole frame that has come; false: the connection is not one of ours. */
static bool
drain(struct task *t, struct inlet *x)
{
    size_t at = 0;
    for (;;) {
        struct span rest = span_from(buf_view(&x->in), at);
        struct frame f;
        size_t n = 0;
        if (frame_size(t, rest, FRAME_CAP, &n) != E_OK)
            return false;
        if (n == 0)
            break;
        if (frame_parse(t, span_first(rest, n), &f) != E_OK || !handle(x, &f))
            return false;
        at += n;
    }
    buf_drop(&x->in, at);
    if (x->in.n == 0)
        buf_reset(&x->in); /* agents are silent most of the time */
    return true;
}

static void
inlet_ready(struct ev_source *s, uint32_t events)
{
    struct inlet *x = (struct inlet *)(void *)s;
    (void)events;
    if (x->dead)
        return;
    char *to = buf_room(&x->in, READ_BYTES);
    must(to);
    ssize_t r = recv(x->fd, to, READ_BYTES, MSG_DONTWAIT);
    if (r < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (r <= 0) {
        inlet_close(x);
        return;
    }
    x->in.n += (size_t)r;
    struct task t;
    task_begin(&t, 0);
    if (!drain(&t, x)) {
        log_line(&t, "an agent's connection sent something that is not for here: closed");
        inlet_close(x);
    }
    task_end(&t);
}

/* A role's connections: an agent that was taken over leaves places for the other pool's. */
static size_t
open_of(const struct inlets *s, const char *role)
{
    size_t n = 0;
    for (const struct inlet *x = s->open; x; x = x->next)
        n += strcmp(x->role, role) == 0;
    return n;
}

static void
listener_ready(struct ev_source *source, uint32_t events)
{
    static const char *const roles[] = {"agentpub", "agentpriv", NULL};
    struct inlets *s = (struct inlets *)(void *)source;
    (void)events;
    int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct task t;
    task_begin(&t, 0);
    if (peer_check(&t, fd, roles) != E_OK || s->pool.in_use >= INLETS || open_of(s, peer_role(fd)) >= INLETS_ROLE) {
        log_line(&t, "a connection that is no agent's was refused");
        close(fd);
    } else {
        struct inlet *x = pool_take(&s->pool);
        *x = (struct inlet){.source.ready = inlet_ready, .all = s, .fd = fd, .role = peer_role(fd)};
        buf_init(&x->in, FRAME_CAP + READ_BYTES + 4);
        put(&s->open, x);
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &x->source};
        must(epoll_ctl(s->hub->epoll, EPOLL_CTL_ADD, fd, &e) == 0);
    }
    task_end(&t);
}

void
inlets_open(struct hub *h, int listener, struct inlets **out)
{
    struct inlets *s = task_new(h->task, struct inlets);
    s->source.ready = listener_ready;
    s->hub = h;
    s->listener = listener;
    pool_init(&s->pool, sizeof(struct inlet));
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &s->source};
    must(epoll_ctl(h->epoll, EPOLL_CTL_ADD, listener, &e) == 0);
    *out = s;
}

void
inlets_reap(struct inlets *s)
{
    while (s->dead) {
        struct inlet *x = s->dead;
        take(x);
        buf_reset(&x->in);
        pool_give(&s->pool, x);
    }
}

void
inlets_close(struct inlets *s)
{
    while (s->open)
        inlet_close(s->open);
    inlets_reap(s);
    pool_reset(&s->pool);
    close(s->listener);
}
