/* work_turn: the queue of turns. */
#include "store/work_turn.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "store/work_priv.h"
#include "store/work_turn_priv.h"

static const char get_sql[] = WORK_TURN_COLUMNS "WHERE id = ?";
static const char list_sql[] = WORK_TURN_COLUMNS "WHERE conversation = ? ORDER BY seq";
static const char last_sql[] = WORK_TURN_COLUMNS "WHERE conversation = ? ORDER BY seq DESC LIMIT 1";
static const char live_sql[] =
    "SELECT 1 FROM turn WHERE conversation = ? AND state IN ('queued', 'running', 'waiting')";
static const char exists_sql[] = "SELECT 1 FROM conversation WHERE id = ?";
static const char insert_sql[] =
    "INSERT INTO turn (id, conversation, seq, state, ticket, model, question, created_ms) VALUES (?1, ?2,"
    " (SELECT coalesce(max(seq), 0) + 1 FROM turn WHERE conversation = ?2), 'queued', ?3, ?4, ?5, ?6)";
static const char touch_sql[] =
    "UPDATE conversation SET updated_ms = ?, title = CASE title WHEN '' THEN ? ELSE title END WHERE id = ?";
static const char stop_sql[] =
    "UPDATE turn SET stop_asked = 1 WHERE id = ? AND state IN ('queued', 'running', 'waiting')";
static const char answer_sql[] =
    "UPDATE turn SET state = 'queued', ticket = ?, answer = ? WHERE id = ? AND state = 'waiting' AND stop_asked = 0"
    " AND approval = ''";

void
work_turn_read(struct task *t, const struct db_rows *r, struct work_turn *out)
{
    *out = (struct work_turn){
        .id = db_text(t, r, 0),
        .conversation = db_text(t, r, 1),
        .seq = db_i64(r, 2),
        .state = db_text(t, r, 3),
        .ticket = db_text(t, r, 4),
        .model = db_text(t, r, 5),
        .question = db_text(t, r, 6),
        .outcome = db_text(t, r, 7),
        .error_code = db_text(t, r, 8),
        .error_text = db_text(t, r, 9),
        .waiting = db_text(t, r, 10),
        .answer = db_text(t, r, 11),
        .stop_asked = db_i64(r, 12) != 0,
        .epoch = db_i64(r, 13),
        .log_bytes = db_i64(r, 14),
        .steps = db_i64(r, 15),
        .ordinal = db_i64(r, 16),
        .tokens_in = db_i64(r, 17),
        .tokens_out = db_i64(r, 18),
        .used_ms = db_i64(r, 19),
        .created_ms = db_i64(r, 20),
        .started_ms = db_i64(r, 21),
        .ended_ms = db_i64(r, 22),
        .approval = db_text(t, r, 23),
    };
}

/* The question's first line, cut between words, as the conversation's title. */
static struct span
title_of(struct span question)
{
    enum { TITLE_SHOWN = 80 };
    struct span rest = span_trim(question), line;
    if (!span_cut(&rest, '\n', &line))
        return SPAN_NONE;
    line = span_trim(line);
    if (line.n <= TITLE_SHOWN)
        return line;
    struct span cut = utf8_first(line, TITLE_SHOWN);
    size_t n = cut.n;
    while (n > 0 && cut.p[n - 1] != ' ')
        n--;
    return n > 0 ? span_trim(span_first(cut, n)) : cut;
}

/* Fails when the conversation can't take a question. */
static enum err
check_free(struct task *t, struct work *w, struct span conversation)
{
    int64_t there, live;
    if (db_number(t, &w->db, exists_sql, DB_ARGS(DB_TEXT(conversation)), 0, &there) != E_OK ||
        db_number(t, &w->db, live_sql, DB_ARGS(DB_TEXT(conversation)), 0, &live) != E_OK)
        return t->err;
    if (!there)
        return task_fail(t, E_NOTFOUND, "There is no such conversation. It may have been deleted.");
    if (live)
        return task_fail(t, E_CONFLICT,
            "The last question of this conversation is still being answered. Wait for the answer, or stop it.");
    return E_OK;
}

static enum err
queue(struct task *t, struct work *w, const struct work_question *q)
{
    int64_t now = clock_unix_ms();
    if (check_free(t, w, q->conversation) != E_OK)
        return t->err;
    if (db_run(t, &w->db, insert_sql,
            DB_ARGS(DB_TEXT(q->turn), DB_TEXT(q->conversation), DB_BLOB(q->ticket), DB_TEXT(q->model),
                DB_TEXT(q->question), DB_I64(now)),
            NULL) != E_OK)
        return t->err;
    return db_run(
        t, &w->db, touch_sql, DB_ARGS(DB_I64(now), DB_TEXT(title_of(q->question)), DB_TEXT(q->conversation)), NULL);
}

enum err
work_turn_queue(struct task *t, struct work *w, const struct work_question *q)
{
    if (span_trim(q->question).n == 0 || !utf8_valid(q->question))
        return task_fail(t, E_INVALID, "The question is empty or not text in UTF-8.");
    if (w->open)
        return queue(t, w, q);
    if (work_begin(t, w) != E_OK)
        return t->err;
    return work_end(t, w, queue(t, w, q));
}

static enum err
get_by(struct task *t, struct work *w, const char *sql, struct span id, struct work_turn *out)
{
    struct db_rows rows;
    if (!db_first(t, &w->db, sql, DB_ARGS(DB_TEXT(id)), &rows))
        return t->err != E_OK ? t->err : task_fail(t, E_NOTFOUND, "There is no such turn of a conversation.");
    work_turn_read(t, &rows, out);
    db_rows_end(&rows);
    return E_OK;
}

enum err
work_turn_get(struct task *t, struct work *w, struct span id, struct work_turn *out)
{
    return get_by(t, w, get_sql, id, out);
}

enum err
work_turn_last(struct task *t, struct work *w, struct span conversation, struct work_turn *out)
{
    return get_by(t, w, last_sql, conversation, out);
}

enum err
work_turn_list(struct task *t, struct work *w, struct span conversation, struct work_turn **out, size_t *n)
{
    struct db_rows rows;
    size_t room = 0;
    void *list = NULL;
    *n = 0;
    if (db_rows(t, &w->db, list_sql, DB_ARGS(DB_TEXT(conversation)), &rows) != E_OK)
        return t->err;
    while (db_next(t, &rows))
        work_turn_read(t, &rows, work_list_room(t, &list, n, &room, sizeof **out));
    *out = list;
    return t->err;
}

bool
work_turn_lives(const struct work_turn *turn)
{
    return span_is(turn->state, "queued") || span_is(turn->state, "running") || span_is(turn->state, "waiting");
}

enum err
work_turn_stop(struct task *t, struct work *w, struct span id)
{
    struct work_turn turn;
    if (work_turn_get(t, w, id, &turn) != E_OK)
        return t->err;
    return db_run(t, &w->db, stop_sql, DB_ARGS(DB_TEXT(id)), NULL);
}

enum err
work_turn_answer(struct task *t, struct work *w, struct span id, struct span ticket, struct span answer)
{
    struct work_turn turn;
    if (work_turn_get(t, w, id, &turn) != E_OK)
        return t->err;
    if (span_trim(answer).n == 0 || !utf8_valid(answer))
        return task_fail(t, E_INVALID, "The answer is empty or not text in UTF-8.");
    if (turn.approval.n > 0)
        return task_fail(t, E_CONFLICT, "This turn waits for an approval, not for an answer.");
    return work_change_one(t, w, answer_sql, DB_ARGS(DB_BLOB(ticket), DB_TEXT(answer), DB_TEXT(id)),
        "This question was answered or stopped already.");
}
