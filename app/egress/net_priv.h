/* net_priv: what the loop (net.c), a transfer (fetch.c) and its failures (failure.c) share. */
#ifndef EGRESS_NET_PRIV_H
#define EGRESS_NET_PRIV_H

#include "base/pool.h"
#include "egress/net.h"

enum { FETCH_HEAD_BYTES = 64 * 1024, FETCH_HEAD_LINES = 200, FETCH_HOST_BYTES = 256 };

enum fetch_phase { FETCH_CONNECTING, FETCH_WAITING, FETCH_READING };

struct fetch {
    struct fetch *next, **at;
    struct net *net;
    struct fetch_ask ask;
    CURL *easy;
    char *url;
    enum fetch_phase phase;
    int64_t since_ms; /* when the phase began, or the last byte came */
    size_t bytes;     /* of the body so far */
    int head_lines;
    struct buf head;
    bool head_done, paused;
    bool refused_address; /* an address that was found is one that we don't go to */
    enum err e;           /* our own verdict, which comes before libcurl's */
    char sentence[TASK_CAUSE_BYTES];
    char host[FETCH_HOST_BYTES];
};

struct net {
    int epoll;
    CURLM *multi;
    int64_t timer_ms; /* clock_mono_ms() of libcurl's own timer; -1: none */
    struct fetch *all;
    struct net_socket *dead_sockets;
    struct pool fetches, sockets;
};

/* Milliseconds that the fetch has left in its phase; INT64_MAX: no clock runs. */
int64_t fetch_left_ms(const struct fetch *f, int64_t now_ms);
/* Notes a verdict of ours; the first counts. */
void fetch_fail(struct fetch *f, enum err e, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The clock of its phase ran out. */
void fetch_fail_clock(struct fetch *f);
/* What libcurl's result means, unless there is a verdict already. */
void fetch_fail_curl(struct fetch *f, CURLcode rc);

#endif
