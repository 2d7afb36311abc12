/* auth_audit: the chained record of what was decided and changed. Ids and hashes alone: no rows, SQL or prompts. */
#ifndef STORE_AUTH_AUDIT_H
#define STORE_AUTH_AUDIT_H

#include "base/id.h"
#include "store/db.h"

enum { AUTH_AUDIT_TAIL = 1000, AUTH_AUDIT_PAGE = 500, AUTH_AUDIT_SCANNED = 200000, AUTH_AUDIT_HEADS = 2000 };

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

/* What to look for: what is empty or 0 lets all through. action: the whole word, or what it begins with when it ends
 * with a full stop ("approval."). from_ms and to_ms: inclusive. */
struct auth_audit_filter {
    struct span actor, action, object, decision, reason;
    int64_t from_ms, to_ms;
    int64_t before; /* rows before that one; 0: from the latest */
};
/* Latest first, at most AUTH_AUDIT_PAGE of the AUTH_AUDIT_SCANNED rows before f->before. *next: where to go on (as
 * `before`), 0 when no older row is left. */
enum err auth_audit_search(struct task *t, struct db *db, const struct auth_audit_filter *f, int64_t most,
    struct auth_audit **out, size_t *n, int64_t *next);
/* The rows that follow, oldest first, at most AUTH_AUDIT_PAGE: for export. */
enum err auth_audit_after(struct task *t, struct db *db, int64_t seq, struct auth_audit **out, size_t *n);
/* The latest row; seq is 0 without one. */
enum err auth_audit_last(struct task *t, struct db *db, struct auth_audit *out);
/* Its hash, or empty. */
enum err auth_audit_hash(struct task *t, struct db *db, int64_t seq, struct span *out);

/* The last row of some time, and a signature over it. */
struct auth_audit_head {
    int64_t seq, at_ms; /* seq 0: there is none */
    struct span hash, signature;
};
/* Keeps it, and the AUTH_AUDIT_HEADS latest of those before. In the caller's transaction. */
enum err auth_audit_head_put(struct task *t, struct db *db, const struct auth_audit_head *h);
/* Latest first. */
enum err auth_audit_heads(struct task *t, struct db *db, struct auth_audit_head **out, size_t *n);
enum err auth_audit_head_last(struct task *t, struct db *db, int64_t *at_ms);

#endif
