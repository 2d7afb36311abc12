/* egress: the loop of lyceum-egress. */
#include "egress/egress.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/stop.h"
#include "egress/guest.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS = 64, TICK_MS = 1000, DRAIN_MS = 5000 };

struct server {
    struct net_source signals; /* first */
    struct house house;
    struct guests *guests;
    int signal_fd;
    bool stopping;
};

static void
on_signal(struct net_source *source, uint32_t events)
{
    struct server *s = (struct server *)(void *)source;
    (void)events;
    if (stop_read(s->signal_fd))
        s->stopping = true;
}

static void
watch_signals(struct server *s)
{
    s->signals.ready = on_signal;
    s->signal_fd = stop_open();
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &s->signals};
    must(epoll_ctl(s->house.epoll, EPOLL_CTL_ADD, s->signal_fd, &e) == 0);
}

static enum err
server_open(struct task *t, struct server *s, int listener, struct nonce_set *nonces)
{
    s->house.task = t;
    s->house.epoll = epoll_create1(EPOLL_CLOEXEC);
    must(s->house.epoll >= 0);
    s->house.nonces = nonces;
    if (vault_open(t, &s->house.vault) != E_OK || net_open(t, s->house.epoll, &s->house.net) != E_OK)
        return t->err;
    guests_open(&s->house, listener, &s->guests);
    watch_signals(s);
    return E_OK;
}

static void
turn_over(struct server *s)
{
    struct epoll_event e[EVENTS];
    int wait = net_wait_ms(s->house.net);
    if ((guests_count(s->guests) > 0 || s->stopping) && (wait < 0 || wait > TICK_MS))
        wait = TICK_MS;
    int n = epoll_wait(s->house.epoll, e, EVENTS, wait);
    must(n >= 0 || errno == EINTR);
    for (int i = 0; i < n; i++) {
        struct net_source *source = e[i].data.ptr;
        source->ready(source, e[i].events);
    }
    net_tick(s->house.net);
    guests_tick(s->guests);
}

enum err
egress_serve(struct task *t, int listener, struct nonce_set *nonces)
{
    struct server *s = task_new(t, struct server);
    if (server_open(t, s, listener, nonces) != E_OK)
        return t->err;
    log_line(NULL, "ready");
    while (!s->stopping)
        turn_over(s);
    guests_stop(s->guests);
    int64_t until = clock_mono_ms() + DRAIN_MS;
    while (guests_count(s->guests) > 0 && clock_mono_ms() < until)
        turn_over(s);
    guests_close(s->guests);
    net_close(s->house.net);
    vault_close(s->house.vault);
    close(s->house.epoll);
    close(s->signal_fd);
    return E_OK;
}
