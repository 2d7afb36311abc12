/* net: libcurl's multi interface over epoll. */
#include "egress/net_priv.h"

#include "base/clock.h"
#include "base/must.h"
#include "base/wipe.h"

#include <limits.h>
#include <string.h>
#include <sys/epoll.h>

enum { KEPT_CONNECTIONS = 64 };

struct net_socket {
    struct net_source source; /* first */
    struct net *net;
    struct net_socket *next_dead;
    curl_socket_t fd;
    bool dead; /* libcurl closed it, but this batch of events may still hold one of its */
};

static void
socket_ready(struct net_source *source, uint32_t events)
{
    struct net_socket *s = (struct net_socket *)(void *)source;
    int flags = (events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                (events & EPOLLERR ? CURL_CSELECT_ERR : 0);
    int running;
    if (!s->dead)
        curl_multi_socket_action(s->net->multi, s->fd, flags, &running);
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *mine)
{
    struct net *n = arg;
    struct net_socket *s = mine;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(n->epoll, EPOLL_CTL_DEL, fd, NULL);
        curl_multi_assign(n->multi, fd, NULL);
        if (s) {
            s->dead = true;
            s->next_dead = n->dead_sockets;
            n->dead_sockets = s;
        }
        return 0;
    }
    int op = s ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (!s) {
        s = pool_take(&n->sockets);
        *s = (struct net_socket){.source.ready = socket_ready, .net = n, .fd = fd};
        curl_multi_assign(n->multi, fd, s);
    }
    struct epoll_event e = {.data.ptr = &s->source};
    e.events = (what & CURL_POLL_IN ? EPOLLIN : 0U) | (what & CURL_POLL_OUT ? EPOLLOUT : 0U);
    must(epoll_ctl(n->epoll, op, fd, &e) == 0);
    return 0;
}

static int
on_timer(CURLM *multi, long ms, void *arg)
{
    struct net *n = arg;
    (void)multi;
    n->timer_ms = ms < 0 ? -1 : clock_mono_ms() + ms;
    return 0;
}

enum err
net_open(struct task *t, int epoll, struct net **out)
{
    struct net *n = task_new(t, struct net);
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, wipe_malloc, wipe_free, wipe_realloc, wipe_strdup, wipe_calloc) !=
        CURLE_OK)
        return task_fail(t, E_INTERNAL, "libcurl could not be started.");
    n->epoll = epoll;
    n->timer_ms = -1;
    n->multi = curl_multi_init();
    pool_init(&n->fetches, sizeof(struct fetch));
    pool_init(&n->sockets, sizeof(struct net_socket));
    must(n->multi);
    /* No two exchanges share a connection at one time: one that is paused must not hold another up. */
    bool ok = curl_multi_setopt(n->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING) == CURLM_OK &&
              curl_multi_setopt(n->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS) == CURLM_OK &&
              curl_multi_setopt(n->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
              curl_multi_setopt(n->multi, CURLMOPT_SOCKETDATA, n) == CURLM_OK &&
              curl_multi_setopt(n->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
              curl_multi_setopt(n->multi, CURLMOPT_TIMERDATA, n) == CURLM_OK;
    must(ok);
    *out = n;
    return E_OK;
}

static void
reap(struct net *n)
{
    while (n->dead_sockets) {
        struct net_socket *s = n->dead_sockets;
        n->dead_sockets = s->next_dead;
        pool_give(&n->sockets, s);
    }
}

void
net_close(struct net *n)
{
    while (n->all)
        fetch_stop(n->all);
    curl_multi_cleanup(n->multi);
    reap(n);
    pool_reset(&n->fetches);
    pool_reset(&n->sockets);
    curl_global_cleanup();
}

int
net_wait_ms(const struct net *n)
{
    int64_t now = clock_mono_ms();
    int64_t wait = INT64_MAX;
    if (n->timer_ms >= 0)
        wait = n->timer_ms > now ? n->timer_ms - now : 0;
    for (const struct fetch *f = n->all; f; f = f->next) {
        int64_t left = f->e != E_OK ? 0 : fetch_left_ms(f, now);
        wait = left < wait ? left : wait;
    }
    return wait == INT64_MAX ? -1 : wait > INT_MAX ? INT_MAX : (int)wait;
}

static void
finish(struct fetch *f)
{
    struct fetch_ask ask = f->ask;
    enum err e = f->e;
    char sentence[TASK_CAUSE_BYTES];
    memcpy(sentence, f->sentence, sizeof sentence);
    fetch_stop(f);
    ask.on_end(ask.arg, e, sentence);
}

static void
finish_done(struct net *n)
{
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(n->multi, &left)) != NULL) {
        char *private = NULL;
        if (m->msg != CURLMSG_DONE || curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private) != CURLE_OK)
            continue;
        struct fetch *f = (struct fetch *)(void *)private;
        fetch_fail_curl(f, m->data.result);
        finish(f);
    }
}

/* One at a time: on_end may begin or stop others. */
static bool
finish_late(struct net *n, int64_t now)
{
    for (struct fetch *f = n->all; f; f = f->next)
        if (fetch_left_ms(f, now) == 0) {
            fetch_fail_clock(f);
            finish(f);
            return true;
        }
    return false;
}

void
net_tick(struct net *n)
{
    int running;
    reap(n);
    if (n->timer_ms >= 0 && n->timer_ms <= clock_mono_ms()) {
        n->timer_ms = -1;
        curl_multi_socket_action(n->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    finish_done(n);
    while (finish_late(n, clock_mono_ms()))
        ;
}
