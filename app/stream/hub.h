/* hub: all that lyceum-stream holds: turns' logs, their viewers and those viewers' sessions. */
#ifndef STREAM_HUB_H
#define STREAM_HUB_H

#include "base/pool.h"
#include "http/fcgi_ev.h"
#include "policy/grant.h"
#include "policy/nonce.h"
#include "stream/durable.h"
#include "stream/live.h"

struct hub_limits {
    size_t viewers;         /* of the process */
    size_t viewers_session; /* of one session or visitor */
    size_t window_bytes;    /* memory of one turn */
    size_t memory_bytes;    /* of all windows */
};

struct hub {
    struct task *task; /* the process's */
    int epoll;
    struct fcgi_ev *ev;
    struct hub_limits limits;
    struct durable modes[2]; /* public, private */
    struct index lives, sessions;
    struct pool live_pool, viewer_pool, session_pool;
    struct live *newest, *oldest;            /* all of them, by last use */
    struct live *dirty;                      /* have something new for their viewers */
    size_t memory;                           /* bytes of all windows */
    size_t lives_of[2];                      /* public, private */
    struct viewer *quiet_first, *quiet_last; /* all viewers, longest without a byte first */
    unsigned char gate_key[GRANT_KEY_BYTES];
    bool gate_key_known;
    int64_t gate_key_ms; /* when it was read */
    struct nonce_set *nonces;
    struct revoked *revoked;
    bool stopping;
};

enum { HUB_LIVES = 65536 }; /* of each mode: one pool's agents can't take the other's room */

void hub_init(struct task *t, int epoll, const struct hub_limits *limits, struct hub *h);
void hub_close(struct hub *h);

struct durable *hub_durable(struct hub *h, const struct live *l);
/* The turn's log, NULL if it isn't held. */
struct live *hub_find(struct hub *h, bool private, struct span turn);
/* The same, made when missing; NULL: no room for another. */
struct live *hub_make(struct hub *h, bool private, struct span turn);
/* Frees it unless somebody feeds or reads it. */
void hub_release(struct hub *h, struct live *l);
/* Something changed: its viewers get it at hub_pump; rewound: those that are past the epoch's beginning go back. */
void hub_changed(struct hub *h, struct live *l, enum live_change change);
/* After `append` or the like: counts the window's memory, gives up the least used when it is too much. */
void hub_count(struct hub *h, struct live *l, size_t room_before);
/* Sends to the viewers of every log that changed. */
void hub_pump(struct hub *h);
/* Each second: looks into the database for logs whose agent is silent. */
void hub_poll(struct hub *h);
/* Looks now; false when the database could not say. */
bool hub_refresh(struct task *t, struct hub *h, struct live *l);

#endif
