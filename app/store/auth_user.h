/* auth_user: accounts in authority.db. */
#ifndef STORE_AUTH_USER_H
#define STORE_AUTH_USER_H

#include "store/db.h"

struct auth_user {
    struct span id; /* u_...; empty: there is none */
    struct span name;
    struct span role;     /* "admin" "member" */
    struct span password; /* argon2id text, or empty */
    bool disabled;
    int64_t idle_min; /* 0: the deployment's */
    int64_t created_ms;
};

/* out->id is empty when there is none: absence is no failure. */
enum err auth_user_by_name(struct task *t, struct db *db, struct span name, struct auth_user *out);
enum err auth_user_by_id(struct task *t, struct db *db, struct span id, struct auth_user *out);
enum err auth_user_list(struct task *t, struct db *db, struct auth_user **out, size_t *n);
/* E_CONFLICT when the name is taken. */
enum err auth_user_add(struct task *t, struct db *db, const struct auth_user *u, int64_t now_ms);
/* Writes role, password, disabled and idle_min of the account with that id. */
enum err auth_user_change(struct task *t, struct db *db, const struct auth_user *u, int64_t now_ms);
/* How many admins can sign in. */
enum err auth_user_admins(struct task *t, struct db *db, int64_t *out);

#endif
