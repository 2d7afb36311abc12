/* stream: the loop of lyceum-stream. */
#include "stream/stream.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/must.h"
#include "base/stop.h"
#include "stream/door.h"
#include "stream/inlet.h"
#include "stream/revoked.h"
#include "stream/viewer.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EVENTS = 256, TICK_MS = 500, DRAIN_MS = 3000, OTHER_FILES = 64, IDLE_CONNS = 256, NONCES = 65536 };
enum { PARAMS_BYTES = 32 << 10, BODY_BYTES = 1024, REQUEST_MS = 30000 };

struct server {
    struct ev_source signals; /* first */
    struct hub hub;
    struct inlets *inlets;
    int signal_fd;
    int64_t tick_ms;
};

static void
on_request(void *arg, struct fcgi_conn *c)
{
    door_request(&((struct server *)arg)->hub, c);
}

static void
on_room(void *arg, struct fcgi_conn *c)
{
    struct viewer *v = fcgi_conn_user(c);
    if (v)
        viewer_push(&((struct server *)arg)->hub, v);
}

static void
on_gone(void *arg, struct fcgi_conn *c)
{
    struct viewer *v = fcgi_conn_user(c);
    if (v)
        viewer_gone(&((struct server *)arg)->hub, v);
}

static void
on_signal(struct ev_source *source, uint32_t events)
{
    struct server *s = (struct server *)(void *)source;
    (void)events;
    if (stop_read(s->signal_fd))
        s->hub.stopping = true;
}

/* As many descriptors as the system lets us have; each viewer takes one. */
static struct hub_limits
limits(void)
{
    struct rlimit r;
    must(getrlimit(RLIMIT_NOFILE, &r) == 0);
    r.rlim_cur = r.rlim_max;
    setrlimit(RLIMIT_NOFILE, &r);
    size_t viewers = (size_t)conf_int("stream.viewers");
    size_t files = r.rlim_cur == RLIM_INFINITY ? SIZE_MAX : (size_t)r.rlim_cur;
    if (files < viewers + IDLE_CONNS + OTHER_FILES) {
        viewers = files > IDLE_CONNS + OTHER_FILES + 1 ? files - IDLE_CONNS - OTHER_FILES : 1;
        log_line(NULL, "only %zu streams can be open: raise the limit of open files for stream.viewers = %lld", viewers,
            (long long)conf_int("stream.viewers"));
    }
    return (struct hub_limits){.viewers = viewers,
        .viewers_session = (size_t)conf_int("stream.viewers_session"),
        .window_bytes = (size_t)conf_int("stream.turn_bytes"),
        .memory_bytes = (size_t)conf_int("stream.memory_bytes")};
}

static void
watch_signals(struct server *s)
{
    s->signals.ready = on_signal;
    s->signal_fd = stop_open();
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &s->signals};
    must(epoll_ctl(s->hub.epoll, EPOLL_CTL_ADD, s->signal_fd, &e) == 0);
}

static void
server_open(struct task *t, struct server *s, int viewers, int agents)
{
    struct hub_limits l = limits();
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    must(epoll >= 0);
    hub_init(t, epoll, &l, &s->hub);
    must(nonce_open(t, NONCES, &s->hub.nonces) == E_OK);
    revoked_open(t, &s->hub.revoked);
    fcgi_ev_open(t,
        &(struct fcgi_setup){.epoll = epoll,
            .listener = viewers,
            .conns = l.viewers + IDLE_CONNS,
            .params_bytes = PARAMS_BYTES,
            .body_bytes = BODY_BYTES,
            .request_ms = REQUEST_MS,
            .on_request = on_request,
            .on_room = on_room,
            .on_gone = on_gone,
            .arg = s},
        &s->hub.ev);
    inlets_open(&s->hub, agents, &s->inlets);
    watch_signals(s);
}

static void
tick(struct server *s)
{
    int64_t now = clock_mono_ms();
    if (now - s->tick_ms < TICK_MS)
        return;
    s->tick_ms = now;
    revoked_poll(&s->hub);
    hub_poll(&s->hub);
    viewer_beats(&s->hub);
    fcgi_ev_sweep(s->hub.ev);
}

/* One batch of events and what they bring about; waits at most wait_ms (-1: until something happens). */
static void
turn_over(struct server *s, int wait_ms)
{
    struct epoll_event e[EVENTS];
    int n = epoll_wait(s->hub.epoll, e, EVENTS, wait_ms);
    must(n >= 0 || errno == EINTR);
    for (int i = 0; i < n; i++) {
        struct ev_source *source = e[i].data.ptr;
        source->ready(source, e[i].events);
    }
    tick(s);
    hub_pump(&s->hub);
    fcgi_ev_reap(s->hub.ev);
    inlets_reap(s->inlets);
}

/* Ends all responses and gives slow readers a moment to take what is queued. */
static void
drain(struct server *s)
{
    int64_t until = clock_mono_ms() + DRAIN_MS;
    fcgi_ev_stop(s->hub.ev);
    while (s->hub.quiet_first)
        viewer_end(&s->hub, s->hub.quiet_first);
    while (fcgi_ev_unsent(s->hub.ev) > 0 && clock_mono_ms() < until)
        turn_over(s, 20);
}

void
stream_serve(struct task *t, int viewers, int agents)
{
    struct server *s = task_new(t, struct server);
    server_open(t, s, viewers, agents);
    while (!s->hub.stopping)
        /* Nobody looks: nothing needs a clock. A revocation that is missed meanwhile is in the ring. */
        turn_over(s, fcgi_ev_open_conns(s->hub.ev) > 0 ? TICK_MS : -1);
    drain(s);
    fcgi_ev_close(s->hub.ev);
    inlets_close(s->inlets);
    revoked_close(s->hub.revoked);
    close(s->hub.epoll);
    close(s->signal_fd);
    hub_close(&s->hub);
}
