/* seal: grants and tickets, made from decisions. */
#ifndef GATE_SEAL_H
#define GATE_SEAL_H

#include "gate/gate.h"
#include "gate/object.h"

/* A person's own read of a dataset that they may see (o: what they are to it), up to their clearance, with its labels.
 * Without an args hash it may be used again within its minute. */
enum err seal_own(struct task *t, struct gate *g, const struct actor *a, const char *capability,
    const struct auth_dataset *d, const struct may_object *o, struct span args_hash, struct span *out);
/* The agent's right to propose calls for a turn, for a day. */
enum err seal_ticket(
    struct task *t, struct gate *g, const struct auth_conversation *c, struct span turn, struct span *out);
/* A viewer's right to watch a turn's stream. session: hash of the session, or the visitor's principal. */
enum err seal_view(struct task *t, struct gate *g, const struct actor *a, const struct auth_conversation *c,
    struct span turn, struct span *out);
/* The destination of a call to a model: CONTRACTS, "Egress detail". E_INVALID when the model has none (the guide). */
enum err seal_model_detail(struct task *t, const json_t *model, struct span *out);
/* Is the URL's host this machine? */
bool seal_is_loopback(struct span url);
/* Seals g's fields as they are for GRANT_LIFE_MS. */
enum err seal_grant(struct task *t, struct gate *g, struct grant *grant, struct span *out);

#endif
