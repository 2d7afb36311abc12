/* nonce: which one-use grants this service has already taken; shared by its processes. */
#ifndef POLICY_NONCE_H
#define POLICY_NONCE_H

#include "base/task.h"

/* In memory shared by fork: call nonce_open before forking. A restart forgets: services whose calls have effects keep a
 * ledger of their own as well. */
struct nonce_set;

enum err nonce_open(struct task *t, size_t slots, struct nonce_set **out);
/* First use: E_OK. Seen: E_DENIED. No room for another live nonce: E_UNAVAILABLE. Safe from several processes at once.
 */
enum err nonce_use(struct task *t, struct nonce_set *set, struct span nonce, int64_t expires_ms, int64_t now_ms);

#endif
