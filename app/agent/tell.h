/* tell: a turn's log while it is written: framed as server-sent events, shown live, kept in coalesced rows. */
#ifndef AGENT_TELL_H
#define AGENT_TELL_H

#include "store/work.h"
#include "stream/stream_client.h"

#include <pthread.h>

enum { TELL_PENDING_BYTES = 64 << 20, TELL_EVERY_MS = 250 };

/* Two threads use it: the runner tells, the keeper writes what has waited; the lock is held while either writes. */
struct tell {
    pthread_mutex_t lock;
    struct span turn;
    int64_t epoch;
    int64_t durable;        /* bytes of the log in the database */
    struct buf pending;     /* after them */
    size_t sent;            /* of pending: what stream has */
    int64_t waits_since_ms; /* when the oldest pending byte came; 0: none */
    struct stream_out *out; /* NULL: nobody listens (tests) */
};

/* Begins an epoch at the durable length of the turn's log. */
void tell_open(struct tell *l, struct span turn, int64_t epoch, int64_t durable, struct stream_out *out);
void tell_close(struct tell *l);
/* Appends an event: `data` is one line of JSON. Nobody sees it before tell_show, or before tell_commit. */
void tell_event(struct tell *l, const char *kind, struct span data);
/* Sends all that was appended to the viewers: for text as it comes, which may be lost with the process. */
void tell_show(struct tell *l);

/* A step's boundary: take the lock, open the transaction, append the pending bytes within it; then commit, and only
 * then show them. tell_end with a failure keeps them pending. */
enum err tell_begin(struct task *t, struct tell *l, struct work *w);
enum err tell_end(struct task *t, struct tell *l, struct work *w, enum err e);
/* Writes what has waited for TELL_EVERY_MS, if any, with the keeper's own connection: under the lease of `owner`. */
enum err tell_write_waiting(struct task *t, struct tell *l, struct work *w, struct span owner);

#endif
