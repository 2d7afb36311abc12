/* egress: the process: one loop over callers and the network. */
#ifndef EGRESS_EGRESS_H
#define EGRESS_EGRESS_H

#include "policy/nonce.h"

enum { EGRESS_NONCES = 65536 };

/* Serves until SIGTERM or SIGINT (which the caller has blocked), then lets what runs come to its end for some seconds.
 * Takes the listener (non-blocking). nonces: opened before it listened, so that whoever could reach it has a grant that
 * the list covers. E_CORRUPT, E_UNAVAILABLE: the secrets can't be used. */
enum err egress_serve(struct task *t, int listener, struct nonce_set *nonces);

#endif
