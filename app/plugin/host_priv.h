/* host_priv: callers and processes, as the files of the loop share them. */
#ifndef PLUGIN_HOST_PRIV_H
#define PLUGIN_HOST_PRIV_H

#include "base/id.h"
#include "base/pool.h"
#include "plugin/host_admit.h"
#include "plugin/host_bundle.h"
#include "plugin/host_maker.h"
#include "plugin/talk.h"

enum { HOST_SLOTS = 256, HOST_OF_A_SUBJECT = 8, HOST_GUESTS_OF_A_ROLE = 128, HOST_BUNDLES = 64 };

/* What an epoll event names. */
struct watch {
    enum { WATCH_LISTEN, WATCH_STOP, WATCH_MAKER, WATCH_GUEST, WATCH_PROCESS } what;
    int fd; /* -1: closed */
    uint32_t events;
    void *owner;
};

/* A caller: one connection, one call. */
struct guest {
    struct guest *next, *prev; /* in order of arrival */
    struct watch watch;
    enum { GUEST_READING, GUEST_WAITING, GUEST_RUNNING, GUEST_REPLYING, GUEST_OVER } state;
    const char *role;
    struct task t; /* its request, until it is over */
    struct buf in, out;
    int64_t due_ms; /* reading, waiting, replying: when that ends by itself */
    struct host_admitted who;
    unsigned char key[HASH_BYTES]; /* of digest, subject and conversation */
    struct span tool, args;
    int64_t budget_ms;
    struct host_bundle *bundle;
    struct process *process; /* running */
};

enum process_state { PROCESS_FREE, PROCESS_STARTING, PROCESS_IDLE, PROCESS_BUSY, PROCESS_DYING };
/* A plugin's process, in its slot. */
struct process {
    struct watch watch;
    enum process_state state;
    int64_t slot;
    unsigned char key[HASH_BYTES], subject[HASH_BYTES];
    struct talk talk;
    struct host_bundle *bundle;
    struct guest *guest; /* starting, busy; dying: who is to be told how it ended */
    int64_t pid, cpu_ms; /* processor time when this state began */
    int64_t due_ms;      /* when this state ends by itself */
    int64_t left_ms;     /* of the call, while it waits for the caller: -1: it does not */
};

struct host {
    int epoll;
    const char *plugins, *work; /* folders */
    struct watch listener, stop, maker_watch;
    struct host_maker maker;
    struct pool guest_pool;
    struct guest *first, *last;
    size_t guests;
    struct process process[HOST_SLOTS];
    int64_t slots;
    struct host_bundle *bundles;
    bool stopping;
};

void host_watch(struct host *h, struct watch *w, uint32_t events); /* adds, changes; 0 takes it out */

void guest_accept(struct host *h);
void guest_event(struct host *h, struct guest *g, uint32_t events);
void guest_tick(struct host *h, int64_t now_ms);
void guest_sweep(struct host *h);
void guest_forget(struct host *h, struct guest *g); /* closes it without a word */
/* The last thing that a caller is told. */
void guest_fail(struct host *h, struct guest *g, enum err e, const char *word, const char *sentence);
void guest_finish(struct host *h, struct guest *g, struct span result);
void guest_put_ask(struct host *h, struct guest *g, const struct talk_news *news);
void guest_put_progress(struct host *h, struct guest *g, struct span text);

/* Gives a waiting caller a process, or a sentence; false: it waits on. */
bool process_assign(struct host *h, struct guest *g);
void process_event(struct host *h, struct process *p, uint32_t events);
void process_news(struct host *h, const struct host_news *news);
void process_tick(struct host *h, int64_t now_ms);
/* Ends it without telling anybody: its caller has gone, or its bundle is to stop. */
void process_kill(struct host *h, struct process *p);
void process_forget(struct host *h, struct process *p); /* when its maker has gone */
void process_stop_bundle(struct host *h, struct span digest);
/* The caller answered question n. */
void process_told(struct host *h, struct process *p, int64_t n, struct span result, struct span failure);
void process_free_bundles(struct host *h, size_t most);

#endif
