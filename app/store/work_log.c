/* work_log: rows of table turn_log. */
#include "store/work_log.h"

#include "store/work_priv.h"

static const char advance_sql[] = "UPDATE turn SET log_bytes = ? WHERE id = ? AND log_bytes = ?";
static const char insert_sql[] = "INSERT INTO turn_log (turn, start, epoch, bytes) VALUES (?, ?, ?, ?)";
/* The row that holds the offset, and all after it. */
static const char read_sql[] =
    "SELECT start, epoch, bytes FROM turn_log WHERE turn = ?1 AND start >="
    " coalesce((SELECT max(start) FROM turn_log WHERE turn = ?1 AND start <= ?2), 0) ORDER BY start";
static const char state_sql[] =
    "SELECT log_bytes, epoch, state IN ('done', 'failed', 'stopped'), state = 'waiting' FROM turn WHERE id = ?";
static const char epoch_sql[] = "SELECT coalesce((SELECT min(start) FROM turn_log WHERE turn = ?1 AND epoch >= ?2),"
                                " (SELECT log_bytes FROM turn WHERE id = ?1))";

static enum err
append(struct task *t, struct work *w, struct span turn, int64_t epoch, int64_t start, struct span bytes)
{
    int64_t end = start + (int64_t)bytes.n;
    if (work_change_one(t, w, advance_sql, DB_ARGS(DB_I64(end), DB_TEXT(turn), DB_I64(start)),
            "Another runner writes this turn.") != E_OK)
        return t->err;
    return db_run(t, &w->db, insert_sql, DB_ARGS(DB_TEXT(turn), DB_I64(start), DB_I64(epoch), DB_BLOB(bytes)), NULL);
}

enum err
work_log_append(struct task *t, struct work *w, struct span turn, int64_t epoch, int64_t start, struct span bytes)
{
    if (bytes.n == 0)
        return E_OK;
    if (w->open)
        return append(t, w, turn, epoch, start, bytes);
    if (work_begin(t, w) != E_OK)
        return t->err;
    return work_end(t, w, append(t, w, turn, epoch, start, bytes));
}

enum err
work_log_read(
    struct task *t, struct work *w, struct span turn, int64_t offset, size_t most, struct span *out, int64_t *epoch)
{
    struct db_rows rows;
    struct buf *b = task_buf(t, SIZE_MAX / 2);
    *out = SPAN_NONE;
    *epoch = 0;
    if (db_rows(t, &w->db, read_sql, DB_ARGS(DB_TEXT(turn), DB_I64(offset)), &rows) != E_OK)
        return t->err;
    while (b->n < most && db_next(t, &rows)) {
        struct span bytes = db_text(t, &rows, 2);
        int64_t skip = offset - db_i64(&rows, 0);
        bytes = span_from(bytes, skip > 0 ? (size_t)skip : 0);
        if (b->n == 0 && bytes.n > 0)
            *epoch = db_i64(&rows, 1);
        buf_span(b, bytes);
    }
    db_rows_end(&rows);
    *out = buf_view(b);
    return t->err;
}

enum err
work_log_state(struct task *t, struct work *w, struct span turn, struct work_log_state *out)
{
    struct db_rows rows;
    *out = (struct work_log_state){0};
    if (!db_first(t, &w->db, state_sql, DB_ARGS(DB_TEXT(turn)), &rows))
        return t->err != E_OK ? t->err : task_fail(t, E_NOTFOUND, "There is no such turn of a conversation.");
    out->bytes = db_i64(&rows, 0);
    out->epoch = db_i64(&rows, 1);
    out->over = db_i64(&rows, 2) != 0;
    out->waiting = db_i64(&rows, 3) != 0;
    db_rows_end(&rows);
    return work_log_epoch_start(t, w, turn, out->epoch, &out->epoch_start);
}

enum err
work_log_epoch_start(struct task *t, struct work *w, struct span turn, int64_t epoch, int64_t *out)
{
    return db_number(t, &w->db, epoch_sql, DB_ARGS(DB_TEXT(turn), DB_I64(epoch)), 0, out);
}
