/* auth_own: saved queries and links to answers, in authority.db. */
#ifndef STORE_AUTH_OWN_H
#define STORE_AUTH_OWN_H

#include "store/db.h"

enum {
    AUTH_SAVED_LISTED = 500,
    AUTH_SAVED_MOST = 1000,
    AUTH_SHARES_LISTED = 200,
    AUTH_SHARES_MOST = 1000,
    AUTH_ASKED_LISTED = 200
};

struct auth_saved {
    struct span id;    /* s_...; empty: there is none */
    struct span owner; /* principal */
    struct span name, dataset, sql, params /* JSON array */, about;
    int64_t level, integrity;
    bool shared;
    int64_t created_ms, changed_ms;
};
enum err auth_saved_find(struct task *t, struct db *db, struct span id, struct auth_saved *out);
/* The owner's own by that name; out->id is empty when there is none. */
enum err auth_saved_named(
    struct task *t, struct db *db, struct span owner, struct span dataset, struct span name, struct auth_saved *out);
/* The owner's, and the shared ones of others; of one dataset unless it is empty. By dataset and name. */
enum err auth_saved_list(
    struct task *t, struct db *db, struct span owner, struct span dataset, struct auth_saved **out, size_t *n);
/* Inserts, or replaces all but id, owner and created_ms of the one with that id. E_LIMIT: AUTH_SAVED_MOST are there. */
enum err auth_saved_put(struct task *t, struct db *db, const struct auth_saved *s, int64_t now_ms);
enum err auth_saved_share(struct task *t, struct db *db, struct span id, bool shared, int64_t now_ms);
enum err auth_saved_remove(struct task *t, struct db *db, struct span id);

struct auth_share {
    struct span hash; /* hex; empty: there is none */
    struct span ref, owner, conversation, turn;
    int64_t level, created_ms;
};
enum err auth_share_find(struct task *t, struct db *db, struct span hash, struct auth_share *out);
/* That owner's of that turn, or none. */
enum err auth_share_of_turn(struct task *t, struct db *db, struct span owner, struct span conversation,
    struct span turn, struct auth_share *out);
/* Latest first. */
enum err auth_share_list(
    struct task *t, struct db *db, struct span owner, struct span conversation, struct auth_share **out, size_t *n);
/* E_LIMIT: AUTH_SHARES_MOST are there. */
enum err auth_share_add(struct task *t, struct db *db, const struct auth_share *s);
enum err auth_share_end(struct task *t, struct db *db, struct span hash);

/* Approvals of all people, latest first, for the operator: those still open, or all. No arguments, no facts. */
struct auth_asked {
    struct span id, kind, state, why, user /* the account's name */, dataset;
    int64_t created_ms, expires_ms;
};
enum err auth_asked_list(struct task *t, struct db *db, bool open, int64_t now_ms, struct auth_asked **out, size_t *n);

/* Was it noted with auth_used_once? */
enum err auth_used_before(struct task *t, struct db *db, struct span what, bool *out);

#endif
