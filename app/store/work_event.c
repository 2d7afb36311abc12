/* work_event: rows of table event. */
#include "store/work_event.h"

#include "base/clock.h"
#include "store/work_priv.h"

static const char list_sql[] = "SELECT seq, kind, body, at_ms FROM event WHERE turn = ? ORDER BY seq";
static const char insert_sql[] =
    "INSERT INTO event (turn, seq, kind, body, at_ms)"
    " VALUES (?1, (SELECT coalesce(max(seq), 0) + 1 FROM event WHERE turn = ?1), ?2, ?3, ?4)";

enum err
work_event_list(struct task *t, struct work *w, struct span turn, struct work_event **out, size_t *n)
{
    struct db_rows rows;
    size_t room = 0;
    void *list = NULL;
    *n = 0;
    if (db_rows(t, &w->db, list_sql, DB_ARGS(DB_TEXT(turn)), &rows) != E_OK)
        return t->err;
    while (db_next(t, &rows)) {
        struct work_event *e = work_list_room(t, &list, n, &room, sizeof *e);
        *e = (struct work_event){db_i64(&rows, 0), db_text(t, &rows, 1), db_text(t, &rows, 2), db_i64(&rows, 3)};
    }
    *out = list;
    return t->err;
}

enum err
work_event_put(struct task *t, struct work *w, struct span turn, const char *kind, struct span body)
{
    return db_run(
        t, &w->db, insert_sql, DB_ARGS(DB_TEXT(turn), DB_Z(kind), DB_TEXT(body), DB_I64(clock_unix_ms())), NULL);
}
