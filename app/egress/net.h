/* net: libcurl's transfers in an epoll loop, each with our rules and clocks: addresses checked, no redirects, capped.
 */
#ifndef EGRESS_NET_H
#define EGRESS_NET_H

#include "base/task.h"

#include <curl/curl.h>

/* What epoll's data.ptr points to in this process. */
struct net_source {
    void (*ready)(struct net_source *s, uint32_t events);
};

struct net;
struct fetch;

/* Calls curl_global_init with an allocator that wipes what it frees; t: the process's. */
enum err net_open(struct task *t, int epoll, struct net **out);
void net_close(struct net *n);
/* Milliseconds until net_tick has something to do; -1: nothing runs. */
int net_wait_ms(const struct net *n);
/* Runs libcurl's timers and ours, and ends what is done. Call after each batch of events. */
void net_tick(struct net *n);

struct fetch_ask {
    struct span url;
    bool loopback; /* http is allowed, and this machine alone; else https and public addresses alone */
    bool post;
    struct span body;           /* lives until the end */
    struct curl_slist *headers; /* lives until the end */
    int64_t connect_ms, first_byte_ms, idle_ms;
    size_t reply_bytes;
    /* None of these may call fetch_stop. Spans are borrowed. After on_end the fetch is gone. */
    void (*on_head)(void *arg, int status, struct span lines);
    void (*on_body)(void *arg, struct span bytes);
    void (*on_end)(void *arg, enum err e, const char *sentence);
    void *arg;
};
/* E_INVALID, E_DENIED: the URL is none of those that we go to. E_UNAVAILABLE. */
enum err fetch_start(struct task *t, struct net *n, const struct fetch_ask *ask, struct fetch **out);
/* The host, for logs and sentences. */
const char *fetch_host(const struct fetch *f);
/* Stops reading while the one who wants the reply is slow; the clock of silence stands still. */
void fetch_pause(struct fetch *f, bool paused);
/* Ends it at once, without on_end. */
void fetch_stop(struct fetch *f);

#endif
