/* host: listens, forks the maker, drops, loops. */
#include "plugin/host.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/must.h"
#include "base/stop.h"
#include "plugin/host_priv.h"
#include "sandbox/drop.h"
#include "sandbox/jail.h"
#include "wire/sock.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS = 64, TICK_MS = 50, IDLE_TICK_MS = 1000, DRAIN_MS = 5000 };

void
host_watch(struct host *h, struct watch *w, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = w};
    if (events == w->events)
        return;
    int op = events == 0 ? EPOLL_CTL_DEL : w->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    must(epoll_ctl(h->epoll, op, w->fd, &e) == 0);
    w->events = events;
}

static void
take_news(struct host *h)
{
    struct host_news news;
    for (;;) {
        host_maker_news(&h->maker, &news);
        if (news.what == NEWS_NONE)
            return;
        if (news.what == NEWS_GONE) {
            log_line(NULL, "the process that starts plugins has ended: starting anew");
            _exit(1); /* the supervisor starts us again; plugins ended with their maker */
        }
        process_news(h, &news);
    }
}

static void
on_event(struct host *h, struct watch *w, uint32_t events)
{
    if (w->fd < 0)
        return; /* closed earlier in this round */
    switch (w->what) {
    case WATCH_LISTEN: guest_accept(h); return;
    case WATCH_STOP: h->stopping = stop_read(w->fd) || h->stopping; return;
    case WATCH_MAKER: take_news(h); return;
    case WATCH_GUEST: guest_event(h, w->owner, events); return;
    case WATCH_PROCESS: process_event(h, w->owner, events); return;
    }
}

/* Nobody there: until something comes. Idle processes alone: their end may be a second late. */
static int
wait_ms(const struct host *h)
{
    int ms = h->guests > 0 ? TICK_MS : -1;
    for (int64_t i = 0; i < h->slots && ms != TICK_MS; i++)
        if (h->process[i].state != PROCESS_FREE)
            ms = h->process[i].state == PROCESS_IDLE ? IDLE_TICK_MS : TICK_MS;
    return ms;
}

static void
turn_over(struct host *h)
{
    struct epoll_event e[EVENTS];
    int n = epoll_wait(h->epoll, e, EVENTS, wait_ms(h));
    must(n >= 0 || errno == EINTR);
    for (int i = 0; i < n; i++)
        on_event(h, e[i].data.ptr, e[i].events);
    int64_t now = clock_mono_ms();
    process_tick(h, now);
    guest_tick(h, now);
    guest_sweep(h);
}

static enum err
enter(struct task *t, const struct host *h)
{
    const char *const read[] = {
        h->plugins, conf_path(t, "share"), conf_text("plugin.python3"), conf_text("plugin.node"), NULL};
    const char *const write[] = {h->work, NULL};
    const struct sandbox_profile jail = {.user = "plugin", .read = read, .write = write, .seccomp = SECCOMP_SERVER};
    if (access(h->plugins, F_OK) != 0)
        return task_fail(t, E_UNAVAILABLE, "The folder %s is missing: run deploy/up, which makes it.", h->plugins);
    return sandbox_enter(t, &jail);
}

static enum err
open_host(struct task *t, struct host *h)
{
    h->plugins = conf_path(t, "plugins");
    h->work = conf_path(t, "run/plugin");
    h->slots = conf_int("plugin.processes");
    for (int64_t i = 0; i < HOST_SLOTS; i++)
        h->process[i] = (struct process){.slot = i, .watch = {.fd = -1}};
    pool_init(&h->guest_pool, sizeof(struct guest));
    if (host_admit_init(t) != E_OK || host_maker_folder(t, h->work) != E_OK ||
        sock_listen(t, conf_path(t, "run/plugin.sock"), 0660, drop_group(t, "ipc"), true, &h->listener.fd) != E_OK ||
        host_maker_start(t, h->work, &h->maker) != E_OK || enter(t, h) != E_OK)
        return t->err;
    h->epoll = epoll_create1(EPOLL_CLOEXEC);
    must(h->epoll >= 0);
    h->listener.what = WATCH_LISTEN;
    h->stop = (struct watch){.what = WATCH_STOP, .fd = stop_open()};
    h->maker_watch = (struct watch){.what = WATCH_MAKER, .fd = h->maker.fd};
    host_watch(h, &h->listener, EPOLLIN);
    host_watch(h, &h->stop, EPOLLIN);
    host_watch(h, &h->maker_watch, EPOLLIN);
    return E_OK;
}

static void
close_host(struct host *h)
{
    close(h->maker.fd); /* the maker ends, and all plugins with it */
    for (int64_t i = 0; i < h->slots; i++)
        process_forget(h, &h->process[i]);
    for (struct guest *g = h->first; g; g = g->next)
        guest_forget(h, g);
    guest_sweep(h);
    process_free_bundles(h, 0);
    pool_reset(&h->guest_pool);
}

enum err
host_service_run(struct task *t)
{
    struct host *h = task_new(t, struct host);
    if (open_host(t, h) != E_OK)
        return t->err;
    struct span gaps = host_maker_gaps(t, &h->maker);
    if (gaps.n > 0)
        log_line(NULL, "%.*s", SPAN_ARG(gaps));
    log_line(NULL, "ready");
    while (!h->stopping)
        turn_over(h);
    host_watch(h, &h->listener, 0);
    int64_t until = clock_mono_ms() + DRAIN_MS;
    while (h->guests > 0 && clock_mono_ms() < until)
        turn_over(h);
    close_host(h);
    return E_OK;
}
