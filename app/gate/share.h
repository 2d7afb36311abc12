/* share: gate's side of share/epoch and share/revoked (formats: share_client.h). */
#ifndef GATE_SHARE_H
#define GATE_SHARE_H

#include "base/task.h"
#include "gate/share_client.h"

struct share; /* both files mapped, and a lock that the workers share */

/* In the master: makes or takes over <state>/share/epoch and share/revoked. */
enum err share_make(struct task *t, struct share **out);
/* After a commit: what anybody cached of gate's answers is void. */
void share_epoch_bump(struct share *s);
/* After a commit: streams of that session, principal or conversation must end (kinds: share_client.h). Bumps the epoch.
 */
void share_revoke(struct share *s, const char *kind, struct span id);

#endif
