/* grant: what gate decided, sealed: the one proof that query, effect, egress and stream accept. Also tickets (gate to
 * itself, carried by the agent) and receipts (effect to gate). */
#ifndef POLICY_GRANT_H
#define POLICY_GRANT_H

#include "base/task.h"

enum { GRANT_KEY_BYTES = 32, GRANT_SECRET_BYTES = 64, GRANT_NONCE_BYTES = 16, GRANT_SEAL_BYTES = 8192 };
enum { GRANT_LIFE_MS = 60 * 1000, TICKET_LIFE_MS = 24 * 3600 * 1000, RECEIPT_LIFE_MS = 3600 * 1000 };

/* All spans are the task's after grant_open. Absent texts are SPAN_NONE or empty. */
struct grant {
    struct span audience;     /* "query" "effect" "egress" "stream" "gate" */
    struct span subject;      /* principal: u_..., a_..., or "operator" */
    struct span capability;   /* what may be done: see CONTRACTS, "Capabilities" */
    struct span conversation; /* c_... or empty */
    struct span turn;         /* t_... or empty */
    int64_t ordinal;          /* number of the call within its turn; 0 for a person's own */
    struct span mode;         /* "public" "private", or empty outside a conversation */
    int64_t level;            /* label ceiling 0..3 (02-policy) */
    struct span dataset;      /* dataset's name, or empty */
    struct span revision;     /* SHA-256 hex when bound to one, else empty: the current one */
    struct span args_hash; /* 32 bytes: exactly this call; empty: any call of the capability (a person's own reads) */
    struct span detail;    /* JSON object for the audience: destination of egress, import settings, receipt body */
    struct span nonce;     /* 16 bytes; set by grant_seal */
    int64_t issued_ms;     /* wall clock; set by grant_seal */
    int64_t expires_ms;    /* set by the caller of grant_seal, at most its life later */
    bool reusable;         /* true only for a person's own E0 reads */
};

/* Signs g with an Ed25519 secret key (domain "lyceum/grant/v1"): fills nonce and issued_ms. The bytes are the task's.
 * SPAN_NONE and E_LIMIT in the task when it would pass GRANT_SEAL_BYTES: keep `detail` short. */
struct span grant_seal(struct task *t, const unsigned char secret[GRANT_SECRET_BYTES], struct grant *g);
/* Checks signature, audience and time (now_ms is clock_unix_ms; 5 s of clock skew into the future are let through).
 * E_DENIED with a sentence. Does not look at the nonce: see nonce.h. */
enum err grant_open(struct task *t, const unsigned char key[GRANT_KEY_BYTES], struct span sealed, const char *audience,
    int64_t now_ms, struct grant *out);

/* The hash that binds a call's arguments: BLAKE2b-256 over length-prefixed fields. 32 bytes, the task's.
 * Both sides call it with the same list in the same order (CONTRACTS, "Argument hashes"). */
struct span grant_args_hash(struct task *t, const struct span *fields, size_t n);

/* Keys on disk: <state>/share/<name>.pub (32 bytes, all may read) and <state>/<folder>/<name>.key (64 bytes, 0400). */
enum err grant_key_read_public(struct task *t, const char *name, unsigned char out[GRANT_KEY_BYTES]);
/* The service's own signing key: made on the first start, with its public half (gate: "authority", "gate"; effect:
 * "leaders", "effect"). Call it before workers are forked. */
enum err grant_key_own(struct task *t, const char *folder, const char *name, unsigned char secret[GRANT_SECRET_BYTES]);

#endif
