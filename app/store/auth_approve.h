/* auth_approve: the way to the approvals' origin: codes, its sessions, and the phrase by which people know it. */
#ifndef STORE_AUTH_APPROVE_H
#define STORE_AUTH_APPROVE_H

#include "store/db.h"

/* Codes (hash of the value, hex) lead from the main origin to one approval's page, once. take: whose it was; empty when
 * unknown, used, out of time or of another approval. */
struct auth_approve_code {
    struct span hash, user, session, approval;
    int64_t expires_ms;
};
enum err auth_approve_code_add(struct task *t, struct db *db, const struct auth_approve_code *c, int64_t now_ms);
enum err auth_approve_code_look(
    struct task *t, struct db *db, struct span hash, int64_t now_ms, struct auth_approve_code *out);
enum err auth_approve_code_take(struct task *t, struct db *db, struct span hash, struct span approval, int64_t now_ms,
    struct auth_approve_code *out);

/* Sessions of the approvals' origin: each ends with the main session that it came from. *session is empty for none. */
enum err auth_approve_session_add(
    struct task *t, struct db *db, struct span hash, struct span session, int64_t now_ms, int64_t expires_ms);
enum err auth_approve_session_find(
    struct task *t, struct db *db, struct span hash, int64_t now_ms, struct span *session);

/* The words by which a person knows that a page is ours; empty when none were chosen. */
enum err auth_phrase_get(struct task *t, struct db *db, struct span user, struct span *out);
enum err auth_phrase_set(struct task *t, struct db *db, struct span user, struct span phrase);

#endif
