/* auth_audit: the chained record of what was decided and changed. Ids and hashes alone: no rows, SQL or prompts. */
#ifndef STORE_AUTH_AUDIT_H
#define STORE_AUTH_AUDIT_H

#include "base/id.h"
#include "store/db.h"

enum { AUTH_AUDIT_TAIL = 1000 };

struct auth_audit {
    int64_t seq, at_ms;
    struct span actor, action, object, detail; /* detail: JSON object */
    struct span hash;                          /* 32 bytes */
};

/* Appends within the caller's transaction and raises the recorded clock; seq and hash are set. */
enum err auth_audit_append(struct task *t, struct db *db, struct auth_audit *a);
/* The last n, latest first. */
enum err auth_audit_tail(struct task *t, struct db *db, int64_t most, struct auth_audit **out, size_t *n);
/* Walks the whole chain; *bad is the first row that does not fit, 0 when all do. */
enum err auth_audit_verify(struct task *t, struct db *db, int64_t *bad);

#endif
