/* auth_approval: approvals as they are stored in authority.db. */
#ifndef STORE_AUTH_APPROVAL_H
#define STORE_AUTH_APPROVAL_H

#include "store/db.h"

enum { AUTH_APPROVALS_LISTED = 200 };

/* One row. Spans are the task's; absent texts are empty. */
struct auth_approval {
    struct span id;      /* p_...; empty: there is none */
    struct span kind;    /* "write" "save" "share" "admin" "undo" "release" "fetch" */
    struct span state;   /* "pending" "approved" "consumed" "done" "failed" "lost" "declined" "expired" "void" */
    struct span why;     /* of void and failed: a fixed word */
    struct span binding; /* hex; covers every field that is marked below as bound */
    /* Bound. */
    struct span user, role, session; /* u_..., its role when it asked; session: hash, empty until first shown */
    struct span conversation, turn;  /* empty for a person's own gesture */
    int64_t ordinal;
    struct span plugin, plugin_digest, tool, schema_digest, args;
    struct span dataset, revision;
    int64_t level, integrity, clearance, dominates, effect, mode, proposer; /* as in struct policy_case */
    struct span categories, taint; /* JSON; the conversation's label when it was asked for */
    struct span sink, payload_hash, effect_digest, proposal, policy, facts, nonce;
    int64_t created_ms, expires_ms;
    /* Not bound: what happened to it. */
    int64_t shown_ms, decided_ms, consumed_ms, ended_ms;
    struct span outcome; /* JSON: facts and counts after the execution */
};

/* The row's columns in order, for reading, writing and binding alike. */
struct auth_approval_column {
    const char *name;
    size_t offset; /* within struct auth_approval */
    bool number;   /* int64_t; else struct span */
    bool bound;
};
const struct auth_approval_column *auth_approval_columns(size_t *n);

enum err auth_approval_find(struct task *t, struct db *db, struct span id, struct auth_approval *out);
/* The open one (pending or approved, not yet out of time) of the same user, conversation, turn, kind, arguments and
 * effect. */
enum err auth_approval_same(
    struct task *t, struct db *db, const struct auth_approval *like, int64_t now_ms, struct auth_approval *out);
enum err auth_approval_add(struct task *t, struct db *db, const struct auth_approval *a);
/* A user's: those still open, or all; latest first. */
enum err auth_approval_list(
    struct task *t, struct db *db, struct span user, bool open, struct auth_approval **out, size_t *n);
enum err auth_approval_open_count(struct task *t, struct db *db, struct span user, int64_t now_ms, int64_t *out);
/* Of a conversation, those still open. */
enum err auth_approval_of(
    struct task *t, struct db *db, struct span conversation, struct auth_approval **out, size_t *n);
/* Used up, of a kind that gate carries out itself, and nobody noted how that ended: the oldest first, a few. Of that
 * user, or of all (empty). */
enum err auth_approval_unended(struct task *t, struct db *db, struct span user, struct auth_approval **out, size_t *n);
/* All that are open under another policy than this one. */
enum err auth_approval_older_policy(
    struct task *t, struct db *db, struct span policy, struct auth_approval **out, size_t *n);

/* First show: the session and the binding that covers it, only while it is pending and of no session; and the time of
 * the first show. */
enum err auth_approval_bind(struct task *t, struct db *db, struct span id, struct span old_binding, struct span session,
    struct span binding, bool *won);
enum err auth_approval_shown(struct task *t, struct db *db, struct span id, int64_t now_ms);
/* One statement each, true for exactly one of many callers. Moves need the binding that was checked and time left. */
enum err auth_approval_approve(
    struct task *t, struct db *db, struct span id, struct span binding, int64_t now_ms, bool *won);
enum err auth_approval_consume(
    struct task *t, struct db *db, struct span id, struct span binding, int64_t now_ms, bool *won);
/* From pending or approved to "declined", "expired" or "void". */
enum err auth_approval_close(
    struct task *t, struct db *db, struct span id, const char *state, const char *why, int64_t now_ms, bool *won);
/* From consumed to "done", "failed" or "lost", with what came of it. */
enum err auth_approval_outcome(struct task *t, struct db *db, struct span id, const char *state, const char *why,
    struct span outcome, int64_t now_ms, bool *won);
/* A deleted conversation's: arguments and facts are dropped. */
enum err auth_approval_forget(struct task *t, struct db *db, struct span conversation);
/* Drops those that ended before then, a few at a time. */
enum err auth_approval_prune(struct task *t, struct db *db, int64_t before_ms);

#endif
