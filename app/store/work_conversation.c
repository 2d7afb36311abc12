/* work_conversation: rows of table conversation. */
#include "store/work_conversation.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "store/work_priv.h"

#define COLUMNS                                                                                                        \
    "SELECT c.id, c.owner, c.title, c.datasets, c.model, c.created_ms, c.updated_ms,"                                  \
    " (SELECT t.state FROM turn t WHERE t.conversation = c.id ORDER BY t.seq DESC LIMIT 1),"                           \
    " (SELECT count(*) FROM turn t WHERE t.conversation = c.id) FROM conversation c "

static const char insert_sql[] =
    "INSERT INTO conversation (id, owner, title, datasets, model, created_ms, updated_ms) VALUES (?, ?, ?, ?, ?, ?, ?)";
static const char get_sql[] = COLUMNS "WHERE c.id = ?";
static const char list_sql[] =
    COLUMNS "WHERE c.owner = ? AND c.updated_ms < ? ORDER BY c.updated_ms DESC, c.id LIMIT ?";
static const char rename_sql[] = "UPDATE conversation SET title = ? WHERE id = ?";
static const char delete_sql[] =
    "DELETE FROM conversation WHERE id = ?1 AND NOT EXISTS"
    " (SELECT 1 FROM turn WHERE conversation = ?1 AND state = 'running' AND lease_until_ms > ?2)";

static void
read_row(struct task *t, const struct db_rows *r, struct work_conversation *out)
{
    *out = (struct work_conversation){
        .id = db_text(t, r, 0),
        .owner = db_text(t, r, 1),
        .title = db_text(t, r, 2),
        .datasets = db_text(t, r, 3),
        .model = db_text(t, r, 4),
        .created_ms = db_i64(r, 5),
        .updated_ms = db_i64(r, 6),
        .state = db_text(t, r, 7),
        .turns = db_i64(r, 8),
    };
}

static enum err
not_found(struct task *t)
{
    return task_fail(t, E_NOTFOUND, "There is no such conversation. It may have been deleted.");
}

enum err
work_conversation_create(struct task *t, struct work *w, const struct work_conversation *c)
{
    int64_t now = clock_unix_ms();
    return db_run(t, &w->db, insert_sql,
        DB_ARGS(DB_TEXT(c->id), DB_TEXT(c->owner), DB_TEXT(utf8_first(c->title, WORK_TITLE_BYTES)),
            DB_TEXT(c->datasets), DB_TEXT(c->model), DB_I64(now), DB_I64(now)),
        NULL);
}

enum err
work_conversation_get(struct task *t, struct work *w, struct span id, struct work_conversation *out)
{
    struct db_rows rows;
    if (!db_first(t, &w->db, get_sql, DB_ARGS(DB_TEXT(id)), &rows))
        return t->err != E_OK ? t->err : not_found(t);
    read_row(t, &rows, out);
    db_rows_end(&rows);
    return E_OK;
}

enum err
work_conversation_list(struct task *t, struct work *w, struct span owner, int64_t before_ms, size_t most,
    struct work_conversation **out, size_t *n)
{
    size_t limit = most < WORK_LIST_MOST ? most : WORK_LIST_MOST;
    struct db_rows rows;
    *out = task_array(t, limit, sizeof **out);
    *n = 0;
    if (db_rows(t, &w->db, list_sql,
            DB_ARGS(DB_TEXT(owner), DB_I64(before_ms > 0 ? before_ms : INT64_MAX), DB_I64((int64_t)limit)),
            &rows) != E_OK)
        return t->err;
    while (db_next(t, &rows))
        read_row(t, &rows, &(*out)[(*n)++]);
    return t->err;
}

enum err
work_conversation_rename(struct task *t, struct work *w, struct span id, struct span title)
{
    struct span trimmed = span_trim(title);
    if (trimmed.n == 0 || trimmed.n > WORK_TITLE_BYTES || !utf8_valid(trimmed))
        return task_fail(t, E_INVALID, "A conversation's title must have 1 to %d bytes.", WORK_TITLE_BYTES);
    int64_t changed;
    if (db_run(t, &w->db, rename_sql, DB_ARGS(DB_TEXT(trimmed), DB_TEXT(id)), &changed) != E_OK)
        return t->err;
    return changed == 1 ? E_OK : not_found(t);
}

enum err
work_conversation_delete(struct task *t, struct work *w, struct span id)
{
    struct work_conversation c;
    if (work_conversation_get(t, w, id, &c) != E_OK)
        return t->err;
    return work_change_one(t, w, delete_sql, DB_ARGS(DB_TEXT(id), DB_I64(clock_unix_ms())),
        "An answer is being written in this conversation. Stop it, then delete.");
}
