/* nonce: which one-use grants this service has already taken; shared by its processes. */
#ifndef POLICY_NONCE_H
#define POLICY_NONCE_H

#include "base/task.h"

/* In memory shared by fork: call nonce_open before forking. A restart forgets: nonce_covers refuses what may have been
 * used before it; services whose calls have effects keep a ledger of their own as well. */
struct nonce_set;

enum err nonce_open(struct task *t, size_t slots, struct nonce_set **out);
/* First use: E_OK. Seen: E_DENIED. No room for another live nonce: E_UNAVAILABLE. Safe from several processes at once.
 */
enum err nonce_use(struct task *t, struct nonce_set *set, struct span nonce, int64_t expires_ms, int64_t now_ms);
/* Was the grant issued after this list began (or at most grace_ms before)? If not, nobody knows whether it was used:
 * E_UNAVAILABLE, and the caller asks gate for another one. */
enum err nonce_covers(struct task *t, const struct nonce_set *set, int64_t issued_ms, int64_t grace_ms);

#endif
