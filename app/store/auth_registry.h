/* auth_registry: whose each conversation is; models, settings, things that may happen once, and gate's clock. */
#ifndef STORE_AUTH_REGISTRY_H
#define STORE_AUTH_REGISTRY_H

#include "store/db.h"

enum { AUTH_MODELS = 200 };

struct auth_conversation {
    struct span id; /* empty: there is none */
    struct span owner, mode;
    struct span datasets; /* JSON array of names */
    /* The label of the data that it was given: grows, never falls. */
    int64_t level, integrity;
    struct span categories, sources; /* JSON arrays: names; {"name","integrity"} */
    int64_t message;                 /* level of its person's own words: fixed with the mode */
    bool deleted;
    int64_t created_ms;
};
enum err auth_conversation_find(struct task *t, struct db *db, struct span id, struct auth_conversation *out);
enum err auth_conversation_add(struct task *t, struct db *db, const struct auth_conversation *c);
enum err auth_conversation_delete(struct task *t, struct db *db, struct span id);

struct auth_model {
    struct span name; /* empty: there is none */
    struct span body; /* JSON object */
};
enum err auth_model_find(struct task *t, struct db *db, struct span name, struct auth_model *out);
enum err auth_model_list(struct task *t, struct db *db, struct auth_model **out, size_t *n);
enum err auth_model_put(struct task *t, struct db *db, const struct auth_model *m, int64_t now_ms);
enum err auth_model_remove(struct task *t, struct db *db, struct span name, bool *removed);

/* A setting's text, or empty. */
enum err auth_setting_get(struct task *t, struct db *db, const char *name, struct span *out);
enum err auth_setting_set(struct task *t, struct db *db, const char *name, struct span value, int64_t now_ms);

/* E_CONFLICT the second time. */
enum err auth_used_once(struct task *t, struct db *db, struct span what, int64_t now_ms);

/* The latest time that was recorded, and recording a later one. */
enum err auth_clock_read(struct task *t, struct db *db, int64_t *out);
enum err auth_clock_raise(struct task *t, struct db *db, int64_t now_ms);

/* Rows of a table that pages of health show: "user" "dataset" "conversation" "session" "audit". */
enum err auth_count(struct task *t, struct db *db, const char *table, int64_t *out);

#endif
