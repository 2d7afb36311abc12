/* gate: what one process of the authority holds, and its clock (private to gate's folder and to main). */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include "gate/hasher.h"
#include "gate/share.h"
#include "http/statics.h"
#include "policy/grant.h"
#include "store/db.h"

struct gate {
    struct db db;        /* open between gate_open and gate_close: after the fork */
    struct share *share; /* from here on made by gate_prepare, inherited by workers */
    struct hasher *hasher;
    unsigned char secret[GRANT_SECRET_BYTES]; /* seals grants */
    unsigned char key[GRANT_KEY_BYTES];
    char static_version[STATICS_VERSION_BYTES]; /* of the files that pages link */
    int64_t started_ms;                         /* of the whole program, by gate's clock */
    char weaker[512];                           /* what is weaker on this machine than it should be, or "" */
};

/* In the master, before forking: signing key, migrations, the first admin, shared files. Closes its database again. */
enum err gate_prepare(struct task *t, struct gate *g);
/* In a worker. */
enum err gate_open(struct task *t, struct gate *g);
void gate_close(struct gate *g);

/* The time that records and decisions use: the later of the clock and of what was recorded. E_UNAVAILABLE when the
 * clock is more than a minute behind: then expired things would live again. */
enum err gate_now(struct task *t, struct gate *g, int64_t *out);

/* One change: begins a transaction; gate_change_end writes the audit's row and commits, or rolls back. */
struct gate_change {
    struct span actor, action, object; /* principal; "user.role"; what it was done to */
    struct span detail;                /* JSON object, or empty: no text of people, no rows, no SQL */
    bool lazy;                         /* need not wait for the disk: decisions that allowed a read */
};
enum err gate_change_begin(struct task *t, struct gate *g, const struct gate_change *c);
enum err gate_change_end(struct task *t, struct gate *g, const struct gate_change *c, int64_t now_ms, enum err e);

#endif
