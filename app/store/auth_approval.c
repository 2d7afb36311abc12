/* auth_approval: SQL of approvals. */
#include "store/auth_approval.h"

#include <stddef.h>

#define TEXT_OF(field, bound)                                                                                          \
    {                                                                                                                  \
#field, offsetof(struct auth_approval, field), false, bound                                                    \
    }
#define NUMBER_OF(field, bound)                                                                                        \
    {                                                                                                                  \
#field, offsetof(struct auth_approval, field), true, bound                                                     \
    }
static const struct auth_approval_column columns[] = {
    TEXT_OF(id, true),
    TEXT_OF(kind, true),
    TEXT_OF(state, false),
    TEXT_OF(why, false),
    TEXT_OF(binding, false),
    TEXT_OF(user, true),
    TEXT_OF(role, true),
    TEXT_OF(session, true),
    TEXT_OF(conversation, true),
    TEXT_OF(turn, true),
    NUMBER_OF(ordinal, true),
    TEXT_OF(plugin, true),
    TEXT_OF(plugin_digest, true),
    TEXT_OF(tool, true),
    TEXT_OF(schema_digest, true),
    TEXT_OF(args, true),
    TEXT_OF(dataset, true),
    TEXT_OF(revision, true),
    NUMBER_OF(level, true),
    NUMBER_OF(integrity, true),
    NUMBER_OF(clearance, true),
    NUMBER_OF(dominates, true),
    NUMBER_OF(effect, true),
    NUMBER_OF(mode, true),
    NUMBER_OF(proposer, true),
    TEXT_OF(categories, true),
    TEXT_OF(taint, true),
    TEXT_OF(sink, true),
    TEXT_OF(payload_hash, true),
    TEXT_OF(effect_digest, true),
    TEXT_OF(proposal, true),
    TEXT_OF(policy, true),
    TEXT_OF(facts, true),
    TEXT_OF(nonce, true),
    NUMBER_OF(created_ms, true),
    NUMBER_OF(expires_ms, true),
    NUMBER_OF(shown_ms, false),
    NUMBER_OF(decided_ms, false),
    NUMBER_OF(consumed_ms, false),
    NUMBER_OF(ended_ms, false),
    TEXT_OF(outcome, false),
};
enum { N_COLUMNS = sizeof columns / sizeof columns[0] };

#define COLUMNS                                                                                                        \
    "id, kind, state, why, binding, user, role, session, conversation, turn, ordinal, plugin, plugin_digest, tool,"    \
    " schema_digest, args, dataset, revision, level, integrity, clearance, dominates, effect, mode, proposer,"         \
    " categories, taint, sink, payload_hash, effect_digest, proposal, policy, facts, nonce, created_ms, expires_ms,"   \
    " shown_ms, decided_ms, consumed_ms, ended_ms, outcome"
#define OPEN "state IN ('pending', 'approved')"
static const char find_sql[] = "SELECT " COLUMNS " FROM approval WHERE id = ?";
static const char same_sql[] =
    "SELECT " COLUMNS " FROM approval WHERE user = ? AND conversation = ? AND turn = ?"
    " AND kind = ? AND args = ? AND effect_digest = ? AND " OPEN " AND expires_ms > ? ORDER BY created_ms DESC LIMIT 1";
static const char add_sql[] = "INSERT INTO approval (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                              " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char list_sql[] = "SELECT " COLUMNS " FROM approval WHERE user = ? AND (? = 0 OR " OPEN ")"
                               " ORDER BY created_ms DESC LIMIT 200";
static const char count_sql[] = "SELECT count(*) FROM approval WHERE user = ? AND expires_ms > ? AND " OPEN;
static const char of_sql[] = "SELECT " COLUMNS " FROM approval WHERE conversation = ? AND conversation <> ''"
                             " AND " OPEN " LIMIT 200";
static const char older_sql[] = "SELECT " COLUMNS " FROM approval WHERE policy <> ? AND " OPEN " LIMIT 200";
/* What agents carry out is over once it was used up. */
#define AGENTS "kind IN ('fetch', 'plugin')"
static const char unended_sql[] = "SELECT " COLUMNS " FROM approval WHERE state = 'consumed' AND NOT " AGENTS
                                  " AND (?1 = '' OR user = ?1) ORDER BY consumed_ms LIMIT 20";
static const char bind_sql[] = "UPDATE approval SET session = ?, binding = ? WHERE id = ?"
                               " AND state = 'pending' AND session = '' AND binding = ?";
static const char shown_sql[] = "UPDATE approval SET shown_ms = ? WHERE id = ? AND state = 'pending' AND shown_ms = 0";
static const char approve_sql[] = "UPDATE approval SET state = 'approved', decided_ms = ?1 WHERE id = ?2"
                                  " AND state = 'pending' AND binding = ?3 AND expires_ms > ?1";
static const char consume_sql[] = "UPDATE approval SET state = 'consumed', consumed_ms = ?1 WHERE id = ?2"
                                  " AND state = 'approved' AND binding = ?3 AND expires_ms > ?1";
static const char close_sql[] = "UPDATE approval SET state = ?2, why = ?3, ended_ms = ?4,"
                                " decided_ms = iif(?2 = 'declined', ?4, decided_ms) WHERE id = ?1 AND " OPEN;
static const char outcome_sql[] = "UPDATE approval SET state = ?2, why = ?3, outcome = ?4, ended_ms = ?5"
                                  " WHERE id = ?1 AND state = 'consumed'";
static const char forget_sql[] = "UPDATE approval SET args = '', facts = '{}', outcome = '{}' WHERE conversation = ?"
                                 " AND conversation <> ''";
static const char prune_sql[] = "DELETE FROM approval WHERE id IN (SELECT id FROM approval WHERE ended_ms > 0"
                                " AND ended_ms < ? LIMIT 20)";

const struct auth_approval_column *
auth_approval_columns(size_t *n)
{
    *n = N_COLUMNS;
    return columns;
}

static void
read_row(struct task *t, const struct db_rows *rows, struct auth_approval *out)
{
    for (int i = 0; i < N_COLUMNS; i++) {
        void *field = (char *)out + columns[i].offset;
        if (columns[i].number)
            *(int64_t *)field = db_i64(rows, i);
        else
            *(struct span *)field = db_text(t, rows, i);
    }
}

static enum err
read_one(struct task *t, struct db *db, const char *sql, const struct db_arg *args, size_t n, struct auth_approval *out)
{
    struct db_rows rows;
    *out = (struct auth_approval){0};
    if (!db_first(t, db, sql, args, n, &rows))
        return t->err;
    read_row(t, &rows, out);
    db_rows_end(&rows);
    return E_OK;
}

static enum err
read_many(struct task *t, struct db *db, const char *sql, const struct db_arg *args, size_t n_args,
    struct auth_approval **out, size_t *n)
{
    struct db_rows rows;
    *n = 0;
    *out = task_array(t, AUTH_APPROVALS_LISTED, sizeof **out);
    if (db_rows(t, db, sql, args, n_args, &rows) != E_OK)
        return t->err;
    while (*n < AUTH_APPROVALS_LISTED && db_next(t, &rows))
        read_row(t, &rows, &(*out)[(*n)++]);
    db_rows_end(&rows);
    return t->err;
}

enum err
auth_approval_find(struct task *t, struct db *db, struct span id, struct auth_approval *out)
{
    return read_one(t, db, find_sql, DB_ARGS(DB_TEXT(id)), out);
}

enum err
auth_approval_same(
    struct task *t, struct db *db, const struct auth_approval *like, int64_t now_ms, struct auth_approval *out)
{
    return read_one(t, db, same_sql,
        DB_ARGS(DB_TEXT(like->user), DB_TEXT(like->conversation), DB_TEXT(like->turn), DB_TEXT(like->kind),
            DB_TEXT(like->args), DB_TEXT(like->effect_digest), DB_I64(now_ms)),
        out);
}

enum err
auth_approval_add(struct task *t, struct db *db, const struct auth_approval *a)
{
    struct db_arg args[N_COLUMNS];
    for (size_t i = 0; i < N_COLUMNS; i++) {
        const void *field = (const char *)a + columns[i].offset;
        if (columns[i].number) {
            args[i] = DB_I64(*(const int64_t *)field);
            continue;
        }
        struct span s = *(const struct span *)field;
        args[i] = DB_TEXT(s.p ? s : SPAN(""));
    }
    return db_run(t, db, add_sql, args, N_COLUMNS, NULL);
}

enum err
auth_approval_list(struct task *t, struct db *db, struct span user, bool open, struct auth_approval **out, size_t *n)
{
    return read_many(t, db, list_sql, DB_ARGS(DB_TEXT(user), DB_I64(open)), out, n);
}

enum err
auth_approval_open_count(struct task *t, struct db *db, struct span user, int64_t now_ms, int64_t *out)
{
    return db_number(t, db, count_sql, DB_ARGS(DB_TEXT(user), DB_I64(now_ms)), 0, out);
}

enum err
auth_approval_of(struct task *t, struct db *db, struct span conversation, struct auth_approval **out, size_t *n)
{
    return read_many(t, db, of_sql, DB_ARGS(DB_TEXT(conversation)), out, n);
}

enum err
auth_approval_unended(struct task *t, struct db *db, struct span user, struct auth_approval **out, size_t *n)
{
    return read_many(t, db, unended_sql, DB_ARGS(DB_TEXT(user)), out, n);
}

enum err
auth_approval_older_policy(struct task *t, struct db *db, struct span policy, struct auth_approval **out, size_t *n)
{
    return read_many(t, db, older_sql, DB_ARGS(DB_TEXT(policy)), out, n);
}

enum err
auth_approval_bind(struct task *t, struct db *db, struct span id, struct span old_binding, struct span session,
    struct span binding, bool *won)
{
    int64_t n = 0;
    enum err e =
        db_run(t, db, bind_sql, DB_ARGS(DB_TEXT(session), DB_TEXT(binding), DB_TEXT(id), DB_TEXT(old_binding)), &n);
    *won = n == 1;
    return e;
}

enum err
auth_approval_shown(struct task *t, struct db *db, struct span id, int64_t now_ms)
{
    return db_run(t, db, shown_sql, DB_ARGS(DB_I64(now_ms), DB_TEXT(id)), NULL);
}

enum err
auth_approval_approve(struct task *t, struct db *db, struct span id, struct span binding, int64_t now_ms, bool *won)
{
    int64_t n = 0;
    enum err e = db_run(t, db, approve_sql, DB_ARGS(DB_I64(now_ms), DB_TEXT(id), DB_TEXT(binding)), &n);
    *won = n == 1;
    return e;
}

enum err
auth_approval_consume(struct task *t, struct db *db, struct span id, struct span binding, int64_t now_ms, bool *won)
{
    int64_t n = 0;
    enum err e = db_run(t, db, consume_sql, DB_ARGS(DB_I64(now_ms), DB_TEXT(id), DB_TEXT(binding)), &n);
    *won = n == 1;
    return e;
}

enum err
auth_approval_close(
    struct task *t, struct db *db, struct span id, const char *state, const char *why, int64_t now_ms, bool *won)
{
    int64_t n = 0;
    enum err e = db_run(t, db, close_sql, DB_ARGS(DB_TEXT(id), DB_Z(state), DB_Z(why), DB_I64(now_ms)), &n);
    *won = n == 1;
    return e;
}

enum err
auth_approval_outcome(struct task *t, struct db *db, struct span id, const char *state, const char *why,
    struct span outcome, int64_t now_ms, bool *won)
{
    int64_t n = 0;
    enum err e =
        db_run(t, db, outcome_sql, DB_ARGS(DB_TEXT(id), DB_Z(state), DB_Z(why), DB_TEXT(outcome), DB_I64(now_ms)), &n);
    *won = n == 1;
    return e;
}

enum err
auth_approval_forget(struct task *t, struct db *db, struct span conversation)
{
    return db_run(t, db, forget_sql, DB_ARGS(DB_TEXT(conversation)), NULL);
}

enum err
auth_approval_prune(struct task *t, struct db *db, int64_t before_ms)
{
    return db_run(t, db, prune_sql, DB_ARGS(DB_I64(before_ms)), NULL);
}
