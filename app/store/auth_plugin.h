/* auth_plugin: plugins, their versions, and what was consented to, in authority.db. */
#ifndef STORE_AUTH_PLUGIN_H
#define STORE_AUTH_PLUGIN_H

#include "store/db.h"

enum { AUTH_PLUGINS = 200, AUTH_PLUGIN_VERSIONS = 50, AUTH_PLUGIN_NOTICES = 100 };

/* A version that was let in. */
struct auth_plugin_version {
    struct span digest; /* hex; empty: there is none */
    struct span id;     /* namespace/name */
    int64_t serial;
    struct span version;
    struct span level; /* bundled community private dev */
    struct span market, publisher, key, manifest;
    struct span facts;     /* JSON: gate/plugin_facts.h */
    struct span reviewers; /* JSON array of names */
    int64_t vet_ms, log_index;
    struct span revoked; /* a sentence, or empty */
    struct span by_who;
    int64_t added_ms;
};
enum err auth_plugin_version_find(struct task *t, struct db *db, struct span digest, struct auth_plugin_version *out);
enum err auth_plugin_version_add(struct task *t, struct db *db, const struct auth_plugin_version *v);
/* Of one plugin, the highest serial first; at most AUTH_PLUGIN_VERSIONS. */
enum err auth_plugin_version_list(
    struct task *t, struct db *db, struct span id, struct auth_plugin_version **out, size_t *n);
/* All versions of the id (or of that digest, when it is not empty). */
enum err auth_plugin_version_revoke(
    struct task *t, struct db *db, struct span id, struct span digest, struct span why, int64_t *changed);
enum err auth_plugin_version_forget(struct task *t, struct db *db, struct span id);

/* Where a plugin stands. */
struct auth_plugin {
    struct span id; /* empty: there is none */
    struct span digest;
    struct span state; /* on off revoked */
    struct span previous, held, held_why, staged, staged_group;
    struct span scope; /* JSON array of [kind, name] */
    struct span mode;  /* "" public private */
    int64_t reads;     /* the highest level that it is let read; in public conversations: the less of both */
    int64_t public_reads;
    struct span settings;  /* JSON object */
    struct span endpoints; /* JSON object: declared origin -> the address that an admin put in its place */
    int64_t installed_ms, changed_ms;
};
enum err auth_plugin_find(struct task *t, struct db *db, struct span id, struct auth_plugin *out);
/* By id; at most AUTH_PLUGINS. on: those alone that are on. */
enum err auth_plugin_list(struct task *t, struct db *db, bool on, struct auth_plugin **out, size_t *n);
/* Inserts, or replaces all but installed_ms. */
enum err auth_plugin_put(struct task *t, struct db *db, const struct auth_plugin *p, int64_t now_ms);
enum err auth_plugin_remove(struct task *t, struct db *db, struct span id);
/* What of all plugins decides, as one text: for the policy's hash. */
enum err auth_plugin_fingerprint(struct task *t, struct db *db, struct span *out);

enum err auth_plugin_consent_add(struct task *t, struct db *db, struct span plugin, struct span digest,
    struct span by_who, struct span what, int64_t now_ms);
struct auth_plugin_consent {
    struct span digest, by_who, what;
    int64_t at_ms;
};
/* Latest first; at most AUTH_PLUGIN_VERSIONS. */
enum err auth_plugin_consent_list(
    struct task *t, struct db *db, struct span plugin, struct auth_plugin_consent **out, size_t *n);

/* Named lists of people. */
enum err auth_plugin_group_put(struct task *t, struct db *db, struct span name, const struct span *users, size_t n);
enum err auth_plugin_group_has(struct task *t, struct db *db, struct span name, struct span user, bool *out);
/* Is there such a list, and does it share somebody with the other one? */
enum err auth_plugin_group_meets(struct task *t, struct db *db, struct span a, struct span b, bool *out);
struct auth_plugin_group {
    struct span name, users; /* names of accounts, comma-separated */
};
enum err auth_plugin_group_list(struct task *t, struct db *db, struct auth_plugin_group **out, size_t *n);

/* Notices for admins. */
struct auth_plugin_notice {
    int64_t seq;
    struct span plugin, kind, text;
    int64_t at_ms;
};
/* Takes the place of an open one of the same plugin and kind. */
enum err auth_plugin_notice_put(
    struct task *t, struct db *db, struct span plugin, const char *kind, struct span text, int64_t now_ms);
/* Its cause is over; kind NULL: all of the plugin. */
enum err auth_plugin_notice_end(struct task *t, struct db *db, struct span plugin, const char *kind);
enum err auth_plugin_notice_list(struct task *t, struct db *db, struct auth_plugin_notice **out, size_t *n);

/* A call that was granted in a turn. */
struct auth_plugin_call {
    struct span turn;
    int64_t ordinal;
    struct span plugin; /* empty: there is none */
    struct span digest, tool, approval;
    int64_t effect, fetches, at_ms;
};
/* Forgets a few old ones. */
enum err auth_plugin_call_add(struct task *t, struct db *db, const struct auth_plugin_call *c);
enum err auth_plugin_call_find(
    struct task *t, struct db *db, struct span turn, int64_t ordinal, struct auth_plugin_call *out);
enum err auth_plugin_call_fetched(struct task *t, struct db *db, struct span turn, int64_t ordinal);

/* Marketplaces. */
struct auth_market {
    struct span name; /* empty: there is none */
    struct span place, root_key, state;
    int64_t checked_ms, stale_ms, ends_ms;
};
enum err auth_market_find(struct task *t, struct db *db, struct span name, struct auth_market *out);
enum err auth_market_list(struct task *t, struct db *db, struct auth_market **out, size_t *n);
enum err auth_market_put(struct task *t, struct db *db, const struct auth_market *m, int64_t now_ms);
enum err auth_market_remove(struct task *t, struct db *db, struct span name);

#endif
