/* approval_priv: one approval's binding, its premises, and its record (within gate's folder). */
#ifndef GATE_APPROVAL_PRIV_H
#define GATE_APPROVAL_PRIV_H

#include "gate/approval.h"

/* A keyed hash over every bound column, in hex: nobody without gate's secret can make one for other values. */
struct span approval_binding(struct task *t, const struct gate *g, const struct auth_approval *a);
/* Writes the columns that the call says; the others keep what they hold. */
enum err approval_fill(struct task *t, const struct approval_call *call, struct auth_approval *a);

/* What an approval stands on, as it is now. */
struct approval_premises {
    struct span role;         /* of its user; empty: the account is gone or disabled */
    bool signed_in;           /* in the session that it is bound to; in any, while it is bound to none */
    bool conversation;        /* it is there (or the approval has none) */
    struct span taint;        /* the conversation's label */
    struct span revision;     /* of its dataset */
    struct span policy, made; /* hash of the policy in force; and the binding computed from the row */
};
enum err approval_premises(
    struct task *t, struct gate *g, const struct auth_approval *a, int64_t now_ms, struct approval_premises *out);
/* NULL: it stands; else the fixed word for why not: "mismatched" "account" "role-changed" "signed-out" "deleted"
 * "label-rose" "revision-changed" "policy-changed". Pure. */
const char *approval_fallen(const struct auth_approval *a, const struct approval_premises *now);
/* The conversation's label as text: equal means unchanged. Empty for a person's own gesture. */
enum err approval_taint(struct task *t, struct gate *g, struct span conversation, struct span *out);

/* One transaction, unless the caller has one open. */
struct approval_scope {
    bool mine;
};
enum err approval_begin(struct task *t, struct gate *g, struct approval_scope *s);
enum err approval_end(struct task *t, struct gate *g, const struct approval_scope *s, enum err e);
/* The audit's row of one step ("asked" "shown" "approved" ...), in the open transaction. */
enum err approval_note(
    struct task *t, struct gate *g, const struct auth_approval *a, const char *step, const char *why, int64_t now_ms);
/* Closes it in the open transaction and notes that; a is changed with it. */
enum err approval_close(
    struct task *t, struct gate *g, struct auth_approval *a, const char *state, const char *why, int64_t now_ms);
/* Reads it; when it is open but its time or a premise is over, closes it. In the open transaction. */
enum err approval_check(struct task *t, struct gate *g, struct span id, int64_t now_ms, struct auth_approval *out);

/* Wakes the agents whose turn waited for it; best effort. */
void approval_nudge(const struct auth_approval *a);
/* Carries out a consumed one and notes what came of it; a is changed with it. A failure of the call is no failure
 * here. */
enum err approval_execute(struct task *t, struct gate *g, struct auth_approval *a, int64_t now_ms);
/* One that was used up, and whose execution nobody noted the end of (a process died): finds out, never runs it again.
 */
enum err approval_recover(struct task *t, struct gate *g, struct auth_approval *a, int64_t now_ms);

#endif
