/* auth_session: who is signed in, which browsers are visitors, and one-time links. Hashes alone are stored. */
#ifndef STORE_AUTH_SESSION_H
#define STORE_AUTH_SESSION_H

#include "store/db.h"

enum { AUTH_SESSIONS_LISTED = 100 };

struct auth_session {
    struct span hash;  /* BLAKE2b hex of the cookie's value; empty: there is none */
    struct span user;  /* u_... */
    struct span agent; /* the browser's description */
    int64_t created_ms, used_ms;
};

enum err auth_session_find(struct task *t, struct db *db, struct span hash, struct auth_session *out);
enum err auth_session_add(struct task *t, struct db *db, const struct auth_session *s);
enum err auth_session_touch(struct task *t, struct db *db, struct span hash, int64_t now_ms);
/* Ends one session of that user; *ended: was there one? */
enum err auth_session_end(struct task *t, struct db *db, struct span user, struct span hash, bool *ended);
/* Latest used first, at most AUTH_SESSIONS_LISTED. */
enum err auth_session_list(struct task *t, struct db *db, struct span user, struct auth_session **out, size_t *n);
/* Ends all of a user's but `keep` (or empty). */
enum err auth_session_end_all(struct task *t, struct db *db, struct span user, struct span keep);
/* Forgets those that were not used since before_ms. */
enum err auth_session_forget(struct task *t, struct db *db, int64_t before_ms);

/* A visitor's principal by the hash of its cookie, or empty. */
enum err auth_visitor_find(struct task *t, struct db *db, struct span hash, struct span *id);
enum err auth_visitor_known(struct task *t, struct db *db, struct span id, bool *out);
enum err auth_visitor_add(struct task *t, struct db *db, struct span id, struct span hash, int64_t now_ms);
enum err auth_visitor_touch(struct task *t, struct db *db, struct span id, int64_t now_ms);
/* Forgets a few that were not seen since before_ms and own no conversation. */
enum err auth_visitor_forget(struct task *t, struct db *db, int64_t before_ms);

/* Counts one turn of `who` in that hour unless `most` were counted; *taken says which. One statement: exact under load.
 */
enum err auth_budget_take(struct task *t, struct db *db, struct span who, int64_t hour, int64_t most, bool *taken);

/* One-time links. *user is empty when the link is unknown, used or expired; take marks it used. */
enum err auth_link_add(struct task *t, struct db *db, struct span hash, struct span user, int64_t expires_ms);
enum err auth_link_look(struct task *t, struct db *db, struct span hash, int64_t now_ms, struct span *user);
enum err auth_link_take(struct task *t, struct db *db, struct span hash, int64_t now_ms, struct span *user);

/* Failed sign-ins under one key since since_ms, and when the last one was. */
enum err auth_failure_count(
    struct task *t, struct db *db, struct span who, int64_t since_ms, int64_t *count, int64_t *last_ms);
enum err auth_failure_add(struct task *t, struct db *db, struct span who, int64_t since_ms, int64_t now_ms);
enum err auth_failure_clear(struct task *t, struct db *db, struct span who);

#endif
