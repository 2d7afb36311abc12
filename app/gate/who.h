/* who: from cookies, or from the peer's user, to a principal. */
#ifndef GATE_WHO_H
#define GATE_WHO_H

#include "gate/gate.h"
#include "gate/gate_client.h"
#include "gate/may.h"
#include "store/auth_user.h"

struct actor {
    struct gate_actor public; /* what others are told */
    struct span session;      /* hash in hex of the session that was used, or empty */
    struct auth_user user;    /* of an account; id empty otherwise */
    int64_t idle_ms;          /* after so long without use the session ends */
};

/* as_operator: the peer is allowed to be it and says that it is. Never fails for a cookie: one that is malformed,
 * unknown or out of time is none. Notes at most once a minute that a session was used. */
enum err who_is(
    struct task *t, struct gate *g, const struct gate_who *who, bool as_operator, int64_t now_ms, struct actor *out);
/* The actor of a session by its hash: nobody's (as for a visitor without a cookie) when it ended or its account did. */
enum err who_session(struct task *t, struct gate *g, struct span hash, int64_t now_ms, struct actor *out);
/* The actor behind a principal now, for tickets: E_DENIED when the account is disabled or gone. */
enum err who_was(struct task *t, struct gate *g, struct span principal, struct actor *out);
/* The hash under which a cookie's value or a link's secret is stored, as hex; empty for a malformed value. */
struct span who_hash(struct task *t, struct span value);
/* Makes a visitor: its principal and the cookie's value. */
enum err who_visitor_new(struct task *t, struct gate *g, int64_t now_ms, struct actor *out, struct span *cookie);
/* What the deployment's settings say of visitors. */
enum err who_rules(struct task *t, struct gate *g, struct may_rules *out);

#endif
