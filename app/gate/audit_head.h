/* audit_head: gate signs the last row of its record, so that rows can't be cut off its end unseen. */
#ifndef GATE_AUDIT_HEAD_H
#define GATE_AUDIT_HEAD_H

#include "gate/gate.h"
#include "store/auth_audit.h"

enum { AUDIT_HEAD_MS = 60 * 1000 };

/* After a was appended, in the same transaction: signs it when the last signature is AUDIT_HEAD_MS old. */
enum err audit_head_note(struct task *t, struct gate *g, const struct auth_audit *a);
/* Signs the last row now, in a transaction of its own: when gate stops. */
enum err audit_head_sign(struct task *t, struct gate *g);
/* Checks each signed head against the rows and gate's key. *bad: the first (latest) row whose head does not fit, 0: all
 * do. last: the latest head, seq 0 without one. */
enum err audit_head_verify(struct task *t, struct gate *g, int64_t *bad, struct auth_audit_head *last);

#endif
