/* work_step: what a runner writes of its turn: messages, calls, provider calls, the turn's own row. */
#include "store/work_step.h"

#include "base/clock.h"
#include "base/id.h"
#include "store/work_priv.h"

#include <string.h>

static const char messages_sql[] = "SELECT seq, turn, role, body FROM message WHERE conversation = ? ORDER BY seq";
static const char message_sql[] =
    "INSERT INTO message (conversation, seq, turn, role, body, created_ms)"
    " VALUES (?1, (SELECT coalesce(max(seq), 0) + 1 FROM message WHERE conversation = ?1), ?2, ?3, ?4, ?5)";
static const char calls_sql[] =
    "SELECT ordinal, step, call_id, tool, args, state, effect, result FROM call WHERE turn = ? ORDER BY ordinal";
static const char call_sql[] = "INSERT INTO call (turn, ordinal, step, call_id, tool, args, state, effect, result)"
                               " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char call_state_sql[] = "UPDATE call SET state = ?, result = ? WHERE turn = ? AND ordinal = ?";
static const char provider_sql[] =
    "INSERT INTO provider_call (id, turn, purpose, model, api, status, stop, error, usage, tokens_in, tokens_out,"
    " took_ms, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char count_sql[] =
    "UPDATE turn SET steps = ?, ordinal = ?, tokens_in = ?, tokens_out = ?, used_ms = ? WHERE id = ?";
static const char wait_sql[] =
    "UPDATE turn SET state = 'waiting', waiting = ?, approval = ?, answer = '', lease_owner = '', lease_until_ms = 0"
    " WHERE id = ?";
static const char taken_sql[] = "UPDATE turn SET waiting = '', answer = '', approval = '' WHERE id = ?";
static const char finish_sql[] =
    "UPDATE turn SET state = ?1, outcome = ?2, error_code = ?3, error_text = ?4, ended_ms = ?5, waiting = '',"
    " answer = '', approval = '', lease_owner = '', lease_until_ms = 0 WHERE id = ?6";
static const char touch_sql[] =
    "UPDATE conversation SET updated_ms = ? WHERE id = (SELECT conversation FROM turn WHERE id = ?)";

enum err
work_message_list(struct task *t, struct work *w, struct span conversation, struct work_message **out, size_t *n)
{
    struct db_rows rows;
    size_t room = 0;
    void *list = NULL;
    *n = 0;
    if (db_rows(t, &w->db, messages_sql, DB_ARGS(DB_TEXT(conversation)), &rows) != E_OK)
        return t->err;
    while (db_next(t, &rows)) {
        struct work_message *m = work_list_room(t, &list, n, &room, sizeof *m);
        *m = (struct work_message){db_i64(&rows, 0), db_text(t, &rows, 1), db_text(t, &rows, 2), db_text(t, &rows, 3)};
    }
    *out = list;
    return t->err;
}

enum err
work_message_put(
    struct task *t, struct work *w, struct span conversation, struct span turn, const char *role, struct span body)
{
    return db_run(t, &w->db, message_sql,
        DB_ARGS(DB_TEXT(conversation), DB_TEXT(turn), DB_Z(role), DB_TEXT(body), DB_I64(clock_unix_ms())), NULL);
}

enum err
work_call_list(struct task *t, struct work *w, struct span turn, struct work_call **out, size_t *n)
{
    struct db_rows rows;
    size_t room = 0;
    void *list = NULL;
    *n = 0;
    if (db_rows(t, &w->db, calls_sql, DB_ARGS(DB_TEXT(turn)), &rows) != E_OK)
        return t->err;
    while (db_next(t, &rows)) {
        struct work_call *c = work_list_room(t, &list, n, &room, sizeof *c);
        *c = (struct work_call){
            .ordinal = db_i64(&rows, 0),
            .step = db_i64(&rows, 1),
            .call_id = db_text(t, &rows, 2),
            .tool = db_text(t, &rows, 3),
            .args = db_text(t, &rows, 4),
            .state = db_text(t, &rows, 5),
            .effect = db_i64(&rows, 6),
            .result = db_text(t, &rows, 7),
        };
    }
    *out = list;
    return t->err;
}

enum err
work_call_put(struct task *t, struct work *w, struct span turn, const struct work_call *c)
{
    return db_run(t, &w->db, call_sql,
        DB_ARGS(DB_TEXT(turn), DB_I64(c->ordinal), DB_I64(c->step), DB_TEXT(c->call_id), DB_TEXT(c->tool),
            DB_TEXT(c->args), DB_TEXT(c->state), DB_I64(c->effect), DB_TEXT(c->result)),
        NULL);
}

enum err
work_call_state(
    struct task *t, struct work *w, struct span turn, int64_t ordinal, const char *state, struct span result)
{
    return work_change_one(t, w, call_state_sql, DB_ARGS(DB_Z(state), DB_TEXT(result), DB_TEXT(turn), DB_I64(ordinal)),
        "A tool call of this turn is gone.");
}

enum err
work_provider_put(struct task *t, struct work *w, const struct work_provider_call *c)
{
    char id[ID_BYTES + 1];
    id_new('p', id);
    return db_run(t, &w->db, provider_sql,
        DB_ARGS(DB_Z(id), DB_TEXT(c->turn), DB_TEXT(c->purpose), DB_TEXT(c->model), DB_TEXT(c->api), DB_I64(c->status),
            DB_TEXT(c->stop), DB_TEXT(c->error), DB_TEXT(c->usage), DB_I64(c->tokens_in), DB_I64(c->tokens_out),
            DB_I64(c->took_ms), DB_I64(clock_unix_ms())),
        NULL);
}

enum err
work_turn_count(struct task *t, struct work *w, const struct work_turn *turn)
{
    return db_run(t, &w->db, count_sql,
        DB_ARGS(DB_I64(turn->steps), DB_I64(turn->ordinal), DB_I64(turn->tokens_in), DB_I64(turn->tokens_out),
            DB_I64(turn->used_ms), DB_TEXT(turn->id)),
        NULL);
}

enum err
work_turn_wait(struct task *t, struct work *w, struct span turn, struct span waiting, struct span approval)
{
    return db_run(t, &w->db, wait_sql, DB_ARGS(DB_TEXT(waiting), DB_TEXT(approval), DB_TEXT(turn)), NULL);
}

enum err
work_turn_answer_taken(struct task *t, struct work *w, struct span turn)
{
    return db_run(t, &w->db, taken_sql, DB_ARGS(DB_TEXT(turn)), NULL);
}

/* How an outcome stands in the turn's state. */
static const char *
state_of(const char *outcome)
{
    return strcmp(outcome, "failed") == 0 || strcmp(outcome, "stopped") == 0 ? outcome : "done";
}

enum err
work_turn_finish(struct task *t, struct work *w, struct span turn, const char *outcome, const char *error_code,
    struct span error_text)
{
    int64_t now = clock_unix_ms();
    if (db_run(t, &w->db, finish_sql,
            DB_ARGS(DB_Z(state_of(outcome)), DB_Z(outcome), DB_Z(error_code), DB_TEXT(error_text), DB_I64(now),
                DB_TEXT(turn)),
            NULL) != E_OK)
        return t->err;
    return db_run(t, &w->db, touch_sql, DB_ARGS(DB_I64(now), DB_TEXT(turn)), NULL);
}
