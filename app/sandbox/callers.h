/* callers: one worker's connections: one whole request each, one reply. Who is slow, silent or many costs a descriptor
 * and never the worker's time; each role has places of its own, so that a program that was taken over keeps nobody else
 * out. */
#ifndef SANDBOX_CALLERS_H
#define SANDBOX_CALLERS_H

#include "sandbox/prefork.h"
#include "wire/frame.h"

/* Connections of one role whose request is not whole yet, or whose reply was not all taken, in one worker. */
enum { CALLERS_OF_A_ROLE = 64 };

struct callers {
    int listener;             /* made non-blocking; several workers may share it */
    const char *const *roles; /* who may call, ended by NULL; NULL: `answer` refuses by itself */
    size_t request_bytes, reply_bytes;
    int64_t request_ms; /* from the connection to the whole request */
    int64_t reply_ms;   /* until the reply was taken */
    /* Puts one reply frame into out. t has no deadline yet; role is peer_role's word, or NULL. */
    void (*answer)(
        struct task *t, const struct callers *c, const char *role, const struct frame *request, struct buf *out);
    struct prefork_slot *slot; /* for answer */
    void *arg;                 /* for answer */
};
/* Serves until prefork_stopping(); what was asked by then is answered. The exit status. */
int callers_serve(const struct callers *c);

#endif
