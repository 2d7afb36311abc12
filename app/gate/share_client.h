/* share_client: what gate tells everybody through two small files: the epoch (gate_client.h) and what was revoked. */
#ifndef GATE_SHARE_CLIENT_H
#define GATE_SHARE_CLIENT_H

#include "base/span.h"

/* <state>/share/revoked: "LYCREV1\n", u64le count of all revocations ever, then SHARE_RING slots of 32 bytes:
 * revocation i (from 0) lies in slot i mod SHARE_RING. A slot is BLAKE2b-256 over a kind, '\0' and an id. */
enum { SHARE_KEY_BYTES = 32, SHARE_RING = 4096, SHARE_HEAD_BYTES = 16 };
#define SHARE_MAGIC "LYCREV1\n"

/* Kinds: "session" (hash in hex), "principal" (u_..., a_...), "conversation" (c_...). */
void share_key(const char *kind, struct span id, unsigned char out[SHARE_KEY_BYTES]);

/* Caller's storage. */
struct share_watch {
    int fd;        /* -1: not open yet */
    uint64_t seen; /* revocations that were handed on */
};
void share_watch_open(struct share_watch *w);
void share_watch_close(struct share_watch *w);
/* Hands on each revocation since the last call (the first call: none that is older). False: something was missed, or
 * the file can't be read: ask gate again about everybody. Costs one read when nothing happened: call it every 100 ms or
 * so. */
bool share_watch_poll(
    struct share_watch *w, void (*revoked)(void *arg, const unsigned char key[SHARE_KEY_BYTES]), void *arg);

#endif
