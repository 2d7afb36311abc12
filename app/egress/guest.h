/* guest: one connection of a caller: a request frame in, reply frames out, never more of them than the caller takes. */
#ifndef EGRESS_GUEST_H
#define EGRESS_GUEST_H

#include "egress/net.h"
#include "egress/vault.h"
#include "policy/grant.h"
#include "policy/nonce.h"
#include "wire/frame.h"

struct guests;
struct guest;

/* What an operation needs beside the guest. */
struct house {
    struct task *task; /* the process's */
    int epoll;
    struct net *net;
    struct vault *vault;
    struct nonce_set *nonces;
    unsigned char gate_key[GRANT_KEY_BYTES];
    bool gate_key_known;
};

/* listener: non-blocking, taken. */
void guests_open(struct house *h, int listener, struct guests **out);
/* After each batch of events: pauses and resumes replies, frees who left. */
void guests_tick(struct guests *s);
/* How many are there. */
size_t guests_count(const struct guests *s);
/* Accepts no more. */
void guests_stop(struct guests *s);
void guests_close(struct guests *s);

/* For operations: the guest's own task (memory until it leaves), where frames are put, and the end of the reply. */
struct task *guest_task(struct guest *g);
struct house *guest_house(struct guest *g);
struct buf *guest_out(struct guest *g);
/* What runs for it: paused when the guest is slow, stopped when it leaves. NULL: nothing. */
void guest_runs(struct guest *g, struct fetch *f);
/* The reply is whole: sent, then the connection closes. */
void guest_done(struct guest *g);
/* The same with an error frame. */
void guest_fail(struct guest *g, enum err e, const char *sentence);

#endif
